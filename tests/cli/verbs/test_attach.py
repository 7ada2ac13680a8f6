"""`--attach` and `/attach`: documents in the terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.engine.engine import Engine
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.cli.main import main
from tests.helpers import document_files, goldens

FINISHED = Finished(FinishReason.STOP, 139, 0, 2, 141, 0.1, 0.1, 0.1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the model was given, of each request the last message."""
    texts: list[str] = []

    def chat(_engine: Engine, request: ChatRequest, _cancel: object) -> Iterator[object]:
        texts.append(request.messages[-1].text)
        return iter([PromptReady(1, 0, 0), TextDelta("好"), FINISHED])

    def complete(_engine: Engine, request: CompleteRequest, _cancel: object) -> Iterator[object]:
        texts.append(request.prompt)
        return iter([PromptReady(1, 0, 0), TextDelta("好"), FINISHED])

    monkeypatch.setattr(Engine, "chat", chat)
    monkeypatch.setattr(Engine, "complete", complete)
    return texts


def test_a_document_goes_with_the_first_message_and_another_one_with_a_later(
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = tmp_path / "通知 1.txt", tmp_path / "b.docx"
    first.write_bytes("自五月一日起放假".encode("gb18030"))
    second.write_bytes(document_files.docx(document_files.word_paragraph("第二份")))
    lines = [
        "长" * 600, "何时放假？", "谢谢", f"/attach {second}", f"/attach {tmp_path}/none.pdf",
        "/attach",
        "说什么？", "/attach", f"/attach '{first}'", "/attach OFF", "再见",
    ]  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))

    code = main(["chat", "--device", "cpu", "--attach", str(first), "--max-new-tokens", "9"])

    captured = capsys.readouterr()
    assert asked == [
        "[通知 1.txt]\n自五月一日起放假\n\n何时放假？",
        "谢谢",
        "[b.docx]\n第二份\n\n说什么？",
        "再见",
    ]
    assert "No passage of “通知 1.txt” fits: " in captured.err  # it waits for a shorter message
    assert captured.err.count(": all of it, ") == 2
    assert "“none.pdf” cannot be read" in captured.err
    assert captured.out.count("With the next message: b.docx") == 2
    assert "With the next message: 通知 1.txt\n" in captured.out  # its name was in quotes
    assert captured.out.count("No document goes with the next message.") == 2
    assert code == 1  # a program was not told all that it asked for


def test_passages_of_a_long_document_are_given_and_said(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "手册.pdf"
    pages = ["锅炉每月检查一次"] * 30
    pages[16] = "叉车满五年报废"
    file.write_bytes(document_files.pdf(pages))
    options = ["--device", "cpu", "--precision", "fp32", "--max-new-tokens", "9"]
    command = ["complete", str(goldens.folder("b2-7b", "safetensors")), *options]

    assert main([*command, "--prompt", "叉车报废", "--attach", str(file)]) == 0

    (prompt,) = asked
    assert "[手册.pdf, 第 17 页]\n叉车满五年报废" in prompt
    given = prompt.count("[手册.pdf, 第 ")
    assert f"[手册.pdf: {given} of 30 passages given, " in capsys.readouterr().err
    assert prompt.endswith("\n\n叉车报废")


def test_a_document_that_cannot_be_read_ends_a_verb_before_a_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"no PDF")

    assert main(["complete", "no-such-model", "--prompt", "x", "--attach", str(file)]) == 1

    assert "“a.pdf” is damaged" in capsys.readouterr().err


def test_a_text_is_read_in_the_encoding_that_is_named_and_that_is_said(
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_bytes("臺北".encode("big5"))
    second.write_bytes("總統".encode("big5"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"one\n/attach {second}\ntwo\n"))
    command = ["chat", "--device", "cpu", "--max-new-tokens", "9", "--attach", str(first)]

    assert main([*command, "--encoding", "big5hkscs"]) == 0

    assert asked == ["[a.txt]\n臺北\n\none", "[b.txt]\n總統\n\ntwo"]
    assert capsys.readouterr().err.count("; read as Big5 (traditional Chinese)]") == 2

    monkeypatch.setattr("sys.stdin", io.StringIO("one\n"))
    assert main(command) == 0

    assert "臺北" not in asked[-1]
    assert "; read as GB18030, GBK (simplified Chinese)]" in capsys.readouterr().err
