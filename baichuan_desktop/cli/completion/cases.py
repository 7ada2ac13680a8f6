"""What bash and zsh share: going through the words, and a case for each place one may stand at."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from baichuan_desktop.cli.completion.tree import Command, Takes, Value


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the cases, whole lines each."""

    head: str  #: up to the meaning of a word where it stands
    found: str  #: from there to the options that may stand where one is written
    places: str  #: from there to the words that may
    tail: str


def script(
    root: Command,
    frame: Frame,
    options: Callable[[Command], str],
    commands: Callable[[Command], str],
) -> str:
    """A script that completes the commands of `root`.

    `options` says what is proposed where an option of a command begins; `commands`, where one of
    the commands below it does.
    """
    lines = [frame.head]
    lines += _lines(_steps(root))
    lines.append(frame.found)
    lines += _lines(f'"{_at(command)}") {options(command)} ;;' for command in root.walk())
    lines.append(frame.places)
    lines += _lines(_place_cases(root, commands))
    lines.append(frame.tail)
    return "".join(lines)


def takes(value: Value) -> str:
    """What a value takes, as the scripts call it."""
    if value.takes is Takes.WORDS:
        return shlex.quote(f"words:{' '.join(value.words)}")
    return shlex.quote(str(value.takes.value))


def _lines(cases: Iterable[str]) -> Iterator[str]:
    return (f"            {case}\n" for case in cases)


def _at(command: Command) -> str:
    return " ".join(command.words)


def _case(command: Command, word: str) -> str:
    return f'"{_at(command)}/{word}"'


def _steps(root: Command) -> Iterator[str]:
    """What a word means where it stands: a command below, or an option whose value follows."""
    for command in root.walk():
        for below in command.commands:
            yield f'{_case(command, below.words[-1])}) at="{_at(below)}"; place=0 ;;'
        for option in command.options:
            if option.value is not None:
                names = "|".join(_case(command, name) for name in option.names)
                yield f"{names}) takes={takes(option.value)} ;;"


def _place_cases(root: Command, commands: Callable[[Command], str]) -> Iterator[str]:
    """What is proposed for the words behind a command that are no options."""
    for command in root.walk():
        if command.commands:
            yield f"{_case(command, '0')}) {commands(command)} ;;"
        for number, value in enumerate(command.values):
            is_last = number == len(command.values) - 1
            place = _case(command, str(number))
            if is_last and command.has_rest:
                place = f'"{_at(command)}/"*'
            yield f"{place}) takes={takes(value)} ;;"
