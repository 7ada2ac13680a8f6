"""What arrives on the clipboard: text and HTML together."""

from __future__ import annotations

from html import escape

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from tests.ui.transcript.shown import Shown, answer, question

TABLE = "Look:\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n- one\n- two"


def html() -> str:
    data = QGuiApplication.clipboard().mimeData().data("text/html").data()
    return bytes(data).decode()


def copy_row(shown: Shown, row_id: int) -> str:
    bar = shown.view.overlays.bars[row_id]
    QTest.mouseClick(bar.buttons[RowAction.COPY], Qt.MouseButton.LeftButton)
    return QGuiApplication.clipboard().text()


def test_a_whole_answer_is_text_without_marks_and_a_table_in_html(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, TABLE)])

    assert copy_row(shown, 2) == "Look:\n\na\tb\n1\t2\n\n- one\n- two"
    assert "<table" in html()
    assert "<li" in html()


def test_a_selection_over_rows_keeps_its_tables_and_names(shown: Shown) -> None:
    shown.show([question(1, "Why **so**?"), answer(2, TABLE)])

    shown.view.select_all()
    text = shown.selected()

    assert text == "You:\nWhy so?\n\nBaichuan:\nLook:\n\na\tb\n1\t2\n\n- one\n- two"
    assert html().index("You:") < html().index("Baichuan:") < html().index("<table")


def test_a_part_of_a_table_is_a_table(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, TABLE)])

    shown.drag(shown.point(2, "ook"), shown.point(2, "2"))

    assert shown.selected().startswith("ook:\n\na\tb\n1\t")
    assert "<table" in html()


def test_what_is_shown_plain_is_copied_as_it_was_written(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, TABLE)])
    shown.view.rows.show_plain(2, True)
    shown.view.arrange()

    assert copy_row(shown, 2) == TABLE
    assert not QGuiApplication.clipboard().mimeData().hasHtml()


def test_a_base_models_text_is_copied_as_it_was_written(shown: Shown) -> None:
    shown.show([answer(1, "*Once* upon <b>a</b> time", kind=RowKind.CONTINUATION)])

    assert copy_row(shown, 1) == "*Once* upon <b>a</b> time"


@pytest.mark.parametrize("text", ["<b>x</b>", "<script>x</script>", "a & b", "&lt;"])
def test_text_that_looks_like_html_is_text_in_html_too(shown: Shown, text: str) -> None:
    shown.show([question(1, "Hi"), answer(2, f"`{text}`")])

    assert copy_row(shown, 2) == text
    assert escape(text) in html()


def test_ten_thousand_messages_are_copied_as_they_were_written(shown: Shown) -> None:
    shown.show([answer(n, f"**Answer** {n}. " * 3) for n in range(1, 10_001)])

    shown.view.select_all()
    text = shown.selected()

    assert text.startswith("Baichuan:\n**Answer** 1.")
    assert text.count("Baichuan:") == 10_000
    assert not QGuiApplication.clipboard().mimeData().hasHtml()


def test_notes_and_figures_are_not_copied(shown: Shown) -> None:
    note = answer(3, "Another model from here on", kind=RowKind.NOTE)
    shown.show([question(1, "Hi", caution="2 messages no longer fit"), answer(2, "So."), note])

    shown.view.select_all()

    assert shown.selected() == "You:\nHi\n\nBaichuan:\nSo."


def test_nothing_selected_leaves_the_clipboard_alone(shown: Shown) -> None:
    shown.show([question(1, "Hi")])
    QGuiApplication.clipboard().setText("mine")

    shown.view.copy()

    assert QGuiApplication.clipboard().text() == "mine"


@pytest.mark.parametrize("line", ["- a\n", "# a\n", "|1|2|\n"])
def test_very_many_lines_are_copied_as_they_were_written(shown: Shown, line: str) -> None:
    text = "|a|b|\n|---|---|\n" + line * 3_500
    shown.show([question(1, "Hi"), answer(2, text)])

    shown.view.copy_row(2)
    assert QGuiApplication.clipboard().text() == text

    shown.view.select_all()
    assert shown.selected() == f"You:\nHi\n\nBaichuan:\n{text}"
