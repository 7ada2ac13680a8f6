"""`completion`: a script that has a shell propose commands, options, models and files."""

from __future__ import annotations

import argparse
from functools import partial

from baichuan_desktop.cli.arguments import Commands
from baichuan_desktop.cli.completion.bash import bash_script
from baichuan_desktop.cli.completion.fish import fish_script
from baichuan_desktop.cli.completion.ids import is_plain
from baichuan_desktop.cli.completion.tree import command_tree
from baichuan_desktop.cli.completion.zsh import zsh_script
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore

_SCRIPTS = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}


def add_to(commands: Commands) -> None:
    """Add `completion`, which knows whatever is added before and after it."""
    parser = commands.add_parser(
        "completion",
        help="print a script that has a shell complete these commands",
        description="Prints a script for bash, zsh or fish. For this shell alone: "
        "source <(baichuan-desktop completion bash). After an update of the app, print it again.",
    )
    parser.add_argument(
        "shell", choices=sorted(_SCRIPTS), metavar="SHELL", help="bash, zsh or fish"
    )
    parser.set_defaults(run=partial(_run, commands))


def _run(commands: Commands, arguments: argparse.Namespace) -> int:
    variants = ModelStore(app_paths()).variants
    released = [one.id for one in variants if not one.bundled and is_plain(one.id)]
    script = _SCRIPTS[arguments.shell](command_tree(commands), commands._prog_prefix, released)
    print(script, end="")
    return 0
