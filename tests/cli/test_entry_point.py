"""The program that is installed, which is also the engine of a frozen app."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from backends.errors import NotACheckpointError
from backends.protocol.engine_requests import LoadRequest
from backends.protocol.frames import Failed, read_frame, write_frame
from baichuan_desktop.services.engines import process
from tests.helpers.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]


def program(before: str = "") -> list[str]:
    """What the installed script does, as pyproject.toml names it."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = scripts["scripts"]["baichuan-desktop"].partition(":")
    code = f"import sys\n{before}\nfrom {module} import {function}\nsys.exit({function}())"
    return [sys.executable, "-c", code]


def test_the_engine_of_a_frozen_app_begins_without_qt() -> None:
    before = (
        "import backends.engine.process\n"
        "heavy = ('PySide6', 'torch', 'transformers', 'onnxruntime', 'numpy', 'pydantic')\n"
        "backends.engine.process.main = lambda: print('engine', *{*heavy} & {*sys.modules})"
    )
    result = subprocess.run(
        [*program(before), "--engine"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (result.stdout, result.returncode) == ("engine\n", 0), result.stderr


@pytest.mark.parametrize("before", ["", "sys.stdin = sys.stdout = sys.stderr = None"])
def test_the_program_answers_frames_as_an_engine_and_ends_with_its_input(
    before: str, tmp_path: Path
) -> None:
    """Windows gives a frozen program without a console no streams, but the pipes are there."""
    engine = subprocess.Popen(
        [*program(before), "--engine"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    assert engine.stderr is not None

    write_frame(engine.stdin, 7, LoadRequest(str(tmp_path)))
    frames = [read_frame(engine.stdout)]
    while frames[-1] is not None and not isinstance(frames[-1][1], Failed):
        frames.append(read_frame(engine.stdout))  # a beat may come before
    engine.stdin.close()

    said = engine.stderr.read().decode()
    assert engine.wait(PATIENCE_SECONDS) == 0, said
    assert "INFO NotACheckpointError" in said
    engine.stdout.close()
    engine.stderr.close()
    last = frames[-1]
    assert last is not None
    number, failed = last
    assert number == 7
    assert isinstance(failed, Failed)
    assert isinstance(failed.exception(), NotACheckpointError)


def test_a_frozen_app_starts_itself_as_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("sys.executable", "/opt/baichuan/baichuan-desktop")

    assert process._command() == ["/opt/baichuan/baichuan-desktop", "--engine"]


@pytest.mark.parametrize("arguments", [["chat", "--engine"], ["--engine", "more"]])
def test_the_word_is_an_option_of_no_command(arguments: list[str]) -> None:
    result = subprocess.run(
        [*program(), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )

    assert result.returncode == 2
    assert "usage: " in result.stderr
