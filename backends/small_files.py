"""Small files that came with a model: looked for without surprises, read whole and bounded."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import DamagedCheckpointError, Phrase

_MAX_JSON_BYTES = 64_000_000


def is_text(path: Path) -> bool:
    """Whether a path is UTF-8, as registry, manifest and protocol want it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_file(path: Path) -> bool:
    """There is such a file, and it may be looked at."""
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be looked into
        return False


def is_folder(path: Path) -> bool:
    """There is such a folder, and it may be looked at."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a drive that does not answer; a NUL
        return False


def read_json(file: Path) -> dict[str, object]:
    """The object in `file`. Raises DamagedCheckpointError."""
    try:
        if file.stat().st_size > _MAX_JSON_BYTES:
            raise DamagedCheckpointError(file, "it is implausibly large")
        data = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedCheckpointError(file, "it is not readable as JSON") from error
    except OSError as error:
        raise DamagedCheckpointError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error
    if not isinstance(data, dict):
        raise DamagedCheckpointError(file, "it is not a JSON object")
    return data
