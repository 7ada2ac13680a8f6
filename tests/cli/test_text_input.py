"""Bytes that are no text are refused in one way, wherever they come from."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backends.errors import QualityError, UserFacingError
from baichuan_desktop.cli.text_input import (
    enable_line_editing,
    read_file,
    read_line,
    read_stdin,
    require_text,
)
from baichuan_desktop.services.measuring.text_files import read_texts
from tests.helpers.sentences import assert_one_sentence

GBK = "你好".encode("gbk")
NOT_TEXTS = [GBK, "你好".encode("utf-16"), b"\xff", b"ok \xc3", b"\xed\xa0\x80", b"\x80abc"]


def stdin_of(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))


@pytest.mark.parametrize("content", NOT_TEXTS)
def test_what_is_not_utf_8_is_refused_in_one_sentence_everywhere(
    content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(content)
    stdin_of(content, monkeypatch)
    with pytest.raises(UserFacingError) as of_stdin:
        read_stdin()
    with pytest.raises(UserFacingError) as of_file:
        read_file(file)
    with pytest.raises(QualityError) as of_quality:
        read_texts(file, 1000)

    assert of_stdin.value.message == "“standard input” is not a text in UTF-8."
    assert of_file.value.message == of_quality.value.message
    assert of_file.value.hint == of_quality.value.hint == of_stdin.value.hint
    assert_one_sentence(of_stdin.value)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_locale_says_nothing_of_what_a_program_sends(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = io.BytesIO("\ufeff你好\r\nand more\n".encode())
    stream = io.TextIOWrapper(content, encoding=encoding)

    assert read_line(stream) == "\ufeff你好"
    assert read_line(stream) == "and more"
    assert read_line(stream) is None
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\ufeff好\n".encode()), encoding))
    assert read_stdin() == "好\n"


def test_lines_before_the_one_that_is_no_text_are_given() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"one\n" + GBK + b"\ntwo\n"), encoding="utf-8")

    assert read_line(stream) == "one"
    with pytest.raises(UserFacingError, match="is not a text in UTF-8"):
        read_line(stream)
    assert read_line(stream) == "two"


def test_an_argument_of_other_bytes_is_refused_too() -> None:
    assert require_text("你好 😀", "--prompt") == "你好 😀"
    with pytest.raises(UserFacingError, match="“--prompt” is not a text in UTF-8"):
        require_text(os.fsdecode(GBK), "--prompt")


@pytest.mark.parametrize("name", ["missing.txt", "folder", "a\0b", "~nobody-at-all/x"])
def test_a_file_that_cannot_be_read_says_why_and_which(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(UserFacingError, match="cannot be read") as caught:
        read_file(Path(name) if name.startswith("~") else tmp_path / name)

    assert_one_sentence(caught.value)
    assert "Errno" not in caught.value.message


@pytest.mark.parametrize(
    "command",
    [
        ["chat"],
        ["complete", "baichuan-guide", "--prompt", "-"],
        ["complete", "baichuan-guide", "--prompt-file", "FILE"],
        ["quality", "baichuan-guide", "--text", "FILE"],
        ["complete", "baichuan-guide", "--prompt", os.fsdecode(GBK)],
        ["chat", "--system", os.fsdecode(GBK)],
    ],
)
def test_every_command_ends_with_1_and_the_same_sentence(
    command: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(GBK)

    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from baichuan_desktop.cli.main import main; sys.exit(main())",
            *[str(file) if word == "FILE" else word for word in command],
        ],
        input=GBK + b"\n",
        capture_output=True,
        timeout=120,
    )

    assert ended.returncode == 1
    errors = ended.stderr.decode().splitlines()
    assert errors[-2].startswith("baichuan-desktop: “")
    assert errors[-2].endswith("” is not a text in UTF-8.")
    assert errors[-1].startswith("Save it as UTF-8")
    assert ended.stdout == b""


def test_a_python_without_readline_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "readline", None)

    enable_line_editing()
