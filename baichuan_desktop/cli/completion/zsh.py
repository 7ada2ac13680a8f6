"""The script for zsh: the same steps as bash's, with what each option is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baichuan_desktop.cli.completion.ids import OPTION
from baichuan_desktop.cli.completion.tree import Command, Option, Takes, Value, option_words

_HEAD = """\
#compdef {program}
# Completion of {program} for zsh: source <({program} completion zsh)
_baichuan_desktop() {{
    local at="" takes="" word
    local -i i place=0
    local -a found
    for ((i = 2; i < CURRENT; i++)); do
        word=${{words[i]}}
        if [[ -n $takes ]]; then
            takes=""
            continue
        fi
        case "$at/$word" in
"""

_FOUND = """\
            (*/-*) ;;
            (*) place+=1 ;;
        esac
    done
    if [[ -z $takes && ${words[CURRENT]} == -* ]]; then
        case "$at" in
"""

_PLACES = """\
        esac
        _describe option found
        return
    fi
    if [[ -z $takes ]]; then
        case "$at/$place" in
"""

_TAIL = """\
        esac
    fi
    case "$takes" in
        (listed)
            found=(${{(f)"$("${{words[1]}}" {option} 2>/dev/null)"}})
            compadd -a found
            _files -/ ;;
        (released) compadd {released} ;;
        (folder) _files -/ ;;
        (file) _files ;;
        (words:*) compadd ${{=takes#words:}} ;;
        (commands) _describe command found ;;
    esac
}}
if [[ $funcstack[1] == _baichuan_desktop ]]; then
    _baichuan_desktop "$@"
else
    compdef _baichuan_desktop {program}
fi
"""


def zsh_script(root: Command, program: str, released: Sequence[str]) -> str:
    """The script that completes the commands of `root`."""
    lines = [_HEAD.format(program=program)]
    lines += map(_line, _steps(root))
    lines.append(_FOUND)
    lines += map(_line, _option_cases(root))
    lines.append(_PLACES)
    lines += map(_line, _place_cases(root))
    lines.append(_TAIL.format(program=program, option=OPTION, released=" ".join(released)))
    return "".join(lines)


def _line(text: str) -> str:
    return f"            {text}\n"


def _steps(root: Command) -> Iterator[str]:
    for command in root.walk():
        at = " ".join(command.words)
        for below in command.commands:
            yield f'({_case(at, below.words[-1])}) at="{" ".join(below.words)}"; place=0 ;;'
        for option in command.options:
            if option.value is not None:
                names = "|".join(_case(at, name) for name in option.names)
                yield f"({names}) takes={_takes(option.value)} ;;"


def _option_cases(root: Command) -> Iterator[str]:
    for command in root.walk():
        described = " ".join(map(_described, command.options))
        yield f'("{" ".join(command.words)}") found=({described}) ;;'


def _place_cases(root: Command) -> Iterator[str]:
    for command in root.walk():
        at = " ".join(command.words)
        if command.commands:
            described = " ".join(_pair(one.words[-1], one.help) for one in command.commands)
            yield f"({_case(at, '0')}) takes=commands; found=({described}) ;;"
        for number, value in enumerate(command.values):
            is_last = number == len(command.values) - 1
            place = _case(at, str(number))
            if is_last and command.has_rest:
                place = f'"{at}/"*'
            yield f"({place}) takes={_takes(value)} ;;"


def _described(option: Option) -> str:
    (name,) = option_words([option])
    return _pair(name, option.help)


def _pair(name: str, help_text: str) -> str:
    return _quoted(f"{name}:{help_text}" if help_text else name)


def _case(at: str, word: str) -> str:
    return f'"{at}/{word}"'


def _takes(value: Value) -> str:
    if value.takes is Takes.WORDS:
        return _quoted(f"words:{' '.join(value.words)}")
    return str(value.takes.value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
