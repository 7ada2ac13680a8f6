"""The script for bash, from 3.2 on and without the package bash-completion."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from baichuan_desktop.cli.completion.cases import Frame, script, takes
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
        listed:*)
            word=$("${{COMP_WORDS[0]}}" {option} ${{takes#listed:}} 2>/dev/null)
            COMPREPLY=($(compgen -W "$word" -- "$cur"))
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
    frame = Frame(
        _HEAD.format(program=program),
        _FOUND,
        _PLACES,
        _TAIL.format(program=program, option=OPTION, released=quoted),
    )
    return script(root, frame, _options, _commands)


def _options(command: Command) -> str:
    words = shlex.quote(" ".join(option_words(command.options)))
    return f'COMPREPLY=($(compgen -W {words} -- "$cur"))'


def _commands(command: Command) -> str:
    names = Value(Takes.WORDS, tuple(below.words[-1] for below in command.commands))
    return f"takes={takes(names)}"
