"""A library with a model folder, and a source that is not in it yet."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from backends.files.plain_file import open_plain
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.values import ImportPlan, Way
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens


@dataclass
class Library:
    """What an import needs."""

    paths: AppPaths
    store: ModelStore
    manifests: ManifestStore
    source: Path
    folder: Path  #: of the models

    def plan(self, way: Way, source: Found | Path | None = None, **more: Any) -> ImportPlan:
        return plan_import(self.store, source or self.source, way, self.folder, **more)

    def run(
        self,
        plan: ImportPlan,
        cancel: threading.Event | None = None,
        pausing: threading.Event | None = None,
        *,
        chunk_bytes: int = 65_536,
        heard: Callable[[object], None] = lambda _: None,
    ) -> list[object]:
        """The events; `heard` is told of each when it comes."""
        events: list[object] = []
        for event in run_import(
            self.store,
            self.manifests,
            plan,
            cancel or threading.Event(),
            pausing,
            chunk_bytes=chunk_bytes,
        ):
            events.append(event)
            heard(event)
        return events

    def bring(self, way: Way, source: Found | Path | None = None, **more: Any) -> InstalledModel:
        """Import it to the end."""
        last = self.run(self.plan(way, source, **more))[-1]
        assert isinstance(last, InstalledModel)
        return last

    @property
    def own(self) -> list[InstalledModel]:
        """What is listed, besides the guide."""
        return [one for one in ModelStore(self.paths).models if not one.bundled]


def library(root: Path, source_name: str = "Model") -> Library:
    """A library below `root`, with a source of half a megabyte."""
    source = root / "source" / source_name
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), source)
    paths = app_paths()
    return Library(
        paths, ModelStore(paths), ManifestStore(paths.manifests), source, root / "models"
    )


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the files in a folder, by name; none if it is not there."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


class FailingDrive:
    """Opens files as copying does; writing fails once so many bytes were written."""

    def __init__(self, room: int, number: int) -> None:
        self.room = room
        self._number = number

    def open_plain(self, file: Path, flags: int = os.O_RDONLY) -> Any:
        stream = open_plain(file, flags)
        return _Failing(stream, self) if flags & os.O_WRONLY else stream

    def take(self, count: int) -> None:
        self.room -= count
        if self.room < 0:
            raise OSError(self._number, os.strerror(self._number))


class _Failing:
    def __init__(self, stream: BinaryIO, drive: FailingDrive) -> None:
        self._stream, self._drive = stream, drive

    def __enter__(self) -> _Failing:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, block: bytes) -> None:
        self._drive.take(len(block))
        self._stream.write(block)
