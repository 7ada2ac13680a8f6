"""Draws the rows, and makes the field in which a title is written anew."""

from __future__ import annotations

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
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
    QPixmap,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.one_line import MOST_NAME, Line, excerpt_line, marked_line
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.sidebar.rows import row_texts
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    Group,
    Heading,
    HitEntry,
    TrashedEntry,
)
from baichuan_desktop.ui.sidebar.rows.list_model import ListModel
from baichuan_desktop.ui.sidebar.rows.measures import ICON, MARGIN, RADIUS, ROW

Index = QModelIndex | QPersistentModelIndex

_PAD, _INDENT = 10, 33  # pixels from the edge of what is chosen to its text, and to it past an icon
_HEADING_PAD, _HEADING_DROP = 13, 5  # a heading stands nearer to what is under it
_MARK = 3.5  # pixels, the radius of the dot
_MARK_ROOM = 30  # pixels for what stands at the right
_ARC = 270  # degrees of the ring that says that an answer is on its way
_TURN = 16  # degrees in a sixteenth


class RowPainter(QStyledItemDelegate):
    """Every row has the same height, so that a list of any length is laid out at once."""

    def __init__(self, model: ListModel, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self.drop_row: int | None = None  #: a folder that what is dragged would go into
        self.turn = 0  #: degrees by which the ring has turned
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """As high as every row."""
        return QSize(self._theme.px(120), self._theme.px(ROW))

    # --- the field for a title --------------------------------------------------------------------

    @override
    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A field of one line."""
        editor = QLineEdit(parent)
        editor.setObjectName("rename")
        editor.setMaxLength(MOST_NAME)
        editor.setFont(self._theme.font(INTERFACE))
        is_folder = isinstance(self._model.entry(index), FolderEntry)
        editor.setAccessibleName(self.tr("Name of the folder") if is_folder else self.tr("Title"))
        return editor

    @override
    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """Over all of the row, whatever there is beside its title."""
        px = self._theme.px
        editor.setGeometry(option.rect.adjusted(px(MARGIN), px(1), -px(MARGIN), -px(1)))

    # --- drawing ----------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        entry = self._model.entry(index)
        if entry is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = self.card(option.rect, option.widget)
        if isinstance(entry, Heading):
            self._draw_heading(painter, card, entry)
        else:
            self._draw_ground(painter, card, option, index, entry)
            is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
            self._draw_entry(painter, card, entry, is_hovered)
        painter.restore()

    def card(self, rect: QRect, view: QWidget | None = None) -> QRect:
        """The part of a row that is filled where it is chosen."""
        px = self._theme.px
        right = px(MARGIN)
        if view is not None:
            # Beside a scroll bar the rows keep as much of their width as they can.
            right = max(right - (view.width() - rect.width()), px(2))
        return rect.adjusted(px(MARGIN), px(1), -right, -px(1))

    def button(self, rect: QRect, view: QWidget | None = None) -> QRect:
        """Where the button of a row, or of a heading, is drawn."""
        card, side = self.card(rect, view), self._theme.px(26)
        return QRect(
            card.right() - side - self._theme.px(2), card.center().y() - side // 2, side, side
        )

    def _draw_ground(
        self,
        painter: QPainter,
        card: QRect,
        option: QStyleOptionViewItem,
        index: Index,
        entry: Entry,
    ) -> None:
        colours, state = self._theme.colours, option.state
        ground = None
        if self._model.is_open(entry):
            ground = colours.selected
        elif state & QStyle.StateFlag.State_MouseOver or index.row() == self.drop_row:
            ground = colours.hover
        radius = self._theme.px(RADIUS)
        if ground is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(QRectF(card), radius, radius)
        if state & QStyle.StateFlag.State_HasFocus or index.row() == self.drop_row:
            painter.setPen(QPen(QColor(colours.accent), 1.6 * self._theme.zoom))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(card).adjusted(0.8, 0.8, -0.8, -0.8)
            painter.drawRoundedRect(ring, radius, radius)

    def _draw_heading(self, painter: QPainter, card: QRect, heading: Heading) -> None:
        px, colours = self._theme.px, self._theme.colours
        room = card.adjusted(
            px(_HEADING_PAD), px(_HEADING_DROP), -px(_MARK_ROOM), px(_HEADING_DROP)
        )
        painter.setPen(QColor(colours.muted))
        painter.setFont(self._theme.font(NOTE, QFont.Weight.Medium))
        self._draw_text(painter, room, row_texts.text(heading))
        if heading.group is Group.FOLDERS:
            centre = QPointF(card.right() - px(15), card.center().y() + px(_HEADING_DROP))
            self._draw_icon(painter, "plus", centre, colours.muted)

    def _draw_entry(self, painter: QPainter, card: QRect, entry: Entry, is_hovered: bool) -> None:
        px, colours = self._theme.px, self._theme.colours
        left, right = px(_PAD), px(_PAD)
        if (icon := _icon(entry)) is not None:
            centre = QPointF(card.left() + px(_PAD + ICON / 2), card.center().y() + 0.5)
            self._draw_icon(painter, icon, centre, colours.muted)
        if icon is not None or (isinstance(entry, ConversationEntry) and entry.is_in_folder):
            left = px(_INDENT)
        is_open = self._model.is_open(entry)
        painter.setFont(self._theme.font(INTERFACE, _weight(is_open)))
        painter.setPen(QColor(colours.text))
        match entry:
            case FolderEntry() | TrashedEntry() | ConversationEntry() if is_hovered:
                centre = QPointF(card.right() - px(15), card.center().y() + 0.5)
                self._draw_icon(painter, "more", centre, colours.muted)
                right = px(_MARK_ROOM)
            case FolderEntry(_, count):
                right += self._draw_figure(painter, card, row_texts.count(count))
            case TrashedEntry(_, days):
                right += self._draw_figure(painter, card, row_texts.days_left(days))
            case ConversationEntry():
                right += self._draw_marks(painter, card, entry)
            case _:
                left = px(_PAD + 12)
        room = card.adjusted(left, 0, -right, 0)
        match entry:
            case HitEntry(_, hit):
                painter.setFont(self._theme.font(NOTE))
                self._draw_line(painter, room, excerpt_line(hit.excerpt, hit.spans), colours.muted)
            case ConversationEntry(_, _, hit) if hit is not None:
                line = marked_line(hit.excerpt, hit.spans)
                self._draw_line(painter, room, line, colours.text)
            case _:
                painter.setFont(self._theme.font(INTERFACE, _weight(is_open)))
                painter.setPen(QColor(colours.text))
                self._draw_text(painter, room, row_texts.text(entry))

    def _draw_figure(self, painter: QPainter, card: QRect, text: str) -> int:
        """A small text at the right; the pixels it takes."""
        font = self._theme.font(NOTE)
        painter.save()
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.muted))
        room = card.adjusted(0, 0, -self._theme.px(_PAD), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()
        return QFontMetrics(font).horizontalAdvance(text) + self._theme.px(8)

    def _draw_marks(self, painter: QPainter, card: QRect, entry: ConversationEntry) -> int:
        """What is new of a conversation; the pixels it takes."""
        px, accent = self._theme.px, QColor(self._theme.colours.accent)
        centre = QPointF(card.right() - px(15), card.center().y() + 0.5)
        if self._model.is_generating(entry):
            stroke = 1.8 * self._theme.zoom
            painter.setPen(QPen(accent, stroke, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(centre - QPointF(px(5), px(5)), centre + QPointF(px(5), px(5)))
            painter.drawArc(ring, -self.turn * _TURN, _ARC * _TURN)
            painter.setPen(QColor(self._theme.colours.text))
            return px(_MARK_ROOM - _PAD)
        if entry.conversation.is_unread:
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawEllipse(centre, px(_MARK), px(_MARK))
            painter.restore()
            return px(_MARK_ROOM - _PAD)
        if entry.conversation.draft and not self._model.is_open(entry):
            return self._draw_figure(painter, card, row_texts.draft())
        return 0

    def _draw_icon(self, painter: QPainter, name: str, centre: QPointF, colour: str) -> None:
        size = self._theme.px(ICON)
        scale = painter.device().devicePixelRatioF()
        place = (name, colour, size, scale)
        if place not in self._pixmaps:
            self._pixmaps[place] = line_pixmap(name, QColor(colour), size, scale)
        painter.drawPixmap(centre - QPointF(size / 2, size / 2), self._pixmaps[place])

    def forget_drawings(self) -> None:
        """Draw the icons anew, in other colours or sizes."""
        self._pixmaps.clear()

    def _draw_text(self, painter: QPainter, room: QRect, text: str) -> None:
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room.width(), 0))
        painter.drawText(
            room,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine,
            shown,
        )

    def _draw_line(self, painter: QPainter, room: QRect, line: Line, colour: str) -> None:
        """One line with what is marked in it on a ground of its own."""
        font = painter.font()
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, max(room.width(), 0))
        is_whole = shown == line.text
        seen = len(shown) if is_whole else max(len(shown) - 1, 0)
        ranges = []
        for begin, end in line.spans:
            if begin < (end := min(end, seen)):
                found = QTextLayout.FormatRange()
                # Qt counts in units of UTF-16.
                found.start, stop = _units(shown[:begin]), _units(shown[:end])
                found.length = stop - found.start
                found.format = self._found_format()
                ranges.append(found)
        layout = QTextLayout(shown, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        layout.createLine()
        layout.endLayout()
        painter.setPen(QColor(colour))
        top = room.top() + (room.height() - layout.boundingRect().height()) / 2
        painter.setClipRect(room)
        layout.draw(painter, QPointF(room.left(), top), ranges)

    def _found_format(self) -> QTextCharFormat:
        colours = self._theme.colours
        found = QTextCharFormat()
        found.setForeground(QColor(colours.text))
        found.setBackground(QColor(colours.bubble))
        found.setFontUnderline(True)
        found.setUnderlineColor(QColor(colours.accent))
        return found


def _icon(entry: Entry) -> str | None:
    match entry:
        case FolderEntry(_, _, is_open):
            return "folder-open" if is_open else "folder"
        case ConversationEntry(_, place) if place is Group.PINNED:
            return "pin"
        case TrashedEntry():
            return "trash"
        case _:
            return None


def _weight(is_open: bool) -> QFont.Weight:
    return QFont.Weight.Medium if is_open else QFont.Weight.Normal


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
