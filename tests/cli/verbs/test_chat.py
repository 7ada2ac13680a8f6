"""`chat`, in a pipe and in a terminal."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from backends.engine.engine import Engine
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs import chat
from tests.helpers import goldens
from tests.ui.harness import READY, finished

FINISHED = Finished(FinishReason.STOP, 139, 0, 2, 141, 0.1, 0.1, 0.1)


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
    monkeypatch.setattr(Engine, "chat", lambda *_: iter(events))
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    assert main(["chat", folder, "--device", "cpu", "--precision", "fp32"]) == 0

    assert capsys.readouterr().err == (
        "[--max-new-tokens is over half of the context: older messages were kept, which left room "
        "for 117 tokens]\n"
    )


def test_stats_tell_how_many_threads_compute_now() -> None:
    ended = finished()

    assert "bf16, 2 threads. bf16 fits" in chat._stats(ended, READY)
    fewer = chat._stats(replace(ended, threads=1), READY)
    assert "bf16, 1 of 2 threads: other programs keep the processor busy." in fewer
    assert "bf16, 1 thread." in chat._stats(ended, replace(READY, threads=1))
