"""Files that are opened only where they are ordinary files, and never read without end.

In place of such a file there may be a FIFO, whose opening waits for ever; a device, whose reading
has no end; or a folder.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..operating_system import PLAIN, long_path


class NotPlainFileError(OSError):
    """Something of this name is there, and it is no ordinary file."""


def absolute_path(path: Path) -> Path:
    """The absolute path without “..”; links stay as the person gave them.

    One that a “..” leads out of is followed, as the system does: its parent is not where it stands.
    Raises OSError or RuntimeError where the folder that we are in is gone, or links go in a circle.
    """
    whole = path.absolute()
    found = Path(whole.anchor)
    for part in whole.parts[1:]:
        if part != "..":
            found /= part
        elif found.is_symlink():
            found = found.resolve().parent
        else:
            found = found.parent
    return found


def open_plain(file: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """A file, open with the flags of `os.open`; nothing else is opened or waited for.

    Raises OSError, ValueError for a name that no file can have.
    """
    require_plain(file)  # before it is opened: some devices begin to do something then
    descriptor = os.open(long_path(file), flags | PLAIN, 0o666)  # it may have become a FIFO since
    try:
        _check(file, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")


def read_plain(file: Path, max_bytes: int) -> bytes:
    """The content of `file`.

    Raises FileNotFoundError if there is none, also where a folder on the way is a file; OSError
    for what is no ordinary file, is longer than `max_bytes`, or cannot be read.
    """
    try:
        with open_plain(file) as stream:
            # None where one would have to wait, as for some files of the kernel's own.
            data = stream.read(max_bytes + 1) or b""
    except NotADirectoryError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file)) from error
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes:,} bytes", str(file))
    return data


def begin_anew(file: Path) -> BinaryIO:
    """`file`, empty, to be written to; its folder is made if there is none.

    Raises OSError for what is no ordinary file, or cannot be written to.
    """
    long_path(file.parent).mkdir(parents=True, exist_ok=True)
    return open_plain(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


def go_on(file: Path) -> BinaryIO:
    """`file`, to be written to at its end; it and its folder are made if there is none.

    Raises OSError for what is no ordinary file, or cannot be written to.
    """
    long_path(file.parent).mkdir(parents=True, exist_ok=True)
    return open_plain(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def require_plain(file: Path) -> None:
    """Raise OSError if there is something of this name that is no ordinary file."""
    try:
        status = long_path(file).stat()
    except FileNotFoundError:
        return
    _check(file, status)


def _check(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotPlainFileError(errno.EINVAL, "it is no ordinary file", str(file))
