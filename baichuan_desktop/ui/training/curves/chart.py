"""The curve of a training in the window: it grows while one looks, and tells its figures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from backends.training.events import TrainingBegan, TrainingEvaluated, TrainingStep
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.training.curves.painting import Look, Places, Words, paint
from baichuan_desktop.ui.training.curves.thinned import (
    Mean,
    ThinnedCurve,
    loss_text,
    middle,
    rate_text,
)

_FRAME_MS = 34  # no more than 30 pictures a second
_SPOKEN_MS = 5000  # a screen reader is told of a change no more often
_LEAST = (260, 120)  # pixels of the design
_MARGIN = 2  # pixels of the design, for the frame of the keyboard


class LossChart(QWidget):
    """Loss and learning rate by step; the arrow keys go from point to point, as the mouse does."""

    def __init__(self, theme: Theme, *, height: int = _LEAST[1]) -> None:
        """`height` is in pixels of the design, at least."""
        super().__init__()
        self._theme, self._least_height = theme, height
        self.curve = ThinnedCurve()
        self._pointed: Mean | None = None
        self._places: Places | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._frame, self._spoken = QTimer(self), QTimer(self)
        for timer, pause in ((self._frame, _FRAME_MS), (self._spoken, _SPOKEN_MS)):
            timer.setSingleShot(True)
            timer.setInterval(pause)
        self._frame.timeout.connect(self._repaint)
        self._spoken.timeout.connect(self._describe)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    # --- what comes ---------------------------------------------------------------------------

    def show_curve(self, curve: ThinnedCurve) -> None:
        """Show another curve."""
        self.curve, self._pointed = curve, None
        self._describe()
        self.update()

    def read(self, event: object) -> None:
        """Take what an event says; it is seen with the next picture."""
        match event:
            case TrainingBegan():
                self.curve.total_steps = event.total_steps
                self.curve.rewind(event.first_step)
            case TrainingStep():
                self.curve.total_steps = event.total_steps
                self.curve.add(event.step, event.loss, event.learning_rate)
            case TrainingEvaluated():
                self.curve.evaluate(event.step, event.loss)
            case _:
                return
        self._wait()

    def follow(self, curve: ThinnedCurve) -> None:
        """Show a curve that another chart reads; it has more points now, maybe."""
        self.curve = curve
        self._wait()

    def _wait(self) -> None:
        for timer in (self._frame, self._spoken):
            if not timer.isActive():
                timer.start()

    @Slot()
    def _repaint(self) -> None:
        self.update()

    # --- what is said -------------------------------------------------------------------------

    @Slot()
    def _describe(self) -> None:
        """Say in words what the drawing shows."""
        self.setAccessibleDescription(self.description)

    @property
    def description(self) -> str:
        """The curve in words."""
        curve, parts = self.curve, []
        if curve.latest is None or curve.lowest is None or not curve.points:
            return self._words().nothing
        first = curve.points[0]
        text = self.tr(
            "Loss {begin} at step {first}, {loss} at step {step}; lowest {lowest} at step {where}. "
            "Learning rate {rate}."
        )
        parts.append(
            text.format(
                begin=loss_text(first.loss),
                first=f"{first.first:,}",
                loss=loss_text(curve.latest.loss),
                step=f"{curve.latest.last:,}",
                lowest=loss_text(curve.lowest.loss),
                where=f"{curve.lowest.last:,}",
                rate=rate_text(curve.latest.rate),
            )
        )
        if curve.evaluations:
            last = curve.evaluations[-1]
            text = self.tr("Loss of evaluation {loss} at step {step}.")
            parts.append(text.format(loss=loss_text(last.loss), step=f"{last.last:,}"))
        return " ".join(parts)

    def figures(self, point: Mean) -> str:
        """What is told of a point that is pointed at."""
        if point.first == point.last:
            lines = [self.tr("Step {step}").format(step=f"{point.last:,}")]
        else:
            text = self.tr("Steps {first} to {last}, their mean")
            lines = [text.format(first=f"{point.first:,}", last=f"{point.last:,}")]
        lines.append(self.tr("Loss: {loss}").format(loss=loss_text(point.loss)))
        for one in self.curve.evaluations:
            if point.first <= one.last <= point.last:
                text = self.tr("Loss of evaluation: {loss}")
                lines.append(text.format(loss=loss_text(one.loss)))
        lines.append(self.tr("Learning rate: {rate}").format(rate=rate_text(point.rate)))
        return "\n".join(lines)

    def _words(self) -> Words:
        return Words(
            loss=self.tr("Loss"),
            evaluation=self.tr("Loss of evaluation"),
            rate=self.tr("Learning rate"),
            step=self.tr("Step"),
            nothing=self.tr("The curve begins with the first step"),
        )

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setAccessibleName(self.tr("Curve of the loss"))
        self._describe()
        self.update()

    # --- pointing at it -----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the figures of the point under the mouse."""
        super().mouseMoveEvent(event)
        if self._places is not None:
            self._point(self.curve.nearest(self._places.step(event.position().x() - self._edge)))

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self._point(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing."""
        super().focusOutEvent(event)
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from point to point, to the first and to the last."""
        points, keys = self.curve.points, Qt.Key
        if not points or event.key() not in (
            keys.Key_Left, keys.Key_Right, keys.Key_Home, keys.Key_End,
        ):  # fmt: skip
            super().keyPressEvent(event)
            return
        at = points.index(self._pointed) if self._pointed in points else len(points) - 1
        step = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_Home: -at, keys.Key_End: len(points)}
        self._point(points[min(max(at + step[keys(event.key())], 0), len(points) - 1)])

    def _point(self, point: Mean | None) -> None:
        self._pointed = point
        self.update()
        if point is None or self._places is None:
            QToolTip.hideText()
            return
        text = self.figures(point)
        place = QPointF(self._places.x(middle(point)), self._places.y(point.loss))
        corner = place.toPoint() + self.rect().topLeft()
        QToolTip.showText(self.mapToGlobal(corner), text, self)
        if self.hasFocus():
            self.setAccessibleDescription(text.replace("\n", "; "))

    # --- drawing ------------------------------------------------------------------------------

    @property
    def _edge(self) -> int:
        return self._theme.px(_MARGIN)

    @Slot()
    def _fit(self) -> None:
        self.setMinimumSize(self.sizeHint().boundedTo(QSize(*map(self._theme.px, _LEAST))))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Large enough to be read."""
        return QSize(self._theme.px(_LEAST[0]), self._theme.px(self._least_height))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the curve as far as it has come."""
        painter = QPainter(self)
        edge = self._edge
        area = QRectF(0, 0, self.width() - 2 * edge, self.height() - 2 * edge)
        painter.translate(edge, edge)
        look = Look(self._theme.colours, self._theme.font(NOTE), self._theme.zoom)
        self._places = paint(painter, area, self.curve, self._words(), look, self._pointed)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().highlight().color(), 1))
            painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1), 4, 4)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
