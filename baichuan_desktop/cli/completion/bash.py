"""The script for bash, from 3.2 on and without the package bash-completion."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from baichuan_desktop.cli.completion.ids import OPTION
from baichuan_desktop.cli.completion.tree import Command, Takes, Value, option_words

_HEAD = """\
# Completion of {program} for bash: source <({program} completion bash)
_baichuan_desktop() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} at="" takes="" word i
    local -i place=0
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        if [[ -n $takes ]]; then
            [[ $word == "=" ]] || takes=""
            continue
        fi
        case "$at/$word" in
"""

_FOUND = """\
            */-*) ;;
            *) place+=1 ;;
        esac
    done
    [[ $cur == "=" ]] && cur=""
    if [[ -z $takes && $cur == -* ]]; then
        case "$at" in
"""

_PLACES = """\
        esac
        return
    fi
    if [[ -z $takes ]]; then
        case "$at/$place" in
"""

_TAIL = """\
        esac
    fi
    case "$takes" in
        listed)
            COMPREPLY=($(compgen -W "$("${{COMP_WORDS[0]}}" {option} 2>/dev/null)" -- "$cur"))
            [[ $cur == */* || $cur == .* || $cur == "~"* ]] && _baichuan_desktop_files -d ;;
        released) COMPREPLY=($(compgen -W {released} -- "$cur")) ;;
        folder) _baichuan_desktop_files -d ;;
        file) _baichuan_desktop_files -f ;;
        words:*) COMPREPLY=($(compgen -W "${{takes#words:}}" -- "$cur")) ;;
    esac
}}
_baichuan_desktop_files() {{
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=(${{COMPREPLY[@]+"${{COMPREPLY[@]}}"}} $(compgen "$1" -- "$cur"))
}}
complete -F _baichuan_desktop {program}
"""


def bash_script(root: Command, program: str, released: Sequence[str]) -> str:
    """The script that completes the commands of `root`."""
    quoted = shlex.quote(" ".join(released))
    lines = [_HEAD.format(program=program)]
    lines += map(_line, _steps(root))
    lines.append(_FOUND)
    lines += map(_line, _option_cases(root))
    lines.append(_PLACES)
    lines += map(_line, _place_cases(root))
    lines.append(_TAIL.format(program=program, option=OPTION, released=quoted))
    return "".join(lines)


def _line(text: str) -> str:
    return f"            {text}\n"


def _steps(root: Command) -> Iterator[str]:
    """What a word means where it stands: a command below, or an option whose value follows."""
    for command in root.walk():
        at = " ".join(command.words)
        for below in command.commands:
            words = " ".join(below.words)
            yield f'{_case(at, below.words[-1])}) at="{words}"; place=0 ;;'
        for option in command.options:
            if option.value is not None:
                names = "|".join(_case(at, name) for name in option.names)
                yield f"{names}) takes={_takes(option.value)} ;;"


def _option_cases(root: Command) -> Iterator[str]:
    for command in root.walk():
        words = shlex.quote(" ".join(option_words(command.options)))
        yield f'"{" ".join(command.words)}") COMPREPLY=($(compgen -W {words} -- "$cur")) ;;'


def _place_cases(root: Command) -> Iterator[str]:
    for command in root.walk():
        at = " ".join(command.words)
        if command.commands:
            names = Value(Takes.WORDS, tuple(below.words[-1] for below in command.commands))
            yield f"{_case(at, '0')}) takes={_takes(names)} ;;"
        for number, value in enumerate(command.values):
            is_last = number == len(command.values) - 1
            place = _case(at, str(number))
            if is_last and command.has_rest:
                place = f'"{at}/"*'
            yield f"{place}) takes={_takes(value)} ;;"


def _case(at: str, word: str) -> str:
    return f'"{at}/{word}"'


def _takes(value: Value) -> str:
    if value.takes is Takes.WORDS:
        return shlex.quote(f"words:{' '.join(value.words)}")
    return str(value.takes.value)
