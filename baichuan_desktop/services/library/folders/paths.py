"""What a person typed, as a path; and whether it is the folder of a model."""

from __future__ import annotations

import os
from pathlib import Path

from backends.operating_system import long_path
from baichuan_desktop.services.library.registry import Listed


def lies_in(model: Listed, folder: Path | None) -> bool:
    """Whether a model lies in a folder that was `resolved`."""
    return folder is not None and resolved(str(model.path)) == folder


def resolved(name: str) -> Path | None:
    """The folder of this name, links followed; None if no folder can have it."""
    try:
        return Path(name).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # see `is_there`
        return None


def is_path(name: str) -> bool:
    """Whether a name is a path, as no id can be."""
    return name.startswith("~") or any(sep in name for sep in (os.sep, os.altsep) if sep)


def is_there(name: str) -> bool:
    """Whether something lies at a path, which may begin with “~”."""
    try:
        return bool(name) and long_path(Path(name).expanduser()).exists()
    except (OSError, RuntimeError, ValueError):  # too long; “~nobody”; a NUL, half a surrogate
        return False
