"""What is put into a document comes out of it, and its blocks stay small and few."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.writing import long_lines
from baichuan_desktop.ui.writing.long_lines import LONGEST_BLOCK, MOST_LINES

MEGABYTE = 1_000_000
#: A million characters of one kind; `repeated` fills them.
KINDS = {
    "lines": "the quick brown fox jumps over the lazy dog\n",
    "spaced": "word and word ",
    "hanzi": "床前明月光疑是地上霜",
    "hanzi lines": "床前明月光，疑是地上霜。\n",
    "one line without spaces": "x",
    "combining marks": "e\u0301\u0302\u0323",
    "combining marks alone": "\u0301",
    "NUL": "a\0",
    "NUL alone": "\0",
    "CR LF": "a line\r\n",
    "CR": "a\r",
    "line breaks alone": "\n",
    "line separators": "a\u2028b\u2029",
    "two letters a line": "ab\n",
    "families": "👩\u200d👩\u200d👧",
    "beyond 16 bits": "𠮷",
    "Arabic": "مرحبا ",
    "bidi overrides": "\u202eabc\u202c",
    "tabs": "\t",
    "no-break spaces": "\u00a0x",
    "zero width": "\u200b",
    "escapes": "\x1b[31m",
    "long lines": "y" * 30_000 + "\n",
    "long lines and short ones": "y" * 30_000 + "\n" * 10_000,
}


def repeated(pattern: str, length: int = MEGABYTE) -> str:
    return (pattern * (length // len(pattern) + 1))[:length]


def normal(text: str) -> str:
    """A text with line breaks of one kind."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return text


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def whole(document: QTextDocument) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    return cursor


def text_of(document: QTextDocument) -> str:
    return long_lines.text_of(whole(document))


def put(text: str) -> QTextDocument:
    document = QTextDocument()
    long_lines.insert(QTextCursor(document), text)
    return document


@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_of_any_kind_is_whole_in_few_small_blocks(app: QApplication, kind: str) -> None:
    """What Qt needs grows with the number of blocks, and with the square of their lengths."""
    text = repeated(KINDS[kind])

    document = put(text)

    assert text_of(document) == normal(text)
    assert document.blockCount() <= MOST_LINES + MEGABYTE // (LONGEST_BLOCK // 2)
    # In units of 16 bits, of which a character has two at most.
    assert max(block.length() for block in blocks(document)) <= 2 * LONGEST_BLOCK + 1


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_undone_and_done_again_as_one(app: QApplication, kind: str) -> None:
    text = repeated(KINDS[kind], 200_000)
    document = put("before ")
    cursor = whole(document)
    cursor.setPosition(len("before"), QTextCursor.MoveMode.MoveAnchor)
    long_lines.insert(cursor, text)
    put_in = text_of(document)

    document.undo()
    assert text_of(document) == "before "
    document.redo()

    assert text_of(document) == put_in == f"before{normal(text)} "


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\n\n", "a", "a\n", "\na", "a\r\nb\rc\nd", "\r\n\r", "x" * LONGEST_BLOCK,
        "x" * (LONGEST_BLOCK + 1), "x" * LONGEST_BLOCK + "\n" + "y" * LONGEST_BLOCK,
        "\n" * MOST_LINES, "\n" * (MOST_LINES - 1), "\n".join("abc" for _ in range(MOST_LINES + 1)),
        "x" * 12_345 + "\n" * 6_000 + "z" * 4_001, " " * 5_000, "汉 " * 4_000 + "\u0301" * 4_000,
    ],
)  # fmt: skip
def test_a_text_comes_out_as_it_was_put_in(app: QApplication, text: str) -> None:
    assert text_of(put(text)) == normal(text)


def test_half_characters_and_marks_of_frames_become_the_unknown_character(
    app: QApplication,
) -> None:
    assert text_of(put("a\ud800b\udfffc\ufdd0d\ufdd1e")) == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert text_of(put("a\ud83d\ude00b")) == "a😀b"  # two halves are one whole


def test_short_lines_are_blocks_of_their_own(app: QApplication) -> None:
    document = put("one\ntwo\r\nthree")

    assert [block.text() for block in blocks(document)] == ["one", "two", "three"]
    assert not any(long_lines.goes_on(block) for block in blocks(document))


def test_a_long_line_is_broken_after_a_space_or_between_characters(app: QApplication) -> None:
    spaced = put("eleven more " * 1_000)
    marked = put("a" * (LONGEST_BLOCK - 3) + "e" + "\u0301" * 6 + "b" * LONGEST_BLOCK)
    family = put("a" * (LONGEST_BLOCK - 2) + "👩\u200d👩\u200d👧" + "b" * LONGEST_BLOCK)

    assert all(block.text().endswith(" ") for block in blocks(spaced))
    assert [block.text()[0] for block in blocks(marked)] == ["a", "e", "b"]
    assert [block.text()[0] for block in blocks(family)] == ["a", "👩", "b"]


def test_a_line_that_grows_by_many_pastes_is_broken_too(app: QApplication) -> None:
    document = QTextDocument()
    cursor = QTextCursor(document)
    for _ in range(50):
        long_lines.insert(cursor, "z" * 1_900)
    cursor.setPosition(7)
    long_lines.insert(cursor, "middle")

    assert text_of(document) == "zzzzzzz" + "middle" + "z" * (50 * 1_900 - 7)
    assert max(block.length() for block in blocks(document)) <= LONGEST_BLOCK + 1


def test_a_new_line_within_a_broken_line_is_a_line(app: QApplication) -> None:
    text = "abcd" * 2_000
    for position in (0, 1, LONGEST_BLOCK, LONGEST_BLOCK + 1, LONGEST_BLOCK + 2, 5_000):
        document = put(text)
        cursor = QTextCursor(document)
        cursor.setPosition(position)
        before = long_lines.text_of(selected(document, 0, position))
        long_lines.insert_line(cursor)

        assert text_of(document) == before + "\n" + text[len(before) :]


def test_a_part_is_selected_without_the_breaks(app: QApplication) -> None:
    document = put("x" * 5_000 + "\n" + "y" * 10)

    assert long_lines.text_of(selected(document, 1_999, 2_003)) == "xxx"
    assert long_lines.text_of(selected(document, 5_001, 5_006)) == "x\nyyy"
    assert long_lines.text_of(selected(document, 5, 5)) == ""


def selected(document: QTextDocument, start: int, end: int) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor
