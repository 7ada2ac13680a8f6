"""Cuts the power at many points of what the store wrote, and opens what the drive then holds.

    python -m tests.durability.power --points 1000
    python -m tests.durability.power --points 1000 --synchronous OFF    # must find losses

The store writes once, for real; a VFS records what reaches the files. For each point, a folder is
made as a drive could hold it: what was synchronised before is there, and of everything else an
arbitrary part, of each write an arbitrary part of its sectors. Then the store opens it. Backups
and a migration are among what is cut.
"""

from __future__ import annotations

import argparse
import logging
import pickle
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.migrations import STEPS, version_of
from baichuan_desktop.services.chat.values import Status
from tests.durability.drive import Drive
from tests.durability.operations import Act, Operation
from tests.durability.power_child import DATA, FOLDERS, MIGRATED, name_of, text_of
from tests.durability.record import FILE


@dataclass(slots=True)
class Cut:
    """What one cut cost."""

    point: int
    acknowledged: int  #: messages
    backups: int  #: acknowledged
    is_migrated: bool  #: the migration was acknowledged
    lost: list[int]  #: acknowledged messages that are not there, or are others
    damaged: list[str]  #: files

    @property
    def is_fault(self) -> bool:
        """Whether something is not as it must be."""
        return bool(self.lost or self.damaged)


@dataclass(slots=True)
class _Acknowledged:
    """What was said to be on the disk."""

    messages: list[int] = field(default_factory=list)
    backups: dict[Path, list[int]] = field(default_factory=dict)  #: and the messages in each
    version: int = 0  #: of the file that is migrated

    def add(self, path: Path, content: bytes) -> None:
        """Take an operation that acknowledges."""
        numbers = [int(number) for number in content.split()]
        if path.name == FILE:
            self.messages += numbers
        elif path.name == MIGRATED:
            (self.version,) = numbers
        else:
            self.backups[path] = numbers


def recorded(folder: Path, rounds: int, synchronous: str | None = None) -> list[Operation]:
    """What the store does to its files in so many rounds of writing.

    Paths are those below `home_of(folder)`. With `synchronous`, the store asks for that instead of
    what it asks for. Raises RuntimeError: something was done unseen.
    """
    home, file = home_of(folder), folder / "operations"
    home.mkdir()
    arguments = [str(home), str(file), str(rounds), *([synchronous] if synchronous else [])]
    subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.durability.power_child", *arguments],
        check=True,
    )
    operations: list[Operation] = pickle.loads(file.read_bytes())
    drive = Drive(home)
    for operation in operations:
        if operation.act is not Act.ACKNOWLEDGE:
            drive.do(operation)
    there = {one.relative_to(home): one.read_bytes() for one in home.rglob("*") if one.is_file()}
    if not there or there != drive.content():
        raise RuntimeError(f"{home} was changed past the recording.")
    return operations


def home_of(folder: Path) -> Path:
    """Where the store writes."""
    return folder / "recorded"


def cuts(operations: Sequence[Operation], points: int, seed: int, folder: Path) -> Iterator[Cut]:
    """Cut the power at so many points, spread over all operations, one after the other."""
    draw = random.Random(seed)
    chosen = sorted(draw.choices(range(1, len(operations) + 1), k=points))
    recorded_home = home_of(folder)
    drive, acknowledged = Drive(recorded_home), _Acknowledged()
    done = 0
    for point in chosen:
        for operation in operations[done:point]:
            if operation.act is Act.ACKNOWLEDGE:
                path = operation.path.relative_to(recorded_home)
                acknowledged.add(path, operation.content)
            else:
                drive.do(operation)
        done = point
        home = folder / f"cut-{point}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for path, content in drive.cut(draw).items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_bytes(content)
        yield _looked_at(home, point, acknowledged)
        shutil.rmtree(home)


def _looked_at(home: Path, point: int, acknowledged: _Acknowledged) -> Cut:
    (home / DATA).mkdir(exist_ok=True)
    damaged = [*_damaged_backups(home, acknowledged), *_damaged_migration(home, acknowledged)]
    file = home / DATA / FILE
    store = ConversationStore(file)
    there = {one.id: one for one in store.messages(acknowledged.messages)}
    lost = [
        number
        for number in acknowledged.messages
        if number not in there
        or (there[number].text, there[number].status) != (text_of(number), Status.FINISHED)
    ]
    is_refused = store.state.mended is not None or store.state.unsaved is not None
    store.close()
    if is_refused or not _is_whole(file):
        damaged.append(FILE)
    return Cut(
        point,
        len(acknowledged.messages),
        len(acknowledged.backups),
        acknowledged.version > len(STEPS),
        lost,
        damaged,
    )


def _is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        try:
            return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False


def _damaged_backups(home: Path, acknowledged: _Acknowledged) -> Iterator[str]:
    """Backups that are not whole, and the newest one if it lacks what it had."""
    for backup in home.glob("*/backups/*.sqlite3"):
        if not _is_whole(backup):
            yield backup.name
    of_store = [path for path in acknowledged.backups if path.stem.startswith(Path(FILE).stem)]
    if not of_store:
        return
    newest = max(of_store)
    try:
        with closing(connect(home / newest, alone=True)) as connection:
            there = dict(connection.execute("SELECT id, text FROM messages"))
    except sqlite3.DatabaseError:
        yield newest.name
        return
    if any(there.get(number) != text_of(number) for number in acknowledged.backups[newest]):
        yield newest.name


def _damaged_migration(home: Path, acknowledged: _Acknowledged) -> Iterator[str]:
    """The file that is migrated, if it is neither as before nor as after the step."""
    try:
        with closing(connect(home / DATA / MIGRATED, writes=True)) as connection:
            version = version_of(connection)
            rows = connection.execute("SELECT id, name FROM folders").fetchall() if version else []
    except sqlite3.DatabaseError:
        yield MIGRATED
        return
    expected = [(key, name_of(key)) for key in range(FOLDERS)] if acknowledged.version else rows
    if version < acknowledged.version or rows != expected or not _is_whole(home / DATA / MIGRATED):
        yield MIGRATED


def main() -> int:
    """Cut as often as the command line says; 0 if nothing was lost."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--points", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--synchronous", choices=["NORMAL", "OFF"])
    wanted = arguments.parse_args()
    logging.disable(logging.WARNING)  # the store says of each file what it found
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        operations = recorded(folder, wanted.rounds, wanted.synchronous)
        made = list(cuts(operations, wanted.points, wanted.seed, folder))
    print(
        f"{len(made)} cuts of the power in {len(operations)} operations, {made[-1].backups} backups"
        f" and a migration: {sum(len(cut.lost) for cut in made)} acknowledged messages lost,"
        f" {sum(len(cut.damaged) for cut in made)} damaged files, {sum(c.is_fault for c in made)}"
        " cuts with a fault"
    )
    return int(any(cut.is_fault for cut in made))


if __name__ == "__main__":
    sys.exit(main())
