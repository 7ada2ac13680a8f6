"""An example of the data as tokens: what is learnt, and what is only read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from backends.printable import one_line_exactly
from backends.training.data.values import ShownExample, ShownToken
from baichuan_desktop.ui.look.colours import Colours
from baichuan_desktop.ui.look.theme import INTERFACE, Theme

# Pixels of the design: in a token, between them, around all, the line under what is learnt.
_PAD, _GAP, _EDGE, _UNDER = 3, 2, 8, 2
_TINT = 38  # of 255
_LEAST = (260, 120)


def shown_text(token: ShownToken) -> str:
    """What is drawn of a token; a sign for what would not be seen."""
    if not token.text:
        return "·"  # bytes of a character that is not whole yet
    shown = one_line_exactly(token.text)
    return f"{shown} → {one_line_exactly(token.learns)}" if token.learns else shown


def _spoken(token: ShownToken) -> str:
    return f" {shown_text(token)} " if token.learns else token.text


class TokenView(QAbstractScrollArea):
    """Draws each token in a box; what is learnt is underlined and tinted, the rest is outlined."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tokens: Sequence[ShownToken] = ()
        self._boxes: list[QRectF] = []
        self._spoken = ""
        self.setObjectName("tokens")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def show_example(self, example: ShownExample | None) -> None:
        """Show an example; None: there is none."""
        self._tokens = () if example is None else example.tokens
        self._spoken = "" if example is None else self._in_words(example)
        self.setAccessibleDescription(self._spoken)
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def _in_words(self, example: ShownExample) -> str:
        parts = []
        for kind, tokens in groupby(example.tokens, self._kind):
            text = " ".join("".join(map(_spoken, tokens)).split())
            parts.append(kind.format(text=text))
        return " ".join(parts)

    def _kind(self, token: ShownToken) -> str:
        if token.is_cut:
            return self.tr("Cut off: {text}.")
        return self.tr("Trained: {text}.") if token.is_trained else self.tr("Only read: {text}.")

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setAccessibleName(self.tr("First examples as tokens"))

    # --- where tokens lie ---------------------------------------------------------------------

    @Slot()
    def _fit(self) -> None:
        self.setFont(self._theme.font(INTERFACE))
        self.setMinimumSize(*(self._theme.px(length) for length in _LEAST))
        self._arrange()

    def _arrange(self) -> None:
        """Put the tokens into lines, as words are."""
        px, metrics = self._theme.px, QFontMetricsF(self.font())
        room, edge = self.viewport().width() - px(_EDGE), px(_EDGE)
        height = metrics.height() + 2 * px(_PAD)
        x, y = float(edge), float(edge)
        self._boxes = []
        for token in self._tokens:
            width = metrics.horizontalAdvance(shown_text(token)) + 2 * px(_PAD)
            width = min(width, room - edge)
            if x + width > room and x > edge:
                x, y = float(edge), y + height + px(_GAP + 1)
            self._boxes.append(QRectF(x, y, width, height))
            x += width + px(_GAP)
            if token.text.endswith("\n"):
                x, y = float(edge), y + height + px(_GAP + 1)
        whole = y + height + edge if self._tokens else 0
        seen = self.viewport().height()
        self.verticalScrollBar().setRange(0, max(int(whole - seen), 0))
        self.verticalScrollBar().setPageStep(seen)
        self.verticalScrollBar().setSingleStep(int(height))
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Room for a few lines."""
        return QSize(self._theme.px(_LEAST[0] + 60), self._theme.px(_LEAST[1] + 40))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._arrange()

    # --- drawing ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tokens in sight."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        down = self.verticalScrollBar().value()
        seen = QRectF(event.rect()).translated(0, down)
        painter.translate(0, -down)
        for token, box in zip(self._tokens, self._boxes, strict=True):
            if box.intersects(seen):
                draw_token(
                    painter,
                    box,
                    shown_text(token),
                    self._theme,
                    is_trained=token.is_trained,
                    is_cut=token.is_cut,
                )
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell of the token under the mouse which it is."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = QPointF(event.pos()) + QPointF(0, self.verticalScrollBar().value())
            for token, box in zip(self._tokens, self._boxes, strict=True):
                if box.contains(place):
                    QToolTip.showText(event.globalPos(), self._about(token), self)
                    return True
            QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _about(self, token: ShownToken) -> str:
        if token.is_cut:
            text = self.tr("Id {id}: cut off, not read")
        elif token.learns:
            text = self.tr("Id {id}: “{learns}” is trained in its place")
        elif token.is_trained:
            text = self.tr("Id {id}: trained")
        else:
            text = self.tr("Id {id}: only read")
        return text.format(id=token.token_id, learns=token.learns)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class TokenSample(QWidget):
    """A box as tokens have it, for the line that says what it means; its text is its name."""

    def __init__(self, theme: Theme, *, is_trained: bool) -> None:
        super().__init__()
        self._theme, self._is_trained = theme, is_trained
        theme.changed.connect(self._fit)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self.setFixedSize(QSize(px(26), px(18)))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(INTERFACE))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        draw_token(painter, box, "Aa", self._theme, is_trained=self._is_trained)
        painter.end()


def draw_token(
    painter: QPainter,
    box: QRectF,
    text: str,
    theme: Theme,
    *,
    is_trained: bool,
    is_cut: bool = False,
) -> None:
    """Draw a token into its box; one that is cut off is struck out."""
    colours, px = theme.colours, theme.px
    radius = px(4)
    if is_trained and not is_cut:
        _draw_ground(painter, box, colours, px(_UNDER), radius)
        painter.setPen(QColor(colours.text))
    else:
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, radius, radius)
        painter.setPen(QColor(colours.muted))
    inside = box.adjusted(px(_PAD), 0, -px(_PAD), 0)
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inside.width() + 1)
    painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, shown)
    if is_cut:
        y = box.center().y()
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))


def _draw_ground(painter: QPainter, box: QRectF, colours: Colours, under: int, radius: int) -> None:
    tint = QColor(colours.accent)
    tint.setAlpha(_TINT)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawRoundedRect(box, radius, radius)
    line = QRectF(box.left(), box.bottom() - under, box.width(), under)
    painter.fillRect(line, QColor(colours.accent))
