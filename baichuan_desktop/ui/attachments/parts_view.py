"""The parts of a document beside the text of the one that is looked at, as a model reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from backends.printable import printable
from baichuan_desktop.services.chat.given import Given
from baichuan_desktop.services.documents.values import Passage
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.turns import document_notes
from baichuan_desktop.ui.writing import long_lines

_EXCERPT = 60  # characters of a passage in the list
_LIST_SHARE, _TEXT_SHARE = 2, 3  # of the width
_PASSAGE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Shown:
    """A part in the list."""

    part: Given
    passage: Passage | None  #: None: it is the whole text
    is_given: bool


class PartsView(QWidget):
    """A list whose lines may be ticked; Delete takes the tick away.

    Signals:
        ticked: a Passage, and whether it shall be given.
    """

    ticked = Signal(object, bool)

    def __init__(self, theme: Theme, *, can_tick: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can_tick = can_tick
        self._parts: Sequence[Shown] = ()
        self._is_filling = False
        self.list = _List()
        self.list.setObjectName("partsList")
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(theme.px(120))
        self.text = QPlainTextEdit()
        self.text.setObjectName("field")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setMinimumWidth(theme.px(160))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(10))
        row.addWidget(self.list, _LIST_SHARE)
        row.addWidget(self.text, _TEXT_SHARE)
        self.list.currentRowChanged.connect(self._on_row)
        self.list.itemChanged.connect(self._on_item)
        self.list.remove_requested.connect(self._on_remove)

    def set_names(self, of_list: str, of_text: str) -> None:
        """Set what a screen reader calls both."""
        self.list.setAccessibleName(of_list)
        self.text.setAccessibleName(of_text)

    def show_parts(self, parts: Sequence[Shown], whole: str) -> None:
        """List these parts; `whole` names the one that is the whole text. One stays looked at."""
        before = self.passage
        self._parts = parts
        self._is_filling = True
        self.list.clear()
        for one in parts:
            self.list.addItem(self._item(one, whole))
        places = [place for place, one in enumerate(parts) if one.passage == before]
        self.list.setCurrentRow(places[0] if places else 0)
        self._is_filling = False
        self._on_row(self.list.currentRow())

    def show_ticks(self, given: frozenset[Passage]) -> None:
        """Tick what is given now, and nothing else."""
        self._is_filling = True
        for row in range(self.list.count()):
            item = self.list.item(row)
            state = Qt.CheckState.Checked
            if item.data(_PASSAGE) not in given:
                state = Qt.CheckState.Unchecked
            item.setCheckState(state)
        self._is_filling = False

    @property
    def passage(self) -> Passage | None:
        """The one that is looked at."""
        row = self.list.currentRow()
        return self._parts[row].passage if 0 <= row < len(self._parts) else None

    def _item(self, one: Shown, whole: str) -> QListWidgetItem:
        place = document_notes.place(one.part.place) if one.part.place is not None else whole
        excerpt = " ".join(one.part.text[: 2 * _EXCERPT].split())[:_EXCERPT]
        item = QListWidgetItem(f"{place} · {printable(excerpt)}")
        item.setData(_PASSAGE, one.passage)
        if self._can_tick:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if one.is_given else Qt.CheckState.Unchecked)
        return item

    @Slot(int)
    def _on_row(self, row: int) -> None:
        if self._is_filling:
            return
        text = self._parts[row].part.whole if 0 <= row < len(self._parts) else ""
        self.text.clear()
        long_lines.insert(QTextCursor(self.text.document()), text)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)

    @Slot(QListWidgetItem)
    def _on_item(self, item: QListWidgetItem) -> None:
        if not self._is_filling:
            given = item.checkState() is Qt.CheckState.Checked
            self.ticked.emit(item.data(_PASSAGE), given)

    @Slot()
    def _on_remove(self) -> None:
        item = self.list.currentItem()
        if self._can_tick and item is not None:
            item.setCheckState(Qt.CheckState.Unchecked)


class _List(QListWidget):
    """The list itself.

    Signals:
        remove_requested: Delete was pressed.
    """

    remove_requested = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)
