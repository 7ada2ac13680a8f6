"""`models`: the models on this machine. Each of its verbs is a module of `verbs/library`."""

from __future__ import annotations

from baichuan_desktop.cli.arguments import Commands, add_debug_to
from baichuan_desktop.cli.verbs import copies
from baichuan_desktop.cli.verbs.library import (
    du,
    entries,
    find,
    get,
    hashes,
    importing,
    licence,
    listing,
    removing,
    verify,
)

#: In the order of the help text.
_VERBS = (listing, du, find, get, importing, licence, entries, removing, verify, hashes)


def add_to(commands: Commands) -> None:
    """Add `models` and its verbs."""
    parser = commands.add_parser("models", help="the models on this machine")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for verb in _VERBS:
        verb.add_to(verbs)
    copies.add_to_models(verbs)
    add_debug_to(verbs)
