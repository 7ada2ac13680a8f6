"""The list of the released models: a name over whether it runs here, and its size."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from baichuan_desktop.ui.look.theme import NOTE, Theme

NOTE_ROLE = Qt.ItemDataRole.UserRole + 1  #: what stands under the name
_ROW, _PAD, _RADIUS = 48, 10, 7  # pixels of the design
_Index = QModelIndex | QPersistentModelIndex


class GetList(QListWidget):
    """Every entry has its name as text, and a note of `NOTE_ROLE`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sheetScroll")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setItemDelegate(_TwoLines(theme, self))
        theme.changed.connect(self.scheduleDelayedItemsLayout)


class _TwoLines(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    @override
    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(_ROW))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        px, colours = self._theme.px, self._theme.colours
        state: QStyle.StateFlag = option.state
        card: QRect = option.rect.adjusted(0, px(1), 0, -px(1))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            has_keyboard = is_chosen and bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QColor(colours.accent) if has_keyboard else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if is_chosen else colours.hover))
            frame = QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, px(_RADIUS), px(_RADIUS))
        room = card.adjusted(px(_PAD), px(5), -px(_PAD), -px(5))
        upper, lower = QRect(room), QRect(room)
        upper.setBottom(room.center().y())
        lower.setTop(room.center().y() + 1)
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        self._draw(painter, upper, str(index.data()), title, colours.text)
        note = index.data(NOTE_ROLE)
        self._draw(painter, lower, str(note or ""), self._theme.font(NOTE), colours.muted)
        painter.restore()

    @staticmethod
    def _draw(painter: QPainter, room: QRect, text: str, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
