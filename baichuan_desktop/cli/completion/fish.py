"""The script for fish: a line for each command, option and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baichuan_desktop.cli.completion.ids import OPTION
from baichuan_desktop.cli.completion.tree import Command, Option, Takes, Value

_HEAD = """\
# Completion of {program} for fish: {program} completion fish | source
function __baichuan_desktop_at
    # Whether the words so far lead to the command $argv[1]; with $argv[2], to that place behind it.
    set -l at ""
    set -l place 0
    set -l value ""
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value ""
            continue
        end
        switch "$at/$word"
"""

_FOUND = """\
            case '*/-*'
            case '*'
                set place (math $place + 1)
        end
    end
    test "$at" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    test "$argv[2]" = "$place"; or begin
        test "$argv[3]" = rest; and test $place -ge $argv[2]
    end
end
function __baichuan_desktop_ids
    set -l program (commandline -opc)[1]
    $program {option} $argv 2>/dev/null
    __fish_complete_directories (commandline -ct)
end
complete -c {program} -f
"""


def fish_script(root: Command, program: str, released: Sequence[str]) -> str:
    """The script that completes the commands of `root`."""
    lines = [_HEAD.format(program=program)]
    lines += (f"            {line}\n" for line in _steps(root))
    lines.append(_FOUND.replace("{program}", program).replace("{option}", OPTION))
    lines += (f"complete -c {program} {line}\n" for line in _rules(root, released))
    return "".join(lines)


def _steps(root: Command) -> Iterator[str]:
    for command in root.walk():
        at = " ".join(command.words)
        for below in command.commands:
            yield f"case {_quoted(f'{at}/{below.words[-1]}')}"
            yield f"    set at {_quoted(' '.join(below.words))}"
            yield "    set place 0"
        for option in command.options:
            if option.value is not None:
                yield "case " + " ".join(_quoted(f"{at}/{name}") for name in option.names)
                yield "    set value yes"


def _rules(root: Command, released: Sequence[str]) -> Iterator[str]:
    for command in root.walk():
        at = " ".join(command.words)
        for below in command.commands:
            words = f"-a {_quoted(below.words[-1])} -d {_quoted(below.help)}"
            yield f"-n {_quoted(f'__baichuan_desktop_at {_quoted(at)} 0')} {words}"
        for option in command.options:
            here = _quoted(f"__baichuan_desktop_at {_quoted(at)}")
            yield f"-n {here} {_option(option, released)}"
        for number, value in enumerate(command.values):
            is_rest = command.has_rest and number == len(command.values) - 1
            where = f"__baichuan_desktop_at {_quoted(at)} {number}{' rest' if is_rest else ''}"
            proposed = _value(value, released)
            if proposed:
                yield f"-n {_quoted(where)} {proposed}"


def _option(option: Option, released: Sequence[str]) -> str:
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    )
    described = f" -d {_quoted(option.help)}" if option.help else ""
    value = "" if option.value is None else f" -r {_value(option.value, released)}".rstrip()
    return f"{names}{value}{described}"


def _value(value: Value, released: Sequence[str]) -> str:
    match value.takes:
        case Takes.MODEL | Takes.ADAPTER | Takes.LISTED:
            words = value.takes.value.removeprefix("listed:")
            return f"-a '(__baichuan_desktop_ids {words})'"
        case Takes.RELEASED:
            return f"-a {_quoted(' '.join(released))}"
        case Takes.FOLDER:
            return "-a '(__fish_complete_directories (commandline -ct))'"
        case Takes.FILE:
            return "-F"
        case Takes.WORDS:
            return f"-a {_quoted(' '.join(value.words))}"
        case Takes.TEXT:
            return ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
