"""The tool that trains the guide model, as far as a few steps go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_few_steps_give_a_folder_that_the_engine_opens_and_answers_with() -> None:
    result = subprocess.run(
        [sys.executable, "tools/train_guide_model.py", "--smoke"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "round 2, step 10 of 10" in result.stdout
    assert "continued, step 10 of 10" in result.stdout
