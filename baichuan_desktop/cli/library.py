"""The models on this machine, as the verbs take and print them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.checkpoint.foreign_folders import is_adapter
from backends.errors import AdapterError, CheckpointError
from backends.events import ModelReady
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.cli.tables import say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.adapters.listed import UnknownAdapterError
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
    UnknownModelError,
)
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.library.states import ModelState
from baichuan_desktop.services.library.store import ModelStore


def model_store() -> ModelStore:
    """The models on this machine; what of a registry is wrong is told on stderr and left out."""
    store = ModelStore(app_paths())
    for problem in store.problems:
        say(f"{problem.message} {problem.hint}".rstrip(), sys.stderr)
    return store


def store_to_list_in() -> ModelStore:
    """The models; raises RegistryError at once if what is written then could not be listed."""
    store = ModelStore(app_paths())
    store.require_writable()
    return store


def model_json(model: InstalledModel) -> dict[str, Any]:
    """The facts of a model on this machine, for `print_json` and `print_facts`."""
    return {
        "id": model.id,
        "name": model.name.model_dump(),
        "family": model.family,
        "kind": model.kind,
        "context_length": model.context_length,
        "path": str(model.path),
        "exports": [str(path) for path in model.exports],
        "variant": model.variant,
        "bundled": model.bundled,
        "layer": model.layer.value,
        "copied": model.is_copied,
        "drive": None if model.drive is None else str(model.drive),
        "repository": model.repository,
        "added": model.added,
    }


def state_json(state: ModelState) -> dict[str, Any]:
    """What became of a model's folder, for the same."""
    return {
        "state": state.condition.value,
        "state_sentence": None if state.sentence is None else str(state.sentence),
        "bytes_on_disk": state.bytes_on_disk,
    }


def listed_of(store: ModelStore, name: str) -> Listed:
    """The model or the adapter of an id, a folder or a name.

    Raises UnknownModelError, AmbiguousNameError, CheckpointError, AdapterError.
    """
    if store.of_id(name) is None and any(one.id == name for one in store.adapters):
        return store.adapter(name)
    try:
        return store.model(name)
    except UnknownModelError:
        with contextlib.suppress(UnknownAdapterError, AdapterError):  # “hf:…” is no folder
            return store.adapter(name)
        raise
    except CheckpointError:
        if is_adapter(Path(name)):
            return store.adapter(name)
        raise


def is_listed(store: ModelStore, one: Listed) -> bool:
    """Whether it is in the list, and was not only described by its folder."""
    if isinstance(one, InstalledAdapter):
        return store.adapter_at(one.path) is not None
    return store.listed_at(one.path) is not None


def listed_json(one: Listed) -> dict[str, Any]:
    """The facts of a model or an adapter, for the same."""
    return adapter_json(one) if isinstance(one, InstalledAdapter) else model_json(one)


def adapter_of(
    store: ModelStore, name: str | None, model: InstalledModel
) -> InstalledAdapter | None:
    """The adapter of `--adapter` for a model, which is here; None where none was named.

    Raises UnknownAdapterError, AdapterError, ModelAwayError.
    """
    if name is None:
        return None
    adapter = store.adapter(name, model)
    require_here(adapter)
    return adapter


def adapter_json(adapter: InstalledAdapter) -> dict[str, Any]:
    """The facts of an adapter on this machine, for the same."""
    return {
        "id": adapter.id,
        "name": adapter.name.model_dump(),
        "kind": "adapter",
        "adapter_for": adapter.base or None,
        "variant": adapter.variant,
        "path": str(adapter.path),
        "layer": adapter.layer.value,
        "copied": adapter.is_copied,
        "drive": None if adapter.drive is None else str(adapter.drive),
        "repository": adapter.repository,
        "added": adapter.added,
    }


def print_adapter(adapter: InstalledAdapter | None, loaded: Sequence[ModelReady]) -> None:
    """Tell with which adapter figures were measured, and what of it could not be checked."""
    if adapter is None or not loaded:
        return
    say(one_line(f"With the adapter {adapter.shown_name.en} ({adapter.path})."))
    used = [one.adapter.notes for one in loaded if one.adapter is not None]
    print_notes(used[0] if used else ())


def print_notes(notes: Sequence[Phrase]) -> None:
    """Tell what of a model's folder is not used, and what is instead."""
    for note in notes:
        say(f"Note: {note}", sys.stderr)
