"""The fields in which numbers of the sampling are written."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QSpinBox, QStyle

_MOST = 9_999_999  # more tokens than any vocabulary or context has


class Decimal(QDoubleSpinBox):
    """A field that shows 0.3 as 0.3 and not as 0.300."""

    def __init__(self, low: float, high: float, step: float) -> None:
        super().__init__()
        self.setDecimals(3)
        self.setRange(low, high)
        self.setSingleStep(step)

    def textFromValue(self, value: float) -> str:
        """The number without idle zeros."""
        text = self.locale().toString(value, "f", self.decimals())
        point = self.locale().decimalPoint()
        shortened = text.rstrip("0")
        return shortened + "0" if shortened.endswith(point) else shortened

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls."""
        event.ignore()


class Whole(QSpinBox):
    """A field for a number without a fraction."""

    def __init__(self, low: int, step: int = 1) -> None:
        super().__init__()
        self.setRange(low, _MOST)
        self.setSingleStep(step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls."""
        event.ignore()


class Slider(QSlider):
    """A slider that goes where it is pressed, and leaves the wheel to what scrolls."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle under the mouse, which can drag it on."""
        if event.button() is Qt.MouseButton.LeftButton:
            handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
            place = round(event.position().x() - handle / 2)
            self.setValue(
                QStyle.sliderValueFromPosition(
                    self.minimum(), self.maximum(), place, max(self.width() - handle, 1)
                )
            )
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing is set by a turn that was meant for the page."""
        event.ignore()
