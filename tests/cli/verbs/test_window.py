"""The window, with and without a verb."""

from __future__ import annotations

import pytest

from baichuan_desktop import app
from baichuan_desktop.cli.main import main


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What each window was opened with, on a machine with a display."""
    calls: list[list[str]] = []
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")

    def open_window(arguments: list[str]) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(app, "main", open_window)
    return calls


def test_the_window_without_a_display_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    assert main([]) == 1

    refusal = capsys.readouterr().err.splitlines()
    assert refusal == [
        "baichuan-desktop: There is no display for the window.",
        "“baichuan-desktop chat” chats in the terminal.",
    ]


def test_start_opens_the_window_with_the_model_that_is_named(opened: list[list[str]]) -> None:
    assert main(["start"]) == 0
    assert main(["start", "--model", "a-model"]) == 0
    assert main(["start", "--debug", "--model", "/a/folder", "--precision", "auto"]) == 0

    assert opened == [[], ["--model", "a-model"], ["--model", "/a/folder"]]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--precision", "8bit"], "--precision"),
        (["--max-new-tokens", "3", "--greedy"], "--greedy, --max-new-tokens"),
        (["--model", "m", "--threads", "2"], "--threads"),
        (["--temperature", "0"], "--temperature"),
        (["--stop", "x", "--stop", "y"], "--stop"),
    ],
)
def test_an_option_that_the_window_does_not_take_is_refused_and_not_forgotten(
    arguments: list[str],
    options: str,
    opened: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["start", *arguments]) == 1

    assert capsys.readouterr().err.splitlines()[0] == (
        f"baichuan-desktop: The window does not take {options}; it has settings of its own."
    )
    assert not opened


def test_start_without_a_display_asks_the_model_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    assert main(["start", "--model", "nowhere"]) == 1

    assert "There is no model “nowhere”" in capsys.readouterr().err
