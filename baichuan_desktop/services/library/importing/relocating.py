"""Moves a model, or an adapter, that the app copied: from one model folder into another.

Everything is copied and read back, or linked where both are on one drive; then the list says that
it lies there; then what was copied goes from where it lay. So at every instant the list names a
whole folder. Of a kill before that, what is half-made goes when it is moved again; of one after
it, what still lies in the old folder is listed nowhere, and can be deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import BadCopyError, DiskFullError, ImportRefusedError
from backends.events import JobProgress, JobStep
from backends.files.partial_folder import SPARE_BYTES, is_taken, partial_of
from backends.files.plain_file import open_plain
from backends.files.small_files import is_folder
from backends.operating_system import long_path, rename, sync_folder
from backends.phrases import Phrase
from backends.policy.decisions import require, require_folder
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.library.folders.paths import resolved
from baichuan_desktop.services.library.importing import targets
from baichuan_desktop.services.library.importing.copying import CHUNK_BYTES, reading, writing
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.store import ModelStore

_MOST_FILES = 10_000
_MARK = ".moved-by-baichuan-desktop"  # in what is being filled: nobody else's folder has it


@dataclass(frozen=True, slots=True)
class _File:
    name: Path  # in the folder
    size: int


def copied_into(store: ModelStore, folder: Path) -> Sequence[Listed]:
    """What the app copied into a model folder, and could move. No drive is looked at for others."""
    listed: Sequence[Listed] = [*store.models, *store.adapters]
    return [
        one
        for one in listed
        if one.is_copied and one.layer is RegistryLayer.USER and one.path.parent == folder
    ]


def relocate(
    store: ModelStore,
    manifests: ManifestStore,
    listed: Listed,
    model_folder: Path,
    cancel: threading.Event,
) -> Iterator[JobProgress | Listed]:
    """Move it; the last event is what is listed then.

    Ends early once `cancel` is set, and it stays where it is. Raises ImportRefusedError,
    ImportBrokenError, DiskFullError, PolicyError, RegistryError, IntegrityError.
    """
    require(site_policy(), Feature.IMPORT)
    require_folder(site_policy(), model_folder)
    source = listed.path
    with reading(source):
        files = list(_files(source))
    _require_apart(source, model_folder)
    target = _target(source, model_folder)
    total = sum(file.size for file in files)
    with writing(target):
        free = targets.free_bytes(model_folder)
        if not targets.is_one_drive(source, model_folder) and total + SPARE_BYTES > free:
            raise DiskFullError(model_folder, needed_bytes=total + SPARE_BYTES, free_bytes=free)
    partial = partial_of(target)
    try:
        yield from _fill(source, partial, files, total, cancel)
        if cancel.is_set():
            _remove(partial)
            return
        with writing(target):
            (partial / _MARK).unlink()
            rename(partial, target)
            sync_folder(target.parent)
    except BaseException:
        _remove(partial)
        raise
    moved = store.relocate(listed, target)
    manifests.relocate(listed.id, target)
    _take_away(source, files)
    yield moved


def _files(folder: Path) -> Iterator[_File]:
    """Every file of a folder. Raises OSError, ImportRefusedError for what is no ordinary one."""
    count = 0
    for at, folders, names in os.walk(long_path(folder)):
        here = folder / Path(at).relative_to(long_path(folder))
        for name in (*folders, *names):
            file, count = here / name, count + 1
            if count > _MOST_FILES or file.is_symlink() or not (file.is_file() or file.is_dir()):
                raise ImportRefusedError(
                    folder,
                    Phrase("“{file}” is no ordinary file", file=str(file)),
                    hint="Import it anew, as a copy, into the other model folder.",
                )
            if name in names:
                yield _File(file.relative_to(folder), file.stat().st_size)


def _require_apart(source: Path, model_folder: Path) -> None:
    real, folder = resolved(str(source)), resolved(str(model_folder))
    if real is None or folder is None or real.parent == folder:
        raise ImportRefusedError(
            source,
            Phrase("it lies in this model folder already"),
            hint="Choose another model folder.",
        )
    targets.require_apart(real, folder, targets.installation_folders())
    if not is_folder(folder) and not is_folder(folder.parent):
        raise ImportRefusedError(
            source,
            Phrase("“{folder}” is not there", folder=str(model_folder)),
            hint="Connect its drive, make the folder, or choose another model folder.",
        )
    if not targets.is_writable(folder):
        raise ImportRefusedError(
            source,
            Phrase("you may not write to “{folder}”", folder=str(model_folder)),
            hint="Choose another model folder.",
        )


def _target(source: Path, model_folder: Path) -> Path:
    """Where it goes; what an earlier move was killed over is taken away first."""
    partial = partial_of(model_folder / source.name)
    if (partial / _MARK).is_file():
        _remove(partial)
    with writing(model_folder):
        return targets.free_target(model_folder, source.name)


def _fill(
    source: Path, partial: Path, files: Sequence[_File], total: int, cancel: threading.Event
) -> Iterator[JobProgress]:
    done = 0
    with writing(partial):
        long_path(partial.parent).mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        (partial / _MARK).touch()
    for file in files:
        place = partial / file.name
        with writing(partial):
            long_path(place.parent).mkdir(parents=True, exist_ok=True)
        if not _linked(source / file.name, place):
            for count in _copied(source / file.name, place, cancel):
                yield JobProgress(JobStep.WRITE, done + count, total)
        if cancel.is_set():
            return
        done += file.size
        yield JobProgress(JobStep.WRITE, done, total)
    with writing(partial):
        for folder in {(partial / file.name).parent for file in files}:
            sync_folder(folder)


def _linked(source: Path, place: Path) -> bool:
    """Whether both names are of one file now, which needs no copy; only on one drive."""
    try:
        os.link(long_path(source), long_path(place))
    except OSError:
        return False
    return True


def _copied(source: Path, place: Path, cancel: threading.Event) -> Iterator[int]:
    """How many bytes are copied; the copy is read back in the end. Raises ImportBrokenError."""
    read, count = hashlib.sha256(), 0
    with reading(source), open_plain(source) as stream:
        status = os.fstat(stream.fileno())
        with writing(place), long_path(place).open("xb") as out:
            while not cancel.is_set() and (chunk := stream.read(CHUNK_BYTES)):
                read.update(chunk)
                out.write(chunk)
                count += len(chunk)
                yield count
            out.flush()
            os.fsync(out.fileno())
    if cancel.is_set():
        return
    with writing(place):
        back = hashlib.sha256()
        with open_plain(place) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                back.update(chunk)
        shutil.copystat(source, place)
        os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    if back.digest() != read.digest():
        raise BadCopyError(place)


def _take_away(source: Path, files: Sequence[_File]) -> None:
    """Delete what lies in the new folder too; what somebody put there since stays."""
    for file in files:
        with contextlib.suppress(OSError):
            long_path(source / file.name).unlink()
    for at, _, _ in os.walk(source, topdown=False):
        with contextlib.suppress(OSError):
            Path(at).rmdir()


def _remove(partial: Path) -> None:
    if is_taken(partial) and not partial.is_symlink():
        shutil.rmtree(long_path(partial), ignore_errors=True)
