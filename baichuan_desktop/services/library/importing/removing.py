"""Taking out of the library: what becomes of the files, and that nobody else loses any."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from backends.errors import CheckpointError, RemovalError, system_reason
from backends.files.small_files import is_file, is_folder
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.library.importing.targets import own_folders
from baichuan_desktop.services.library.importing.values import Removal
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
)
from baichuan_desktop.services.library.store import ModelStore

_MOST_ENTRIES = 100_000
#: A model has one or two; what deletes folders goes into each with a call of its own.
_MOST_LEVELS = 100
#: Of these one is in every folder of a model, and of an adapter.
_CONFIGS = ("config.json", "adapter_config.json")
_A_LINK = Phrase("its folder is a link now")
_NO_MODEL = Phrase("its folder holds no model any more")
_NO_ADAPTER = Phrase("its folder holds no adapter any more")
_ANOTHER = Phrase("another model lies below it")
_TOO_MANY = Phrase("its folder holds more than a model does")
_TOO_WIDE = Phrase("its folder holds folders of yours or of the app's")


class Forgets(Protocol):
    """What knows something of a model by its id."""

    def forget(self, model_id: str) -> None:
        """Know nothing of it any more."""
        ...


def plan_removal(store: ModelStore, model: Listed) -> Removal:
    """What removing a model or an adapter will do; looks at names and links, and reads no file.

    A folder goes into the trash only if the app made it as a copy and nothing else needs it.
    """
    exports = tuple(one.id for one in store.exports_of(model.id))
    others = (one for one in _all(store) if one.id != model.id)
    kept_for = tuple(one.id for one in others if _needs(one, model.path))
    is_adapter = isinstance(model, InstalledAdapter)
    adapters = () if isinstance(model, InstalledAdapter) else _adapters_of_none(store, model)
    why = None
    if model.is_copied and is_folder(model.path):
        why = _why_kept(model.path, _NO_ADAPTER if is_adapter else _NO_MODEL)
    if not model.is_copied or not is_folder(model.path) or kept_for or why is not None:
        kept = kept_for if model.is_copied else ()
        return Removal(
            model, (), 0, kept_for=kept, kept_because=why, exports=exports, adapters=adapters
        )
    size = sum(_own_bytes(entry) for entry in _entries(model.path))
    return Removal(model, (model.path,), size, exports=exports, adapters=adapters)


def _adapters_of_none(store: ModelStore, removed: InstalledModel) -> tuple[str, ...]:
    """The adapters that no other listed model can use."""
    others = (one for one in store.models if one.id != removed.id)
    of_others = {adapter.id for other in others for adapter in store.adapters_of(other)}
    return tuple(one.id for one in store.adapters_of(removed) if one.id not in of_others)


def remove(
    store: ModelStore, removal: Removal, to_trash: Callable[[Path], None], *memories: Forgets
) -> Listed:
    """Take a model or an adapter from the list, and its files where that was planned.

    The files go first: what cannot be done leaves it listed. `to_trash` raises RemovalError.
    Raises UnknownModelError, RegistryError, PolicyError, and RemovalError for what changed since it
    was planned.
    """
    require(site_policy(), Feature.IMPORT)
    store.require_writable()
    named = store.adapter if isinstance(removal.model, InstalledAdapter) else store.model
    now = plan_removal(store, named(removal.model.id))
    if (now.model.path, now.trashed) != (removal.model.path, removal.trashed):
        raise RemovalError(
            "“{name}” is not as it was when its removal was asked for.",
            hint="Look at it again.",
            name=removal.model.shown_name.en,
        )
    for folder in removal.trashed:
        to_trash(folder)
    forget = store.remove_adapter if isinstance(removal.model, InstalledAdapter) else store.remove
    gone = forget(removal.model.id)
    for memory in memories:
        memory.forget(gone.id)
    return gone


def delete(folder: Path) -> None:
    """Delete a folder for good; links in it are not followed. Raises RemovalError.

    Its configuration goes last: what a kill leaves is still known for a model, and can be removed.
    """
    try:
        with os.scandir(long_path(folder)) as entries:
            rest = [entry for entry in entries if entry.name not in _CONFIGS]
        for entry in rest:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                long_path(Path(entry.path)).unlink()
        shutil.rmtree(long_path(folder))
    except OSError as error:
        raise RemovalError(
            "“{folder}” cannot be deleted: {reason}.",
            hint="The model stays listed. Check the drive, and your rights to the folder.",
            folder=str(folder),
            reason=Phrase("{text}", text=system_reason(error)),
        ) from error


def _all(store: ModelStore) -> Iterator[Listed]:
    """Every entry: also the exports that stand for precisions of a model, and adapters."""
    for model in store.models:
        yield model
        yield from store.exports_of(model.id)
    yield from store.adapters


def _needs(other: Listed, folder: Path) -> bool:
    """Whether a listed model uses files in a folder: it lies there, or has links to there."""
    real = _resolved(folder)
    own = _resolved(other.path)
    if own.is_relative_to(real):
        return True
    try:
        with os.scandir(long_path(other.path)) as entries:
            links = [Path(entry.path) for entry in entries if entry.is_symlink()]
    except OSError:
        return False
    return any(_resolved(link).is_relative_to(real) for link in links)


def _why_kept(folder: Path, nothing: Phrase) -> Phrase | None:
    """Why a folder of a copy is not what the app made, and so stays."""
    if long_path(folder).is_symlink():
        return _A_LINK
    if not _has_config(folder):
        return nothing
    real = _resolved(folder)
    own = list(own_folders())
    with contextlib.suppress(OSError):  # the folder that we are in is gone
        own.append(Path.cwd().resolve())
    if any(one.is_relative_to(real) for one in own):
        return _TOO_WIDE
    for count, entry in enumerate(_entries(folder)):
        depth = len(Path(entry.path).parts) - len(long_path(folder).parts)
        if count == _MOST_ENTRIES or depth > _MOST_LEVELS:
            return _TOO_MANY
        if entry.name in _CONFIGS and Path(entry.path).parent != long_path(folder):
            return _ANOTHER
    return None


def _has_config(folder: Path) -> bool:
    try:
        return any(is_file(folder / name) for name in _CONFIGS)
    except CheckpointError:  # it is none, or may not be looked at
        return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All that lies in a folder and below it; links are not followed."""
    pending = [long_path(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                found = list(entries)
        except OSError:
            continue
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))


def _own_bytes(entry: os.DirEntry[str]) -> int:
    """What deleting an entry frees: a file of several names frees nothing."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return 0
    is_shared = status.st_nlink > 1
    return 0 if is_shared or not entry.is_file(follow_symlinks=False) else status.st_size


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return path
