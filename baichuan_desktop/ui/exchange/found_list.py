"""The list of the conversations of a file: each with a box to tick, its date, and what is new."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from baichuan_desktop.services.exchange.values import FoundConversation
from baichuan_desktop.ui.exchange import told
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_NOTE = Qt.ItemDataRole.UserRole + 1
_ROW, _PAD, _BOX = 48, 10, 16  # pixels of the design
_Index = QModelIndex | QPersistentModelIndex


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

    def tick(self, row: int, is_ticked: bool) -> None:
        """Choose a row, or not; one that cannot be added stays as it is."""
        one = self._found[row]
        if is_ticked and one.can_be_added:
            self._ticked.add(one.id)
        else:
            self._ticked.discard(one.id)
        self.dataChanged.emit(self.index(row), self.index(row))
        self.ticked.emit()

    def tick_all(self, is_ticked: bool) -> None:
        """Choose all that can be added, or none."""
        self._ticked = {one.id for one in self._found if is_ticked and one.can_be_added}
        if self._found:
            self.dataChanged.emit(self.index(0), self.index(len(self._found) - 1))
        self.ticked.emit()

    @override
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._found)

    @override
    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and self._found[index.row()].can_be_added:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
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
                is_ticked = one.id in self._ticked
                return Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked
        return told.row(one) if role == _NOTE else None

    @override
    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ticked by a screen reader."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.tick(index.row(), Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


class _Rows(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    @override
    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(_ROW))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, colours, px = self._theme, self._theme.colours, self._theme.px
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.selected))
        ticked = index.data(Qt.ItemDataRole.CheckStateRole)
        pad = px(_PAD)
        side = px(_BOX)
        box = QRectF(rect.left() + pad, rect.center().y() - side / 2, side, side)
        if ticked is not None:
            self._draw_box(painter, box, Qt.CheckState(ticked) is Qt.CheckState.Checked)
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

    def _draw_box(self, painter: QPainter, box: QRectF, is_ticked: bool) -> None:
        colours, px = self._theme.colours, self._theme.px
        ink = colours.accent if is_ticked else colours.muted
        painter.setPen(QPen(QColor(ink), 1))
        painter.setBrush(QColor(ink) if is_ticked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, px(4), px(4))
        if is_ticked:
            painter.setPen(QPen(QColor(colours.on_accent), px(2)))
            middle, unit = box.center(), box.width() / 16
            painter.drawPolyline(
                [middle + QPointF(x * unit, y * unit) for x, y in ((-4, 0), (-1, 3), (4, -3))]
            )

    @staticmethod
    def _line(painter: QPainter, room: QRect, text: str, font: QFont, ink: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(ink))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(
            room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown
        )


class FoundList(QListView):
    """A click on a row or Space ticks it; the arrow keys move."""

    def __init__(self, model: FoundModel, theme: Theme) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(_Rows(theme, self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks the row that has the keyboard."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._turn(self.currentIndex())
            return
        super().keyPressEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click anywhere in a row ticks it."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._turn(index)
        super().mouseReleaseEvent(event)

    def _turn(self, index: QModelIndex) -> None:
        ticked = index.data(Qt.ItemDataRole.CheckStateRole)
        if ticked is not None:
            self._model.tick(index.row(), Qt.CheckState(ticked) is not Qt.CheckState.Checked)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.viewport().update()
