"""The rows of the list of models, and what was seen of a model's files."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from typing_extensions import override

from backends.precision import Precision
from baichuan_desktop.services.library.adapters.details import AdapterDetails
from baichuan_desktop.services.library.folders.drives import DriveSpace
from baichuan_desktop.services.library.integrity.folder_files import Sizes
from baichuan_desktop.services.library.integrity.values import Override, Verification
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import Family, Names, Shapes
from baichuan_desktop.services.library.states import Condition, ModelState
from baichuan_desktop.services.library.variants import Variant

#: What tells a row from every other one.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a model's folder has shown."""

    state: ModelState
    drive: DriveSpace | None = None  #: None where it cannot be told
    stored: Precision | None = None  #: how the weights lie on the disk; None: not known
    shapes: Shapes | None = None  #: as its config.json says; None: not known
    exports: Sizes = field(default_factory=dict, hash=False)  #: of the files of all its exports
    verification: Verification | None = None  #: the last one
    override: Override | None = None  #: of that one: somebody insists on loading the model

    @property
    def export_bytes(self) -> int:
        """Of all its exports."""
        return sum(self.exports.values())


@dataclass(frozen=True, slots=True)
class AdapterLooked:
    """What one look at an adapter's folder has shown."""

    state: ModelState
    drive: DriveSpace | None = None  #: None where it cannot be told
    details: AdapterDetails = field(default_factory=AdapterDetails)
    verification: Verification | None = None  #: the last one
    override: Override | None = None  #: see `Looked`


class Section(Enum):
    """What a heading stands over."""

    HERE = "here"  #: listed models, wherever they lie
    RELEASED = "released"  #: released ones of which none is listed


@dataclass(frozen=True, slots=True)
class Heading:
    """Stands over rows; it can be neither chosen nor opened."""

    section: Section
    count: int  #: of the rows below it

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("heading", self.section.value)


class ListedRow(ABC):
    """A row of what is listed, a model or an adapter."""

    __slots__ = ()

    @property
    @abstractmethod
    def listed(self) -> Listed:
        """What it is a row of."""

    @property
    @abstractmethod
    def seen(self) -> Looked | AdapterLooked | None:
        """What a look has shown; None: nobody has looked yet, or its drive does not answer."""

    @property
    def name(self) -> Names:
        """As it is shown."""
        return self.listed.shown_name

    @property
    def condition(self) -> Condition | None:
        """None where it is not known."""
        return self.seen.state.condition if self.seen is not None else None

    @property
    def bytes_on_disk(self) -> int | None:
        """Of all its files, a model's without its exports."""
        return self.seen.state.bytes_on_disk if self.seen is not None else None

    @property
    def drive(self) -> Path | None:
        """Where it lies: as it was seen, else as it was when it was added."""
        if self.seen is not None and self.seen.drive is not None:
            return self.seen.drive.drive
        return self.listed.drive


@dataclass(frozen=True, slots=True)
class ModelRow(ListedRow):
    """A listed model."""

    model: InstalledModel
    variant: Variant | None = None
    looked: Looked | None = None  #: None: nobody has looked yet, or its drive does not answer
    last_used: datetime.datetime | None = None  #: in UTC
    copies: tuple[Names, ...] = ()  #: names of other listed models of the same released one

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("model", self.model.id)

    @property
    @override
    def listed(self) -> InstalledModel:
        return self.model

    @property
    @override
    def seen(self) -> Looked | None:
        return self.looked

    @property
    def family(self) -> Family:
        """Of the weights."""
        return self.model.family

    @property
    def stored(self) -> Precision | None:
        """How the weights lie on the disk."""
        if self.looked is not None and self.looked.stored is not None:
            return self.looked.stored
        return self.variant.precision if self.variant is not None else None

    @property
    def exports(self) -> int:
        """How many are listed."""
        return len(self.model.exports)


@dataclass(frozen=True, slots=True)
class AdapterRow(ListedRow):
    """A listed adapter, below the model that it is for."""

    adapter: InstalledAdapter
    base: InstalledModel | None = None  #: a listed model that it is for; None: none is here
    looked: AdapterLooked | None = None  #: None: nobody has looked yet, or its drive is silent

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("adapter", self.adapter.id)

    @property
    @override
    def listed(self) -> InstalledAdapter:
        return self.adapter

    @property
    @override
    def seen(self) -> AdapterLooked | None:
        return self.looked

    @property
    def family(self) -> Family | None:
        """Of the model that it is for; None where none is here."""
        return None if self.base is None else self.base.family


@dataclass(frozen=True, slots=True)
class ReleasedRow:
    """A released model of which none is listed."""

    variant: Variant

    @property
    def key(self) -> Key:
        """What stays the same of it while what it shows changes."""
        return ("released", self.variant.id)

    @property
    def family(self) -> Family:
        """Of the weights."""
        return self.variant.family

    @property
    def name(self) -> Names:
        """As it is shown."""
        return self.variant.name


Row = ModelRow | AdapterRow | ReleasedRow
Entry = Heading | Row
