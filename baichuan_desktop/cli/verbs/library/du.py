"""`models du`: what models and adapters take on the drives."""

from __future__ import annotations

import argparse

from baichuan_desktop.cli.arguments import Commands, add_json
from baichuan_desktop.cli.library import listed_of, model_store
from baichuan_desktop.cli.tables import print_json, print_table
from baichuan_desktop.services.library.folders.disk_use import DriveUse, ModelUse, disk_use
from baichuan_desktop.services.library.registry import InstalledModel, Listed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.sizes import size_text


def add_to(verbs: Commands) -> None:
    """Add `du`."""
    parser = verbs.add_parser(
        "du",
        help="what models and adapters take on the drives",
        description="A file is counted once, however many links lead to it and however many models "
        "use it; what a model shares with others is told beside its size.",
    )
    parser.add_argument("models", nargs="*", metavar="ID", help="models and adapters; else all")
    add_json(parser)
    parser.set_defaults(run=_du)


def _du(arguments: argparse.Namespace) -> int:
    """Tell sizes; 1 if a folder could not be looked at."""
    store = model_store()
    use = disk_use(_chosen(store, arguments.models))
    if arguments.json:
        print_json(
            {
                "models": [_model_json(one) for one in use.models],
                "drives": [_drive_json(one) for one in use.drives],
            }
        )
    else:
        print_table(list(map(_model_row, use.models)), ("id", "size", "shared", "folder"))
        print()
        print_table(list(map(_drive_row, use.drives)), ("drive", "models", "free", "size"))
    return 1 if any(one.bytes_on_disk is None for one in use.models) else 0


def _chosen(store: ModelStore, names: list[str]) -> list[Listed]:
    """The models and adapters of these names, else all that are listed; each with its exports."""
    models: list[Listed] = [*store.models, *store.adapters]
    if names:
        models = [listed_of(store, name) for name in names]
    found = {model.id: model for model in models}
    for model in models:
        found |= {export.id: export for export in store.exports_of(model.id)}
    return list(found.values())


def _model_json(use: ModelUse) -> dict[str, object]:
    return {
        "id": use.model.id,
        "path": str(use.model.path),
        "export_of": use.model.export_of if isinstance(use.model, InstalledModel) else None,
        "bytes": use.bytes_on_disk,
        "shared_bytes": use.shared_bytes,
    }


def _drive_json(use: DriveUse) -> dict[str, object]:
    return {
        "drive": str(use.drive),
        "bytes": use.model_bytes,
        "free_bytes": use.free_bytes,
        "total_bytes": use.total_bytes,
    }


def _model_row(use: ModelUse) -> dict[str, object]:
    return {
        "id": use.model.id,
        "size": "?" if use.bytes_on_disk is None else size_text(use.bytes_on_disk),
        "shared": size_text(use.shared_bytes) if use.shared_bytes else "",
        "folder": str(use.model.path),
    }


def _drive_row(use: DriveUse) -> dict[str, object]:
    return {
        "drive": str(use.drive),
        "models": size_text(use.model_bytes),
        "free": "?" if use.free_bytes is None else size_text(use.free_bytes),
        "size": "?" if use.total_bytes is None else size_text(use.total_bytes),
    }
