"""A program of several commands: its parser, and how one of them is run."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from backends.operating_system import is_closed_pipe
from baichuan_desktop import __version__
from baichuan_desktop.cli.arguments import DEBUG_HELP, Commands, add_debug_to
from baichuan_desktop.cli.errors import print_error
from baichuan_desktop.cli.program.verb_parser import VerbParser
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.services.app_paths import usual_paths

_PROGRAM = "baichuan-desktop"


class Verb(Protocol):
    """A module that adds commands."""

    def add_to(self, commands: Commands, /) -> None:
        """Add them."""
        ...


def run_command(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Run what `argv` asks for; the exit code. An error is one sentence on stderr and code 1."""
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.ERROR)  # what libraries warn of is not for the person
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - what a library raises, nobody foresaw
        if isinstance(error, OSError) and is_closed_pipe(error):  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        progress("")
        print_error(_PROGRAM, error, usual_paths().terminal_log, debug=arguments.debug)
        return 1


def parser_of(
    verbs: Iterable[Verb], without_verb: Callable[[argparse.Namespace], int] | None = None
) -> argparse.ArgumentParser:
    """The parser of these commands, and of what is done without any."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Runs the open Baichuan models on this machine, without any network.",
        epilog="Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    parser.set_defaults(run=without_verb, model=None)
    of_verbs: type[argparse.ArgumentParser] = VerbParser
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=of_verbs)
    for verb in verbs:
        verb.add_to(commands)
    parser.add_argument("--debug", action="store_true", help=DEBUG_HELP)
    add_debug_to(commands)
    return parser
