"""What the mouse does: words, paragraphs, rows, links."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.transcript.shown import Shown, answer, question, talk

LEFT = Qt.MouseButton.LeftButton


def test_a_drag_within_a_row_selects_exactly_what_it_covers(shown: Shown) -> None:
    shown.show([question(1, "Where?"), answer(2, "Under 😀 the **old** bridge")])

    shown.drag(shown.point(2, "the"), shown.point(2, " bridge"))

    assert shown.selected() == "the old"


def test_a_drag_over_rows_gives_words_and_speakers_without_figures(shown: Shown) -> None:
    shown.show([question(1, "First question"), answer(2, "One.\n\nTwo."), question(3, "Second")])

    shown.drag(shown.point(1, "question"), shown.point(3, "cond"))

    assert shown.selected() == "You:\nquestion\n\nBaichuan:\nOne.\n\nTwo.\n\nYou:\nSe"


def test_a_drag_upwards_selects_the_same(shown: Shown) -> None:
    shown.show([question(1, "First question"), answer(2, "One.\n\nTwo."), question(3, "Second")])

    shown.drag(shown.point(3, "cond"), shown.point(1, "question"))

    assert shown.selected() == "You:\nquestion\n\nBaichuan:\nOne.\n\nTwo.\n\nYou:\nSe"


def test_a_double_click_selects_a_word_and_a_third_one_the_paragraph(shown: Shown) -> None:
    shown.show([answer(1, "One fine day\n\nAnother day")])
    at = shown.point(1, "ne day")

    QTest.mouseDClick(shown.view.viewport(), LEFT, pos=at)
    assert shown.selected() == "fine"

    QTest.mousePress(shown.view.viewport(), LEFT, pos=at)
    QTest.mouseRelease(shown.view.viewport(), LEFT, pos=at)
    assert shown.selected() == "One fine day"


def test_shift_extends_to_where_is_clicked(shown: Shown) -> None:
    shown.show([question(1, "First question"), answer(2, "One two three")])

    shown.click(shown.point(1, "question"))
    shown.click(shown.point(2, "three"), Qt.KeyboardModifier.ShiftModifier)

    assert shown.selected() == "You:\nquestion\n\nBaichuan:\nOne two "


def test_a_click_takes_the_selection_away(shown: Shown) -> None:
    shown.show(talk(2))
    shown.view.select_all()

    shown.click(shown.point(1, "Question"))

    assert not shown.view.has_selection()


def test_beyond_the_edge_it_scrolls_and_goes_on_selecting(shown: Shown) -> None:
    shown.show(talk(60))
    viewport = shown.view.viewport()
    first = shown.in_sight()[1]
    start = shown.point(first, "n" if first % 2 else "Line")
    QTest.mousePress(viewport, LEFT, pos=start)
    shown.move(QPoint(start.x(), -50), LEFT)

    shown.until(lambda: 1 in shown.in_sight())
    QTest.mouseRelease(viewport, LEFT, pos=QPoint(start.x(), -50))

    span = shown.view.selection.span()
    assert span is not None
    assert span.begin.key.row_id < first


LINK = "See [the manual](https://example.org/a/b) there, or [a mail](mailto:a@b.cn)."


def test_a_link_that_is_clicked_is_asked_for_and_not_opened(shown: Shown) -> None:
    shown.show([answer(1, LINK)])
    asked: list[str] = []
    shown.view.link_requested.connect(asked.append)

    shown.click(shown.point(1, "the manual"))
    shown.click(shown.point(1, "there"))
    shown.click(shown.point(1, "a mail"))

    assert asked == ["https://example.org/a/b", "mailto:a@b.cn"]


def test_a_drag_that_begins_on_a_link_selects(shown: Shown) -> None:
    shown.show([answer(1, LINK)])
    asked: list[str] = []
    shown.view.link_requested.connect(asked.append)

    shown.drag(shown.point(1, "the manual"), shown.point(1, " there"))

    assert asked == []
    assert shown.selected() == "the manual"


@pytest.mark.parametrize(
    "text",
    [
        "[x](file:///etc/passwd)",
        "[x](\\\\server\\share)",
        "[x](javascript:alert)",
        "[x](data:text/html,x)",
        "<file:///etc/passwd>",
        "[x](ftp://example.org)",
        "[x](/etc/passwd)",
        '<a href="https://example.org">x</a>',
    ],
)
def test_nothing_else_is_a_link(shown: Shown, text: str) -> None:
    shown.show([answer(1, text)])
    asked: list[str] = []
    shown.view.link_requested.connect(asked.append)
    column = shown.view.column()

    view = shown.row_view(1)
    for x in range(0, column.width(), 4):
        shown.click(QPoint(column.left() + x, shown.top(1) + view.at.origin.y() + 12))

    assert asked == []
    assert view.links() == []


def test_the_address_under_the_mouse_is_shown_in_full(shown: Shown) -> None:
    address = "https://example.org/" + "very-long/" * 60
    shown.show([answer(1, f"See [the manual]({address}) there")])

    shown.move(shown.point(1, "the manual"))

    hint = shown.view.hint
    assert hint.isVisible()
    assert hint.text().replace("\u200b", "") == address
    assert hint.heightForWidth(hint.width()) <= hint.height()  # no line of it is cut
    assert shown.view.viewport().rect().contains(hint.geometry())

    shown.move(shown.point(1, "there"))
    assert not hint.isVisible()


def test_an_address_that_turns_letters_around_is_shown_as_it_is(shown: Shown) -> None:
    shown.show([answer(1, "[x](https://example.org/\u202egpj.exe)")])

    shown.move(shown.point(1, "x"))

    assert "\u202e" not in shown.view.hint.text()


def test_the_buttons_of_a_question_come_with_the_mouse_and_stay_on_the_way_to_them(
    shown: Shown,
) -> None:
    shown.show([*talk(2), question(3, "A"), answer(4, "B")])
    shown.view.pointer.leave()  # wherever the mouse of the display was left
    assert 3 not in shown.view.overlays.bars

    shown.move(shown.point(3, "A"))
    bar = shown.view.overlays.bars[3]
    assert bar.isVisible()

    gap = QPoint(shown.view.column().left() + 5, bar.geometry().center().y())
    shown.move(gap)  # past the buttons, in what belongs to the next row
    assert 3 in shown.view.overlays.bars

    shown.view.pointer.leave()
    assert 3 not in shown.view.overlays.bars


def test_the_wheel_scrolls(shown: Shown) -> None:
    shown.show(talk(60))
    bar = shown.view.verticalScrollBar()
    before = bar.value()
    at = QPointF(shown.view.viewport().rect().center())
    turned = QWheelEvent(
        at,
        at,
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    QApplication.sendEvent(shown.view.viewport(), turned)

    assert bar.value() < before
