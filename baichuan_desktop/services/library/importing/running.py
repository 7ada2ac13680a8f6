"""Runs an import: from a plan to a model that is listed, whatever ends it on its way.

What is written grows in `<target>.partial/model`, beside the journal. It gets its name when all of
it is on the drive; then it is listed; then, of a move, the source is taken away; then the journal
goes. So at every instant there is a whole copy, and a later run finds what is still to be done.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    AdapterError,
    BadCopyError,
    CheckpointError,
    CopyTakenError,
    DamagedSourceError,
    ImportBrokenError,
    ImportChangedError,
    ImportRefusedError,
    system_reason,
)
from backends.events import JobProgress
from backends.files.partial_folder import Claim, folders_to_make, is_taken, partial_of, require_room
from backends.files.small_files import is_folder
from backends.operating_system import long_path, rename, sync_folder
from backends.phrases import Phrase
from backends.policy.decisions import require, require_folder
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.library.folders.drives import is_here
from baichuan_desktop.services.library.importing.copying import (
    CHUNK_BYTES,
    Copying,
    reading,
    writing,
)
from baichuan_desktop.services.library.importing.journal import FILES, Journal
from baichuan_desktop.services.library.importing.same_weights import (
    compare,
    of_same_sizes,
    others_of_kind,
)
from baichuan_desktop.services.library.importing.unfinished import (
    is_barren,
    is_placed,
    remove_partial,
)
from baichuan_desktop.services.library.importing.values import (
    BegunAnew,
    ImportPlan,
    Resumed,
    SameWeights,
    Way,
)
from baichuan_desktop.services.library.integrity.known_hashes import known_hashes
from baichuan_desktop.services.library.integrity.making import first_manifest
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import KnownHash
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.store import ModelStore

ImportEvent = JobProgress | Resumed | BegunAnew | SameWeights | Listed


def run_import(
    store: ModelStore,
    manifests: ManifestStore,
    plan: ImportPlan,
    cancel: threading.Event,
    pausing: threading.Event | None = None,
    *,
    chunk_bytes: int = CHUNK_BYTES,
) -> Generator[ImportEvent, None, None]:
    """Import what was planned; the last event is what is listed, or `SameWeights`.

    Ends early once `cancel` is set: what is copied is taken away, or is kept if `pausing` is set
    too. A kill keeps it. Raises CopyTakenError, DiskFullError, ImportRefusedError,
    ImportBrokenError, CheckpointError, RegistryError, IntegrityError, PolicyError; the source is
    whole then, or the target is.
    """
    require(site_policy(), Feature.IMPORT)  # it may be another than when it was planned
    require_folder(site_policy(), plan.target)
    if plan.way is Way.LINK:
        # Nothing is known of its files but what listing it writes down: of a folder that is listed
        # already, what verifying found, and lists said, stays.
        yield _listed(store, plan, is_copied=False)
        return
    run = _Run(store, manifests, plan, cancel, pausing or threading.Event(), chunk_bytes)
    try:
        yield from run.run()
    except (AdapterError, BadCopyError, CheckpointError, DamagedSourceError, ImportChangedError):
        run.discard()
        raise
    finally:
        run.release()


class _Run:
    def __init__(
        self,
        store: ModelStore,
        manifests: ManifestStore,
        plan: ImportPlan,
        cancel: threading.Event,
        pausing: threading.Event,
        chunk_bytes: int,
    ) -> None:
        self._store, self._manifests, self._plan = store, manifests, plan
        self._cancel, self._pausing, self._chunk_bytes = cancel, pausing, chunk_bytes
        self._partial = partial_of(plan.target)
        self._claim = Claim(plan.target)
        self._made: list[Path] = []  # folders around the target that were not there
        self._is_placed = False  # the target is whole; what is left to do is in the journal

    def run(self) -> Iterator[ImportEvent]:
        """The events of `run_import`."""
        with writing(self._partial):
            is_resumed = is_taken(self._partial)
        if not is_resumed:
            for event in self._compared():
                if isinstance(event, InstalledModel | InstalledAdapter):
                    yield SameWeights(event)
                    return
                yield event
            if self._cancel.is_set():
                return
        journal, is_anew = self._begin()
        if is_anew:
            yield BegunAnew()
        if not is_placed(self._partial, journal):
            yield from self._bring(journal)
            if self._cancel.is_set() and not is_placed(self._partial, journal):
                if not self._pausing.is_set():
                    self.discard()
                return
        self._is_placed = True
        yield self._finish(journal)

    def _compared(self) -> Iterator[JobProgress | Listed]:
        """What reading tells of what is here: the one that has the same weights."""
        plan = self._plan
        known = {
            file.file: sha256
            for file in plan.files
            for one in self._said().get(file.name, ())
            if (sha256 := one.sha256) is not None
        }
        others = others_of_kind(self._store, plan.source, is_adapter=plan.base is not None)
        models = of_same_sizes(plan.files, others)  # the job before may have brought one
        for model in models:
            known |= self._known_of(model)
        return compare(plan.files, models, known, self._cancel)

    def _known_of(self, model: Listed) -> Mapping[Path, str]:
        """Hashes of a listed model's files that are still as they were then, by file."""
        manifest = self._manifests.read(model.id)
        found: dict[Path, str] = {}
        for name, record in (manifest.files if manifest else {}).items():
            file = model.path.joinpath(*name.split("/"))
            with contextlib.suppress(OSError):
                status = long_path(file).stat()
                as_then = (status.st_size, status.st_mtime_ns) == (record.size, record.mtime_ns)
                if as_then and record.sha256 is not None:
                    found[file] = record.sha256
        return found

    def _said(self) -> Mapping[str, tuple[KnownHash, ...]]:
        """What is said of the source's files where they lie."""
        with reading(self._plan.source):
            return known_hashes(self._plan.source)

    def discard(self) -> None:
        """Take away what there is of the copy, and the folders that were made for it.

        Not of one that is whole: of a move, it may be the only one there is.
        """
        if self._is_placed:
            return
        remove_partial(self._partial)
        with contextlib.suppress(OSError):  # somebody else put something there
            for folder in self._made:
                long_path(folder).rmdir()

    def release(self) -> None:
        """Let other runs have the target."""
        self._claim.release()

    # --- from the plan to files that have their name ---------------------------------------------

    def _begin(self) -> tuple[Journal, bool]:
        """The journal of this run, and whether what an earlier one left was thrown away."""
        with writing(self._partial):
            is_anew = False
            if is_taken(self._partial):  # else it is made below, or another run makes it meanwhile
                self._claim.take()
                journal = Journal.go_on(self._partial)
                if journal is not None and journal.is_of(self._plan):
                    if journal.plan.way is not self._plan.way:
                        journal.note_way(self._plan.way)
                    return journal, False
                if journal is None and not is_barren(self._partial):
                    raise self._taken(self._partial)
                if journal is not None and journal.plan.source != self._plan.source:
                    raise self._taken(self._partial)
                is_anew = journal is not None
                remove_partial(self._partial)
            if is_taken(self._plan.target):
                raise self._taken(self._plan.target)
            said = self._said()
            self._make_partial()
            return Journal.begin(self._partial, self._plan, said), is_anew

    def _make_partial(self) -> None:
        drive = self._plan.drive
        if drive is not None and not is_here(drive):
            raise ImportRefusedError(
                self._plan.source,
                Phrase("the drive “{drive}” is not there any more", drive=str(drive)),
                hint="Connect the drive again, or choose another model folder.",
            )
        self._made = folders_to_make(self._plan.target.parent)
        long_path(self._plan.target.parent).mkdir(parents=True, exist_ok=True)
        if not self._plan.is_renamed:
            require_room(self._plan.target.parent, self._plan.total_bytes)
        try:
            self._partial.mkdir()
        except FileExistsError as error:
            raise CopyTakenError(self._plan.target) from error
        self._claim.take()

    def _taken(self, folder: Path) -> ImportRefusedError:
        return ImportRefusedError(
            self._plan.source,
            Phrase("“{folder}” exists already", folder=str(folder)),
            hint="Move it away, or choose another model folder.",
        )

    def _bring(self, journal: Journal) -> Iterator[ImportEvent]:
        """Have the files in the target, unless the event is set before."""
        if journal.plan.is_renamed and self._rename(journal):
            return
        if journal.done_bytes:
            require_room(self._plan.target.parent, journal.plan.total_bytes - journal.done_bytes)
        copying = Copying(self._partial, journal, self._cancel, chunk_bytes=self._chunk_bytes)
        yield from copying.copy()
        if self._plan.way is Way.MOVE and not journal.is_checked and not self._cancel.is_set():
            yield from copying.check()
        if not self._cancel.is_set():
            self._require_as_said(journal)
            self._place()

    def _rename(self, journal: Journal) -> bool:
        """Give the source the name of the target; False where that takes a copy after all."""
        plan = journal.plan
        with reading(plan.source):
            for file in plan.files:
                status = long_path(file.file).lstat()
                if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
                    raise ImportChangedError(file.file)
        with writing(plan.target):
            try:
                rename(plan.source, plan.target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                require_room(plan.target.parent, plan.total_bytes)
                return False
            sync_folder(plan.target.parent)
            sync_folder(plan.source.parent)
        return True

    def _require_as_said(self, journal: Journal) -> None:
        """Raise DamagedSourceError for a file that is not what was downloaded."""
        for file in journal.plan.files:
            for one in journal.said.get(file.name, ()):
                if one.sha256 not in (None, journal.written[file.name].sha256):
                    raise DamagedSourceError(file.file, one.source)

    def _place(self) -> None:
        folder, target = self._partial / FILES, self._plan.target
        (open_adapter if self._plan.base is not None else Checkpoint.open)(folder)
        with writing(target):
            if is_taken(target):
                raise self._taken(target)
            for inner in (*(one for one in folder.rglob("*") if one.is_dir()), folder):
                sync_folder(inner)
            rename(folder, target)
            sync_folder(target.parent)

    # --- what is left to do once they have -------------------------------------------------------

    def _finish(self, journal: Journal) -> Listed:
        model = _listed(self._store, self._plan, is_copied=True)
        self._manifests.write(first_manifest(model, journal.hashes, journal.said))
        if self._plan.way is Way.MOVE:
            was_begun = journal.model_id is not None
            with writing(self._partial):
                journal.note_listed(model.id)
            if journal.is_whole and not was_begun and not is_folder(journal.plan.source):
                raise _not_taken(journal.plan.source, os.strerror(errno.ENOENT))  # a drive pulled
            take_away(journal.plan)
        remove_partial(self._partial)
        return model


def _listed(store: ModelStore, plan: ImportPlan, *, is_copied: bool) -> Listed:
    if plan.base is not None:
        adapter = store.add_adapter(
            plan.target, plan.base, copied=is_copied, repository=plan.repository
        )
        return store.rename_adapter(adapter.id, plan.name) if plan.name else adapter
    model = store.add(
        plan.target, copied=is_copied, repository=plan.repository, revision=plan.revision
    )
    return store.rename(model.id, plan.name) if plan.name else model


def take_away(plan: ImportPlan) -> None:
    """Delete from a source what was brought over, and nothing else. Raises ImportBrokenError.

    A file that has become another one since stays, and so does what was left out.
    """
    folders: set[Path] = set()
    for file in plan.files:
        place = plan.source.joinpath(*file.name.split("/"))
        folders.update(one for one in place.parents if one.is_relative_to(plan.source))
        try:
            status = long_path(place).stat()
            if (status.st_size, status.st_mtime_ns) == (file.size, file.mtime_ns):
                long_path(place).unlink()
        except FileNotFoundError:  # of a run before this one; or of a link whose file is gone
            long_path(place).unlink(missing_ok=True)
        except OSError as error:
            raise _not_taken(place, system_reason(error)) from error
    for folder in sorted(folders, key=lambda one: len(one.parts), reverse=True):
        with contextlib.suppress(OSError):  # what was left out lies in it
            long_path(folder).rmdir()


def _not_taken(place: Path, reason: str) -> ImportBrokenError:
    return ImportBrokenError(
        "“{file}” cannot be taken away: {reason}.",
        hint="The model was copied, and is listed. Delete the source by hand.",
        file=str(place),
        reason=Phrase("{text}", text=reason),
    )
