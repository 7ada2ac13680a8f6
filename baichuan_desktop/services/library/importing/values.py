"""How a model or an adapter is brought into the library."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from backends.phrases import Phrase
from baichuan_desktop.services.library.finding.values import SourceFile
from baichuan_desktop.services.library.registry import Listed


class Way(Enum):
    """What becomes of the source."""

    LINK = "link"  #: it stays where it lies, and is listed there
    COPY = "copy"
    MOVE = "move"  #: it is gone once the copy is whole; on one drive, it is only renamed


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in the source that is no part of the model, and is not brought along."""

    name: str  #: path inside of the folder, with “/”
    why: Phrase


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import will do; nothing of it has begun."""

    way: Way
    source: Path
    root: Path  #: links of the source lead nowhere out of this
    target: Path  #: the folder that is listed in the end; the source itself if it is linked
    files: tuple[SourceFile, ...]
    needed_bytes: int  #: on the target's drive, with the spare; 0 where nothing is written
    free_bytes: int  #: of the target's drive
    same_as: Listed | None = None  #: what is listed and known to have these weights
    repository: str | None = None
    revision: str | None = None
    name: str | None = None  #: what it is called in the list; None: as it is recognised
    base: str | None = None  #: of an adapter, the id of the model that it is for; None of a model
    left_out: tuple[LeftOut, ...] = ()
    is_renamed: bool = False  #: a move on one drive: nothing is copied
    kept_bytes: int = 0  #: that an import which was ended or killed left in the target
    drive: Path | None = None  #: that the target will lie on; it may be pulled while a job waits
    #: Listed ones whose weights have the same sizes; whether they are the same is read first.
    compared_with: tuple[Listed, ...] = ()

    @property
    def total_bytes(self) -> int:
        """Of all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Resumed:
    """An import goes on where an earlier one ended."""

    kept_bytes: int  #: that are there, and are not copied again
    read_again_bytes: int  #: of these, that are read again: less than the largest file has


@dataclass(frozen=True, slots=True)
class BegunAnew:
    """The source is another one than an earlier import copied of; what it left was thrown away."""


@dataclass(frozen=True, slots=True)
class SameWeights:
    """Nothing was imported: what is listed has the same weights."""

    model: Listed


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An import that was ended or killed on its way."""

    partial: Path  #: the folder that holds what there is of it
    target: Path  #: what it becomes
    source: Path
    way: Way
    done_bytes: int
    total_bytes: int
    is_whole: bool  #: all is there under its name, and only has to be listed
    is_listed: bool = False  #: that is done, and only the source has to be taken away

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.target.name


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that imports go into."""

    folder: Path
    free_bytes: int | None  #: None where its drive is not here
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a model or an adapter will do; nothing of it has begun."""

    model: Listed
    trashed: tuple[Path, ...]  #: folders that go into the trash; none of a linked model
    freed_bytes: int  #: that the trash holds afterwards
    kept_for: tuple[str, ...] = ()  #: ids of entries that use the same files, which therefore stay
    kept_because: Phrase | None = None  #: why the files of a copy stay all the same
    exports: tuple[str, ...] = ()  #: ids of its exports, which become models of their own
    adapters: tuple[str, ...] = ()  #: ids of adapters that no other listed model can use
