"""What looking for models finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from backends.events import ModelKind
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import Precision


class Place(Enum):
    """Who put a folder where it lies; this decides where its links may lead."""

    FOLDER = "folder"  #: a person
    HUGGINGFACE = "huggingface"  #: a cache of huggingface_hub
    MODELSCOPE = "modelscope"  #: a cache of modelscope or modelscope_hub
    MEDIUM = "medium"  #: a drive that is mounted


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A folder in which models may lie without anybody naming it."""

    folder: Path
    place: Place


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a model where it was found."""

    name: str  #: path inside of the model's folder, with “/”
    file: Path  #: where its bytes lie, links followed
    size: int  #: bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FoundAdapter:
    """What tells of a folder that it is an adapter."""

    base_name: str = ""  #: of the model that it was made for, as it was given then
    base: str | None = None  #: id of the listed model that it is for; None: none is listed


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that is a model or an adapter, or a part of one."""

    folder: Path  #: absolute; as a person would name it
    place: Place
    root: Path  #: links of its files may lead to anywhere below this, and nowhere else
    family: Family | None  #: None where neither config.json nor the tensors tell it
    kind: ModelKind | None
    stored: Precision | None  #: of the files; None of one that is not complete
    bytes_on_disk: int  #: of its files, each counted once
    variant: str | None = None  #: id of the released model that it is a copy of
    repository: str | None = None  #: “baichuan-inc/Baichuan2-7B-Chat”, as its place names it
    revision: str | None = None  #: commit, tag or branch, as its place names it
    listed_as: str | None = None  #: id of the entry that lists this folder already
    adapter: FoundAdapter | None = None  #: None of a model
    missing: tuple[Phrase, ...] = ()  #: what it lacks and why, a sentence each; none: complete

    @property
    def is_complete(self) -> bool:
        """Whether it can be listed."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Looking:
    """Where the search is now."""

    folder: Path
    entries: int  #: looked at so far


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What was not looked into, or not wholly."""

    folder: Path
    sentence: Phrase  #: why
