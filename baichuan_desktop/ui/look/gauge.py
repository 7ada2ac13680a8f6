"""A short bar of two tones: what is there, and what is about to be."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from baichuan_desktop.ui.look.theme import Theme

_WIDTH, _HEIGHT = 64, 6  # pixels of the design
_PALE = 0.4  # opacity of what is about to be


class Gauge(QProgressBar):
    """Shows its value as a progress bar does, and behind it, paler, how far it will come."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._expected = 0
        self.setTextVisible(False)
        theme.changed.connect(self._fit)
        self._fit()

    def show_values(self, value: int, expected: int, most: int) -> None:
        """Show `value` of `most`, which will be `expected`; more than `most` is `most`."""
        self._expected = min(max(value, expected), most)
        self.setRange(0, max(most, 1))
        self.setValue(min(value, most))
        self.update()

    @property
    def expected(self) -> int:
        """What the value will come to."""
        return self._expected

    @Slot()
    def _fit(self) -> None:
        self.setFixedSize(QSize(self._theme.px(_WIDTH), self._theme.px(_HEIGHT)))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, then what is about to be, then what is there."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = self._theme.colours
        self._draw(painter, colours.border, 1.0)
        painter.setOpacity(_PALE)
        self._draw(painter, colours.accent, self._expected / self.maximum())
        painter.setOpacity(1.0)
        self._draw(painter, colours.accent, self.value() / self.maximum())
        painter.end()

    def _draw(self, painter: QPainter, colour: str, share: float) -> None:
        if share <= 0:
            return
        height = self.height()
        # A share too small to be round is shown as a dot: it is not nothing.
        width = max(share * self.width(), height)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(0, 0, width, height), height / 2, height / 2)
