"""`doctor --bundle`: shown first, and written only if that is wanted."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs import doctor
from baichuan_desktop.services.support_bundle.values import BundlePart

PARTS = [BundlePart("README.txt", "about\n"), BundlePart("logs/window.log", "[3 lines]\x1b\n")]


class Terminal(io.StringIO):
    """Somebody who can answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def collected(monkeypatch: pytest.MonkeyPatch) -> None:
    def collect(*_: object) -> Sequence[BundlePart]:
        return PARTS

    monkeypatch.setattr(doctor, "collect", collect)


def names(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def test_yes_shows_the_parts_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.zip"

    assert main(["doctor", "--bundle", str(file), "--yes"]) == 0

    out = capsys.readouterr().out
    assert "README.txt" in out
    assert "logs/window.log" in out
    assert len(names(file)) == 2
    assert main(["doctor", "--bundle", str(file), "--yes"]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_dry_run_shows_the_parts_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.zip"

    assert main(["doctor", "--bundle", str(file), "--dry-run", "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert facts == {
        "file": str(file),
        "written": False,
        "parts": [{"name": "README.txt", "bytes": 6}, {"name": "logs/window.log", "bytes": 11}],
    }
    assert not file.exists()


def test_where_nobody_can_answer_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    assert main(["doctor", "--bundle", str(tmp_path / "b.zip")]) == 1

    assert "--yes writes it" in capsys.readouterr().err
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize(
    ("answers", "code"), [("y\n", 0), ("s\nyes\n", 0), ("n\n", 1), ("\n", 1), ("", 1), ("s\n", 1)]
)
def test_a_person_is_asked_and_can_read_all_of_it(
    answers: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, shown = tmp_path / "b.zip", Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answers))
    monkeypatch.setattr("sys.stdout", shown)

    assert main(["doctor", "--bundle", str(file)]) == code

    assert file.exists() == (code == 0)
    assert ("--- logs/window.log ---\n[3 lines]\ufffd" in shown.getvalue()) == ("s" in answers[:1])


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_an_option_of_the_bundle_alone_is_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", option]) == 1

    assert "--bundle FILE" in capsys.readouterr().err
