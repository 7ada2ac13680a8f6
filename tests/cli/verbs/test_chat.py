"""`chat`, in a pipe and in a terminal."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.engine.engine import Engine
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.cli import session
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


def test_a_base_model_is_refused_before_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    loaded: list[object] = []
    monkeypatch.setattr(session, "_load", lambda *arguments: loaded.append(arguments))

    assert main(["chat", str(base_folder(tmp_path))]) == 1

    assert "base is a base model: it continues text" in capsys.readouterr().err
    assert not loaded


def test_stats_of_an_answer_tell_its_speed() -> None:
    assert chat._stats(finished(new_tokens=21), READY).startswith(
        "21 new tokens, 10.0 tokens/s; first token after 0.10 s; prompt 10 tokens, 0 of them "
    )


def test_one_token_has_no_speed() -> None:
    told = chat._stats(replace(finished(new_tokens=1), prompt_tokens=1), READY)

    assert told.startswith("1 new token; first token after 0.10 s; prompt 1 token, 0 of them ")


def test_an_answer_without_tokens_has_neither_a_speed_nor_a_first_token() -> None:
    assert chat._stats(finished(new_tokens=0), READY).startswith("0 new tokens; prompt 10 tokens")


def test_stats_tell_how_many_threads_compute_now() -> None:
    ended = finished()

    assert "bf16, 2 threads. bf16 needs 1.5 GiB" in chat._stats(ended, READY)
    fewer = chat._stats(replace(ended, threads=1), READY)
    assert "bf16, 1 of 2 threads: other programs keep the processor busy." in fewer
    assert "bf16, 1 thread." in chat._stats(ended, replace(READY, threads=1))


def talked(
    lines: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str], str, str]:
    """The exit code, what the model was asked, stdout and stderr of a chat with a program."""
    asked: list[str] = []

    def answer(_engine: Engine, request: ChatRequest, _cancel: object) -> Iterator[object]:
        asked.append(request.messages[-1].text)
        return iter([PromptReady(1, 0, 0), TextDelta("好"), FINISHED])

    monkeypatch.setattr(Engine, "chat", answer)
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    code = main(["chat", "--device", "cpu"])
    captured = capsys.readouterr()
    return code, asked, captured.out, captured.err


@pytest.mark.parametrize(
    "line",
    ["/帮助", "/帮助，谢谢", "/hlep", "/usr/bin is what?", "/", "/clear all", "/exit strategy"],
)
def test_what_is_no_command_is_said_and_neither_done_nor_asked(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, asked, _, errors = talked(f"{line}\nhello\n", monkeypatch, capsys)

    assert asked == ["hello"]
    assert f"begin it with two slashes: /{line}" in errors
    assert code == 1  # a program sent what got no answer


def test_a_message_may_begin_with_a_slash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = '//usr/bin is what?\n"""\n/exit\n"""\n'

    code, asked, _, errors = talked(lines, monkeypatch, capsys)

    assert (code, asked, errors) == (0, ["/usr/bin is what?", "/exit"], "")


def test_help_with_text_behind_it_helps_and_says_how_to_ask_the_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, asked, out, _ = talked("/help 怎么用？\n/HELP\n／help\n", monkeypatch, capsys)

    assert (code, asked) == (0, [])
    assert out.count("/clear        begin a new conversation") == 3
    assert out.count("To send it as a message, begin it with two slashes: //help 怎么用？") == 1


def test_a_line_that_is_no_text_ends_the_chat_after_the_answers_before_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"Hello\n\xff\xfe\nmore\n"), encoding="utf-8")
    )

    assert main(["chat", "--device", "cpu", "--max-new-tokens", "2", "--greedy"]) == 1

    captured = capsys.readouterr()
    assert captured.out.strip()
    assert captured.err.count("is not a text in UTF-8") == 1


def test_the_guide_is_asked_with_its_last_two_turns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[list[str]] = []

    def answer(_engine: Engine, request: ChatRequest, _cancel: object) -> Iterator[object]:
        given.append([message.text for message in request.messages])
        return iter([PromptReady(1, 0, 0), TextDelta("好"), FINISHED])

    monkeypatch.setattr(Engine, "chat", answer)
    monkeypatch.setattr("sys.stdin", io.StringIO("one\ntwo\nthree\nfour\n"))

    assert main(["chat", "--device", "cpu"]) == 0

    assert given[-1] == ["three", "好", "four"]
    assert capsys.readouterr().err == ""  # it is no message that did not fit


def test_the_exact_prompt_is_shown_id_by_id_before_and_after_it_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(goldens.folder("b2-7b", "safetensors"))
    events = [PromptReady(139, 0, 0), TextDelta("好"), FINISHED]
    monkeypatch.setattr(Engine, "chat", lambda *_: iter(events))
    lines = "/system Be brief.\n/prompt\n/prompt 你好\n你好\n/prompt\n/prompt and now?\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))

    assert main(["chat", folder, "--device", "cpu", "--precision", "fp32"]) == 1

    told = capsys.readouterr()
    assert "There is no message to answer." in told.err
    tokenizer = goldens.tokenizer("b2-7b")
    ids = [*tokenizer.encode("Be brief."), 195, *tokenizer.encode("你好"), 196]
    shown = [int(line.split()[0]) for line in told.out.splitlines() if line.startswith("   ")]
    later = [*ids, *tokenizer.encode("好"), 195, *tokenizer.encode("and now?"), 196]
    assert shown == [*ids, *ids, *later]
    headings = ["Question 1: 3 tokens", "Here the answer begins: 1 token", "Answer 1: 2 tokens"]
    for heading in headings:
        assert heading in told.out
    assert f"{len(later)} of 256 tokens" in told.out
