"""Kills a process that streams through the store, at random moments, and looks what is left.

    python -m tests.durability.kill --count 200
    python -m tests.durability.kill --count 200 --window
    python -m tests.durability.kill --count 200 --child 'python -m some.other_child'

One folder goes through all kills, so that the last one still has all of the first. A child is given
the folder, the file of its record and a seed; `kill_child` says what it writes there.
"""

from __future__ import annotations

import argparse
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.durability.record import (
    FILE,
    MOST_LOST_SECONDS,
    Losses,
    Record,
    Stored,
    losses_in,
    not_opened_again,
)
from tests.helpers.patience import wait_until

CHILD = (sys.executable, "-m", "tests.durability.kill_child")
WINDOW_CHILD = (sys.executable, "-m", "tests.durability.window_child")
_LONGEST_SECONDS = 1.5  #: that a child lives once it streams


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, and what it cost."""

    number: int
    lived_seconds: float
    stall_seconds: float  #: that the machine held the child up
    messages: int
    losses: Losses
    not_opened: str = ""  #: what the window before it had open, and this one had not

    def fault(self, allowed_seconds: float = MOST_LOST_SECONDS) -> str:
        """What must not be; "" if all is well."""
        losses = self.losses
        lost = losses.conversations + losses.changed + losses.drafts
        lost += losses.documents + losses.unsettled
        if lost or losses.integrity != "ok":
            return f"kill {self.number}: {losses}"
        if self.not_opened:
            return f"kill {self.number}: {self.not_opened}"
        if losses.lost_seconds > allowed_seconds:
            return f"kill {self.number}: {losses.lost_seconds * 1000:.0f} ms of text are lost"
        return ""


def kills(
    folder: Path,
    child: Sequence[str],
    *,
    count: int,
    seed: int,
    most_lost_seconds: float = MOST_LOST_SECONDS,
    longest_seconds: float = _LONGEST_SECONDS,
) -> Iterator[Kill]:
    """Kill `count` processes one after the other, each at the latest so long after it streams."""
    draw = random.Random(seed)
    records: list[tuple[Record, float]] = []
    stored = Stored("ok", {}, {})
    for number in range(count):
        file = folder / f"record-{number}"
        process = subprocess.Popen([*child, str(folder), str(file), str(seed + number)])

        def has_begun(file: Path = file, process: subprocess.Popen[bytes] = process) -> bool:
            assert process.poll() is None, "the child has ended by itself"
            return file.exists() and b"piece" in file.read_bytes()

        try:
            wait_until(has_begun)
            lives = draw.uniform(0.0, longest_seconds)
            time.sleep(lives)
            killed_at = time.monotonic()
        finally:
            process.send_signal(signal.SIGKILL)
            ended_by = -process.wait()
        assert ended_by == signal.SIGKILL, "the child has ended by itself"
        record = Record.read(file)
        not_opened = ""
        if records:
            not_opened = not_opened_again(records[-1][0], stored, record.opened)
        (there,) = folder.rglob(FILE)
        stored = Stored.read(there)
        losses = losses_in(stored, record, killed_at, most_lost_seconds + record.stall_seconds)
        for earlier, earlier_killed_at in records:  # what lasted once lasts for good
            allowed = most_lost_seconds + earlier.stall_seconds
            before = losses_in(stored, earlier, earlier_killed_at, allowed)
            losses.conversations += before.conversations
            losses.changed += before.changed
            losses.documents += before.documents
            losses.unsettled += [
                key for key in earlier.messages if stored.messages.get(key, ("",))[0] == "writing"
            ]
        records.append((record, killed_at))
        yield Kill(number, lives, record.stall_seconds, len(record.messages), losses, not_opened)


def main() -> int:
    """Kill as often as the command line says; 0 if nothing was lost that may not be."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--window", action="store_true", help="the app itself, with its window")
    arguments.add_argument("--child", type=shlex.split, default=CHILD, help="its command")
    wanted = arguments.parse_args()
    faults, lost, messages = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        child = WINDOW_CHILD if wanted.window else wanted.child
        for kill in kills(Path(folder), child, count=wanted.count, seed=wanted.seed):
            lost.append(kill.losses.lost_seconds)
            messages += kill.messages
            if fault := kill.fault():
                faults.append(fault)
                print(fault, f"(held up {kill.stall_seconds * 1000:.0f} ms)", flush=True)
    lost.sort()
    print(
        f"{len(lost)} kills, {messages} messages: text of {lost[len(lost) // 2] * 1000:.0f} ms lost"
        f" in the median, of {lost[-1] * 1000:.0f} ms at the most; {len(faults)} faults"
    )
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
