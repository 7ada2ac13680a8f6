"""The small file that says where the folder of what a person wrote lies, if it was moved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from backends.errors.around_chat.own_folders import DataFolderAwayError, DataFolderUnknownError
from backends.files.plain_file import read_plain
from backends.files.small_files import is_folder, json_value
from baichuan_desktop.services.atomic_file import changing, replace_text

NAME = "data_folder.json"  #: in the folder of the settings

_MAX_BYTES = 2**16
_KEYS = ("folder", "move_to", "left")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the folder is, where it shall be, and where it was."""

    folder: Path | None = None  #: None: where this system has such folders
    move_to: Path | None = None  #: at the next start
    left: Path | None = None  #: it was moved from here; what is still there goes at the next start


def read_place(file: Path) -> Place:
    """What the file says; without one, nothing was moved. Raises DataFolderUnknownError."""
    try:
        content = json_value(read_plain(file, _MAX_BYTES), len)  # it has no numbers
        if not isinstance(content, dict):
            raise ValueError("it holds no object")  # noqa: TRY004, TRY301  as for other content
        return Place(*(_folder(content.get(key)) for key in _KEYS))
    except FileNotFoundError:
        return Place()
    except (OSError, ValueError) as error:
        raise DataFolderUnknownError(file, str(error) or type(error).__name__) from error


def write_place(file: Path, place: Place) -> None:
    """Say so from now on. Raises OSError; then the file is what it was."""
    values = (place.folder, place.move_to, place.left)
    content = {key: str(value) for key, value in zip(_KEYS, values, strict=True) if value}
    with changing(file):
        replace_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def data_folder(file: Path, usual: Path) -> Path:
    """Where the folder is.

    Raises DataFolderAwayError where it was moved to a place that is not here: to begin anew there
    would look as if everything was lost. Raises DataFolderUnknownError.
    """
    folder = read_place(file).folder
    if folder is None:
        return usual
    if not is_folder(folder):
        raise DataFolderAwayError(folder, file)
    return folder


def _folder(value: object) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value or not Path(value).is_absolute():
        raise ValueError(f"{value!r:.200} is no folder")
    return Path(value)
