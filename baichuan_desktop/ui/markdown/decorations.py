"""What lies under and beside the text: cards of code, bars of quotes, marks of lists, rules."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from baichuan_desktop.services.markdown.flow import Block, Code, Item, Quote, Rule
from baichuan_desktop.ui.markdown.document import MarkdownDocument, is_card
from baichuan_desktop.ui.markdown.style import (
    CARD_RADIUS,
    CODE_HEAD,
    CODE_SIDE,
    DEEPEST_INDENT,
    ITEM_INDENT,
    ITEM_MARK,
    NOTE_SIZE,
    QUOTE_BAR,
    QUOTE_INDENT,
)
from baichuan_desktop.ui.markdown.writing import Written


def draw_decorations(document: MarkdownDocument, painter: QPainter, clip: QRectF) -> None:
    """Draw what belongs under the text of a document, as far as `clip` shows it.

    The painter stands at the document's origin. Call it before the text is drawn.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawing = _Drawing(document, painter)
    written = document.written()
    # The blocks are in order: the first one that ends below the clip's top is found by halving.
    first = bisect_left(
        range(len(written)), clip.top(), key=lambda i: document.rectangle(i).bottom()
    )
    above: Block | None = written[first - 1].block if first else None
    bottom = document.rectangle(first - 1).bottom() if first else 0.0
    for index in range(first, len(written)):
        if bottom > clip.bottom():
            break
        rect = document.rectangle(index)
        drawing.draw(written[index], rect, above, bottom)
        above, bottom = written[index].block, rect.bottom()
    painter.restore()


class _Drawing:
    def __init__(self, document: MarkdownDocument, painter: QPainter) -> None:
        self._document = document
        self._style = document.style
        self._painter = painter

    def draw(self, written: Written, rect: QRectF, above: Block | None, bottom: float) -> None:
        """Draw one block's; `above` is the block before it, which ends at `bottom`."""
        style, block = self._style, written.block
        left = 0.0
        before = above.place.within if above is not None else ()
        for depth, container in enumerate(block.place.within[:DEEPEST_INDENT]):
            if isinstance(container, Quote):
                continued = before[: depth + 1] == block.place.within[: depth + 1]
                self._quote(left, bottom if continued else rect.top(), rect.bottom())
                left += style.px(QUOTE_INDENT)
            else:
                left += style.px(ITEM_INDENT)
        last = block.place.within[-1] if block.place.within else None
        if block.place.begins_item and isinstance(last, Item):
            self._mark(last, left - style.px(ITEM_INDENT), self._baseline(written, rect))
        if is_card(block):
            language = block.language if isinstance(block, Code) else ""
            self._card(written.name or language, left, rect)
        elif isinstance(block, Rule):
            self._line(left, rect)

    def _quote(self, left: float, top: float, bottom: float) -> None:
        bar = QRectF(left, top, self._style.px(QUOTE_BAR), bottom - top)
        self._painter.fillRect(bar, QColor(self._style.border))

    def _baseline(self, written: Written, rect: QRectF) -> float:
        """Where the letters of a block's first line stand."""
        if is_card(written.block) or written.table is not None:
            return rect.top() + self._style.px(CODE_HEAD * 0.66)
        line = self._document.findBlock(written.begin).layout().lineAt(0)
        return rect.top() + line.y() + line.ascent()

    def _mark(self, item: Item, left: float, baseline: float) -> None:
        style, painter = self._style, self._painter
        middle = baseline - style.reading.pixelSize() * 0.36
        if item.is_checked is not None:
            self._box(QPointF(left + style.px(ITEM_MARK), middle), checked=item.is_checked)
        elif item.ordinal is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(style.muted))
            radius = style.px(2.5)
            painter.drawEllipse(QPointF(left + style.px(ITEM_MARK), middle), radius, radius)
        else:
            painter.setFont(style.reading)
            painter.setPen(QColor(style.muted))
            text = f"{item.ordinal}."
            width = QFontMetricsF(style.reading).horizontalAdvance(text)
            right = left + style.px(ITEM_INDENT - ITEM_MARK / 2)
            painter.drawText(QPointF(right - width, baseline), text)

    def _box(self, middle: QPointF, *, checked: bool) -> None:
        style, painter = self._style, self._painter
        half = style.px(7)
        box = QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half)
        painter.setPen(QPen(QColor(style.link if checked else style.muted), style.px(1.2)))
        painter.setBrush(QColor(style.link) if checked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, style.px(3), style.px(3))
        if checked:
            pen = QPen(QColor(style.code_ground), style.px(1.8))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            tick = QPainterPath(middle + QPointF(-style.px(3.5), style.px(0.2)))
            tick.lineTo(middle + QPointF(-style.px(1), style.px(2.8)))
            tick.lineTo(middle + QPointF(style.px(3.6), -style.px(2.8)))
            painter.drawPath(tick)

    def _card(self, language: str, left: float, rect: QRectF) -> None:
        style, painter = self._style, self._painter
        card = QRectF(rect)
        card.setLeft(left)
        card.setRight(self._document.textWidth())
        card = card.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(style.border), 1))
        painter.setBrush(QColor(style.code_ground))
        radius = style.px(CARD_RADIUS)
        painter.drawRoundedRect(card, radius, radius)
        line = round(card.top() + style.px(CODE_HEAD)) + 0.5
        painter.drawLine(QPointF(card.left(), line), QPointF(card.right(), line))
        font = QFont(style.reading)
        font.setPixelSize(max(1, round(style.px(NOTE_SIZE))))
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(QColor(style.muted))
        side = style.px(CODE_SIDE)
        room = card.adjusted(side, 0, -side - style.px(80), 0)
        room.setHeight(style.px(CODE_HEAD))
        name = language or QCoreApplication.translate("MarkdownDocument", "Code")
        shown = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, int(flags), shown)

    def _line(self, left: float, rect: QRectF) -> None:
        middle = round(rect.center().y()) + 0.5
        self._painter.setPen(QPen(QColor(self._style.border), 1))
        self._painter.drawLine(QPointF(left, middle), QPointF(self._document.textWidth(), middle))
