"""The list of the conversations of a file: each with a box to tick, its date, and what is new."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QStyle,
    QStyleOptionViewItem,
)
from typing_extensions import override

from baichuan_desktop.services.exchange.values import FoundConversation
from baichuan_desktop.ui.exchange import told
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.look.tick_list import Index, TickDelegate, TickList, is_ticked
from baichuan_desktop.ui.models.model_texts import as_tooltip

_NOTE = Qt.ItemDataRole.UserRole + 1
_ROW, _PAD, _BOX = 48, 10, 16  # pixels of the design


class FoundModel(QAbstractListModel):
    """The conversations, and which of them are ticked: at first all that adding changes.

    Signals:
        ticked: another choice than before.
    """

    ticked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found: Sequence[FoundConversation] = ()
        self._ticked: set[int] = set()  # ids

    def show_found(self, found: Sequence[FoundConversation]) -> None:
        """These were found, the newest first."""
        self.beginResetModel()
        self._found = sorted(found, key=lambda one: (-one.updated, one.id))
        self._ticked = {one.id for one in found if one.can_be_added}
        self.endResetModel()
        self.ticked.emit()

    @property
    def chosen(self) -> frozenset[int]:
        """The ids of those that are ticked."""
        return frozenset(self._ticked)

    @property
    def most(self) -> int:
        """How many can be ticked."""
        return sum(one.can_be_added for one in self._found)

    def tick(self, row: int, is_chosen: bool) -> None:
        """Choose a row, or not; one that cannot be added stays as it is."""
        one = self._found[row]
        if is_chosen and one.can_be_added:
            self._ticked.add(one.id)
        else:
            self._ticked.discard(one.id)
        self.dataChanged.emit(self.index(row), self.index(row))
        self.ticked.emit()

    def tick_all(self, is_chosen: bool) -> None:
        """Choose all that can be added, or none."""
        self._ticked = {one.id for one in self._found if is_chosen and one.can_be_added}
        if self._found:
            self.dataChanged.emit(self.index(0), self.index(len(self._found) - 1))
        self.ticked.emit()

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._found)

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and self._found[index.row()].can_be_added:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        one = self._found[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title_line(one.title) or told.translate("ExchangeTexts", "Without a title")
            case Qt.ItemDataRole.ToolTipRole:
                return as_tooltip(f"{self.data(index)}\n{told.row(one)}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.data(index)}, {told.row(one)}"
            case Qt.ItemDataRole.CheckStateRole if one.can_be_added:
                chosen = one.id in self._ticked
                return Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked
        return told.row(one) if role == _NOTE else None

    @override
    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ticked by a screen reader."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.tick(index.row(), Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


class _Rows(TickDelegate):
    """Draws a title, and below it when it was and what adding it does."""

    @override
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(_ROW))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, colours, px = self._theme, self._theme.colours, self._theme.px
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.selected))
        ticked = is_ticked(index)
        pad = px(_PAD)
        side = px(_BOX)
        box = QRectF(rect.left() + pad, rect.center().y() - side / 2, side, side)
        if ticked is not None:
            self.draw_box(painter, box, is_ticked=ticked)
        left = rect.left() + 2 * pad + side
        room = rect.right() - pad - left
        name, note = theme.font(INTERFACE), theme.font(NOTE)
        ink = colours.text if ticked is not None else colours.muted
        half = rect.height() // 2
        above = QRect(left, rect.top() + px(4), room, half - px(4))
        below = QRect(left, rect.top() + half, room, half - px(4))
        self._line(painter, above, str(index.data()), name, ink)
        self._line(painter, below, str(index.data(_NOTE)), note, colours.muted)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    @staticmethod
    def _line(painter: QPainter, room: QRect, text: str, font: QFont, ink: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(ink))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(
            room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown
        )


class FoundList(TickList):
    """Shows a `FoundModel`."""

    def __init__(self, model: FoundModel, theme: Theme) -> None:
        super().__init__(model, _Rows(theme), theme)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.viewport().update()
