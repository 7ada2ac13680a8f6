"""What a result is called, where it lies if nobody says so, and that it is listed."""

from __future__ import annotations

from pathlib import Path

from backends.printable import one_line
from backends.training.events import TrainingReady
from backends.training.values import Method
from baichuan_desktop.services.jobs.copies import free_copy_folder
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS
from baichuan_desktop.services.library.store import ModelStore

_SUFFIXES = {Method.FULL: "tuned", Method.LORA: "lora", Method.QLORA: "qlora"}


def result_name(base: InstalledModel, method: Method, stated: str = "") -> str:
    """The name of a result in the list: what a person wrote, cleaned, or one after its base."""
    shown = "".join(letter for letter in stated if one_line(letter) == letter)
    return _short(shown) or _short(f"{base.name.en} {_SUFFIXES[method]}")


def _short(name: str) -> str:
    return " ".join(name.split())[:MOST_NAME_LETTERS].strip()


def free_output_folder(base: InstalledModel, method: Method) -> Path:
    """A folder beside the model that is not there yet, named after it."""
    return free_copy_folder(base, _SUFFIXES[method])


def list_result(
    store: ModelStore, ready: TrainingReady, base: InstalledModel, name: str
) -> InstalledAdapter | InstalledModel:
    """List what was trained, an adapter below its base, under a name.

    One that is listed already keeps its name. Raises PolicyError, AdapterError, CheckpointError,
    RegistryError.
    """
    folder = Path(ready.folder)
    if not ready.is_adapter:
        known = store.listed_at(folder)
        model = store.add(folder)
        return model if known is not None else store.rename(model.id, name)
    known_adapter = store.adapter_at(folder)
    is_listed = store.of_id(base.id) is not None
    adapter = store.add_adapter(folder, base.id if is_listed else None)
    return adapter if known_adapter is not None else store.rename_adapter(adapter.id, name)
