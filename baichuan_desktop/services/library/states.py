"""What became of the folder of a model, or of an adapter, since it was added."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from backends.errors import ModelAwayError, system_reason
from backends.files.downloads import is_there
from backends.files.small_files import is_folder
from backends.phrases import Phrase
from baichuan_desktop.services.library.folders.completeness import lacking
from baichuan_desktop.services.library.folders.drives import is_here
from baichuan_desktop.services.library.integrity.folder_files import (
    FolderFile,
    Sizes,
    files_of_listed,
    sizes_of,
    stamp,
)
from baichuan_desktop.services.library.integrity.values import Manifest, Verification
from baichuan_desktop.services.library.registry import InstalledAdapter, Listed


class Condition(Enum):
    """Whether a listed model can be used as it was added."""

    PRESENT = "present"
    CHANGED = "changed"  #: files are other ones than when it was added; it may be used
    DAMAGED = "damaged"  #: verifying found what is wrong, and nothing changed since
    UNFINISHED = "unfinished"  #: a part of its files is there: a download, an import on its way
    GONE = "gone"  #: its drive is here, and its folder is not
    DRIVE_ABSENT = "drive-absent"  #: the drive that it lies on is not here now; it may come back
    UNREADABLE = "unreadable"  #: something is there that cannot be read

    @property
    def is_away(self) -> bool:
        """Whether there is nothing that could be loaded."""
        return self in (Condition.GONE, Condition.DRIVE_ABSENT)


@dataclass(frozen=True, slots=True)
class ModelState:
    """The condition of a model, and what to say of it."""

    condition: Condition
    sentence: Phrase | None = None  #: what is so, in one sentence; None of one that is present
    sizes: Sizes | None = field(default=None, hash=False)  #: of its files; None: not seen

    @property
    def bytes_on_disk(self) -> int | None:
        """Of all its files; None where that cannot be told."""
        return None if self.sizes is None else sum(self.sizes.values())


#: What the system says of a drive that was pulled out, or of a computer that does not answer.
_DRIVE_FAILS = frozenset(
    getattr(errno, name)
    for name in ("EHOSTDOWN", "EHOSTUNREACH", "EIO", "ENODEV", "ENOMEDIUM", "ENOTCONN", "ENXIO",
                 "ESTALE", "ETIMEDOUT")
    if hasattr(errno, name)
)  # fmt: skip


def look_at(
    model: Listed, manifest: Manifest | None, verification: Verification | None
) -> ModelState:
    """What is so of a listed model now: names, sizes and times of its files are looked at.

    A drive may take long to answer: never in the window's thread.
    """
    try:
        files = files_of_listed(model)
    except (OSError, ValueError) as error:
        return _unseen(model, error)
    sizes = sizes_of(files)
    if (missing := lacking(model, files)) is not None:
        return ModelState(Condition.UNFINISHED, missing, sizes)
    if manifest is not None and manifest.folder != model.path:  # of another that had this id
        manifest = verification = None
    if verification is not None and verification.has_failed and verification.stamp == stamp(files):
        return ModelState(Condition.DAMAGED, _damage(model, verification), sizes)
    changed = [] if manifest is None else sorted(_changed(files, manifest))
    if changed:
        return ModelState(Condition.CHANGED, _other_files(model, changed), sizes)
    return ModelState(Condition.PRESENT, None, sizes)


def require_here(model: Listed) -> None:
    """Raise ModelAwayError if the folder of a listed model, or its drive, is not here now."""
    if is_folder(model.path):
        return
    try:
        files_of_listed(model)
    except (OSError, ValueError) as error:
        state = _unseen(model, error)
        if state.condition.is_away and state.sentence is not None:
            is_drive = state.condition is Condition.DRIVE_ABSENT
            raise ModelAwayError(state.sentence, is_drive=is_drive) from error


def _unseen(model: Listed, error: OSError | ValueError) -> ModelState:
    """What to say of a folder that cannot be listed."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _DRIVE_FAILS or _is_drive_absent(model):
        drive = model.drive or Path(model.path.anchor)
        what = Phrase("“{folder}” lies on the drive “{drive}”, which is not here now.",
                      folder=_shown(model.path), drive=_shown(drive))  # fmt: skip
        return ModelState(Condition.DRIVE_ABSENT, what)
    if isinstance(error, FileNotFoundError):
        what = Phrase("The folder “{folder}” is not there any more.", folder=_shown(model.path))
        if is_there(model.path):
            what = Phrase(
                "“{folder}” is a link to a place that is not there.", folder=_shown(model.path)
            )
        return ModelState(Condition.GONE, what)
    what = Phrase(
        "“{folder}” cannot be read: {reason}.",
        folder=_shown(model.path),
        reason=system_reason(error),
    )
    return ModelState(Condition.UNREADABLE, what)


_MOST_LETTERS = 300


def _shown(path: Path) -> str:
    """A path as it has room in a sentence: a registry may name one of thousands of letters."""
    text, half = str(path), _MOST_LETTERS // 2
    return text if len(text) <= _MOST_LETTERS else f"{text[:half]}…{text[-half:]}"


def _is_drive_absent(model: Listed) -> bool:
    """Whether nothing is mounted where a model's drive was, or its drive letter is nobody's."""
    root = Path(model.path.anchor)
    if not is_folder(root):
        return True
    return model.drive is not None and model.drive != root and not is_here(model.drive)


def _damage(model: Listed, verification: Verification) -> Phrase:
    names = _listed(sorted({fault.name for fault in verification.faults if fault.is_serious}))
    if isinstance(model, InstalledAdapter):
        return Phrase("Verifying the adapter found that files are wrong: {names}.", names=names)
    return Phrase("Verifying the model found that files are wrong: {names}.", names=names)


def _other_files(model: Listed, changed: list[str]) -> Phrase:
    names = _listed(changed)
    if isinstance(model, InstalledAdapter):
        return Phrase(
            "Files are other ones than when the adapter was added or verified: {names}.",
            names=names,
        )
    return Phrase(
        "Files are other ones than when the model was added or verified: {names}.", names=names
    )


def _changed(files: Mapping[str, FolderFile], manifest: Manifest) -> Iterator[str]:
    for name, record in manifest.files.items():
        file = files.get(name)
        if file is None or (file.size, file.mtime_ns) != (record.size, record.mtime_ns):
            yield name


_MOST_NAMES = 3


def _listed(names: list[str]) -> str | Phrase:
    shown = ", ".join(f"“{name}”" for name in names[:_MOST_NAMES])
    if (more := len(names) - _MOST_NAMES) > 0:
        return Phrase("{names} and {count} more", names=shown, count=more)
    return shown
