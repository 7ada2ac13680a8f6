"""`models remove`: a model or an adapter is forgotten; a copy of ours goes into the trash."""

from __future__ import annotations

import argparse
from pathlib import Path

from backends.errors import NoTrashError
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json
from baichuan_desktop.cli.library import listed_json, listed_of
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.importing.removing import delete, plan_removal, remove
from baichuan_desktop.services.library.importing.values import Removal
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.sizes import size_text


def add_to(verbs: Commands) -> None:
    """Add `remove`."""
    parser = verbs.add_parser(
        "remove", help="forget a model or an adapter; an imported copy goes into the trash"
    )
    parser.add_argument("id", metavar="ID")
    parser.add_argument(
        "--delete", action="store_true", help="delete a copy for good; it cannot be taken back"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    add_json(parser)
    parser.set_defaults(run=_remove)


def _remove(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    removal = plan_removal(store, listed_of(store, arguments.id))
    if not arguments.dry_run:
        to_trash = delete if arguments.delete else _to_trash
        remove(store, removal, to_trash, ManifestStore(app_paths().manifests))
    if arguments.json:
        facts = {
            "trashed": [str(folder) for folder in removal.trashed],
            "freed_bytes": removal.freed_bytes,
            "kept_for": list(removal.kept_for),
            "kept_because": str(removal.kept_because) if removal.kept_because else None,
            "exports": list(removal.exports),
            "adapters": list(removal.adapters),
        }
        print_json(listed_json(removal.model) | facts)
    else:
        _print(removal, is_dry=arguments.dry_run, is_deleted=arguments.delete)
    return 0


def _print(removal: Removal, *, is_dry: bool, is_deleted: bool) -> None:
    model, size = removal.model, size_text(removal.freed_bytes)
    would = "would be" if is_dry else "is"
    listed = f"{model.id} {'would not be' if is_dry else 'is not'} listed any more"
    if removal.trashed:
        where = f"deleted, {size} freed" if is_deleted else f"in the trash, with {size}"
        said = f"{listed}; {model.path} {would} {where}"
    else:
        said = f"{listed}; its files are still at {model.path}"
    print(one_line(said))
    for other in removal.kept_for:
        print(f"its files are kept: {other} uses them")
    if removal.kept_because is not None:
        say(f"its files are kept: {removal.kept_because}")
    for export in sorted(removal.exports):
        print(f"its export {export} {'would be' if is_dry else 'is'} a model of its own now")
    for adapter in removal.adapters:
        print(f"its adapter {adapter} stays listed, and no listed model can use it")


def _to_trash(folder: Path) -> None:
    """Raises NoTrashError, also where Qt is not installed, as on a server."""
    try:
        from baichuan_desktop.workers.trash import move_to_trash
    except ImportError as error:
        raise NoTrashError(folder, Phrase("Qt, which knows it, is not installed")) from error
    move_to_trash(folder)
