"""Replacing a file so that a crash or a full disk leaves the old one or the new one whole."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from backends.files.plain_file import require_plain


def replace_text(file: Path, text: str) -> None:
    """Write UTF-8 `text` as `file`: temporary name, fsync, rename, fsync of the folder.

    A link is followed, so that it stays one; what is no ordinary file is not replaced, for it may
    be a device. Raises OSError; then the file is what it was.
    """
    try:
        target = file.resolve()
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(file)) from error
    require_plain(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut. Raises OSError."""
    if os.name == "nt":  # Windows has no handle of a folder to flush
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
