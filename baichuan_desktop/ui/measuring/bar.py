"""One bar of the chart of what was measured."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from baichuan_desktop.ui.look.theme import Theme

_WIDTH, _HEIGHT = 240, 22  # pixels
_THICK = 12  # pixels
_GAP = 8  # pixels between a bar and its figure
_LEAST = 3  # pixels


class MeasureBar(QWidget):
    """As long as its share of the best, with the figure behind it; or words instead."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._share: float | None = None
        self._room = 0  # pixels
        self._is_trouble = False
        self.text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._repaint)

    def show_figure(self, text: str, share: float, room: int) -> None:
        """A figure, and how much of a full bar it is, from 0 to 1.

        `room` is left for the figure, in pixels: all bars of a chart leave the same, so that their
        lengths compare.
        """
        self._share, self._room, self.text, self._is_trouble = share, room, text, False
        self.update()

    def show_words(self, text: str, *, is_trouble: bool = False) -> None:
        """No figure, and why."""
        self._share, self.text, self._is_trouble = None, text, is_trouble
        self.update()

    def bar_width(self) -> int:
        """Pixels; 0 where there is no figure."""
        if self._share is None:
            return 0
        return max(_LEAST, round(self._share * (self.width() - self._room - _GAP)))

    def sizeHint(self) -> QSize:
        """Wide enough to compare by."""
        return QSize(_WIDTH, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bar from the left, and the text behind it."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        if (width := self.bar_width()) > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            top = (self.height() - _THICK) / 2
            painter.drawRoundedRect(QRectF(0, top, width, _THICK), 3, 3)
            left = width + _GAP
            ink = colours.text
        else:
            ink = colours.danger if self._is_trouble else colours.muted
        painter.setPen(QColor(ink))
        room = self.rect().adjusted(left, 0, 0, 0)
        shown = self.fontMetrics().elidedText(
            self.text, Qt.TextElideMode.ElideRight, room.width() + 1
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()

    @Slot()
    def _repaint(self) -> None:
        self.update()
