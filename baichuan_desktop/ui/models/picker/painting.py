"""Draws the list: models as a name over their details, adapters as a choice under their model."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.models.picker.entries import Data

POPUP_WIDTH = 460  # pixels of the design
_ROW, _ADAPTER = 50, 34
_TEXT, _RIGHT = 48, 14  # from the left to a name, and what is left of it at the right
_CHOICE, _DOT = 6.5, 3.5  # radii of the sign of an adapter that can be chosen, and that is on
_Index = QModelIndex | QPersistentModelIndex


class EntryPainter(QStyledItemDelegate):
    """Entries have two lines, but for adapters of which nothing more is to be said."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as its lines."""
        is_low = index.data(Data.OFFERED) is not None and not index.data(Data.DETAILS)
        return QSize(self._theme.px(POPUP_WIDTH), self._theme.px(_ADAPTER if is_low else _ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one entry."""
        px, colours = self._theme.px, self._theme.colours
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(rect.adjusted(px(4), px(2), -px(4), -px(2)), px(7), px(7))
        above = index.sibling(index.row() - 1, 0)
        if index.data(Data.COMMAND) and above.isValid() and not above.data(Data.COMMAND):
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.left() + px(10), rect.top(), rect.right() - px(10), rect.top())
        if index.data(Data.OFFERED) is None:
            self._draw_icon(painter, rect, index)
            self._draw_lines(painter, option, index, px(_TEXT), QFont.Weight.DemiBold)
        else:
            self._draw_choice(painter, rect, index)
            self._draw_lines(painter, option, index, px(_TEXT + 24), QFont.Weight.Normal)
        painter.restore()

    def _draw_icon(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        px = self._theme.px
        icon = line_pixmap(
            index.data(Data.ICON),
            QColor(self._theme.colours.muted),
            px(20),
            painter.device().devicePixelRatioF(),
        )
        painter.drawPixmap(rect.left() + px(16), rect.center().y() - px(10), icon)

    def _draw_choice(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        """A circle, filled where the adapter is on: of these one is."""
        px, colours, zoom = self._theme.px, self._theme.colours, self._theme.zoom
        is_on, is_in_use = index.data(Data.OFFERED).is_on, index.data(Data.IS_IN_USE)
        colour = QColor(colours.accent if is_on and is_in_use else colours.muted)
        centre = QPointF(rect.left() + px(_TEXT) + _CHOICE * zoom, rect.center().y() + 0.5)
        painter.setPen(QPen(colour, 1.4 * zoom))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, _CHOICE * zoom, _CHOICE * zoom)
        if is_on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(centre, _DOT * zoom, _DOT * zoom)

    def _draw_lines(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: _Index,
        left: int,
        weight: QFont.Weight,
    ) -> None:
        px, colours = self._theme.px, self._theme.colours
        room = option.rect.adjusted(left, px(7), -px(_RIGHT), -px(7))
        details = index.data(Data.AWAY) or index.data(Data.DETAILS)
        upper, lower = QRect(room), QRect(room)
        if details:
            upper.setBottom(room.center().y())
            lower.setTop(room.center().y() + 1)
        title = QFont(option.font)
        title.setWeight(weight)
        painter.setFont(title)
        is_off = index.data(Data.AWAY) or not index.flags() & Qt.ItemFlag.ItemIsEnabled
        painter.setPen(QColor(colours.muted if is_off else colours.text))
        _draw_elided(painter, upper, index.data())
        if details:
            painter.setFont(self._theme.font(NOTE))
            painter.setPen(QColor(colours.muted))
            _draw_elided(painter, lower, details)


def _draw_elided(painter: QPainter, room: QRect, text: str) -> None:
    left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    elide = Qt.TextElideMode.ElideMiddle
    painter.drawText(room, left, painter.fontMetrics().elidedText(text, elide, room.width()))
