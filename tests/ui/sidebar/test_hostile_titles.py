"""Titles come from models and from files of others: they are one line of text, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from baichuan_desktop.services.chat.values import Folder
from tests.ui.harness import until
from tests.ui.sidebar.conftest import Alone, conversation

HOSTILE = [
    "<b>bold</b><img src=file:///etc/passwd><script>alert(1)</script>",
    "![x](file:///etc/passwd) [c](\\\\server\\share)",
    "\u202eexe.gnp\u2066\u2067\u2068",
    "nul\0 and \x1b[31mred\x1b]8;;http://x\x07",
    "Z" + "\u0300\u0301\u0302" * 100_000,
    "x" * 1_000_000,
    "字" * 100_000,
    "a\nb\r\nc\u2028d\u2029e",
    "\ud800\udfff half pairs \ud83d",
    "",
    " \t\n",
    "ﷺ" * 5000 + "𒐫" * 5000,
    "\u200b\u200c\u200d\ufeff" * 1000,
    "👩‍👩‍👧‍👦" * 3000,
]


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_any_title_is_drawn_renamed_found_filed_and_deleted(
    hands: Callable[..., Alone], title: str
) -> None:
    shown = hands(
        conversation(1, title, folder_id=70), Folder(70, title, 0), conversation(2, "Plain")
    )
    shown.shelf.texts = {2: [(21, title + "needle" + title)]}
    sidebar = shown.sidebar
    sidebar.controller.set_folder_open(70, True)
    sidebar.show_open(1)

    picture: QPixmap = sidebar.grab()
    assert not picture.isNull()
    line = shown.rows[1]
    assert "\n" not in line
    assert 0 < len(line) <= 241
    assert shown.rows[2] == line or title.strip() == ""
    for row in range(len(shown.rows)):
        index = shown.list.rows.index(row)
        assert len(shown.list.rows.data(index, Qt.ItemDataRole.AccessibleTextRole)) < 600
    shown.list.rename(shown.list.rows.entries[1])
    assert len(shown.editor().text()) <= 241
    QTest.keyClick(shown.editor(), Qt.Key.Key_Escape)
    until(lambda: not shown.list.is_renaming)
    sidebar.controller.delete(1)
    sidebar.grab()
    label = sidebar.toast.text
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.width() < sidebar.width()
    sidebar.controller.delete_folder(70)
    sidebar.grab()
    sidebar.controller.undo()
    sidebar.controller.show_trash(True)
    sidebar.grab()
    sidebar.controller.show_trash(False)
    shown.search("needle")
    sidebar.grab()

    assert sidebar.width() == 264


def test_no_label_takes_markup_and_no_row_has_a_tooltip(three: Alone) -> None:
    """Qt reads a tooltip or a label that looks like HTML as HTML, and opens what it names."""
    labels = three.sidebar.findChildren(QLabel)

    assert {label.textFormat() for label in labels if label.text()} == {Qt.TextFormat.PlainText}
    for row in range(len(three.rows)):
        assert three.list.rows.data(three.list.rows.index(row), Qt.ItemDataRole.ToolTipRole) is None


def test_a_folder_with_an_ampersand_is_called_so_in_the_menu(hands: Callable[..., Alone]) -> None:
    shown = hands(conversation(1, "Minutes"), Folder(70, "R&D & more", 0))

    offers = shown.menu("Minutes")
    shown.close_menu()

    assert "R&D & more" in offers
