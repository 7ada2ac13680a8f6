"""Replacing a file so that a crash or a full disk leaves the old one or the new one whole."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from backends.files.plain_file import require_plain
from backends.operating_system import lock_folder, long_path, rename, sync_folder

log = logging.getLogger(__name__)

#: How long a change waits for those before it, which take milliseconds unless one has stopped.
_WAIT_SECONDS = 10.0
#: The same where a window waits, which stands still meanwhile.
WINDOW_WAIT_SECONDS = 1.0
_POLL_SECONDS = 0.005


@contextlib.contextmanager
def changing(
    file: Path,
    *,
    wait_seconds: float = _WAIT_SECONDS,
    lock: Callable[[Path], Callable[[], object]] = lock_folder,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Read `file` and replace it within this, and no window or terminal does so meanwhile.

    Its folder is locked, and made if there is none. Where that cannot be done, and where another
    one stopped in the middle of a change, the change is made all the same.
    """
    with contextlib.ExitStack() as stack:
        end = clock() + wait_seconds
        while True:
            try:
                long_path(file.parent).mkdir(parents=True, exist_ok=True)
                stack.callback(lock(file.parent))
            except BlockingIOError:
                if clock() < end:
                    sleep(_POLL_SECONDS)
                    continue
                log.warning("Another run of the app keeps %s locked.", file.parent)
            except OSError as error:  # a drive of another machine that knows no locks
                log.info("%s cannot be locked: %s", file.parent, error)
            break
        yield


def replace_text(file: Path, text: str) -> None:
    """Write UTF-8 `text` as `file`, see `replace_bytes`. Raises OSError."""
    replace_bytes(file, text.encode("utf-8"))


def replace_bytes(file: Path, data: bytes) -> None:
    """Write `data` as `file`: temporary name, fsync, rename, fsync of the folder.

    A link is followed, so that it stays one; what is no ordinary file is not replaced, for it may
    be a device. Raises OSError; then the file is what it was.
    """
    try:
        target = long_path(file.resolve())
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(file)) from error
    require_plain(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        rename(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(target.parent)
