"""A training that is killed at any moment goes on as if nothing had been: real processes, SIGKILL.

`test_interrupted.py` tries every operation on files in a training of milliseconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

ROOT = Path(__file__).parents[4]
KILLS = 20


def trainings(folder: Path, method: str) -> list[dict[str, Any]]:
    """What one that nobody kills comes to, and each of those that are killed."""
    program = [sys.executable, "-P", "-m", "tests.helpers.killed_training"]
    done = subprocess.run(
        [*program, str(folder), method, str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_training_that_is_killed_at_any_of_twenty_moments_goes_on_to_the_same_losses(
    method: str, tmp_path: Path
) -> None:
    undisturbed, *killed = trainings(tmp_path, method)
    assert undisturbed["code"] == 0
    assert len(undisturbed["losses"]) == 10

    assert len({one["point"] for one in killed}) == KILLS
    for one in killed:
        assert one["code"] in (0, 7), one
        assert one["losses"] == undisturbed["losses"], one
        assert set(one["left"]) - {"result.partial"} == set(undisturbed["left"]), one
    went_on = {step for one in killed for step in one["whole"]}
    assert {3, 6, 9, 10} <= went_on, (
        "in the middle of epochs, at their ends and after the last step"
    )
