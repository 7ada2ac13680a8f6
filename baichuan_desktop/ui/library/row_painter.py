"""Draws the rows: a name over what is known of the model, and figures at the right."""

from __future__ import annotations

import datetime

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from backends.events import ModelKind
from baichuan_desktop.services.library.rows.values import (
    AdapterRow,
    Heading,
    ModelRow,
    ReleasedRow,
    Row,
)
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.library.list_model import ListModel
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme

Index = QModelIndex | QPersistentModelIndex

# Pixels of the design.
_ROW, _HEADING = 48, 32
_PAD = 12
_RADIUS = 8
_ICON = 18
_INDENT = 22  # of an adapter below its model
_TEXT = 40  # from the left to the name
_SIZE, _USED, _STATE = 72, 88, 100  # columns at the right
_WIDE, _MIDDLE = 590, 440  # of a row that has room for all columns, and for all but the last use
_GAP = 12
_DOT = 3.5  # the radius
_LICENCE = 160  # what a licence beside a path is given, if the path can spare it
_PLACE_SHARE = 0.6  # of the second line that a path has at least


class RowPainter(QStyledItemDelegate):
    """Rows have one height, and headings have one."""

    def __init__(self, model: ListModel, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self.painted = 0  #: rows that were drawn

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as every row of its kind."""
        is_heading = isinstance(self._model.entries[index.row()], Heading)
        return QSize(self._theme.px(200), self._theme.px(_HEADING if is_heading else _ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        self.painted += 1
        entry = self._model.entries[index.row()]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(entry, Heading):
            self._draw_heading(painter, option.rect, entry)
        else:
            self._draw_ground(painter, option, is_loaded=self._model.is_loaded(entry))
            self._draw_row(painter, option.rect, entry)
        painter.restore()

    def _draw_heading(self, painter: QPainter, rect: QRect, heading: Heading) -> None:
        px = self._theme.px
        painter.setFont(self._theme.font(NOTE, QFont.Weight.Medium))
        painter.setPen(QColor(self._theme.colours.muted))
        room = rect.adjusted(px(_PAD), px(6), -px(_PAD), 0)
        _draw_text(painter, room, texts.heading(heading))

    def _draw_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, *, is_loaded: bool
    ) -> None:
        px, colours, state = self._theme.px, self._theme.colours, option.state
        card = QRectF(option.rect).adjusted(px(1), px(1), -px(1), -px(1))
        ground = None
        if state & QStyle.StateFlag.State_Selected:
            ground = colours.selected
        elif state & QStyle.StateFlag.State_MouseOver:
            ground = colours.hover
        painter.setPen(Qt.PenStyle.NoPen)
        if ground is not None:
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(card, px(_RADIUS), px(_RADIUS))
        if is_loaded:
            painter.setBrush(QColor(colours.accent))
            bar = QRectF(card.left(), card.top() + px(10), px(3), card.height() - px(20))
            painter.drawRoundedRect(bar, px(3) / 2, px(3) / 2)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), 1.6 * self._theme.zoom))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(0.8, 0.8, -0.8, -0.8), px(_RADIUS), px(_RADIUS))

    def _draw_row(self, painter: QPainter, rect: QRect, row: Row) -> None:
        px, colours = self._theme.px, self._theme.colours
        indent = _INDENT if isinstance(row, AdapterRow) and row.base is not None else 0
        room = rect.adjusted(px(_PAD + indent), 0, -px(_PAD), 0)
        icon = line_pixmap(
            _icon(row),
            QColor(colours.muted),
            px(_ICON),
            painter.device().devicePixelRatioF(),
        )
        painter.drawPixmap(room.left(), room.center().y() - px(_ICON) // 2 + 1, icon)
        right = self._draw_columns(painter, room, row)
        words = QRect(room.left() + px(_TEXT - _PAD), room.top() + px(5), 0, room.height() - px(10))
        words.setRight(right)
        upper, lower = QRect(words), QRect(words)
        upper.setBottom(words.center().y())
        lower.setTop(words.center().y() + 1)
        painter.setFont(self._theme.font(INTERFACE, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.muted if isinstance(row, ReleasedRow) else colours.text))
        upper.setLeft(_draw_text(painter, upper, texts.name(row)) + px(_GAP))
        painter.setFont(self._theme.font(NOTE))
        painter.setPen(QColor(colours.muted))
        facts = texts.facts(row)
        if room.width() < px(_MIDDLE) and not _is_ready(row):  # beside a dot without its word
            facts = f"{texts.condition(row)} · {facts}"
        _draw_text(painter, upper, facts, elide=Qt.TextElideMode.ElideRight)
        self._draw_place(painter, lower, row)

    def _draw_place(self, painter: QPainter, room: QRect, row: Row) -> None:
        """Where it lies, and after it, as far as there is room, its licence."""
        place, licence = texts.place(row), texts.licence(row)
        if place and licence:
            width = painter.fontMetrics().horizontalAdvance(place)
            least = int(_PLACE_SHARE * room.width())
            words = QRect(room)
            words.setWidth(min(width, max(least, room.width() - self._theme.px(_LICENCE))))
            right = _draw_text(painter, words, place)
            room = room.adjusted(right - room.left(), 0, 0, 0)
            licence = f" · {licence}"
        _draw_text(painter, room, licence or place, elide=Qt.TextElideMode.ElideRight)

    def _draw_columns(self, painter: QPainter, room: QRect, row: Row) -> int:
        """State, last use and size, as far as there is room; where they begin."""
        px, muted = self._theme.px, QColor(self._theme.colours.muted)
        painter.setFont(self._theme.font(NOTE))
        right = room.right()
        columns = [(_SIZE, texts.size(row))]
        if room.width() >= px(_WIDE):
            columns.append((_USED, texts.last_used(row, datetime.date.today())))
        for width, text in columns:
            column = QRect(right - px(width), room.top(), px(width), room.height())
            painter.setPen(muted)
            _draw_text(painter, column, text, Qt.AlignmentFlag.AlignRight)
            right = column.left() - px(4)
        if room.width() < px(_MIDDLE):
            return self._draw_dot(painter, room, row, right)
        column = QRect(right - px(_STATE), room.top(), px(_STATE), room.height())
        self._draw_dot(painter, room, row, column.left() + px(2 * _DOT))
        painter.setPen(QColor(self._state_colour(row)))
        words = column.adjusted(px(2 * _DOT + 6), 0, 0, 0)
        _draw_text(painter, words, texts.condition(row))
        return column.left() - px(_GAP)

    def _draw_dot(self, painter: QPainter, room: QRect, row: Row, right: int) -> int:
        """The state as a dot that ends at `right`; where what stands before it ends."""
        px = self._theme.px
        centre = QPointF(right - px(_DOT), room.center().y() + 0.5)
        painter.setBrush(QColor(self._state_colour(row)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(centre, px(_DOT), px(_DOT))
        return right - px(2 * _DOT) - px(_GAP)

    def _state_colour(self, row: Row) -> str:
        colours = self._theme.colours
        match None if isinstance(row, ReleasedRow) else row.condition:
            case Condition.PRESENT:
                return colours.accent
            case Condition.CHANGED | Condition.UNFINISHED | Condition.DRIVE_ABSENT:
                return colours.caution
            case None:
                return colours.muted
            case _:
                return colours.danger


def _icon(row: Row) -> str:
    if isinstance(row, AdapterRow):
        return "adapter"
    kind = row.model.kind if isinstance(row, ModelRow) else row.variant.kind
    return "chat" if kind is ModelKind.CHAT else "text"


def _is_ready(row: Row) -> bool:
    return not isinstance(row, ReleasedRow) and row.condition is Condition.PRESENT


def _draw_text(
    painter: QPainter,
    room: QRect,
    text: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
) -> int:
    """Draw a line of text as far as there is room; where a text at the left ends."""
    metrics = QFontMetrics(painter.font())
    shown = metrics.elidedText(text, elide, max(room.width(), 0))
    painter.drawText(
        room, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown
    )
    return room.left() + metrics.horizontalAdvance(shown)
