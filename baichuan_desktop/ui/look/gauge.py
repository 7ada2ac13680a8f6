"""A short bar of several tones: what there is, part by part, of the most there may be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from baichuan_desktop.ui.look.colours import Colours
from baichuan_desktop.ui.look.theme import Theme

_WIDTH, _HEIGHT = 64, 6  # pixels of the design


def tone(colours: Colours, number: int) -> QColor:
    """The colour of a part, from the first one on; the fourth is pale: it is about to be."""
    names = (colours.muted, colours.accent, colours.continuation, colours.accent)
    colour = QColor(names[number % len(names)])
    colour.setAlphaF((1.0, 1.0, 0.7, 0.35)[number % len(names)])
    return colour


class Gauge(QProgressBar):
    """Shows parts one behind the other; its value is the sum of those that are there already.

    Signals:
        clicked: the mouse was, on it.
    """

    clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, width: int = _WIDTH) -> None:
        """`width` is in pixels of the design; 0: as wide as there is room."""
        super().__init__(parent)
        self._theme = theme
        self._width = width
        self.parts: Sequence[int] = ()
        self.setTextVisible(False)
        theme.changed.connect(self._fit)
        self._fit()

    def show_parts(self, parts: Sequence[int], most: int) -> None:
        """Show parts of `most`, the last of which is about to be; what is beyond it is cut."""
        self.parts = tuple(parts)
        self.setRange(0, max(most, 1))
        self.setValue(min(sum(parts[:-1]), most))
        self.update()

    @Slot()
    def _fit(self) -> None:
        height = self._theme.px(_HEIGHT)
        if self._width:
            self.setFixedSize(QSize(self._theme.px(self._width), height))
        else:
            self.setFixedHeight(height)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell of a click."""
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, then the parts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        track = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(track, track.height() / 2, track.height() / 2)
        painter.setClipPath(shape)
        painter.fillRect(track, QColor(colours.border))
        left, most = 0.0, self.maximum()
        for number, part in enumerate(self.parts):
            if part <= 0:
                continue
            # A part too small to be seen is shown as a line: it is not nothing.
            width = max(part / most * track.width(), 1.0)
            painter.fillRect(QRectF(left, 0, width, track.height()), tone(colours, number))
            left += width
        painter.end()
