"""The program counts what it is there to count."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.fuzz.run import Tally, count

#: A worker whose cases do, one after the other, what none may do.
_BAD_CASES = """
import os, signal, time
from pathlib import Path
from backends.checkpoint.folder import Checkpoint
from tests.fuzz import cases, run

class Bad(cases.Cases):
    def write(self, number):
        super().write(number)
        self.number = number

    def open_and_run(self):
        done = super().open_and_run()
        match getattr(self, "number", None):
            case 0:
                (self._folder / "config.json").unlink()
                Checkpoint.open_with_tokenizer = classmethod(lambda *_: 1 / 0)
                done = super().open_and_run()
            case 1:
                Path("/etc/passwd").read_bytes()
            case 2:
                bytes([1]) * 250_000_000
            case 3:
                end = time.process_time() + 2.2
                while time.process_time() < end:
                    pass
            case 4:
                os.kill(os.getpid(), signal.SIGSEGV)
        return done

cases.Cases = Bad
run.work("config", 0, range(5))
"""


@pytest.mark.slow  # it starts a worker, which imports everything
def test_each_kind_of_misbehaviour_is_counted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_BAD_CASES)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        env=os.environ | {"FUZZ_FOLDER": str(tmp_path)},
    )

    tally = Tally()
    lines = done.stdout.splitlines()
    for line in lines:
        if not line.startswith("#"):
            count(tally, "config", line)
    assert done.returncode == -signal.SIGSEGV
    assert tally.stages["failed"] >= 1
    assert any("ZeroDivisionError" in line for line in lines)
    assert (tally.outside, tally.large, tally.slow) == (1, 1, 1)
    assert "# 'opened /etc/passwd'" in lines
    assert tally.cases == 4
    assert not tally.is_clean


@pytest.mark.slow  # it starts two processes
def test_a_table_of_clean_cases_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", "--format", "config", "--cases", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split()[:4] == ["config", "5", "0", "0"]
