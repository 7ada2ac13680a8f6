"""What the keys do: rows, scrolling, selecting; Tab to what lies over a row."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.row import RowAction
from tests.helpers.patience import wait_until
from tests.ui.transcript.shown import Shown, answer, question, talk

Key, Modifier = Qt.Key, Qt.KeyboardModifier
CODE = "Look:\n\n```python\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"


class Fields(QWidget):
    """Something between two fields."""

    def __init__(self, between: QWidget) -> None:
        super().__init__()
        self.before, self.after = QLineEdit(), QLineEdit()
        column = QVBoxLayout(self)
        for part in (self.before, between, self.after):
            column.addWidget(part)


@pytest.fixture
def among_fields(shown: Shown) -> Fields:
    """The transcript between two fields, as in the window."""
    window = Fields(shown.view)
    window.resize(860, 700)
    window.show()
    window.activateWindow()
    shown.app.processEvents()
    return window


def test_up_and_down_go_from_row_to_row_and_bring_them_into_sight(shown: Shown) -> None:
    shown.show(talk(30))
    shown.view.setFocus()
    shown.press(Key.Key_End)
    seen = [shown.view.current]

    for _ in range(300):
        if shown.view.current == 1:
            break
        shown.press(Key.Key_Up)
        assert shown.view.current in shown.in_sight()
        if shown.view.current != seen[-1]:
            seen.append(shown.view.current)

    assert seen == list(range(30, 0, -1))


def test_a_row_higher_than_the_view_is_read_before_the_next_one(shown: Shown) -> None:
    shown.show([question(1, "Tell"), answer(2, "A line.\n\n" * 80), question(3, "More")])
    shown.view.setFocus()
    shown.press(Key.Key_Home)
    shown.press(Key.Key_Down)
    tops: list[int] = []

    while shown.view.current == 2 and len(tops) < 300:
        tops.append(shown.top(2))
        shown.press(Key.Key_Down)

    assert len(tops) > 4
    assert tops == sorted(tops, reverse=True)
    assert shown.view.current == 3


@pytest.mark.parametrize(
    ("key", "modifiers", "moves_down"),
    [
        (Key.Key_PageDown, Modifier.NoModifier, True),
        (Key.Key_PageUp, Modifier.NoModifier, False),
        (Key.Key_Space, Modifier.NoModifier, True),
        (Key.Key_Space, Modifier.ShiftModifier, False),
    ],
)
def test_pages_are_turned(
    shown: Shown, key: Qt.Key, modifiers: Qt.KeyboardModifier, *, moves_down: bool
) -> None:
    shown.show(talk(80))
    shown.view.go_to(40)
    shown.view.setFocus()
    before, height = shown.view.flow.offset, shown.view.viewport().height()

    shown.press(key, modifiers)

    moved = shown.view.flow.offset - before
    assert 0.5 * height < (moved if moves_down else -moved) < height


def test_home_and_end_go_to_the_edges(shown: Shown) -> None:
    shown.show(talk(300))
    shown.view.setFocus()

    shown.press(Key.Key_Home)
    assert shown.in_sight()[0] == 1
    assert shown.view.flow.offset == 0

    shown.press(Key.Key_End)
    bar = shown.view.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_ctrl_a_and_ctrl_c_copy_all(shown: Shown) -> None:
    shown.show([question(1, "First 😀\nquestion"), answer(2, "One 😀.\n\nTwo.")])
    shown.view.setFocus()

    shown.press(Key.Key_A, Modifier.ControlModifier)
    shown.press(Key.Key_C, Modifier.ControlModifier)

    assert shown.app.clipboard().text() == "You:\nFirst 😀\nquestion\n\nBaichuan:\nOne 😀.\n\nTwo."


def test_shift_and_arrows_select_and_go_on_in_the_next_row(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "One two")])
    shown.view.setFocus()
    shown.press(Key.Key_Home)

    for _ in range(2):
        shown.press(Key.Key_Right, Modifier.ShiftModifier)
    assert shown.selected() == "Hi"

    shown.press(Key.Key_Right, Modifier.ShiftModifier)  # into the next row
    shown.press(Key.Key_Right, Modifier.ShiftModifier | Modifier.ControlModifier)
    assert shown.selected() == "You:\nHi\n\nBaichuan:\nOne "

    for _ in range(5):
        shown.press(Key.Key_Left, Modifier.ShiftModifier)
    assert shown.selected() == "Hi"


def test_esc_deselects_first_and_only_then_means_something_else(shown: Shown) -> None:
    shown.show(talk(2))
    shown.view.setFocus()
    shown.view.select_all()

    shown.press(Key.Key_Escape)
    assert not shown.view.has_selection()


def test_tab_goes_through_a_rows_buttons_in_reading_order_and_on(
    shown: Shown, among_fields: Fields
) -> None:
    shown.show([question(1, "Hi"), answer(2, CODE), question(3, "And?"), answer(4, "So.")])
    shown.app.processEvents()
    among_fields.before.setFocus()
    shown.press(Key.Key_Tab)
    assert shown.app.focusWidget() is shown.view
    assert shown.view.shows_ring
    wait_until(lambda: shown.view.current == 2, lambda: shown.press(Key.Key_Up))

    names: list[str] = []
    shown.press(Key.Key_Tab)
    while isinstance(button := shown.app.focusWidget(), IconButton) and len(names) < 20:
        names.append(button.accessibleName())
        shown.press(Key.Key_Tab)

    assert names == ["Copy the code", "Copy the table", "Copy", "Answer again", "Edit", "More"]
    assert shown.app.focusWidget() is among_fields.after
    for _ in range(len(names) + 1):
        shown.press(Key.Key_Backtab, Modifier.ShiftModifier)
    assert shown.app.focusWidget() is shown.view
    assert shown.view.current == 2


@pytest.mark.parametrize("key", [Key.Key_Return, Key.Key_Enter, Key.Key_Space])
def test_a_button_that_has_the_keyboard_is_pressed_by_enter_and_space(
    shown: Shown, among_fields: Fields, key: Qt.Key
) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    done: list[object] = []
    shown.view.action_requested.connect(lambda action, row_id: done.append((action, row_id)))
    shown.view.setFocus(Qt.FocusReason.TabFocusReason)
    shown.press(Key.Key_Tab)
    shown.press(Key.Key_Tab)
    assert shown.app.focusWidget() is shown.view.overlays.bars[2].buttons[RowAction.REGENERATE]

    shown.press(key)

    shown.until(lambda: done == [(RowAction.REGENERATE, 2)])


def test_when_a_button_goes_the_keyboard_goes_to_the_conversation(
    shown: Shown, among_fields: Fields
) -> None:
    conversation = shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.setFocus(Qt.FocusReason.TabFocusReason)
    shown.press(Key.Key_Tab)

    conversation.change(2, is_writing=True)
    shown.view.refresh_row(2)
    shown.view.arrange()

    assert shown.app.focusWidget() is shown.view


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [(Key.Key_Menu, Modifier.NoModifier), (Key.Key_F10, Modifier.ShiftModifier)],
)
def test_the_menu_key_offers_all_that_can_be_done_with_the_row(
    shown: Shown, key: Qt.Key, modifiers: Qt.KeyboardModifier
) -> None:
    shown.show([question(1, "Hi"), answer(2, "See <https://example.org/a>.")])
    shown.view.setFocus()
    shown.press(Key.Key_Up)

    shown.press(key, modifiers)

    menu = shown.view.menus.menu
    assert menu.isVisible()
    assert [entry.text() for entry in menu.actions() if not entry.isSeparator()] == [
        "Copy",
        "Answer again",
        "Edit",
        "Quote",
        "Plain text",
        "Open a link",
        "Select all",
        "Delete this version",
        "Delete question and answers",
    ]
    menu.close()
