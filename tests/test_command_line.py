"""What the command line does before any verb is at work."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from backends import hardware
from backends.engine import Engine
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from baichuan_desktop.command_line import main
from tests.helpers import goldens

FINISHED = Finished(FinishReason.STOP, 139, 0, 2, 141, 0.1, 0.1, 0.1)


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


def base_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    shutil.copytree(goldens.folder("b2-13b", "safetensors"), folder)
    (folder / "generation_config.json").unlink()
    return folder


def test_a_base_model_is_chatted_with_if_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["chat", str(base_folder(tmp_path)), "--device", "cpu", "--precision", "fp32"]
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    assert main(command) == 1

    refused = capsys.readouterr()
    assert "it continues text and does not chat" in refused.err
    assert "baichuan-desktop chat MODEL --as-chat" in refused.err

    assert main([*command, "--as-chat", "--max-new-tokens", "8"]) == 0

    assert capsys.readouterr().out.strip()


def test_a_conversation_that_is_kept_in_place_of_new_tokens_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(goldens.folder("b2-7b", "safetensors"))
    events = [PromptReady(139, 0, 0, 117), TextDelta("好"), FINISHED]
    monkeypatch.setattr(Engine, "_stream", lambda *_: iter(events))
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    assert main(["chat", folder, "--device", "cpu", "--precision", "fp32"]) == 0

    assert capsys.readouterr().err == (
        "[--max-new-tokens is over half of the context: older messages were kept, which left room "
        "for 117 tokens]\n"
    )
