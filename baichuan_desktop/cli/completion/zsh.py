"""The script for zsh: the same steps as bash's, with what each option is for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from baichuan_desktop.cli.completion.cases import Frame, script
from baichuan_desktop.cli.completion.ids import OPTION
from baichuan_desktop.cli.completion.tree import Command, Option, option_words

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
        (listed:*)
            found=(${{(f)"$("${{words[1]}}" {option} ${{=takes#listed:}} 2>/dev/null)"}})
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
    frame = Frame(
        _HEAD.format(program=program),
        _FOUND,
        _PLACES,
        _TAIL.format(program=program, option=OPTION, released=" ".join(released)),
    )
    return script(root, frame, _options, _commands)


def _options(command: Command) -> str:
    return f"found=({' '.join(map(_described, command.options))})"


def _commands(command: Command) -> str:
    described = " ".join(_pair(one.words[-1], one.help) for one in command.commands)
    return f"takes=commands; found=({described})"


def _described(option: Option) -> str:
    (name,) = option_words([option])
    return _pair(name, option.help)


def _pair(name: str, help_text: str) -> str:
    return shlex.quote(f"{name}:{help_text}" if help_text else name)
