"""What lies over the rows: buttons, menus, versions, what they copy and ask for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from baichuan_desktop.ui.transcript.overlays.action_bar import ActionBar
from baichuan_desktop.ui.transcript.overlays.row_menu import RowMenu
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from tests.ui.transcript.shown import Shown, answer, question, talk

LEFT = Qt.MouseButton.LeftButton
CODE = "Look:\n\n```python\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def entries(menu: RowMenu) -> dict[str, QAction]:
    return {entry.text(): entry for entry in menu.actions() if not entry.isSeparator()}


def open_menu(shown: Shown, row_id: int) -> dict[str, QAction]:
    QTest.mouseClick(shown.view.overlays.bars[row_id].more, LEFT)
    return entries(shown.view.menus.menu)


def test_what_is_not_offered_has_no_button(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.", actions=frozenset({RowAction.CONTINUE}))])

    buttons = shown.view.overlays.bars[2].buttons

    assert [action for action, button in buttons.items() if button.isVisible()] == [
        RowAction.COPY,
        RowAction.CONTINUE,
    ]


def test_while_an_answer_is_written_nothing_can_be_done_with_it(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So", is_writing=True)])

    assert 2 not in shown.view.overlays.bars


def test_a_button_asks_for_its_action_of_its_row(shown: Shown) -> None:
    shown.show([*talk(2), question(3, "And?"), answer(4, "So.")])
    asked: list[object] = []
    shown.view.action_requested.connect(lambda action, row_id: asked.append((action, row_id)))

    bars = shown.view.overlays.bars
    QTest.mouseClick(bars[4].buttons[RowAction.REGENERATE], LEFT)
    QTest.mouseClick(bars[2].buttons[RowAction.REGENERATE], LEFT)

    assert asked == [(RowAction.REGENERATE, 4), (RowAction.REGENERATE, 2)]


def test_ids_of_63_bits_arrive_whole(shown: Shown) -> None:
    row_id = 2**62 + 7
    shown.show([answer(row_id, "So.", version=2, versions=3)])
    asked: list[object] = []
    shown.view.action_requested.connect(lambda _, row: asked.append(row))
    shown.view.version_requested.connect(lambda row, step: asked.append((row, step)))

    bar = shown.view.overlays.bars[row_id]
    QTest.mouseClick(bar.buttons[RowAction.REGENERATE], LEFT)
    QTest.mouseClick(bar.before, LEFT)

    assert asked == [row_id, (row_id, -1)]


@pytest.mark.parametrize(
    ("version", "before", "after"), [(1, False, True), (2, True, True), (3, True, False)]
)
def test_arrows_lead_to_the_versions_there_are(
    shown: Shown, version: int, *, before: bool, after: bool
) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.", version=version, versions=3)])

    bar = shown.view.overlays.bars[2]

    assert bar.which.text() == f"{version} / 3"
    assert (bar.before.isEnabled(), bar.after.isEnabled()) == (before, after)


def test_one_version_has_no_arrows(shown: Shown) -> None:
    shown.show(talk(2))

    bar = shown.view.overlays.bars[2]

    assert not bar.which.isVisible()
    assert not bar.before.isVisible()


def test_a_question_with_versions_shows_its_arrows_without_the_mouse(shown: Shown) -> None:
    shown.show([question(1, "Hi", versions=2), answer(2, "So.")])

    assert shown.view.overlays.bars[1].which.text() == "1 / 2"


def test_the_menu_holds_the_rest_and_deleting_last(shown: Shown) -> None:
    shown.show(talk(2))

    names = list(open_menu(shown, 2))
    shown.view.menus.menu.close()

    assert names[-2:] == ["Delete this version", "Delete question and answers"]


def test_a_choice_in_the_menu_asks_for_it(shown: Shown) -> None:
    shown.show(talk(2))
    asked: list[object] = []
    shown.view.action_requested.connect(lambda action, row_id: asked.append((action, row_id)))

    open_menu(shown, 2)["Delete this version"].trigger()
    shown.view.menus.menu.close()

    assert asked == [(RowAction.DELETE_VERSION, 2)]


def test_plain_text_shows_the_marks_and_back(shown: Shown) -> None:
    shown.show([question(1, "Some **bold** text"), answer(2, "**So.**")])
    shown.move(shown.point(1, "Some"))

    entry = open_menu(shown, 1)["Plain text"]
    assert not entry.isChecked()
    entry.trigger()
    shown.view.menus.menu.close()
    assert shown.row_view(1).body.toPlainText() == "Some **bold** text"
    assert shown.row_view(2).body.toPlainText() == "So."

    entry = open_menu(shown, 1)["Plain text"]
    assert entry.isChecked()
    entry.trigger()
    shown.view.menus.menu.close()
    assert shown.row_view(1).body.toPlainText() == "Some bold text"


def test_a_link_in_the_menu_is_asked_for(shown: Shown) -> None:
    shown.show([answer(1, "See <https://example.org/a&b>.")])
    asked: list[str] = []
    shown.view.link_requested.connect(asked.append)

    submenu = open_menu(shown, 1)["Open a link"].menu()
    assert isinstance(submenu, QMenu)
    submenu.actions()[0].trigger()
    shown.view.menus.menu.close()

    assert asked == ["https://example.org/a&b"]


def test_quoting_takes_what_is_selected_in_the_row_or_all_of_it(shown: Shown) -> None:
    shown.show([question(1, "Hi there"), answer(2, "One two three")])
    quoted: list[str] = []
    shown.view.quote_requested.connect(quoted.append)

    open_menu(shown, 2)["Quote"].trigger()
    shown.view.menus.menu.close()
    shown.drag(shown.point(2, "two"), shown.point(2, " three"))
    open_menu(shown, 2)["Quote"].trigger()
    shown.view.menus.menu.close()

    assert quoted == ["One two three", "two"]


def test_the_code_button_copies_the_code_alone(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, CODE)])
    shown.move(shown.point(1, "Hi"))

    buttons = {name[1]: button for name, button in shown.view.overlays.blocks.items()}
    assert len(buttons) == 1  # the table's comes with the mouse
    QTest.mouseClick(next(iter(buttons.values())), LEFT)

    assert QGuiApplication.clipboard().text() == "print(1)"


def test_the_table_button_comes_with_the_mouse_and_copies_cells(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, CODE)])

    shown.move(shown.point(2, "Look"))
    tables = [b for b in shown.view.overlays.blocks.values() if "table" in b.accessibleName()]
    QTest.mouseClick(tables[0], LEFT)

    assert QGuiApplication.clipboard().text() == "a\tb\n1\t2"


@pytest.mark.parametrize("width", [500, 700, 860, 1300])
def test_the_table_button_covers_nothing_of_the_table(shown: Shown, width: int) -> None:
    shown.view.resize(width, 600)
    shown.show([question(1, "Hi"), answer(2, CODE)])

    shown.move(shown.point(2, "Look"))

    (button,) = [b for b in shown.view.overlays.blocks.values() if "table" in b.accessibleName()]
    last = shown.row_view(2).blocks()[-1].rectangle.right() - 12  # the last cell's inner side
    assert button.x() >= shown.view.column().left() + last
    assert button.geometry().right() < shown.view.viewport().width()


def test_buttons_go_with_their_rows_and_are_used_again(shown: Shown) -> None:
    shown.show(talk(400))

    for offset in range(0, shown.view.verticalScrollBar().maximum(), 300):
        shown.view.verticalScrollBar().setValue(offset)
        shown.app.processEvents()
        answers = {row for row in shown.in_sight() if row % 2 == 0}
        assert answers - {shown.in_sight()[-1]} <= set(shown.view.overlays.bars)

    assert len(shown.view.findChildren(ActionBar)) < 15


def test_a_note_is_a_line_with_nothing_to_do(shown: Shown) -> None:
    note = answer(3, "Another model from here on", kind=RowKind.NOTE)
    shown.show([*talk(2), note])

    shown.move(shown.view.viewport().rect().center())

    assert 3 not in shown.view.overlays.bars
    assert "Another model from here on" in shown.view.plain_text()


def bring_mouse(shown: Shown, at: QPoint) -> None:
    """Have the mouse stand where it comes into sight, as where a window opens under it."""
    view = shown.view
    inside = QPointF(view.viewport().mapTo(view, at))
    view.viewport().setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    shown.app.sendEvent(view, QEnterEvent(inside, inside, QPointF(view.mapToGlobal(inside))))


def questions_with_a_bar(shown: Shown) -> list[int]:
    return [row_id for row_id in sorted(shown.view.overlays.bars) if row_id % 2]


def test_rows_that_come_to_a_mouse_that_stands_still_offer_only_what_is_under_it(
    shown: Shown,
) -> None:
    rows = [question(1, "First?"), answer(2, "One."), question(3, "Second?"), answer(4, "Two.")]
    shown.show(rows)
    at = {row_id: shown.point(row_id, text) for row_id, text in ((2, "One"), (3, "Second"))}
    shown.show([])

    bring_mouse(shown, at[3])
    shown.show(rows)
    assert questions_with_a_bar(shown) == [3]

    shown.show([])
    bring_mouse(shown, at[2])
    shown.show(rows)
    assert questions_with_a_bar(shown) == []


def test_a_mouse_below_the_last_row_is_over_none(shown: Shown) -> None:
    shown.show([question(1, "First?")])
    last = shown.row_view(1)
    below = QPoint(shown.point(1, "First").x(), shown.top(1) + last.height + 100)

    bring_mouse(shown, below)
    assert questions_with_a_bar(shown) == []

    shown.show([question(1, "First?"), answer(2, "One."), question(3, "Second?")])
    assert questions_with_a_bar(shown) == []
    bring_mouse(shown, shown.point(3, "Second"))
    assert questions_with_a_bar(shown) == [3]


def test_the_buttons_of_the_last_row_stay_while_the_mouse_is_on_them(shown: Shown) -> None:
    shown.show([question(1, "First?")])
    bring_mouse(shown, shown.point(1, "First"))

    bar = shown.view.overlays.bars[1]
    bring_mouse(shown, bar.geometry().center())

    assert questions_with_a_bar(shown) == [1]
