"""A policy for a test, in a folder of its own in place of the system's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from backends.policy.site_policy import FILE_NAME, Place


def place_in(folder: Path) -> Place:
    """Where the policy of a test lies, and who runs the test is the administrator."""
    root = folder / "etc"
    owner = os.getuid() if hasattr(os, "getuid") else 0
    return Place(root / "baichuan-desktop" / FILE_NAME, owner, root)


def write_policy(folder: Path, text: str, *, version: bool = True) -> Path:
    """Put a policy into force for this test; `version` writes its first line."""
    place = place_in(folder)
    place.file.parent.mkdir(parents=True, exist_ok=True)
    for made in (place.root, place.file.parent):
        assert made is not None
        made.chmod(0o755)
    place.file.write_text(("schema_version: 1\n" if version else "") + text, encoding="utf-8")
    place.file.chmod(0o644)
    return place.file


def placing(folder: Path) -> str:
    """Python that a process begins with, so that it looks there, too: no variable tells it."""
    place = place_in(folder)
    return (
        "from pathlib import Path\n"
        "from backends.policy import site_policy\n"
        f"place = site_policy.Place(Path({str(place.file)!r}), {place.owner}, "
        f"Path({str(place.root)!r}))\n"
        "site_policy.fixed_place = lambda: place\n"
    )


def engine_command(folder: Path) -> list[str]:
    """The command of an engine process that obeys the policy of this test."""
    code = placing(folder) + "from backends.engine import process\nprocess.main()\n"
    return [sys.executable, "-P", "-c", code]
