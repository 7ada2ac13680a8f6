"""What models and adapters take on the drives: each file once, however many names lead to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from baichuan_desktop.services.library.folders.drives import DriveSpace, drive_of, drive_space
from baichuan_desktop.services.library.integrity.folder_files import (
    Sizes,
    files_of_listed,
    sizes_of,
)
from baichuan_desktop.services.library.registry import Listed


@dataclass(frozen=True, slots=True)
class Taken:
    """What one model takes of the drive that it lies on."""

    space: DriveSpace
    sizes: Sizes = field(hash=False)  #: of the files that could be seen
    is_absent: bool = False  #: the drive is not here


@dataclass(frozen=True, slots=True)
class DriveUse:
    """What all models take of a drive."""

    drive: Path  #: mount point or drive letter
    models: int  #: how many lie there
    model_bytes: int  #: of all their files, each once
    free_bytes: int | None  #: None where the drive is not here, or does not say
    total_bytes: int | None
    is_absent: bool

    @property
    def used_bytes(self) -> int:
        """By whatever; what models take, where the drive does not say."""
        if self.total_bytes is None or self.free_bytes is None:
            return self.model_bytes
        return max(self.total_bytes - self.free_bytes, 0)


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a model, or an adapter, takes."""

    model: Listed
    bytes_on_disk: int | None  #: of its files, each once; None where it cannot be looked at
    shared_bytes: int  #: of these, those of files that another one uses as well


@dataclass(frozen=True, slots=True)
class DiskUse:
    """By model, in their order, and by drive, the fullest first."""

    models: tuple[ModelUse, ...]
    drives: tuple[DriveUse, ...]


def by_drive(taken: Iterable[Taken]) -> list[DriveUse]:
    """Each drive that models lie on, the one with most of them first, those not here last."""
    models: dict[Path, list[Taken]] = {}
    for one in taken:
        models.setdefault(one.space.drive, []).append(one)
    uses = [_use(drive, inside) for drive, inside in models.items()]
    return sorted(uses, key=lambda one: (one.is_absent, -one.model_bytes, str(one.drive)))


def _use(drive: Path, models: list[Taken]) -> DriveUse:
    sizes = {identity: size for one in models for identity, size in one.sizes.items()}
    said = [one.space for one in models if one.space.total_bytes is not None]
    space = said[-1] if said else models[0].space
    return DriveUse(
        drive,
        len(models),
        sum(sizes.values()),
        space.free_bytes,
        space.total_bytes,
        all(one.is_absent for one in models),
    )


def disk_use(models: Iterable[Listed]) -> DiskUse:
    """What models and adapters take: looks at every file of theirs, and may wait for drives."""
    found = {model: _looked_at(model) for model in models}
    seen = [one.sizes for one in found.values() if one is not None]
    users = Counter(identity for sizes in seen for identity in sizes)
    by_model = []
    for model, one in found.items():
        sizes = {} if one is None else one.sizes
        shared = sum(size for identity, size in sizes.items() if users[identity] > 1)
        whole = None if one is None else sum(sizes.values())
        by_model.append(ModelUse(model, whole, shared))
    return DiskUse(tuple(by_model), tuple(by_drive(one for one in found.values() if one)))


def _looked_at(model: Listed) -> Taken | None:
    try:
        sizes = sizes_of(files_of_listed(model))
    except (OSError, ValueError):  # its drive is not here
        return None
    drive = drive_of(model.path)
    return None if drive is None else Taken(drive_space(drive), sizes)
