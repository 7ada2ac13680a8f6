"""Whether the files of a model are what they are known to be."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from backends.errors import CheckpointError
from backends.events import JobProgress, JobStep
from backends.files.tensor_files import TensorRecord
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity import sentences
from baichuan_desktop.services.library.integrity.folder_files import (
    FolderFile,
    cannot_be_read,
    stamp,
)
from baichuan_desktop.services.library.integrity.known_hashes import known_hashes, pointer_in
from baichuan_desktop.services.library.integrity.making import first_record, listed_files
from baichuan_desktop.services.library.integrity.manifests import utc_now
from baichuan_desktop.services.library.integrity.reading import (
    FileReading,
    files_in_use,
    odd_tensors,
    weight_records,
)
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    FileFault,
    FileRecord,
    KnownHash,
    Manifest,
    Origin,
    Verification,
    Verified,
)
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed

_ZONE_STEP_NS: Final = 15 * 60 * 10**9  # zones differ by quarters of an hour
_MOST_APART_NS: Final = 26 * 60 * 60 * 10**9


def verify(
    model: Listed,
    manifest: Manifest | None,
    cancel: threading.Event,
    against: Mapping[str, KnownHash] | None = None,
) -> Iterator[JobProgress | Verified]:
    """Read every file of a model once; what was found comes last.

    `manifest` is what is known; of a model without one, this makes it. `against` is a list that
    holds for this time. Ends without a result once `cancel` is set. Raises IntegrityError where
    the folder is not there.
    """
    files = listed_files(model)
    checking = _Checking(model, manifest, files, against)
    readable = [one for one in files.values() if one.refusal is None]
    done, total = 0, sum(one.size for one in readable)
    yield JobProgress(JobStep.CHECK, 0, total)
    for one in sorted(readable, key=lambda one: one.name):
        reading, wrong = checking.reading(one)
        try:
            for count in reading:
                if cancel.is_set():
                    return
                done += count
                yield JobProgress(JobStep.CHECK, min(done, total), total)
        except OSError as error:
            checking.faults.append(sentences.unreadable(one.name, cannot_be_read(error)))
        else:
            checking.read(one, reading, wrong)
    yield checking.verified(done)


@dataclass(slots=True)
class _Checking:
    """What is known of a model's files, and what was found until now."""

    model: Listed
    manifest: Manifest | None
    files: Mapping[str, FolderFile]
    against: Mapping[str, KnownHash] | None
    faults: list[FileFault] = field(default_factory=list)
    _said: Mapping[str, tuple[KnownHash, ...]] = field(init=False)
    _records: dict[str, FileRecord] = field(init=False)
    _checked: Counter[Origin] = field(default_factory=Counter)
    _confirmed: list[str] = field(default_factory=list)
    _new: int = 0
    _count: int = 0

    def __post_init__(self) -> None:
        if self.manifest is not None and self.manifest.folder != self.model.path:
            self.manifest = None  # of another model that had this id
        self._said = known_hashes(self.model.path, self.files)
        if self.manifest is not None:
            self._records = dict(self.manifest.files)
        else:
            now = utc_now()
            self._records = {
                one.name: first_record(one, self._said.get(one.name, ()), None, now)
                for one in self.files.values()
                if one.refusal is None
            }
        self._look()

    def _look(self) -> None:
        """Find what can be told without reading: what is missing, new, or no file."""
        has_new = self.manifest is not None and not self.files.keys() <= self._records.keys()
        in_use = files_in_use(self.model) if has_new else frozenset()
        stated = dict.fromkeys(self.model.stated_files, Origin.REGISTRY)
        stated |= dict.fromkeys(self.against or (), Origin.SITE_LIST)
        stated |= dict.fromkeys(self._records, Origin.IMPORT)
        for name in sorted(stated.keys() - self.files.keys()):
            self.faults.append(sentences.missing(name, stated[name]))
        for one in self.files.values():
            record = self._records.get(one.name)
            if one.refusal is not None:
                if record is not None and not record.is_link:
                    self.faults.append(sentences.replaced(one.name, one.refusal))
                elif one.is_link or self.manifest is None or record is not None:
                    self.faults.append(sentences.unreadable(one.name, one.refusal))
                else:
                    self.faults.append(sentences.extra(one.name, one.refusal))
            elif record is not None and one.is_link and not record.is_link:
                self.faults.append(sentences.replaced(one.name))
            elif record is None and self.manifest is not None:
                is_used = one.name in in_use
                told = sentences.taken_instead if is_used else sentences.extra
                self.faults.append(told(one.name))
            elif self.against is not None and one.name not in self.against:
                self.faults.append(sentences.not_listed(one.name))

    def _kept(self, name: str) -> tuple[KnownHash, ...]:
        """What is kept of a file; a source that says another thing now has said what it said."""
        record = self._records.get(name)
        kept = record.known if record is not None else ()
        sources = {(one.origin, one.source) for one in kept}
        said = self._said.get(name, ())
        return (*kept, *(one for one in said if (one.origin, one.source) not in sources))

    def _known(self, name: str) -> tuple[KnownHash, ...]:
        """What each source says of a file, those that are not kept among them."""
        known = list(self._kept(name))
        if self.against is not None and name in self.against:
            known = [one for one in known if one.origin is not Origin.SITE_LIST]
            known.append(self.against[name])
        if (stated := self.model.stated_files.get(name)) is not None:
            known.append(KnownHash(Origin.REGISTRY, stated.sha256, size=stated.size))
        return tuple(known)

    def reading(self, one: FolderFile) -> tuple[FileReading, CheckpointError | None]:
        """How a file is read, and what is wrong with its list of tensors."""
        records: tuple[TensorRecord, ...] = ()
        wrong = None
        try:
            is_adapter = isinstance(self.model, InstalledAdapter)
            records = tuple(weight_records(self.model.path, one.name, is_adapter=is_adapter))
        except CheckpointError as error:
            wrong = error
        with_git = any(known.sha256 is None for known in self._known(one.name))
        return FileReading(one, records, with_git_sha1=with_git), wrong

    def read(self, one: FolderFile, reading: FileReading, wrong: CheckpointError | None) -> None:
        """A file was read."""
        self._count += 1
        if reading.is_changing:
            self.faults.append(sentences.changing(one.name))
            return
        known, record = self._known(one.name), self._records.get(one.name)
        right = [said for said in known if _is_confirmed(said, one, reading)]
        others = [said for said in known if said not in right]
        if others:
            self.faults.append(self._other_content(one, others, right))
            return
        if not right and self._is_as_it_was(one) is False:
            self.faults.append(sentences.written_since(one.name))
            return
        odd = sentences.odd_tensors(one.name, odd_tensors(self.model, reading))
        self.faults += odd
        if wrong is not None:
            sentence = Phrase(wrong.template, **wrong.facts)
            self.faults.append(FileFault(one.name, Fault.DAMAGED, sentence))
        self._checked.update({said.origin for said in right})
        if any(said.origin.is_approval for said in right):
            self._confirmed.append(one.name)
        self._new += not right
        if record is not None:  # a file that was added since is named each time
            kept = self._kept(one.name)
            is_read = any(said.origin is Origin.IMPORT for said in kept)
            sha256 = None if is_read else reading.sha256
            self._records[one.name] = first_record(one, kept, sha256, utc_now())

    def _other_content(
        self,
        one: FolderFile,
        others: Sequence[KnownHash],
        right: Sequence[KnownHash],
    ) -> FileFault:
        if pointer_in(one) is not None and any(said.source == one.name for said in others):
            return sentences.pointer(one.name, others[0].origin)
        return sentences.other_content(
            one.name,
            max(others, key=_weight),
            max(right, key=_weight, default=None),
            is_as_it_was=self._is_as_it_was(one),
        )

    def _is_as_it_was(self, one: FolderFile) -> bool | None:
        """Whether size and time of a file are those of before; None where nothing was before."""
        record = self._records.get(one.name)
        if record is None or self.manifest is None:
            return None
        return one.size == record.size and _is_same_time(one.mtime_ns, record.mtime_ns)

    def verified(self, bytes_read: int) -> Verified:
        """What came of it."""
        now = utc_now()
        verification = Verification(
            self.model.id,
            now,
            tuple(sorted(self.faults, key=lambda fault: (not fault.is_serious, fault.name))),
            dict(self._checked),
            bytes_read,
            stamp(self.files),
            self._new,
            self._count,
            tuple(sorted(self._confirmed)),
        )
        manifest = Manifest(self.model.id, self.model.path, now, self._records)
        if self.manifest is not None:
            manifest = replace(self.manifest, files=self._records)
        return Verified(verification, manifest)


def _is_confirmed(said: KnownHash, one: FolderFile, reading: FileReading) -> bool:
    if said.size not in (None, one.size):
        return False
    if said.sha256 is not None:
        return said.sha256 == reading.sha256
    return said.git_sha1 == reading.git_sha1


def _weight(said: KnownHash) -> int:
    """How much a source knows of the publisher."""
    return list(Origin).index(said.origin)


def _is_same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times of a file are one; drives that keep local time show it in other zones."""
    apart = abs(one_ns - other_ns)
    return apart % _ZONE_STEP_NS == 0 and apart <= _MOST_APART_NS
