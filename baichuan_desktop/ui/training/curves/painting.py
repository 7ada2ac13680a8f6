"""Drawing a curve: the loss above, the learning rate below it, over the same steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from baichuan_desktop.ui.look.colours import Colours
from baichuan_desktop.ui.training.curves.thinned import (
    Mean,
    ThinnedCurve,
    middle,
    rate_text,
    step_ticks,
    ticks,
)

# Of the height of a line of text.
_GAP, _LEGEND, _MARK = 0.5, 1.8, 0.28
_RATE_SHARE = 0.26  # of the height, for the learning rate
_PALE = 90  # of 255: the noise of single batches
_LEAST_RATE_HEIGHT = 12  # lines of text; in less, the loss has all the room


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in a drawing, in the language that it is for."""

    loss: str
    evaluation: str
    rate: str
    step: str
    nothing: str  #: in place of a curve that has not begun


@dataclass(frozen=True, slots=True)
class Look:
    """How it is drawn."""

    colours: Colours
    font: QFont
    scale: float = 1.0  #: thickness of the lines


@dataclass(frozen=True, slots=True)
class Places:
    """Where what is drawn lies, for who points at it."""

    loss: QRectF
    rate: QRectF | None  #: None: there is no room for it
    most: int  #: steps from the left to the right
    low: float  #: loss
    high: float

    def x(self, step: float) -> float:
        """Where a step lies."""
        return self.loss.left() + step / self.most * self.loss.width()

    def step(self, x: float) -> float:
        """The step that lies at a place."""
        return (x - self.loss.left()) / max(self.loss.width(), 1) * self.most

    def y(self, loss: float) -> float:
        """Where a loss lies; what is no number lies at the top."""
        if not math.isfinite(loss):
            return self.loss.top()
        share = (loss - self.low) / (self.high - self.low)
        return self.loss.bottom() - min(max(share, 0.0), 1.0) * self.loss.height()


def paint(
    painter: QPainter,
    area: QRectF,
    curve: ThinnedCurve,
    words: Words,
    look: Look,
    pointed: Mean | None = None,
) -> Places:
    """Draw a curve into `area`; a point that is `pointed` at is marked."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(look.font)
    line = QFontMetricsF(look.font).height()
    places = _places(area, curve, look, line)
    _legend(painter, area, curve, words, look, line)
    _loss_axis(painter, places, look, line)
    _step_axis(painter, area, places, words, look, line)
    if curve.is_empty:
        painter.setPen(QColor(look.colours.muted))
        painter.drawText(places.loss, Qt.AlignmentFlag.AlignCenter, words.nothing)
        return places
    if pointed is not None:
        painter.setPen(QPen(QColor(look.colours.muted), look.scale, Qt.PenStyle.DotLine))
        x, bottom = places.x(middle(pointed)), places.rate or places.loss
        painter.drawLine(QPointF(x, places.loss.top()), QPointF(x, bottom.bottom()))
    _losses(painter, places, curve, look)
    _evaluations(painter, places, curve, look, line)
    if places.rate is not None:
        _rates(painter, places, places.rate, curve, words, look, line)
    if pointed is not None:
        painter.setPen(QPen(QColor(look.colours.page), 1.5 * look.scale))
        painter.setBrush(QColor(look.colours.accent))
        centre = QPointF(places.x(middle(pointed)), places.y(pointed.loss))
        painter.drawEllipse(centre, _MARK * line, _MARK * line)
    return places


# --- where it lies ----------------------------------------------------------------------------


def _places(area: QRectF, curve: ThinnedCurve, look: Look, line: float) -> Places:
    low, high = _range(curve)
    metrics = QFontMetricsF(look.font)
    labels = [_tick_text(tick) for tick in ticks(low, high, 5)]
    if curve.points:
        labels.append(rate_text(max(one.rate for one in curve.points)))
    left = max((metrics.horizontalAdvance(text) for text in labels), default=0) + _GAP * line
    inside = area.adjusted(left, _LEGEND * line, -line, -(line + 2 * _GAP * line))
    most = max(curve.total_steps, curve.last_step, 1)
    if area.height() < _LEAST_RATE_HEIGHT * line:
        return Places(inside, None, most, low, high)
    height = inside.height()
    below = QRectF(inside)
    below.setTop(inside.bottom() - _RATE_SHARE * height + (_LEGEND - 1) * line)
    inside.setBottom(inside.bottom() - _RATE_SHARE * height - _GAP * line)
    return Places(inside, below, most, low, high)


def _range(curve: ThinnedCurve) -> tuple[float, float]:
    """From which loss to which is drawn, with room above and below."""
    every = [one.loss for one in (*curve.points, *curve.evaluations) if math.isfinite(one.loss)]
    if not every:
        return 0.0, 1.0
    low, high = min(every), max(every)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
    return max(low - room, 0.0) if low >= 0 else low - room, high + room


def _tick_text(tick: float) -> str:
    return f"{tick:.6g}"


# --- what is drawn ----------------------------------------------------------------------------


def _loss_axis(painter: QPainter, places: Places, look: Look, line: float) -> None:
    most = max(int(places.loss.height() / (2.2 * line)), 1)
    for tick in ticks(places.low, places.high, most):
        y = places.y(tick)
        painter.setPen(QPen(QColor(look.colours.border), look.scale))
        painter.drawLine(QPointF(places.loss.left(), y), QPointF(places.loss.right(), y))
        _left_label(painter, places.loss, y, _tick_text(tick), look, line)


def _left_label(
    painter: QPainter, beside: QRectF, y: float, text: str, look: Look, line: float
) -> None:
    painter.setPen(QColor(look.colours.muted))
    room = QRectF(0, y - line / 2, beside.left() - _GAP * line, line)
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _step_axis(
    painter: QPainter, area: QRectF, places: Places, words: Words, look: Look, line: float
) -> None:
    lowest = places.rate or places.loss
    metrics = QFontMetricsF(look.font)
    painter.setPen(QPen(QColor(look.colours.disabled), look.scale))
    painter.drawLine(lowest.bottomLeft(), lowest.bottomRight())
    painter.setPen(QColor(look.colours.muted))
    name = metrics.horizontalAdvance(words.step)
    top = lowest.bottom() + _GAP * line
    room = QRectF(area.left(), top, area.width(), line)
    left, align = room.left(), Qt.AlignmentFlag.AlignVCenter
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | align, words.step)
    wide = metrics.horizontalAdvance(f"{places.most:,}") + 2 * line
    for step in step_ticks(places.most, max(int(places.loss.width() / wide), 1)):
        text = f"{step:,}"
        width = metrics.horizontalAdvance(text)
        x = min(places.x(step) - width / 2, area.right() - width)
        if x > left + name + _GAP * line:
            painter.drawText(QRectF(x, top, width + 1, line), align, text)


def _legend(
    painter: QPainter,
    area: QRectF,
    curve: ThinnedCurve,
    words: Words,
    look: Look,
    line: float,
) -> None:
    """Names at the top, each behind a sample that is told apart by its shape, too."""
    metrics, colours = QFontMetricsF(look.font), look.colours
    x, y = area.left(), area.top() + line / 2
    painter.setPen(QPen(QColor(colours.accent), 2 * look.scale))
    painter.drawLine(QPointF(x, y), QPointF(x + line, y))
    x += 1.4 * line
    painter.setPen(QColor(colours.text))
    place = QPointF(x, area.top() + metrics.ascent())
    painter.drawText(place, words.loss)
    x += metrics.horizontalAdvance(words.loss) + 1.2 * line
    if curve.evaluations:
        _diamond(painter, QPointF(x + line / 2, y), look, line)
        painter.setPen(QColor(colours.text))
        painter.drawText(QPointF(x + 1.4 * line, place.y()), words.evaluation)


def _losses(painter: QPainter, places: Places, curve: ThinnedCurve, look: Look) -> None:
    colour, smoothed = QColor(look.colours.accent), curve.smoothed()
    points = [(middle(one), one.loss) for one in curve.points if math.isfinite(one.loss)]
    if smoothed:
        pale = QColor(colour)
        pale.setAlpha(_PALE)
        _line(painter, places, points, QPen(pale, look.scale))
        points = [
            (middle(one), loss)
            for one, loss in zip(curve.points, smoothed, strict=True)
            if math.isfinite(loss)
        ]
    _line(painter, places, points, QPen(colour, 2 * look.scale))
    if len(points) == 1:
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = 3 * look.scale
        painter.drawEllipse(QPointF(places.x(points[0][0]), places.y(points[0][1])), radius, radius)


def _line(
    painter: QPainter, places: Places, points: Sequence[tuple[float, float]], pen: QPen
) -> None:
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(places.x(step), places.y(y)) for step, y in points]))


def _evaluations(
    painter: QPainter, places: Places, curve: ThinnedCurve, look: Look, line: float
) -> None:
    points = [(middle(one), one.loss) for one in curve.evaluations if math.isfinite(one.loss)]
    dashed = QPen(QColor(look.colours.caution), 1.5 * look.scale, Qt.PenStyle.DashLine)
    _line(painter, places, points, dashed)
    if len(points) * line < places.loss.width():  # else they would lie over each other
        for step, loss in points:
            _diamond(painter, QPointF(places.x(step), places.y(loss)), look, line)


def _diamond(painter: QPainter, centre: QPointF, look: Look, line: float) -> None:
    size = _MARK * line
    painter.setPen(QPen(QColor(look.colours.caution), 1.5 * look.scale))
    painter.setBrush(QColor(look.colours.page))
    corners = (QPointF(0, -size), QPointF(size, 0), QPointF(0, size), QPointF(-size, 0))
    painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))


def _rates(
    painter: QPainter,
    places: Places,
    room: QRectF,
    curve: ThinnedCurve,
    words: Words,
    look: Look,
    line: float,
) -> None:
    metrics = QFontMetricsF(look.font)
    highest = max((one.rate for one in curve.points), default=0.0)
    painter.setPen(QColor(look.colours.text))
    painter.drawText(
        QPointF(room.left(), room.top() - line + metrics.ascent()),
        metrics.elidedText(words.rate, Qt.TextElideMode.ElideRight, room.width()),
    )
    if highest <= 0:
        return
    top = room.top() + 0.25 * line
    _left_label(painter, room, top, rate_text(highest), look, line)
    painter.setPen(QPen(QColor(look.colours.border), look.scale))
    painter.drawLine(QPointF(room.left(), top), QPointF(room.right(), top))
    height = room.bottom() - top
    points = [
        QPointF(places.x(middle(one)), room.bottom() - one.rate / highest * height)
        for one in curve.points
    ]
    pen = QPen(QColor(look.colours.keyword), 1.5 * look.scale)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
