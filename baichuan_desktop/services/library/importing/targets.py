"""Where a copy may go: its name, and folders that it must not lie in."""

from __future__ import annotations

import contextlib
import importlib.resources
import itertools
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

from backends.errors import ImportRefusedError
from backends.files.partial_folder import is_taken, partial_of
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.services.app_paths import app_paths

#: Bytes of a name; “.partial” and a number come after it.
_MOST_NAME_BYTES = 180
_NEVER_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
#: Names that are devices on Windows, whatever follows a dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def installation_folders() -> Sequence[Path]:
    """The folders that the app itself lies in; removing or updating it takes away all in them."""
    package = Path(str(importlib.resources.files("baichuan_desktop")))
    found = [package, Path(str(importlib.resources.files("backends")))]
    if sys.prefix != sys.base_prefix:  # an environment of its own
        found.append(Path(sys.prefix))
    if getattr(sys, "frozen", False):
        found.append(Path(sys.executable).parent)
    return [folder.resolve() for folder in found]


def own_folders() -> Iterator[Path]:
    """Folders that a person, or the app, has all kinds of things in: no model takes them along."""
    paths = app_paths()
    yield from (one.resolve() for one in (paths.config, paths.data, paths.cache, paths.log))
    for folder_of in (
        Path.home,
        platformdirs.user_desktop_dir,
        platformdirs.user_documents_dir,
        platformdirs.user_downloads_dir,
        platformdirs.user_music_dir,
        platformdirs.user_pictures_dir,
        platformdirs.user_videos_dir,
    ):
        with contextlib.suppress(OSError, RuntimeError):  # an account without one
            yield Path(folder_of()).resolve()


def require_apart(source: Path, model_folder: Path, installation: Sequence[Path]) -> None:
    """Raise ImportRefusedError if copies must not go into a folder.

    Compares paths only; each is absolute and without links.
    """
    if any(model_folder.is_relative_to(own) for own in installation):
        raise ImportRefusedError(
            source,
            Phrase("“{folder}” is a part of the app's own installation", folder=str(model_folder)),
            hint="Choose another model folder: removing the app would take the model with it.",
        )
    if model_folder.is_relative_to(source):
        raise ImportRefusedError(
            source,
            Phrase("the model folder “{folder}” lies inside of it", folder=str(model_folder)),
            hint="Choose another model folder.",
        )


def folder_name(wanted: str) -> str:
    """A name that a folder can have on any system, as near to the wanted one as can be.

    >>> folder_name("Baichuan2: 7B ")
    'Baichuan2- 7B'
    """
    text = one_line(wanted.encode(errors="replace").decode())
    kept = (char for char in text if unicodedata.category(char)[0] != "C" and char != "\ufffd")
    name = _NEVER_IN_NAMES.sub("-", "".join(kept)).strip(". ")
    name = name.encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip(". ")
    if not name or _DEVICES.fullmatch(name):
        return f"model-{name}".rstrip("-")
    return name


def free_target(model_folder: Path, name: str) -> Path:
    """The folder of a new copy; with a number where something has the name already.

    Raises OSError.
    """
    return next(
        target
        for target in _names(model_folder, name)
        if not is_taken(target) and not is_taken(partial_of(target))
    )


def _names(model_folder: Path, name: str) -> Iterator[Path]:
    yield model_folder / name
    yield from (model_folder / f"{name}-{number}" for number in itertools.count(2))


def existing_parent(folder: Path) -> Path:
    """`folder`, or the nearest one around it that is there."""
    return next(one for one in (folder, *folder.parents) if long_path(one).is_dir())


def free_bytes(folder: Path) -> int:
    """What is free where `folder` lies or will lie. Raises OSError."""
    return shutil.disk_usage(long_path(existing_parent(folder))).free


def is_writable(folder: Path) -> bool:
    """Whether something can be made in `folder`, or in the nearest one around it that is there."""
    return os.access(long_path(existing_parent(folder)), os.W_OK | os.X_OK)


def is_one_drive(source: Path, folder: Path) -> bool:
    """Whether a rename is all that a move from one to the other needs. Raises OSError."""
    there = long_path(existing_parent(folder)).stat().st_dev
    return long_path(source.parent).stat().st_dev == there == long_path(source).stat().st_dev
