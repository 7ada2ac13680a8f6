"""`serve`: other programs and browsers ask the models of this machine, until Ctrl+C."""

from __future__ import annotations

import argparse

from baichuan_desktop.cli.arguments import Commands
from baichuan_desktop.cli.verbs.serving.options import add_server_options
from baichuan_desktop.cli.verbs.serving.running import run_server
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.serving.key import ServerKey


def add_to(commands: Commands) -> None:
    """Add `serve`."""
    parser = commands.add_parser(
        "serve", help="let other programs on this machine ask the models, as of OpenAI's API"
    )
    add_server_options(parser)
    key = parser.add_mutually_exclusive_group()
    key.add_argument(
        "--show-key", action="store_true", help="print the key that programs show, and end"
    )
    key.add_argument(
        "--new-key",
        action="store_true",
        help="print another key, and end; the one before is void",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.show_key or arguments.new_key:
        key = ServerKey(app_paths().server_key)
        print(key.renew() if arguments.new_key else key.text())
        return 0
    return run_server(arguments)
