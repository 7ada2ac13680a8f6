"""`web`: a page for a browser on this machine, which this opens; the server is that of `serve`."""

from __future__ import annotations

import argparse
import webbrowser

from backends.operating_system import has_display
from baichuan_desktop.cli.arguments import Commands
from baichuan_desktop.cli.tables import say
from baichuan_desktop.cli.verbs.serving.options import add_server_options
from baichuan_desktop.cli.verbs.serving.running import run_server


def add_to(commands: Commands) -> None:
    """Add `web`."""
    parser = commands.add_parser("web", help="chat in a browser: a page of this machine's own")
    add_server_options(parser)
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address, and open no browser"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    return run_server(arguments) if arguments.no_browser else run_server(arguments, _open)


def _open(address: str) -> None:
    """Have the system's browser show the page, where there is one that can."""
    if not has_display() or not webbrowser.open(address):
        say(f"No browser could be opened here; open {address} yourself.")
