"""Lists of which a person ticks some rows: by a click on a row, by Space, or by a screen reader."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    Qt,
)
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from baichuan_desktop.ui.look.theme import Theme

Index = QModelIndex | QPersistentModelIndex


def is_ticked(index: Index) -> bool | None:
    """Whether a row is ticked; None where it has no box."""
    state = index.data(Qt.ItemDataRole.CheckStateRole)
    return None if state is None else Qt.CheckState(state) is Qt.CheckState.Checked


class TickList(QListView):
    """Shows a model whose rows that can be ticked have a `CheckStateRole`, and `setData` of it."""

    def __init__(
        self,
        model: QAbstractItemModel,
        delegate: TickDelegate,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(model)
        self.setItemDelegate(delegate)
        delegate.setParent(self)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Have a row under the keyboard at once."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.model().rowCount():
            self.setCurrentIndex(self.model().index(0, 0))


class TickDelegate(QStyledItemDelegate):
    """Ticks the row that is clicked, or that has the keyboard when Space is pressed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    @override
    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        _option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        before = is_ticked(index)
        if before is None:
            return False
        is_click = (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() is Qt.MouseButton.LeftButton
        )
        is_key = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select)
        )
        if is_click or is_key:
            after = Qt.CheckState.Unchecked if before else Qt.CheckState.Checked
            model.setData(index, after, Qt.ItemDataRole.CheckStateRole)
        return is_click or is_key

    def draw_box(self, painter: QPainter, box: QRectF, *, is_ticked: bool) -> None:
        """Draw a box, with its tick."""
        px, colours = self._theme.px, self._theme.colours
        painter.setPen(QColor(colours.accent if is_ticked else colours.muted))
        painter.setBrush(QColor(colours.accent if is_ticked else colours.page))
        painter.drawRoundedRect(box, px(4), px(4))
        if is_ticked:
            pen = QPen(QColor(colours.on_accent), px(2))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            x, y, side = box.left(), box.top(), box.width()
            middle = QPointF(x + 0.43 * side, y + 0.68 * side)
            painter.drawLine(QPointF(x + 0.25 * side, y + 0.52 * side), middle)
            painter.drawLine(middle, QPointF(x + 0.75 * side, y + 0.32 * side))
