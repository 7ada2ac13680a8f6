"""The commands with their options, read off the parser: no list of them could go stale."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from baichuan_desktop.cli.completion.ids import ADAPTERS, MODELS

#: What `add_subparsers` gives.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Takes(Enum):
    """What stands in the place of a value, as far as a shell can propose it."""

    #: Ids of models on this machine, of adapters, or of both; and paths of folders.
    MODEL = f"listed:{MODELS}"
    ADAPTER = f"listed:{ADAPTERS}"
    LISTED = f"listed:{MODELS} {ADAPTERS}"
    RELEASED = "released"  #: ids of released models
    FOLDER = "folder"
    FILE = "file"
    WORDS = "words"  #: one of a few
    TEXT = "text"  #: what only the person knows


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an option, or a word of a command."""

    takes: Takes
    words: tuple[str, ...] = ()  #: of `Takes.WORDS`


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command."""

    names: tuple[str, ...]
    help: str  #: on one line
    value: Value | None  #: None: it takes none


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or the program itself."""

    words: tuple[str, ...]  #: behind the program's name
    help: str
    options: tuple[Option, ...]
    values: tuple[Value, ...]  #: the words behind it; the last one may stand again and again
    has_rest: bool  #: whether it may
    commands: tuple[Command, ...]

    def walk(self) -> Iterator[Command]:
        """This command, and all below it."""
        yield self
        for command in self.commands:
            yield from command.walk()


_METAVARS = {
    "MODEL": Takes.MODEL,
    "ADAPTER": Takes.ADAPTER,
    "FOLDER|NAME": Takes.ADAPTER,
    "ID": Takes.LISTED,
    "RELEASED": Takes.RELEASED,
    "FOLDER": Takes.FOLDER,
    "FILE": Takes.FILE,
    "PATH": Takes.FILE,
}


def command_tree(commands: Commands) -> Command:
    """The program that commands were added to, with all of them."""
    return _command(vars(commands)["container"]._actions, (), "")


def _command(actions: Sequence[argparse.Action], words: tuple[str, ...], help_text: str) -> Command:
    options: list[Option] = []
    values: list[Value] = []
    commands: list[Command] = []
    has_rest = False
    for action in actions:  # a parser has no other way to be asked for them
        if action.help == argparse.SUPPRESS:
            continue
        if isinstance(action, argparse._SubParsersAction):
            helps = {one.dest: one.help or "" for one in action._choices_actions}
            for name, below in action.choices.items():
                commands.append(_command(below._actions, (*words, name), helps.get(name, "")))
        elif action.option_strings:
            # Where a value may be missing, the next option may stand in its place.
            value = None if action.nargs in (0, "?") else _value(action)
            options.append(Option(tuple(action.option_strings), _line(action.help), value))
        else:
            values.append(_value(action))
            has_rest = action.nargs in ("*", "+", argparse.REMAINDER)
    return Command(
        words, _line(help_text), tuple(options), tuple(values), has_rest, tuple(commands)
    )


def _value(action: argparse.Action) -> Value:
    if action.choices is not None:
        return Value(Takes.WORDS, tuple(map(str, action.choices)))
    return Value(_METAVARS.get(str(action.metavar), Takes.TEXT))


def _line(text: str | None) -> str:
    return " ".join((text or "").replace("%%", "%").split())


def option_words(options: Sequence[Option]) -> list[str]:
    """The names of options that a shell proposes: of each the long one, if it has one."""
    return [next((n for n in one.names if n.startswith("--")), one.names[0]) for one in options]
