"""A text is read whole and strictly; what is none is one sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from backends.errors import QualityError
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.measuring.text_files import read_texts
from tests.helpers.sentences import assert_one_sentence

MANY = 10**6


def refusal(path: Path) -> str:
    with pytest.raises(QualityError) as caught:
        read_texts(path, MANY)
    assert_one_sentence(caught.value)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("beginning", [b"", b"\xef\xbb\xbf"])
def test_a_file_is_one_text(beginning: bytes, tmp_path: Path) -> None:
    file = tmp_path / "一 text"
    file.write_bytes(beginning + "天空\r\nsky\n".encode())

    found = read_texts(file, MANY)

    assert (found.name, found.texts) == ("一 text", ("天空\nsky\n",))


def test_a_folder_is_its_text_files_by_name(tmp_path: Path) -> None:
    for name, text in {"b.txt": "B", "a.MD": "A", "c.json": "{}", "d.pdf": "%"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder.txt").mkdir()

    found = read_texts(tmp_path, MANY)

    assert (found.name, found.texts) == (tmp_path.name, ("A", "B"))


def test_no_more_is_read_than_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes("天空".encode() * 10_000 + b"\xff")  # broken far behind

    assert read_texts(file, 5).texts == ("天空天空天",)


def test_no_more_of_many_files_is_read_than_is_needed_of_them_together(tmp_path: Path) -> None:
    """A folder of thousands would be no request that an engine takes."""
    (tmp_path / "a.txt").write_text("short")
    for number in range(20):
        (tmp_path / f"b{number:02}.txt").write_text("天" * 1000)

    found = read_texts(tmp_path, 105)

    assert found.texts == ("short", *["天" * 5] * 20)
    assert sum(map(len, read_texts(tmp_path, 20_005).texts)) == 20_005


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.txt") == f"There is no file or folder “{tmp_path / 'no.txt'}”."


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf"])
def test_a_file_that_is_empty(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(content)

    assert refusal(tmp_path / "t.txt") == "“t.txt” is empty."
    assert refusal(tmp_path) == "“t.txt” is empty."


@pytest.mark.parametrize(
    "content", ["天空".encode("gb18030"), "sky".encode("utf-16"), b"caf\xe9", "天".encode()[:2]]
)
def test_a_file_that_is_not_utf_8(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(content)

    assert refusal(tmp_path / "t.txt") == "“t.txt” is not a text in UTF-8."


def test_a_folder_without_texts(tmp_path: Path) -> None:
    (tmp_path / "x.json").touch()

    assert refusal(tmp_path) == f"“{tmp_path.name}” holds no text file (.txt or .md)."


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("text")
    (tmp_path / "t.txt").chmod(0)

    assert "cannot be read: Permission denied" in refusal(tmp_path / "t.txt")


def test_a_file_that_really_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    assert "cannot be read: Permission denied" in refusal(tmp_path / "t.txt")


def test_the_sample_is_in_both_languages() -> None:
    english, chinese = read_texts(resource("quality_sample"), MANY).texts

    assert 1000 < len(english.split()) < 1500
    assert 1800 < sum("\u4e00" <= char <= "\u9fff" for char in chinese) < 2500


def test_the_home_of_nobody_is_a_name_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match="no file or folder"):
        read_texts(Path("~nobody-of-this-name/x.txt"), 10)


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
@pytest.mark.parametrize("name", ["a\udcff.txt", "a\x1b[31m\n.txt"])
def test_a_name_that_is_no_text_is_called_something_that_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("text")

    called = read_texts(tmp_path / name, 10).name

    assert called.encode().isascii() is False
    assert called.isprintable()
