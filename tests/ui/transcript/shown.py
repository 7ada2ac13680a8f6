"""A conversation in memory, and a transcript that shows it as a window does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.area import Transcript
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind
from baichuan_desktop.ui.transcript.rows.row_view import RowView, utf16_length
from tests.helpers.patience import wait_until

ACTIONS = frozenset(
    {RowAction.EDIT, RowAction.REGENERATE, RowAction.DELETE_TURN, RowAction.DELETE_VERSION}
)


def question(row_id: int, text: str, **more: object) -> Row:
    row = Row(row_id, RowKind.PERSON, text, "You", actions=ACTIONS - {RowAction.REGENERATE})
    return replace(row, **more)  # type: ignore[arg-type]  # names are checked by `replace`


def answer(row_id: int, text: str, **more: object) -> Row:
    row = Row(row_id, RowKind.ANSWER, text, "Baichuan", "21 tokens", actions=ACTIONS)
    return replace(row, **more)  # type: ignore[arg-type]  # as above


def talk(count: int, lines: int = 3) -> list[Row]:
    """Questions and answers in turn, from 1 on; an answer has some paragraphs."""
    return [
        question(number, f"Question {number}?")
        if number % 2
        else answer(number, "\n\n".join(f"Line {line} of {number}." for line in range(lines)))
        for number in range(1, count + 1)
    ]


class Conversation:
    """A RowSource that counts what it is asked."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.id: row for row in rows}
        self.asked: list[int] = []

    def ids(self) -> Sequence[int]:
        return list(self.rows)

    def row(self, row_id: int, /) -> Row:
        self.asked.append(row_id)
        return self.rows[row_id]

    def change(self, row_id: int, **more: object) -> None:
        self.rows[row_id] = replace(self.rows[row_id], **more)  # type: ignore[arg-type]  # as above


class Shown:
    """A transcript on screen, and a person's hands."""

    def __init__(self, app: QApplication, theme: Theme) -> None:
        self.app = app
        self.view = Transcript(theme)
        self.view.resize(860, 600)
        self.view.show()
        self.view.activateWindow()
        self.conversation = Conversation([])
        self.app.processEvents()

    def show(self, rows: Iterable[Row]) -> Conversation:
        self.conversation = Conversation(rows)
        self.view.show_source(self.conversation)
        self.app.processEvents()
        return self.conversation

    def close(self) -> None:
        self.view.close()
        self.view.deleteLater()
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    # --- what is there -------------------------------------------------------------------------

    def row_view(self, row_id: int, piece: int = 0) -> RowView:
        view = self.view.rows.view(Key(row_id, piece))
        assert view is not None
        return view

    def in_sight(self) -> list[int]:
        return [placed.view.key.row_id for placed in self.view.placed]

    def top(self, row_id: int) -> int:
        top = self.view.top_in_sight(Key(row_id))
        assert top is not None
        return top

    def point(self, row_id: int, text: str) -> QPoint:
        """Where a text of a row begins, in the viewport, half way up its line."""
        view = self.row_view(row_id)
        whole = view.body.toPlainText()
        begin = utf16_length(whole[: whole.index(text)])
        block = view.body.findBlock(begin)
        line = block.layout().lineForTextPosition(begin - block.position())
        at = view.body.documentLayout().blockBoundingRect(block)
        x = at.left() + line.cursorToX(begin - block.position())[0]  # type: ignore[index]  # a pair
        y = at.top() + line.y() + line.height() / 2
        inside = QPoint(round(x) + 1, round(y)) + view.at.origin
        return inside + QPoint(self.view.column().left(), self.top(row_id))

    def selected(self) -> str:
        self.view.copy()
        return QApplication.clipboard().text()

    def until(self, condition: object) -> None:
        assert callable(condition)
        wait_until(condition, self.app.processEvents)

    # --- what is done ----------------------------------------------------------------------------

    def press(
        self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(self.app.focusWidget() or self.view, key, modifiers)
        self.app.processEvents()

    def click(
        self, at: QPoint, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, modifiers, at)

    def drag(self, begin: QPoint, end: QPoint) -> None:
        viewport = self.view.viewport()
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=begin)
        self.move(end, Qt.MouseButton.LeftButton)
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)

    def move(self, at: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        """QTest's own move has no buttons pressed."""
        viewport = self.view.viewport()
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            Qt.MouseButton.NoButton,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        self.app.sendEvent(viewport, event)
        self.app.processEvents()
