"""Copies of golden models: run to their end, compared and refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.copying.copy_plan import CopyPlan
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.errors import JobError, UserFacingError
from backends.events import CopyReady
from backends.precision import Precision
from tests.helpers.sentences import assert_one_sentence

ROOT = Path(__file__).parents[2]
QUANTIZED = [Precision.NF4, Precision.FP4, Precision.INT8]
#: Makes five shards of the golden models in 4 bits.
SMALL_SHARD = 30_000

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, or forks")


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its content."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def plan(checkpoint: Checkpoint, precision: Precision | None) -> CopyPlan:
    return heavy_modules.copy_plan(checkpoint, precision)


def copy(source: Path, out: Path, precision: Precision | None = Precision.NF4) -> Checkpoint:
    """Run a copy to its end."""
    checkpoint = Checkpoint.open(source)
    events = list(write_copy(checkpoint, plan(checkpoint, precision), out))
    assert isinstance(events[-1], CopyReady)
    return Checkpoint.open(out)


def assert_nothing(out: Path) -> None:
    assert list(out.parent.iterdir()) == []


def refusal(job: Callable[[], object], kind: type[UserFacingError] = JobError) -> str:
    with pytest.raises(kind) as caught:
        job()
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


def child(module: str, *arguments: object) -> list[str]:
    """The lines that a helper prints."""
    result = subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()
