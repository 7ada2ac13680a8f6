"""Files that came with a model: looked for and opened without surprises, small ones read whole.

A name in a folder may be a pipe that never ends, a device, a socket, a link to any of them, or no
name at all. Only regular files are opened, and no more is read than such a file may hold.
"""

from __future__ import annotations

import codecs
import errno
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..errors import DamagedCheckpointError, UnsafeCheckpointError, system_reason
from ..operating_system import long_path
from ..phrases import Phrase
from .plain_file import NotPlainFileError, open_plain

#: An index of 2,000 tensors has 0.2 MB. Parsed, JSON may take thirty times its bytes.
_MAX_JSON_BYTES = 4_000_000
_MAX_DEPTH = 64
_TOO_DEEP = "it is nested too deeply"
_MAX_DIGITS = 100  # tokenizer_config.json may hold 10**30


def is_text(path: Path) -> bool:
    """Whether a path is UTF-8, as registry, manifest and protocol want it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_leaf_name(name: str) -> bool:
    """A name and no path, on any system: no folder, no drive, no way up."""
    return (
        name == Path(name).name
        and "\\" not in name
        and ":" not in name
        and name not in ("", ".", "..")
    )


def is_file(path: Path) -> bool:
    """There is such a file. Raises CheckpointError if there is something else, or nobody can say.

    A link to what is missing is no file.
    """
    try:
        mode = long_path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in it
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        raise _not_a_file(path)
    return True


def is_folder(path: Path) -> bool:
    """There is such a folder, and it may be looked at."""
    try:
        return long_path(path).is_dir()
    except (OSError, ValueError):  # a drive that does not answer; a NUL
        return False


def open_file(path: Path) -> BinaryIO:
    """A regular file, open for reading; nothing else is opened or waited for.

    Raises OSError, and CheckpointError for what is no file.
    """
    try:
        return open_plain(path)
    except NotPlainFileError as error:
        raise _not_a_file(path) from error
    except ValueError as error:  # a NUL, or half a character
        raise DamagedCheckpointError(path, "no file can have this name") from error


def read_file(path: Path, limit: int, *, too_large: Phrase | None = None) -> bytes:
    """The bytes of a file; what is said of one above `limit`. Raises CheckpointError."""
    try:
        with open_file(path) as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(data) > limit:
        raise DamagedCheckpointError(path, too_large or "it is implausibly large")
    return data


def read_json(file: Path) -> dict[str, object]:
    """The object in `file`. Raises CheckpointError."""
    data = parse_json(file, read_file(file, _MAX_JSON_BYTES))
    if not isinstance(data, dict):
        raise DamagedCheckpointError(file, "it is not a JSON object")
    return data


def parse_json(file: Path, raw: bytes) -> object:
    """The value of JSON that came with a model. Raises DamagedCheckpointError.

    Its depth, its digits and its characters are ones that can be handled without a second look;
    half a character (a lone surrogate, which cannot be written to a file) is read as “?”.
    """
    try:
        data = json_value(raw, _bounded_int)
        if b"\\" in raw:  # it can be escaped only
            data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    except _ImplausibleError as error:
        raise DamagedCheckpointError(file, error.what) from error
    except ValueError as error:
        raise DamagedCheckpointError(file, "it is not readable as JSON") from error
    return data


def json_value(raw: bytes, whole_number: Callable[[str], object]) -> object:
    """The value of JSON in UTF-8, or in UTF-16 with its mark. Raises ValueError.

    `whole_number` makes one of its digits, of which there may be any number.
    """
    # What Windows' own programs call Unicode is UTF-16, which has a mark in front.
    is_utf_16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = raw.decode("utf-16" if is_utf_16 else "utf-8-sig")
    try:
        data: object = json.loads(text, parse_int=whole_number)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    _check_depth(data)
    return data


def unreadable(file: Path, error: OSError | ValueError) -> DamagedCheckpointError:
    """What the system says of a file, as an error."""
    return DamagedCheckpointError(file, not_read(error))


def not_read(error: OSError | ValueError) -> Phrase:
    """That a file cannot be read, and what the system says of it."""
    return Phrase("it cannot be read ({reason})", reason=system_reason(error))


def _not_a_file(path: Path) -> UnsafeCheckpointError:
    return UnsafeCheckpointError(path, "it is not a file")


class _ImplausibleError(ValueError):
    def __init__(self, what: str | Phrase) -> None:
        super().__init__(str(what))
        self.what = what


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _ImplausibleError(Phrase("it holds a number of {count:,} digits", count=len(digits)))
    return int(digits)


def _check_depth(data: object) -> None:
    level = [data]
    for _ in range(_MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, list):
                inner += value
            elif isinstance(value, dict):
                inner += value.values()
        if not inner:
            return
        level = inner
    raise _ImplausibleError(_TOO_DEEP)
