"""What the command line does before any verb is at work."""

from __future__ import annotations

import io

import pytest

from baichuan_desktop.command_line import main


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


@pytest.mark.slow
def test_a_piped_chat_in_which_a_message_was_not_answered_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["chat", "--device", "cpu", "--max-new-tokens", "2", "--greedy"]
    monkeypatch.setattr("sys.stdin", io.StringIO("Hello\n" + "a long question " * 400 + "\n"))

    assert main(command) == 1

    captured = capsys.readouterr()
    assert "this model reads 512 tokens" in captured.err
    assert captured.out.strip()  # the first message was answered

    monkeypatch.setattr("sys.stdin", io.StringIO("Hello\n"))
    assert main(command) == 0
