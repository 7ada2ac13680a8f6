"""What a command says of an error that nobody foresaw."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import app_paths


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a verb fail in a way of its own."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "report", fail)


def test_an_unknown_error_is_one_sentence_and_its_details_are_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(RuntimeError("mkldnn_reorder: bf16 path needs\nmore \x1b[31m"), monkeypatch)

    assert main(["doctor"]) == 1

    captured = capsys.readouterr()
    log_file = app_paths().terminal_log
    assert captured.out == ""
    assert captured.err.splitlines() == [
        (
            "baichuan-desktop: The command met an error it does not know (RuntimeError: "
            "mkldnn_reorder: bf16 path needs\ufffdmore \ufffd[31m)."
        ),
        f"“{log_file}” has the details, and --debug shows them; please report them.",
    ]
    details = log_file.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in details
    assert "in fail" in details
    assert "more \ufffd[31m" in details, "it is read in terminals"


@pytest.mark.parametrize(
    "error", [ValueError(), KeyError("x"), MemoryError(), RecursionError("deep"), OSError(5, "I/O")]
)
def test_every_kind_of_error_is_told(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error, monkeypatch)

    assert main(["doctor", "--json"]) == 1

    shown = capsys.readouterr().err
    assert type(error).__name__ in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments", [["--debug", "doctor"], ["doctor", "--debug"], ["doctor", "--json", "--debug"]]
)
def test_debug_shows_where_an_error_comes_from(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(RuntimeError("odd \x1b[31m"), monkeypatch)

    assert main(arguments) == 1

    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert "in fail" in shown
    assert "\x1b" not in shown
    assert "baichuan-desktop: The command met an error" in shown


def test_an_error_is_told_where_no_log_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(tmp_path / "file"))
    failing(RuntimeError("odd"), monkeypatch)

    assert main(["doctor"]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "baichuan-desktop: The command met an error it does not know (RuntimeError: odd).",
        "The command with --debug shows the details; please report them.",
    ]


def test_a_log_of_errors_that_became_long_is_begun_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log_file = app_paths().terminal_log
    log_file.parent.mkdir(parents=True)
    log_file.write_text("x" * (2**20 + 1))
    failing(RuntimeError("odd"), monkeypatch)

    main(["doctor"])
    main(["doctor"])

    assert log_file.read_text(encoding="utf-8").count("RuntimeError: odd\n") == 2
    assert log_file.with_suffix(".previous.log").stat().st_size == 2**20 + 1
