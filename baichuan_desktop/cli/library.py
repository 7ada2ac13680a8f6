"""The models on this machine, as the verbs take and print them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from backends.phrases import Phrase
from baichuan_desktop.cli.tables import say
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry import InstalledModel
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


def print_notes(notes: Sequence[Phrase]) -> None:
    """Tell what of a model's folder is not used, and what is instead."""
    for note in notes:
        say(f"Note: {note}", sys.stderr)
