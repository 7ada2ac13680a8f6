"""Kills imports, moves and conversions at random points, looks what is left, and goes on.

    python -m tests.durability.import_kill --count 200

Each run is a fork of this process. SIGKILL comes before its n-th operation on a file, or after the
n-th piece of progress; some are killed again while they go on. Afterwards the target is absent or
whole by its hashes, the source is untouched or the target whole, nothing half-made is listed, and
going on reads again what it says it does.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import MANIFEST
from backends.copying import folder_writer, safetensors_writer
from backends.copying.copy_plan import plain_plan
from backends.files.plain_file import open_plain
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.library.importing import copying, targets
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.unfinished import resume_plan, unfinished
from baichuan_desktop.services.library.importing.values import Resumed, Way
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens

_OPERATIONS = frozenset(
    ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree")
)
_BLOCK_BYTES, _CHUNK_BYTES, _SHARD_BYTES = 16_384, 65_536, 100_000
KINDS = ("copy", "move", "move to another drive", "convert")


@dataclass(slots=True)
class Place:
    """A source, a model folder and a home of the app."""

    root: Path
    kind: str
    hashes: Mapping[str, str] = field(default_factory=dict)  #: of the source, by name

    @property
    def source(self) -> Path:
        """The model that is imported."""
        return self.root / "source" / "Model"

    @property
    def folder(self) -> Path:
        """Where imports go."""
        return self.root / "models"

    @property
    def target(self) -> Path:
        """What is made."""
        return self.folder / "Model"

    @property
    def paths(self) -> AppPaths:
        """Where the app keeps its lists."""
        home = self.root / "home"
        config, log, cache, data = (home / one for one in ("config", "log", "cache", "data"))
        return AppPaths(config, log, cache, data, self.root / "site.yaml")

    def make(self, original: Path) -> None:
        """Begin anew."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copytree(original, self.source)
        self.hashes = hashes_in(self.source)

    def run(self) -> Iterator[object]:
        """Begin it, or go on where it was ended; its events."""
        if self.kind == "convert":
            checkpoint = Checkpoint.open(self.source)
            yield from folder_writer.write_copy(checkpoint, plain_plan(checkpoint), self.target)
            return
        store = ModelStore(self.paths)
        manifests = ManifestStore(self.paths.manifests)
        halves = unfinished([self.folder])
        way = Way.COPY if self.kind == "copy" else Way.MOVE
        plan = (
            resume_plan(halves[0]) if halves else plan_import(store, self.source, way, self.folder)
        )
        yield from run_import(store, manifests, plan, threading.Event(), chunk_bytes=_CHUNK_BYTES)


def hashes_in(folder: Path) -> dict[str, str]:
    """SHA-256 of the files in a folder, by name; none if it is not there."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@contextlib.contextmanager
def small_pieces(kind: str) -> Iterator[None]:
    """Blocks, chunks and shards so small that there are many points; drives as the kind wants."""
    shards = functools.partial(safetensors_writer.plan_shards, shard_bytes=_SHARD_BYTES)
    with (
        mock.patch.object(copying, "_BLOCK_BYTES", _BLOCK_BYTES),
        mock.patch.object(folder_writer, "plan_shards", shards),
        mock.patch.object(targets, "is_one_drive", return_value=kind == "move"),
    ):
        yield


def killed_at(place: Place, point: int) -> bool:
    """Run it in a fork that is killed at a point; whether it was, before it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            _count(place, lambda count: count == point)
        finally:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status == -signal.SIGKILL


def points_of(place: Place) -> int:
    """How many points a whole run has."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, str(_count(place, lambda _: False)).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read, "rb") as stream:
        return int(stream.read())


def _count(place: Place, is_last: Callable[[int], bool]) -> int:
    """Run it; the number of points, at the last of which this process ends."""
    count = 0

    def reach() -> None:
        nonlocal count
        count += 1
        if is_last(count):
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, _: object) -> None:
        if event in _OPERATIONS:
            reach()

    sys.addaudithook(hook)
    with small_pieces(place.kind):
        for _ in place.run():
            reach()
    return count


class _Reads:
    """Counts the bytes that are read of files, by the folder that they lie in."""

    def __init__(self) -> None:
        self.bytes: dict[Path, int] = {}
        self._open = open_plain

    def open_plain(self, file: Path, flags: int = os.O_RDONLY) -> Any:
        stream = self._open(file, flags)
        return stream if flags & os.O_WRONLY else _Counted(stream, file, self.bytes)


class _Counted:
    def __init__(self, stream: BinaryIO, file: Path, counts: dict[Path, int]) -> None:
        self._stream, self._file, self._counts = stream, file, counts

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, count: int) -> bytes:
        block = self._stream.read(count)
        self._counts[self._file] = self._counts.get(self._file, 0) + len(block)
        return block


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one series of kills came to."""

    kind: str
    kills: int
    kept_bytes: int  #: when it went on for the last time
    read_again_bytes: int
    faults: tuple[str, ...]


def try_one(place: Place, original: Path, points: int, draw: random.Random) -> Outcome:
    """Kill it once or more often, look, and have it come to its end."""
    place.make(original)
    faults: list[str] = []
    kills = 0
    while kills == 0 or (kills < 4 and draw.random() < 0.35):
        if not killed_at(place, draw.randint(1, points)):
            break
        kills += 1
        faults += left(place)
    reads, resumed = _Reads(), Resumed(0, 0)
    is_done = place.target.exists() and not unfinished([place.folder])
    with small_pieces(place.kind), mock.patch.object(copying, "open_plain", reads.open_plain):
        for event in () if is_done else place.run():
            if isinstance(event, Resumed):
                resumed = event
    faults += [*_ended(place), *_read(place, reads, resumed)]
    return Outcome(place.kind, kills, resumed.kept_bytes, resumed.read_again_bytes, tuple(faults))


def left(place: Place) -> list[str]:
    """What is wrong with what a kill left."""
    faults = []
    target, source = hashes_in(place.target), hashes_in(place.source)
    is_whole = _is_whole(place, target)
    if target and not is_whole:
        faults.append(f"{place.kind}: the target is there, and not whole")
    if source != place.hashes and not ("move" in place.kind and is_whole):
        faults.append(f"{place.kind}: the source is touched, and the target not whole")
    if place.kind != "convert":
        faults += _listed_halves(place)
    return faults


def _listed_halves(place: Place) -> list[str]:
    own = [one for one in ModelStore(place.paths).models if not one.bundled]
    return [
        f"{place.kind}: {one.path} is listed and not whole"
        for one in own
        if hashes_in(one.path) != place.hashes
    ]


def _is_whole(place: Place, target: Mapping[str, str]) -> bool:
    if place.kind != "convert":
        return dict(target) == dict(place.hashes)
    stated = json.loads((place.target / MANIFEST).read_bytes())["files"] if target else {}
    return bool(stated) and all(target[name] == one["sha256"] for name, one in stated.items())


def _ended(place: Place) -> list[str]:
    """What is wrong once it came to its end."""
    faults = []
    if not _is_whole(place, hashes_in(place.target)):
        faults.append("the target is not whole in the end")
    if [one.name for one in place.folder.iterdir()] != [place.target.name]:
        faults.append("something is left beside the target")
    if ("move" in place.kind) == place.source.exists():
        faults.append("the source is there after a move, or is not after a copy")
    if place.kind != "convert":
        (model,) = [one for one in ModelStore(place.paths).models if not one.bundled]
        manifest = ManifestStore(place.paths.manifests).read(model.id)
        if model.path != place.target or not model.is_copied or manifest is None:
            faults.append("the target is not listed with its manifest")
    return [f"{place.kind}: {fault}" for fault in faults]


def _read(place: Place, reads: _Reads, resumed: Resumed) -> list[str]:
    """What going on read that it need not have read."""
    of_source = sum(size for file, size in reads.bytes.items() if place.source in file.parents)
    whole = sum(file.stat().st_size for file in place.target.iterdir())
    largest = max(file.stat().st_size for file in place.target.iterdir())
    faults = []
    if of_source > whole - resumed.kept_bytes:
        faults.append("what was kept was read in the source again")
    if resumed.read_again_bytes > largest:
        faults.append("more than one file was read again")
    again = sum(reads.bytes.values()) - of_source
    checked = whole if place.kind == "move to another drive" else 0
    if again > resumed.read_again_bytes + checked:
        faults.append("more was read again than was said")
    return [f"{place.kind}: {fault}" for fault in faults]


def outcomes(root: Path, *, count: int, seed: int) -> Iterator[Outcome]:
    """Series of kills, of each kind in turn, with `count` kills in all at the least."""
    original = root / "original"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), original)
    draw = random.Random(seed)
    place = {kind: Place(root / "place", kind) for kind in KINDS}
    points = {}
    for kind in KINDS:
        place[kind].make(original)
        points[kind] = points_of(place[kind])
    done = number = 0
    while done < count:
        kind = KINDS[number % len(KINDS)]
        outcome = try_one(place[kind], original, points[kind], draw)
        done, number = done + outcome.kills, number + 1
        yield outcome


def main() -> int:
    """Kill as often as the command line says; 0 if nothing was lost."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    kills = dict.fromkeys(KINDS, 0)
    faults: list[str] = []
    kept = again = 0
    with tempfile.TemporaryDirectory() as folder:
        for outcome in outcomes(Path(folder), count=wanted.count, seed=wanted.seed):
            kills[outcome.kind] += outcome.kills
            kept, again = kept + outcome.kept_bytes, again + outcome.read_again_bytes
            faults += outcome.faults
            for fault in outcome.faults:
                print(fault, flush=True)
    told = ", ".join(f"{kind} {count}" for kind, count in kills.items())
    print(
        f"{sum(kills.values())} kills ({told}): {kept:,} bytes were kept, {again:,} of them read "
        f"again; {len(faults)} faults"
    )
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
