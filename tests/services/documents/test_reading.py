"""Files become text in a process of their own, which may end in any way."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    DocumentKindError,
    DocumentReaderError,
    DocumentTimeError,
    DocumentTooLargeError,
    DocumentUnreadableError,
    DocumentWithoutTextError,
    EncryptedDocumentError,
)
from baichuan_desktop.services.documents import process
from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.limits import LIMITS
from baichuan_desktop.services.documents.notes import kept, shown
from baichuan_desktop.services.documents.reading import read_document, read_text
from baichuan_desktop.services.documents.values import Mark, Unit

ROOT = Path(__file__).parents[3]


def _read(file: Path, **options: object) -> ReadDocument:
    found = read_document(file, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_text_comes_with_its_facts(tmp_path: Path) -> None:
    file = tmp_path / "通知 1.txt"
    file.write_bytes("第一行\r\n第二行\r\n".encode("gb18030"))

    found = _read(file)

    assert (found.name, found.kind, found.encoding) == ("通知 1.txt", "text", "gb18030")
    assert found.text == "第一行\n第二行"
    assert found.size == 16
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (found.marks, found.notes) == ((), ())


def test_headings_of_markdown_are_marked_but_not_those_in_code(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# 一\n\n甲\n\n```\n# none\n```\n\n## 二 ##\n乙\n", encoding="utf-8")

    found = _read(file)

    assert [(mark.number, mark.name) for mark in found.marks] == [(1, "一"), (2, "二")]
    assert found.text[found.marks[1].start :] == "## 二 ##\n乙"


def test_an_encoding_that_was_chosen_is_obeyed_and_what_is_none_in_it_is_said(
    tmp_path: Path,
) -> None:
    file = tmp_path / "big5.txt"
    file.write_bytes("繁體中文的說明".encode("big5"))

    chosen = _read(file, encoding="big5hkscs")
    wrong = _read(file, encoding="utf-8")

    assert (chosen.text, chosen.encoding, chosen.notes) == ("繁體中文的說明", "big5hkscs", ())
    assert "\ufffd" in wrong.text
    (note,) = wrong.notes
    assert str(note) == (
        f"Places that are no text in the encoding that was chosen: {wrong.text.count(chr(0xFFFD))}."
    )


def test_a_document_of_a_conversation_keeps_its_notes_as_sentences(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xff\xff")
    found = _read(file, encoding="utf-8")

    document = found.document(7, 9)

    assert (document.id, document.conversation_id, document.text) == (7, 9, "\ufffd\ufffd")
    assert [shown(note) for note in document.notes] == list(found.notes)
    assert kept(found.notes[0]) == document.notes[0]
    assert str(shown("no JSON {")) == "no JSON {"
    assert str(shown('{"template": "{a}", "facts": {}}')) == '{"template": "{a}", "facts": {}}'


def test_a_long_text_comes_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    text = "".join(f"{number}甲😀" for number in range(60_000))
    file.write_text(text, encoding="utf-8")

    assert _read(file).text == text


def test_a_pasted_text_is_a_document_without_a_file() -> None:
    found = read_text("甲\r\n乙\0", "Pasted\ntext")

    assert (found.text, found.kind, found.name) == ("甲\n乙", "pasted", "Pasted\ufffdtext")
    assert found.sha256 == hashlib.sha256("甲\r\n乙\0".encode()).hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="such names are Linux's")
def test_a_name_with_controls_is_shown_without_them(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m\n\u202etxt.exe"
    file.write_text("甲", encoding="utf-8")

    assert _read(file).name == "a\ufffd[31m\ufffd\ufffdtxt.exe"


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", DocumentKindError),
        ("a.jpg", bytes(range(256)) * 4, DocumentKindError),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), DocumentKindError),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), EncryptedDocumentError),
        ("a.rtf", rb"{\rtf1 a}", DocumentKindError),
        ("a.txt", b"", DocumentWithoutTextError),
        ("a.txt", b" \n\n", DocumentWithoutTextError),
    ],
)
def test_what_is_no_text_is_said(
    name: str, data: bytes, error: type[Exception], tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(data)

    with pytest.raises(error, match=name):
        read_document(file)


def test_what_is_no_file_is_said_without_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "command", lambda: ["/there/is/none"])

    with pytest.raises(DocumentKindError, match="folder"):
        read_document(tmp_path)
    with pytest.raises(DocumentUnreadableError):
        read_document(tmp_path / "none.txt")
    if sys.platform != "win32":
        with pytest.raises(DocumentUnreadableError, match="no ordinary file"):
            read_document(Path("/dev/zero"))


def test_files_and_texts_above_the_limits_are_named_and_not_cut(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as stream:
        stream.truncate(200_000_001)  # a hole: nothing is written, and nothing may be read
    long = tmp_path / "long.txt"
    long.write_text("甲" * 101, encoding="utf-8")

    with pytest.raises(DocumentTooLargeError, match="it has 201 MB, and at most 100 MB are read"):
        read_document(large)
    with pytest.raises(DocumentTooLargeError, match="more than 100 characters"):
        read_document(long, limits=replace(LIMITS, characters=100))
    assert len(_read(long, limits=replace(LIMITS, characters=101)).text) == 101


def _program(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "command", lambda: [sys.executable, "-c", code])


@pytest.mark.skipif(sys.platform == "win32", reason="it has other numbers")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "a library aborted it"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "a library crashed in it"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "when memory runs out"),
        ("raise SystemExit(3)", "its exit code is 3"),
        ("print('no JSON', flush=True)", "its exit code is"),
    ],
)
def test_a_reader_that_ends_is_an_error_with_the_name_of_the_file(
    code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("甲", encoding="utf-8")
    _program(code, monkeypatch)

    with pytest.raises(DocumentReaderError, match=said) as caught:
        read_document(file)

    assert "a.txt" in str(caught.value)


def test_a_reader_that_never_ends_is_ended_by_its_time_or_by_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("甲", encoding="utf-8")
    told = tmp_path / "told"
    _program(
        "import sys, json, time; sys.stdin.readline();"
        "print(json.dumps({'done': 1, 'of': 2}), flush=True)\n"
        f"try: time.sleep(10_000)\nfinally: open({str(told)!r}, 'w')",
        monkeypatch,
    )
    cancel = threading.Event()
    heard: list[tuple[int, int]] = []

    def progress(done: int, of: int) -> None:
        heard.append((done, of))
        cancel.set()

    assert read_document(file, cancel=cancel, progress=progress) is None
    assert heard == [(1, 2)]
    with pytest.raises(DocumentTimeError, match="longer than 0 seconds"):
        read_document(file, limits=replace(LIMITS, seconds=0.0))
    assert not told.exists()  # it was ended, and did not end by itself


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this limit")
def test_memory_above_the_limit_is_an_error_of_this_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"a" * 90_000_000)

    with pytest.raises(DocumentTooLargeError, match="takes more than 150 MB of memory"):
        read_document(file, limits=replace(LIMITS, memory_bytes=150_000_000, characters=10**9))


def test_where_parts_begin_is_found_by_a_place_in_the_text() -> None:
    document = ReadDocument(
        "a", "pdf", 1, "", "甲\n\n乙", (Mark(0, Unit.PAGE, 1), Mark(3, Unit.PAGE, 2))
    ).document(1, 1)

    assert [document.mark_at(place) for place in (0, 2, 3)] == [
        document.marks[0],
        document.marks[0],
        document.marks[1],
    ]
    assert document.count(Unit.PAGE) == 2


def test_who_asks_for_a_document_has_no_parser_of_one_in_its_process() -> None:
    code = (
        "import sys\n"
        "from baichuan_desktop.services.documents import reading\n"
        "names = ('html.parser', 'openpyxl', 'pyexpat', 'pypdfium2', 'zipfile')\n"
        "print([name for name in names if name in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert result.stdout == "[]\n"
