"""`models licence`, and the question before a model is first loaded in a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.licences.acceptances import Acceptances
from tests.helpers import goldens

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "百川 7B"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), made)
    (made / "LICENSE").write_text("May be used.\x1b[2J\n不得转售。\n", encoding="utf-8")
    return made


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["models", "licence", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_licence_is_shown_and_then_accepted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "licence", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "--- LICENSE ---" in out
    assert f"File: {folder / 'LICENSE'}" in out
    assert "May be used.�[2J\n不得转售。" in out  # nothing in it steers the terminal
    assert "LICENSE: not accepted yet; accept it with --accept" in out
    assert not app_paths().licences.exists()

    assert main(["models", "licence", str(folder), "--accept"]) == 0
    out = capsys.readouterr().out
    assert "May be used." in out
    assert "LICENSE: accepted by " in out
    (one,) = Acceptances(app_paths().licences).all()
    assert one.name == "LICENSE"
    assert one.model_id

    (entry,) = shown(capsys, str(folder))["licences"]
    assert entry["accepted"]
    assert entry["when"].endswith("+00:00")
    (listed,) = shown(capsys, "--list")
    assert listed["sha256"] == entry["sha256"] == one.sha256


def test_accepting_twice_writes_one_acceptance(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["models", "licence", str(folder), "--accept", "--json"]) == 0

    assert len(shown(capsys_cleared(capsys), "--list")) == 1


def capsys_cleared(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


def test_a_dry_run_accepts_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "licence", str(folder), "--accept", "--dry-run"]) == 0

    assert "LICENSE: would be accepted" in capsys.readouterr().out
    assert not app_paths().licences.exists()


def test_a_released_model_that_is_not_here_is_read_about_and_not_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "licence", "baichuan2-13b-chat"]) == 0
    out = capsys.readouterr().out
    assert "commercial copyright licence" in out
    assert "商用版权许可" in out
    assert "no responsibility" in out
    assert "The model is not on this machine" in out

    assert main(["models", "licence", "baichuan2-13b-chat", "--accept"]) == 1
    assert "not on this machine" in capsys.readouterr().err


def test_where_there_is_nothing_to_accept_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(goldens.folder("b2-7b", "safetensors"))
    for name in ("baichuan-guide", folder):
        assert main(["models", "licence", name, "--accept"]) == 0
        assert "has to be accepted" in capsys.readouterr().out
    assert not app_paths().licences.exists()


@pytest.mark.parametrize("arguments", [[], ["--list", "baichuan-guide"], ["--list", "--accept"]])
def test_a_command_that_says_too_little_or_too_much_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "licence", *arguments]) == 1

    assert capsys.readouterr().err.startswith("baichuan-desktop: ")


def test_a_file_that_cannot_be_read_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "LICENSE").write_bytes(b"x" * 1_000_001)

    facts = shown(capsys, str(folder))

    assert facts["licences"] == []
    assert facts["unread"] == [
        "“LICENSE” in the model's folder cannot be read: it is implausibly large."
    ]
    assert main(["models", "licence", str(folder)]) == 0
    assert "cannot be read" in capsys.readouterr().out


COMPLETE = ["--prompt", "夜雨寄北->", "--max-new-tokens", "1", "--precision", "fp32"]


def test_a_program_gets_one_sentence_that_names_the_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["complete", str(folder), *COMPLETE]) == 1

    error = capsys.readouterr().err.splitlines()
    assert error[0] == "baichuan-desktop: The licence of 百川 7B has not been accepted yet."
    assert error[1] == (
        "Read it and accept it: baichuan-desktop models licence "
        f"{folder} --accept"
    )  # fmt: skip
    assert main(["models", "licence", str(folder), "--accept"]) == 0
    assert main(["complete", str(folder), *COMPLETE]) == 0


def in_terminal(answer: str, arguments: list[str], home: Path) -> tuple[int, str]:
    """The exit code and all that a terminal shows, where a person answers so."""
    import pty

    person, terminal = pty.openpty()
    try:
        os.write(person, answer.encode())
        code = "from baichuan_desktop.cli.main import main; import sys"
        child = subprocess.Popen(
            [sys.executable, "-c", f"{code}\nsys.exit(main({arguments!r}))"],
            cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal,
            env={**os.environ, "BAICHUAN_DESKTOP_HOME": str(home), "COLUMNS": "100"},
        )  # fmt: skip
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += (block := os.read(person, 4096))
            except OSError:  # the other end is closed
                break
            if not block:
                break
        return child.wait(), shown.decode()
    finally:
        os.close(person)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
def test_at_a_terminal_the_licence_is_shown_and_asked_about(
    answer: str, code: int, folder: Path, app_home: Path
) -> None:
    ended, shown = in_terminal(answer, ["complete", str(folder), *COMPLETE], app_home)

    assert ended == code, shown
    assert "its licence must be accepted" in shown
    assert "May be used." in shown
    assert "Do you accept this? [y/N]" in shown
    assert len(Acceptances(app_paths().licences).all()) == (code == 0)
    assert ("has not been accepted yet" in shown) == (code == 1)
    if code == 0:
        _, again = in_terminal("", ["complete", str(folder), *COMPLETE], app_home)
        assert "Do you accept" not in again
