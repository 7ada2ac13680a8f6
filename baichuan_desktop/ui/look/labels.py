"""Labels whose text is shown as it is: names and messages come from files that anybody wrote."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

_FEWEST_LETTERS = 10  # that say something


def plain_label(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label that takes no markup; one that wraps has as many lines as its text needs."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    return label


class ElidedLabel(QLabel):
    """A line of plain text of which a narrow place shows a part, and an ellipsis."""

    def __init__(
        self,
        parent: QWidget | None = None,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        """`elide` says where the ellipsis stands; of a path, both ends tell something."""
        super().__init__(parent)
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        """No width at all: it may be elided to nothing."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much as there is room for; nothing where that would be a letter or two."""
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        text = metrics.elidedText(self.text(), self._elide, room)
        if text != self.text() and room < _FEWEST_LETTERS * metrics.averageCharWidth():
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self.alignment(), text)
        painter.end()


class ElidedButton(QToolButton):
    """A button of which a narrow place shows the beginning of the text, and an ellipsis."""

    def minimumSizeHint(self) -> QSize:
        """Wide enough to be seen and hit."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 2 * hint.height()), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        missing = self.sizeHint().width() - self.width()
        if missing > 0:
            room = metrics.horizontalAdvance(self.text()) - missing
            option.text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.end()
