"""`models add` and `models rename`: entries of the person's own list."""

from __future__ import annotations

import argparse

from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_json, path
from baichuan_desktop.cli.library import (
    adapter_json,
    listed_json,
    listed_of,
    model_json,
    print_notes,
)
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.tables import print_json
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.adapters.details import details, notes_on_model
from baichuan_desktop.services.library.finding import search
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.library.store import ModelStore, notes


def add_to(verbs: Commands) -> None:
    """Add `add` and `rename`."""
    add = verbs.add_parser(
        "add", help="list the folder of a model or of an adapter; nothing is copied"
    )
    add.add_argument("folder", type=path, metavar="FOLDER")
    belongs = add.add_mutually_exclusive_group()
    belongs.add_argument(
        "--base",
        metavar="MODEL",
        help="it is an adapter for this model; default: as it says",
    )
    belongs.add_argument(
        "--export-of", metavar="ID", help="it is an export, and a precision of this model"
    )
    add.set_defaults(run=_add)
    rename = verbs.add_parser(
        "rename", help="show a model or an adapter under another name; its id stays"
    )
    rename.add_argument("id", metavar="ID")
    rename.add_argument("name", metavar="NAME")
    rename.set_defaults(run=_rename)
    for verb in (add, rename):
        add_json(verb)


def _add(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    if arguments.export_of is None:
        found = search.add(store, arguments.folder, arguments.base)
        if isinstance(found, InstalledAdapter):
            _tell_added(store, found, as_json=arguments.json)
            return 0
        model = found
    else:
        model = store.join_export(arguments.export_of, arguments.folder, _comparing)
        progress("")
    said = notes(model.path)
    if arguments.json:
        print_json(model_json(model) | {"notes": list(map(str, said))})
    else:
        line = f"{model.id}: {model.shown_name.en} ({model.family}, {model.kind}) at {model.path}"
        print(one_line(line))
        print_notes(said)
    return 0


def _tell_added(store: ModelStore, adapter: InstalledAdapter, *, as_json: bool) -> None:
    known = details(adapter.path)
    said = list(known.notes)
    for model in store.models:
        if model.id == adapter.base:
            said += notes_on_model(adapter.path, model.path)
    if as_json:
        print_json(adapter_json(adapter) | {"notes": list(map(str, said))})
        return
    print(
        one_line(
            f"{adapter.id}: {adapter.shown_name.en} ({known.summary}) at {adapter.path}, an "
            f"adapter for {adapter.base}"
        )
    )
    print_notes(said)


def _comparing(done: int, total: int) -> None:
    """Show how far the weights of a model are read."""
    progress(f"Comparing the weights: {100 * done // max(total, 1)} %")


def _rename(arguments: argparse.Namespace) -> int:
    store = ModelStore(app_paths())
    found = listed_of(store, arguments.id)
    rename = store.rename_adapter if isinstance(found, InstalledAdapter) else store.rename
    model = rename(found.id, arguments.name)
    if arguments.json:
        print_json(listed_json(model))
    else:
        print(one_line(f"{model.id} is called {model.shown_name.en} now"))
    return 0
