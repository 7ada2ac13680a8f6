"""Formulas in the text: each is one character of the document, drawn from its SVG."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QByteArray, QObject, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from baichuan_desktop.services.typesetting import formulas
from baichuan_desktop.ui.markdown.formats import DISPLAYED, SOURCE
from baichuan_desktop.ui.markdown.render_services import Drawing, FormulaJob
from baichuan_desktop.ui.markdown.resolving import FormulaBook

_MOST_RENDERERS = 200
_WIDEST_WAITING = 240.0  # pixels of a formula that is not drawn yet
_SIDES = 1.5  # pixels on both sides


class FormulaObjects(QPyTextObject):
    """Draws the formulas of one document; the baseline is the one of the text around."""

    def __init__(self, book: FormulaBook, parent: QObject) -> None:
        super().__init__(parent)
        self._book = book
        self._renderers: OrderedDict[tuple[str, str], QSvgRenderer] = OrderedDict()

    def intrinsicSize(self, doc: QTextDocument, _position: int, format: QTextFormat) -> QSizeF:  # noqa: N802  Qt's names
        """The room that a formula takes.

        Qt puts the middle of an object at half the height of an x. The room is made so high that
        the formula fits into it above and below the baseline.
        """
        shape = format.toCharFormat()
        half_x = QFontMetrics(shape.font()).xHeight() / 2
        width, ascent, descent = self._extent(doc, shape)
        return QSizeF(width + 2 * _SIDES, max(2 * ascent - half_x, 2 * descent + half_x))

    def drawObject(  # noqa: N802  Qt's name
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        doc: QTextDocument,
        position: int,
        format: QTextFormat,
    ) -> None:
        """Draw a formula into its room, on the baseline of its line.

        Qt puts the middle of such an object on the middle of its line, wherever the baseline is.
        """
        shape = format.toCharFormat()
        block = doc.findBlock(position)
        line = block.layout().lineForTextPosition(position - block.position())
        baseline = rect.top() - (line.height() - rect.height()) / 2 + line.ascent()
        drawing = self._book.drawing(job_of(shape))
        colour = shape.foreground().color()
        if not isinstance(drawing, Drawing):
            painter.save()
            painter.setFont(shape.font())
            painter.setPen(QColor(colour.red(), colour.green(), colour.blue(), 140))
            painter.drawText(QPointF(rect.left() + _SIDES, baseline), _short(shape))
            painter.restore()
            return
        width, ascent, descent = self._extent(doc, shape)
        room = QRectF(rect.left() + _SIDES, baseline - ascent, width, ascent + descent)
        self._renderer(drawing.svg, colour.name()).render(painter, room)

    def _extent(self, doc: QTextDocument, shape: QTextCharFormat) -> tuple[float, float, float]:
        """Width, and height above and below the baseline, in pixels."""
        drawing = self._book.drawing(job_of(shape))
        size = shape.font().pixelSize()
        if not isinstance(drawing, Drawing):
            metrics = QFontMetricsF(shape.font())
            return metrics.horizontalAdvance(_short(shape)), metrics.ascent(), metrics.descent()
        scale = size * 1.15 / formulas.EM  # letters of the formulas' font are smaller than text's
        room = doc.textWidth() - 2 * _SIDES
        if 0 < room < drawing.width * scale:
            scale = room / drawing.width
        below = drawing.height - drawing.ascent
        return drawing.width * scale, drawing.ascent * scale, below * scale

    def _renderer(self, svg: str, colour: str) -> QSvgRenderer:
        key = (svg, colour)
        made = self._renderers.get(key)
        if made is None:
            text = svg.replace(formulas.INK, colour)
            made = self._renderers[key] = QSvgRenderer(QByteArray(text.encode()))
            if len(self._renderers) > _MOST_RENDERERS:
                self._renderers.popitem(last=False)
        return made


def job_of(shape: QTextCharFormat) -> FormulaJob:
    """The formula that a character stands for."""
    return FormulaJob(str(shape.property(SOURCE)), bool(shape.property(DISPLAYED)))


def _short(shape: QTextCharFormat) -> str:
    source = " ".join(str(shape.property(SOURCE)).split())
    metrics = QFontMetricsF(shape.font())
    return metrics.elidedText(source, Qt.TextElideMode.ElideRight, _WIDEST_WAITING)
