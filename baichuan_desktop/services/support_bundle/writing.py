"""Writes a bundle: one zip file, always laid out alike."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

from backends.errors import UserFacingError, system_reason
from backends.operating_system import long_path
from backends.phrases import Phrase
from baichuan_desktop.services.support_bundle.values import BundlePart

FOLDER = "baichuan-desktop-support"

#: The same in every bundle: when it was made, the file itself tells whoever has it.
_DATE = (1980, 1, 1, 0, 0, 0)


class BundleNotWrittenError(UserFacingError):
    """A bundle that cannot be written."""

    help_topic = "support-bundle"


def write(parts: Iterable[BundlePart], file: Path) -> None:
    """Write a bundle as `file`, which must not exist yet. Raises BundleNotWrittenError."""
    target = file
    with contextlib.suppress(RuntimeError):  # “~nobody” is a name like any other
        target = file.expanduser()
    content = _zip(parts)
    try:
        # Nobody else on this machine needs to read it.
        descriptor = os.open(long_path(target), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BundleNotWrittenError(
            "“{file}” exists already.", hint="Choose another name.", file=str(file)
        ) from error
    except (OSError, ValueError) as error:
        raise _unwritten(file, error) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            long_path(target).unlink()
        raise _unwritten(file, error) from error


def _zip(parts: Iterable[BundlePart]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            entry = zipfile.ZipInfo(f"{FOLDER}/{part.name}", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, part.text.encode())
    return memory.getvalue()


def _unwritten(file: Path, error: OSError | ValueError) -> BundleNotWrittenError:
    return BundleNotWrittenError(
        "The bundle cannot be written to “{file}”: {reason}.",
        hint="Make room, or choose a folder that you may write to.",
        file=str(file),
        reason=Phrase("{text}", text=system_reason(error)),
    )
