"""What the command line does before any verb is at work."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from backends import hardware
from baichuan_desktop import terminal
from baichuan_desktop.command_line import main
from tests.ui.harness import READY, finished


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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--precision", "fp16"], "fp16 does not run on this machine."),
        (["--device", "cuda"], "This machine has no NVIDIA card that can be used."),
    ],
)
def test_what_only_a_card_has_is_refused_by_its_name(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(hardware, "_gpus", lambda: ())

    assert main(["complete", "baichuan-guide", "--prompt", "x", *arguments]) == 1

    assert capsys.readouterr().err.splitlines()[0] == f"baichuan-desktop: {sentence}"


@pytest.mark.parametrize(
    "command",
    [
        ["models", "add", ""],
        ["export-onnx", "baichuan-guide", "--out", ""],
        ["quality", "baichuan-guide", "--text", ""],
        ["complete", "baichuan-guide", "--prompt-file", ""],
    ],
    ids=lambda command: command[0],
)
def test_an_empty_path_is_not_the_folder_that_one_is_in(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(command)

    assert "the path is empty" in capsys.readouterr().err


def test_a_released_model_is_shown_though_it_is_not_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "show", "baichuan2-7b-chat"]) == 0

    assert "Baichuan2-7B-Chat" in capsys.readouterr().out


def test_stats_tell_how_many_threads_compute_now() -> None:
    ended = finished()

    assert "bf16, 2 threads. bf16 fits" in terminal._stats(ended, READY)
    fewer = terminal._stats(replace(ended, threads=1), READY)
    assert "bf16, 1 of 2 threads: other programs keep the processor busy." in fewer
    assert "bf16, 1 thread." in terminal._stats(ended, replace(READY, threads=1))
