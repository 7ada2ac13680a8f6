"""The commands: the window without a verb, everything else with one."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from backends.operating_system import is_closed_pipe
from baichuan_desktop import __version__
from baichuan_desktop.cli.arguments import DEBUG_HELP, add_debug_to
from baichuan_desktop.cli.errors import print_error
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.verbs import (
    bench,
    chat,
    complete,
    completion,
    copies,
    doctor,
    export_onnx,
    models,
    policy,
    quality,
    window,
)
from baichuan_desktop.cli.verbs.own import backup, conversations, presets
from baichuan_desktop.services.app_paths import usual_paths

_PROGRAM = "baichuan-desktop"

#: In the order of the help text.
_VERBS = (
    window,
    chat,
    complete,
    copies,
    export_onnx,
    bench,
    quality,
    doctor,
    models,
    policy,
    conversations,
    presets,
    backup,
    completion,
)


def run(argv: Sequence[str] | None) -> int:
    """Run a verb; the exit code. An error is one sentence on stderr and code 1."""
    arguments = _parser().parse_args(argv)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Runs the open Baichuan models on this machine, without any network.",
        epilog="Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    parser.set_defaults(run=window.run, model=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for verb in _VERBS:
        verb.add_to(commands)
    parser.add_argument("--debug", action="store_true", help=DEBUG_HELP)
    add_debug_to(commands)
    return parser
