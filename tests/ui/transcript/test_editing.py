"""Editing a question or an answer in its place."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from baichuan_desktop.ui.transcript.overlays.editor import RowEditor
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from tests.ui.transcript.shown import Conversation, Shown, answer, question, talk

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def edits(shown: Shown) -> list[tuple[int, str]]:
    made: list[tuple[int, str]] = []
    shown.view.edited.connect(lambda row_id, text: made.append((row_id, text)))
    return made


def editor(shown: Shown) -> RowEditor:
    assert shown.view.editing.editor is not None
    return shown.view.editing.editor


def write(shown: Shown, text: str) -> None:
    QTest.keyClicks(editor(shown).field, text)
    shown.app.processEvents()


def test_the_pencil_opens_the_text_as_it_was_written(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "Some **bold** text")])

    QTest.mouseClick(shown.view.overlays.bars[2].buttons[RowAction.EDIT], Qt.MouseButton.LeftButton)

    assert editor(shown).text() == "Some **bold** text"
    assert shown.app.focusWidget() is editor(shown).field
    assert shown.view.viewport().rect().contains(editor(shown).geometry())
    assert 2 not in shown.view.overlays.bars


def test_enter_confirms_the_new_text(shown: Shown, edits: list[tuple[int, str]]) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(1)

    write(shown, " there")
    shown.press(Key.Key_Return, Modifier.ShiftModifier)
    write(shown, "you")
    shown.press(Key.Key_Return)

    assert edits == [(1, "Hi there\nyou")]
    assert shown.view.editing.editor is None
    assert shown.app.focusWidget() is shown.view


def test_the_button_confirms_it_too(shown: Shown, edits: list[tuple[int, str]]) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(2)

    write(shown, " Indeed.")
    QTest.mouseClick(editor(shown).save, Qt.MouseButton.LeftButton)

    assert edits == [(2, "So. Indeed.")]


def test_esc_and_the_other_button_change_nothing(
    shown: Shown, edits: list[tuple[int, str]]
) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(1)
    write(shown, " there")
    shown.press(Key.Key_Escape)
    assert shown.view.editing.editor is None

    shown.view.begin_edit(1)
    assert editor(shown).text() == "Hi"
    QTest.mouseClick(editor(shown).cancel, Qt.MouseButton.LeftButton)

    assert edits == []
    assert shown.view.editing.editor is None
    assert "Hi" in shown.view.plain_text()


def test_the_same_text_is_no_edit(shown: Shown, edits: list[tuple[int, str]]) -> None:
    shown.show([question(1, "Hi")])
    shown.view.begin_edit(1)

    shown.press(Key.Key_Return)

    assert edits == []
    assert shown.view.editing.editor is None


def test_an_empty_text_cannot_be_confirmed(shown: Shown, edits: list[tuple[int, str]]) -> None:
    shown.show([question(1, "Hi")])
    shown.view.begin_edit(1)

    editor(shown).field.selectAll()
    shown.press(Key.Key_Space)
    shown.press(Key.Key_Return)

    assert not editor(shown).save.isEnabled()
    assert edits == []
    assert shown.view.editing.editor is not None


def test_what_was_written_is_there_after_the_row_was_scrolled_away(
    shown: Shown, edits: list[tuple[int, str]]
) -> None:
    shown.show(talk(400))
    shown.view.go_to(3)
    shown.view.begin_edit(3)
    write(shown, " And more")

    shown.view.go_to_end()
    assert 3 not in shown.in_sight()
    for row_id in range(400, 100, -10):  # past more rows than are kept
        shown.view.go_to(row_id)
    shown.view.go_to(3)

    assert editor(shown).text() == "Question 3? And more"
    assert shown.view.viewport().rect().contains(editor(shown).geometry())
    editor(shown).setFocus()
    shown.press(Key.Key_Return)
    assert edits == [(3, "Question 3? And more")]


def test_what_was_written_is_there_after_another_conversation(shown: Shown) -> None:
    first = shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(1)
    write(shown, " there")

    shown.view.show_source(Conversation([question(11, "Else")]))
    assert shown.view.editing.editor is None
    shown.view.show_source(first)

    assert editor(shown).text() == "Hi there"


def test_another_row_can_be_edited_and_the_first_is_not_lost(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(1)
    write(shown, " there")

    shown.view.begin_edit(2)
    assert editor(shown).row_id == 2
    shown.view.begin_edit(1)

    assert editor(shown).text() == "Hi there"


def test_rows_that_come_while_it_is_open_leave_it_alone(shown: Shown) -> None:
    conversation = shown.show([*talk(4), question(5, "Hi")])
    shown.view.begin_edit(1)
    write(shown, "!")

    conversation.rows[6] = answer(6, "A line\n\n" * 30)
    shown.view.refresh_ids()

    assert editor(shown).text() == "Question 1?!"


def test_it_goes_with_its_row_and_what_was_written_is_there_if_that_comes_back(
    shown: Shown,
) -> None:
    conversation = shown.show(talk(4))
    shown.view.begin_edit(3)

    write(shown, " Or so")

    gone = conversation.rows.pop(3)
    shown.view.refresh_ids()

    assert shown.view.editing.editor is None
    conversation.rows[3] = gone  # another version was looked at meanwhile
    shown.view.refresh_ids()
    shown.view.begin_edit(3)
    assert editor(shown).text() == "Question 3? Or so"


def test_it_grows_with_its_text_and_what_is_below_makes_room(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.begin_edit(1)
    height, below = editor(shown).height(), shown.top(2)

    for _ in range(4):
        shown.press(Key.Key_Return, Modifier.ShiftModifier)

    assert editor(shown).height() > height
    assert shown.top(2) - below == editor(shown).height() - height


def test_a_very_long_text_is_edited_whole(shown: Shown, edits: list[tuple[int, str]]) -> None:
    text = "长" * 300_000 + "\n" + "x" * 300_000
    shown.show([question(1, text), answer(2, "So.")])

    shown.view.begin_edit(1)
    write(shown, "!")
    shown.press(Key.Key_Return)

    assert edits == [(1, text + "!")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (RowKind.PERSON, "Edit the question"),
        (RowKind.ANSWER, "Edit the answer"),
        (RowKind.CONTINUATION, "Edit the text"),
    ],
)
def test_it_says_what_is_edited(shown: Shown, kind: RowKind, name: str) -> None:
    shown.show([answer(1, "So.", kind=kind)])

    shown.view.begin_edit(1)

    assert editor(shown).field.accessibleName() == name


def test_esc_in_the_field_is_not_the_windows(shown: Shown) -> None:
    """The window has Esc for stopping an answer, and hears of it first unless it is claimed."""
    shown.show([question(1, "Hi")])
    shown.view.begin_edit(1)
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, Key.Key_Escape, Modifier.NoModifier)
    asked.ignore()

    shown.app.sendEvent(editor(shown).field, asked)

    assert asked.isAccepted()
