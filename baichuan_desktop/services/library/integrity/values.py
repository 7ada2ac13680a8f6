"""What is known of a model's files, and what verifying them finds."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from backends.phrases import Phrase


class Origin(Enum):
    """Who says what a file's hash is. The more a source knows of the publisher, the later here."""

    IMPORT = "import"  #: computed here, when the model was imported or first verified
    CONVERSION = "conversion"  #: computed here, when the file was written
    DOWNLOAD = "download"  #: what a cache or a Git LFS pointer says was downloaded
    SITE_LIST = "site-list"  #: a SHA256SUMS file that an administrator gave
    REGISTRY = "registry"  #: a layer of the registry

    @property
    def is_approval(self) -> bool:
        """Whether it says what was published or approved, and not only what came here."""
        return self in (Origin.SITE_LIST, Origin.REGISTRY)


@dataclass(frozen=True, slots=True)
class KnownHash:
    """What a file is known to be. One of the two hashes at least is there."""

    origin: Origin
    sha256: str | None = None  #: lower-case hex
    git_sha1: str | None = None  #: of the Git object; small files of a cache have no other
    size: int | None = None  #: bytes; None where the source does not say
    source: str = ""  #: which file says so, as “blobs/…”; a list's name; empty: none does
    since: datetime.datetime | None = None  #: when we computed or read it, in UTC


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of a model as it was known at one time."""

    size: int
    mtime_ns: int  #: only to notice that it may have changed
    known: tuple[KnownHash, ...] = ()  #: of each source that says something; none: not read yet
    is_link: bool = False  #: as the files of some caches are

    @property
    def sha256(self) -> str | None:
        """What it was when it was read here; else what another source says; else not known."""
        stated = {known.origin: known.sha256 for known in reversed(self.known) if known.sha256}
        own = stated.get(Origin.IMPORT) or stated.get(Origin.CONVERSION)
        return own or next(iter(stated.values()), None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a listed model."""

    model_id: str
    folder: Path
    made: datetime.datetime  #: in UTC
    files: Mapping[str, FileRecord] = field(hash=False)  #: by path in the folder, with “/”

    @property
    def stamp(self) -> str:
        """The `folder_stamp` that the folder had then."""
        return stamp_of((name, one.size, one.mtime_ns) for name, one in self.files.items())


def stamp_of(facts: Iterable[tuple[str, int, int]]) -> str:
    """Names, sizes in bytes and times in ns of files as one word, in whatever order they come."""
    told = repr(sorted(facts)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(told).hexdigest()[:16]


class Fault(Enum):
    """What is wrong with a file."""

    DAMAGED = "damaged"  #: another hash, though size and time are as they were
    CHANGED = "changed"  #: another hash, and another size or time: somebody wrote it
    MISSING = "missing"
    EXTRA = "extra"  #: the manifest does not know it
    UNREADABLE = "unreadable"
    ZERO = "zero"  #: a tensor is all zero
    NOT_A_NUMBER = "not-a-number"  #: a tensor holds NaN or infinity


@dataclass(frozen=True, slots=True)
class FileFault:
    """A fault of one file."""

    name: str  #: path in the folder, with “/”
    fault: Fault
    sentence: Phrase  #: what is wrong, with its facts
    against: Origin | None = None  #: whose hash it does not have

    @property
    def is_serious(self) -> bool:
        """Whether the model must not be loaded without an override; an extra file is not."""
        return self.fault is not Fault.EXTRA


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a model found."""

    model_id: str
    when: datetime.datetime  #: in UTC
    faults: tuple[FileFault, ...]
    checked: Mapping[Origin, int] = field(hash=False)  #: files whose hash each source confirmed
    bytes_read: int
    stamp: str  #: of the folder's files; another one since means that it must be verified anew
    new: int = 0  #: files of which nothing was known: from now on a change is noticed
    files: int = 0  #: that were read
    #: Names of those whose hash a list of the administrator's, or the registry, confirmed.
    confirmed: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether a serious fault was found."""
        return any(fault.is_serious for fault in self.faults)

    @property
    def result(self) -> str:
        """What was found as one word, for an override that holds for just that."""
        found = sorted((fault.name, fault.fault.value) for fault in self.faults if fault.is_serious)
        told = repr((found, self.stamp)).encode("utf-8", "backslashreplace")
        return hashlib.sha256(told).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word that a model is to be loaded although verifying it failed."""

    user: str
    when: datetime.datetime  #: in UTC
    result: str  #: `Verification.result` that it holds for, and for no other


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying a model: what was found, and what is known of its files now."""

    verification: Verification
    manifest: Manifest
