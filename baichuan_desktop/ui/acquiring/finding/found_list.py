"""The list of what was found: a model on three lines, with a box to tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.acquiring.finding import texts
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.look.tick_list import Index, TickDelegate, TickList, is_ticked
from baichuan_desktop.ui.models.model_texts import as_tooltip

_SIZE, _WHERE, _CONDITION = (Qt.ItemDataRole.UserRole + n for n in range(1, 4))
# Pixels of the design.
_ROW, _PAD, _BOX, _RADIUS = 70, 12, 16, 8
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class FoundModel(QAbstractListModel):
    """What was found so far, and which of it is ticked.

    Signals:
        ticked: another choice than before.
    """

    ticked = Signal()

    def __init__(self, names: Mapping[str, Names], parent: QObject) -> None:
        """`names` are those of the released models, by id."""
        super().__init__(parent)
        self._names = names
        self._found: list[Found] = []
        self._ticked: set[int] = set()  # rows

    def add(self, found: Found) -> None:
        """One more was found."""
        row = len(self._found)
        self.beginInsertRows(QModelIndex(), row, row)
        self._found.append(found)
        self.endInsertRows()

    def clear(self) -> None:
        """Nothing was found yet."""
        self.beginResetModel()
        self._found.clear()
        self._ticked.clear()
        self.endResetModel()
        self.ticked.emit()

    def found(self, row: int) -> Found:
        """The model of a row."""
        return self._found[row]

    @property
    def chosen(self) -> Sequence[Found]:
        """What is ticked, in the order of the list."""
        return [self._found[row] for row in sorted(self._ticked)]

    def tick(self, row: int, is_chosen: bool) -> None:
        """Choose a row, or not; one that cannot be taken stays as it is."""
        if is_chosen and can_be_taken(self._found[row]):
            self._ticked.add(row)
        else:
            self._ticked.discard(row)
        index = self.index(row)
        self.dataChanged.emit(index, index)
        self.ticked.emit()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        if self._found:
            self.dataChanged.emit(self.index(0), self.index(len(self._found) - 1))

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._found)

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and can_be_taken(self._found[index.row()]):
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        found = self._found[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return texts.name(found, self._names)
            case Qt.ItemDataRole.ToolTipRole:
                return as_tooltip(texts.everything(found, self._names))
            case Qt.ItemDataRole.AccessibleTextRole:
                parts = (texts.name(found, self._names), texts.size(found), texts.where(found))
                return ", ".join((*parts, texts.condition(found)))
            case Qt.ItemDataRole.CheckStateRole if can_be_taken(found):
                chosen = index.row() in self._ticked
                return Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked
        said = {_SIZE: texts.size, _WHERE: texts.where, _CONDITION: texts.condition}.get(role)
        return said(found) if said is not None else None

    @override
    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ticked by a screen reader."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.tick(index.row(), Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


def can_be_taken(found: Found) -> bool:
    """Whether it can be listed, and is not yet."""
    return found.is_complete and found.listed_as is None


class FoundList(TickList):
    """Shows a `FoundModel`."""

    def __init__(self, model: FoundModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(model, _ThreeLines(theme), theme, parent)
        self.setObjectName("sheetScroll")


class _ThreeLines(TickDelegate):
    """Draws a name with its size, where it lies, and what it is or lacks."""

    @override
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._theme.px(200), self._theme.px(_ROW))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        px, colours = self._theme.px, self._theme.colours
        model = index.model()
        assert isinstance(model, FoundModel)
        found = model.found(index.row())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card: QRect = option.rect.adjusted(px(2), px(2), -px(2), -px(2))
        self._draw_ground(painter, card, option.state)
        tick = is_ticked(index)
        if tick is not None:
            box = QRectF(card.left() + px(_PAD), card.top() + px(_PAD), px(_BOX), px(_BOX))
            self.draw_box(painter, box, is_ticked=tick)
        room = card.adjusted(px(2 * _PAD + _BOX), px(8), -px(_PAD), -px(7))
        height = room.height() // 3
        lines = [
            QRect(room.left(), room.top() + n * height, room.width(), height) for n in range(3)
        ]
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        note = self._theme.font(NOTE)
        can_take = tick is not None
        size_width = self._draw(painter, lines[0], index.data(_SIZE), note, colours.muted, _RIGHT)
        lines[0].setRight(lines[0].right() - size_width - px(_PAD))
        name_colour = colours.text if can_take else colours.muted
        self._draw(painter, lines[0], index.data(), title, name_colour)
        self._draw(painter, lines[1], index.data(_WHERE), note, colours.muted)
        colour = colours.caution if found.missing else colours.muted
        self._draw(painter, lines[2], index.data(_CONDITION), note, colour)
        painter.restore()

    def _draw_ground(self, painter: QPainter, card: QRect, state: QStyle.StateFlag) -> None:
        px, colours = self._theme.px, self._theme.colours
        has_keyboard = bool(state & QStyle.StateFlag.State_HasFocus)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setBrush(QColor(colours.hover if is_hovered else colours.page))
        painter.setPen(QColor(colours.accent if has_keyboard else colours.border))
        painter.drawRoundedRect(
            QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), px(_RADIUS), px(_RADIUS)
        )

    @staticmethod
    def _draw(
        painter: QPainter,
        room: QRect,
        text: str,
        font: QFont,
        colour: str,
        alignment: Qt.AlignmentFlag = _LEFT,
    ) -> int:
        """The width of what was drawn."""
        painter.setFont(font)
        painter.setPen(QColor(colour))
        metrics = painter.fontMetrics()
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, alignment, elided)
        return metrics.horizontalAdvance(elided)
