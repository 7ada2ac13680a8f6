"""What this process opens, lists and unpickles, as its interpreter tells it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Opened:
    """Paths in the order in which they were opened or listed."""

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    pickles: int = 0  #: classes that a pickle asked for

    def outside(self, *roots: Path) -> list[Path]:
        """The files that really lie below none of these folders, nor where Python itself lies."""
        own = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[2])
        allowed = [Path(os.path.realpath(root)) for root in (*roots, *own)]
        real = [Path(os.path.realpath(file)) for file in self.files]
        return [file for file in real if not any(map(file.is_relative_to, allowed))]


_watching: list[Opened] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching or event not in ("open", "os.scandir", "os.listdir", "pickle.find_class"):
        return
    path = arguments[0]
    for opened in _watching:
        if event == "pickle.find_class":
            opened.pickles += 1
        elif isinstance(path, str | bytes | os.PathLike):
            kind = opened.files if event == "open" else opened.folders
            kind.append(Path(os.fsdecode(path)))


_is_hooked = False


@contextlib.contextmanager
def watched() -> Iterator[Opened]:
    """What is opened meanwhile. A hook stays for the life of a process, and does nothing after."""
    global _is_hooked
    if not _is_hooked:
        sys.addaudithook(_watch)
        _is_hooked = True
    opened = Opened()
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.remove(opened)
