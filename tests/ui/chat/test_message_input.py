"""The field of a message: pastes, keys, and what input methods of several kinds send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QTextCursor,
)
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from baichuan_desktop.ui.chat.message_input import MessageInput
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.shortcuts.escape import EscapeKey
from baichuan_desktop.ui.writing.long_lines import LONGEST_BLOCK
from tests.ui.harness import until

SHIFT = Qt.KeyboardModifier.ShiftModifier


class Desk:
    """A window with a field in it, and an Esc that would stop an answer."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.field = MessageInput()
        self.window.setCentralWidget(self.field)
        self.stops = 0
        EscapeKey(self.window, self.stop)
        self.sent = QSignalSpy(self.field.entered)
        self.edits = QSignalSpy(self.field.edit_last_requested)
        self.window.resize(640, 300)
        self.window.show()
        self.window.activateWindow()
        until(self.window.isActiveWindow)
        self.field.setFocus()

    def stop(self) -> None:
        self.stops += 1

    def compose(self, preedit: str, commit: str = "") -> None:
        event = QInputMethodEvent(preedit, [])
        event.setCommitString(commit)
        QApplication.sendEvent(self.field, event)

    def press(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(self.field, key, modifier)

    def later(self) -> None:
        """What comes from now on is no longer of the same moment."""
        QApplication.processEvents()

    def mime(self, text: str) -> QMimeData:
        data = QMimeData()
        data.setText(text)
        return data


@pytest.fixture
def desk(theme: Theme) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.window.close()
    made.window.deleteLater()


# --- input methods ----------------------------------------------------------------------------

ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape
Step = tuple[str, str] | Qt.Key | None  # preedit and commit; a key; the next turn of the loop
#: What input methods send from the first letter until the text is confirmed, and what it is then.
CONFIRMED: dict[str, tuple[Sequence[Step], str]] = {
    "ibus: space confirms": ([("n", ""), ("ni", ""), ("", "你")], "你"),
    "ibus: the end of the preedit, then the commit": ([("ni", ""), ("", ""), ("", "你")], "你"),
    "ibus: the commit, then the end": ([("ni", ""), ("ni", "你"), ("", "")], "你"),
    "ibus: Enter confirms and comes too": ([("ni", ""), ("", "ni"), ENTER], "ni"),
    "ibus: Enter comes before what it did": ([("ni", ""), ENTER, ("", "ni")], "ni"),
    "fcitx: preedit cleared, Enter, commit": ([("ni", ""), ("", ""), ENTER, ("", "你")], "你"),
    "fcitx: the keypad's Enter": ([("ni", ""), ("", "你"), Qt.Key.Key_Enter], "你"),
    "two words in one moment": ([("ni", ""), ("hao", "你"), ("", "好"), ENTER], "你好"),
    "Enter while many letters are composed": ([("n", ""), ENTER, ("ni", ""), ENTER, ("", "你")],
                                              "你"),
    "Esc gives up": ([("ni", ""), ("", ""), ESCAPE], ""),
    "Esc comes before what it did": ([("ni", ""), ESCAPE, ("", "")], ""),
    "Esc gives up, Enter follows at once": ([("ni", ""), ("", ""), ESCAPE, None, ("n", ""), ENTER,
                                             ("", "n")], "n"),
    "a dead key": ([("´", ""), ("", "é")], "é"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIRMED)
def test_no_key_of_an_input_method_sends_or_stops(desk: Desk, name: str) -> None:
    steps, text = CONFIRMED[name]

    for step in steps:
        if isinstance(step, tuple):
            desk.compose(*step)
        elif step is None:
            desk.later()
        else:
            desk.press(step)
    assert (desk.sent.count(), desk.stops) == (0, 0)
    assert desk.field.text() == text

    desk.later()
    desk.press(ENTER)
    desk.press(ESCAPE)
    assert (desk.sent.count(), desk.stops) == (1, 1)


def test_enter_sends_at_once_what_was_committed_without_being_composed(desk: Desk) -> None:
    """So some input methods send each letter; a quick Enter after it is no part of it."""
    for letter in "yes":
        desk.compose("", letter)
    desk.press(ENTER)

    assert desk.field.text() == "yes"
    assert desk.sent.count() == 1


def test_shift_enter_while_composing_is_the_input_methods_too(desk: Desk) -> None:
    desk.compose("ni")
    desk.press(ENTER, SHIFT)

    assert (desk.field.text(), desk.sent.count()) == ("", 0)


def test_up_while_composing_edits_no_question(desk: Desk) -> None:
    desk.compose("ni")  # the document is still empty
    desk.press(Qt.Key.Key_Up)
    assert desk.edits.count() == 0

    desk.compose("")
    desk.later()
    desk.press(Qt.Key.Key_Up)
    assert desk.edits.count() == 1


def test_a_field_that_loses_the_keyboard_composes_no_longer(desk: Desk) -> None:
    desk.compose("ni")
    desk.field.clearFocus()
    desk.field.setFocus()
    desk.press(ENTER)

    assert desk.sent.count() == 1


def test_what_an_input_method_has_in_its_clipboard_is_pasted(desk: Desk) -> None:
    """In lines that are lines, and long ones broken for the layout alone."""
    text = "one\r\n" + "汉" * 5_000 + "\ntwo"
    desk.compose("x")
    desk.compose("", text)

    assert desk.field.text() == text.replace("\r\n", "\n")
    assert longest_block(desk.field) <= LONGEST_BLOCK


def test_an_input_method_may_replace_what_is_before_the_cursor(desk: Desk) -> None:
    desk.field.set_text("helo")
    for commit in ("hello", "hello\nworld"):
        event = QInputMethodEvent("", [])
        event.setCommitString(commit, -len("helo"), len("helo"))
        QApplication.sendEvent(desk.field, event)
        assert desk.field.text() == commit
        desk.field.set_text("helo")


def test_the_candidates_are_shown_where_the_cursor_is(desk: Desk) -> None:
    query = Qt.InputMethodQuery.ImCursorRectangle
    field = desk.field
    desk.field.set_text("")
    empty = field.inputMethodQuery(query)
    desk.field.set_text("some words\nand a second line")
    desk.later()
    second = field.inputMethodQuery(query)
    desk.field.set_text("\n".join("abc" for _ in range(200)))
    desk.later()
    last = field.inputMethodQuery(query)

    assert second.x() > empty.x()
    assert second.y() - empty.y() == pytest.approx(field.fontMetrics().lineSpacing(), abs=1)
    for rectangle in (empty, second, last):
        assert field.rect().contains(rectangle.center().toPoint())
        assert 0 < rectangle.height() <= 2 * field.fontMetrics().height()


# --- keys ---------------------------------------------------------------------------------------


def test_up_asks_for_the_last_question_only_in_an_empty_field(desk: Desk) -> None:
    desk.press(Qt.Key.Key_Up)
    desk.press(Qt.Key.Key_Up, SHIFT)
    desk.field.set_text("one\ntwo")
    desk.press(Qt.Key.Key_Up)

    assert desk.edits.count() == 1
    assert desk.field.textCursor().blockNumber() == 0


def test_erasing_takes_a_character_at_each_press_over_a_break_of_the_layout(desk: Desk) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(LONGEST_BLOCK + 10))
    desk.field.set_text(text)
    for _ in range(12):
        desk.press(Qt.Key.Key_Backspace)
    assert desk.field.text() == text[:-12]

    desk.field.set_text(text)
    desk.field.moveCursor(QTextCursor.MoveOperation.Start)
    cursor = desk.field.textCursor()
    cursor.setPosition(LONGEST_BLOCK - 2)
    desk.field.setTextCursor(cursor)
    for _ in range(4):
        desk.press(Qt.Key.Key_Delete)
    assert desk.field.text() == text[: LONGEST_BLOCK - 2] + text[LONGEST_BLOCK + 2 :]


def test_a_line_that_is_typed_within_a_broken_line_is_a_line(desk: Desk) -> None:
    desk.field.set_text("x" * 5_000)
    desk.press(Qt.Key.Key_Return, SHIFT)
    QTest.keyClicks(desk.field, "end")

    assert desk.field.text() == "x" * 5_000 + "\nend"


# --- pastes ---------------------------------------------------------------------------------------


def longest_block(field: MessageInput) -> int:
    blocks = []
    block = field.document().begin()
    while block.isValid():
        blocks.append(len(block.text()))
        block = block.next()
    return max(blocks)


def test_a_paste_is_undone_by_one_step_and_what_was_selected_is_back(desk: Desk) -> None:
    desk.field.set_text("before")
    desk.field.selectAll()
    desk.field.insertFromMimeData(desk.mime("y" * 50_000 + "\n" * 9_000))
    assert desk.field.text() == "y" * 50_000 + "\n" * 9_000

    desk.field.undo()

    assert desk.field.text() == "before"


def test_what_is_copied_is_what_was_written(desk: Desk) -> None:
    text = "a b\u00a0c" + "z" * 5_000 + "\nend"
    desk.field.set_text(text)
    desk.field.selectAll()
    desk.field.copy()
    assert QGuiApplication.clipboard().text() == text

    desk.field.cut()
    assert desk.field.text() == ""
    desk.field.paste()
    assert desk.field.text() == text


@pytest.mark.parametrize("text", ["a\0b", "a\x1b[2Jb", "\u202eabc", "e\u0301", "\t", "\u00a0"])
def test_no_character_is_lost(desk: Desk, text: str) -> None:
    desk.field.insertFromMimeData(desk.mime(text))

    assert desk.field.text() == text


def drop(field: MessageInput, data: QMimeData) -> bool:
    place = QPoint(5, 5)
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    modifiers = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, actions, data, buttons, modifiers)
    QApplication.sendEvent(field.viewport(), enter)
    if enter.isAccepted():
        event = QDropEvent(QPointF(place), actions, data, buttons, modifiers)
        QApplication.sendEvent(field.viewport(), event)
    return enter.isAccepted()


def test_text_and_links_can_be_dropped_and_files_cannot(desk: Desk) -> None:
    file = QMimeData()
    file.setUrls([QUrl.fromLocalFile("/tmp/notes.txt")])
    file.setText("/tmp/notes.txt")
    link = QMimeData()
    link.setUrls([QUrl("https://example.org/")])
    link.setText("https://example.org/")

    assert not drop(desk.field, file)
    assert desk.field.text() == ""
    assert drop(desk.field, link)
    assert drop(desk.field, desk.mime("text "))
    assert desk.field.text() == "text https://example.org/"


def test_a_key_that_is_pressed_while_composing_is_taken_from_shortcuts_but_commands_are_not(
    desk: Desk,
) -> None:
    desk.compose("ni")
    taken = []
    for key, modifier in ((Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier),
                          (Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)):  # fmt: skip
        event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, key, modifier)
        event.ignore()
        QApplication.sendEvent(desk.field, event)
        taken.append(event.isAccepted())

    assert taken == [True, False]
