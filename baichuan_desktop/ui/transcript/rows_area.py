"""Rows one under another in a scroll area, of which only those in sight exist."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QScroller, QWidget

from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.transcript.rows.flow import Flow, Key
from baichuan_desktop.ui.transcript.rows.row_view import Paint
from baichuan_desktop.ui.transcript.rows.shown_rows import Placed, ShownRows
from baichuan_desktop.ui.transcript.rows.style import row_style
from baichuan_desktop.ui.transcript.selection import Place, Selection

_COLUMN = 760  # pixels at a zoom of 1; longer lines are hard to read
_SIDE = 24  # pixels, least room beside the column
_BELOW = 28  # pixels under the last row
_LINE = 25
_FRAME_MS = 33  # text that streams is laid out and painted at most 30 times a second
_BLINK_MS = 530


class RowsArea(QAbstractScrollArea):
    """Lays out and paints the rows in sight, and knows which one the keyboard is at.

    Signals:
        arranged: the rows in sight, or their places, are others now.
        current_changed: the keyboard is at another row.
    """

    arranged = Signal()
    current_changed = Signal()

    def __init__(
        self, theme: Theme, services: RenderServices | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.style_of_rows = row_style(theme)
        self.flow = Flow(below=_BELOW)
        self.rows = ShownRows(self.style_of_rows, self.flow, services, self)
        self.selection = Selection(self.flow)
        self.placed: list[Placed] = []  #: what is in sight, from the top
        self.current: int | None = None  #: id of the row that the keyboard is at
        self.phrase = ""  #: what is looked for, and marked where it stands
        self.found: tuple[Key, tuple[int, int]] | None = None  #: where it stands that is shown now
        self.shows_ring = False  #: whether the current row is marked: the keyboard is in use
        self._theme = theme
        self._is_arranging = False
        self._caret_is_on = True
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(_FRAME_MS)
        self._frame.timeout.connect(self.arrange)
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._on_blink)
        self.rows.disturbed.connect(self.next_frame)
        theme.changed.connect(self._on_theme)
        self.setObjectName("transcript")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    # --- arranging ---------------------------------------------------------------------------

    @Slot()
    def arrange(self) -> None:
        """Lay out what is in sight, and have it painted."""
        self._frame.stop()
        if self._is_arranging:
            return
        self._is_arranging = True
        flow, bar = self.flow, self.verticalScrollBar()
        flow.below = self.style_of_rows.px(_BELOW)
        flow.viewport = self.viewport().height()
        self.rows.set_width(self.column().width())
        flow.settle()
        self.placed = self.rows.arrange()
        bar.setPageStep(flow.viewport)
        bar.setSingleStep(self.style_of_rows.px(_LINE))
        bar.setRange(0, flow.highest_offset())
        bar.setValue(flow.offset)
        self._is_arranging = False
        if any(placed.view.row.is_writing for placed in self.placed):
            if not self._blink.isActive():
                self._blink.start()
        else:
            self._blink.stop()
            self._caret_is_on = True
        self.viewport().update()
        self.arranged.emit()

    @Slot()
    def next_frame(self) -> None:
        """Arrange soon: once, however often this is asked."""
        if not self._frame.isActive():
            self._frame.start()

    @Slot(int)
    def _on_scrolled(self, value: int) -> None:
        if not self._is_arranging:
            self.flow.scroll_to(value)
            self.arrange()

    @Slot()
    def _on_theme(self) -> None:
        self.style_of_rows = row_style(self._theme)
        self.rows.set_style(self.style_of_rows)
        self.arrange()

    @Slot()
    def _on_blink(self) -> None:
        self._caret_is_on = not self._caret_is_on
        self.viewport().update()

    # --- places ------------------------------------------------------------------------------

    def column(self) -> QRect:
        """Where the rows are in the viewport."""
        width = self.viewport().width()
        column = min(self.style_of_rows.px(_COLUMN), max(width - 2 * _SIDE, 1))
        return QRect((width - column) // 2, 0, column, self.viewport().height())

    def placed_at(self, y: int) -> Placed | None:
        """The entry at a height of the viewport; the nearest one outside of all."""
        for placed in self.placed:
            if y < placed.top + placed.view.height:
                return placed
        return self.placed[-1] if self.placed else None

    def inside(self, placed: Placed, point: QPoint) -> QPoint:
        """A point of the viewport as one of an entry."""
        return point - QPoint(self.column().left(), placed.top)

    def place_at(self, point: QPoint) -> Place | None:
        """The place in the text that is nearest to a point of the viewport."""
        placed = self.placed_at(point.y())
        if placed is None:
            return None
        return Place(placed.view.key, placed.view.position_at(self.inside(placed, point)))

    def top_in_sight(self, key: Key) -> int | None:
        """Where an entry begins in the viewport, or would; None if it is none."""
        number = self.flow.index(key)
        return None if number is None else self.flow.top(number) - self.flow.offset

    # --- scrolling ---------------------------------------------------------------------------

    def scroll_by(self, pixels: int) -> None:
        """Look further down, or up."""
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + pixels)

    def scroll_page(self, direction: int) -> None:
        """Look a page further, with two lines of this one still in sight."""
        overlap = 2 * self.style_of_rows.px(_LINE)
        page = max(self.flow.viewport - overlap, overlap)
        self.scroll_by(direction * page)

    def bring_into_sight(self, place: Place) -> None:
        """Scroll until the line of a place is in sight, a little away from the edges."""
        view = self.rows.view(place.key)
        top = self.top_in_sight(place.key)
        if view is None or top is None:
            return
        line = view.position_rect(min(place.position, view.length)).translated(0, top)
        edge = min(self.style_of_rows.px(2 * _LINE), self.flow.viewport // 4)
        if line.top() < edge:
            self._look_at(self.flow.offset + line.top() - edge)
        elif line.bottom() > self.flow.viewport - edge:
            self._look_at(self.flow.offset + line.bottom() - self.flow.viewport + edge)

    def _look_at(self, offset: int) -> None:
        self.flow.scroll_to(offset)
        self.arrange()

    def show_row(self, row_id: int) -> None:
        """Scroll as little as brings a row into sight: its beginning, if it is too high for all."""
        number = self.flow.index(Key(row_id))
        if number is None:
            return
        view = self.rows.view(Key(row_id))
        top = self.flow.top(number)
        height = 0 if view is None else view.height
        if top < self.flow.offset or height > self.flow.viewport:
            self._look_at(top)
        elif top + height > self.flow.offset + self.flow.viewport:
            self._look_at(top + height - self.flow.viewport)

    # --- the row that the keyboard is at -----------------------------------------------------

    def set_current(self, row_id: int | None, *, ring: bool) -> None:
        """Be at a row with the keyboard; it is marked if the keyboard brought it there."""
        changes = row_id != self.current
        self.current, self.shows_ring = row_id, ring
        self.viewport().update()
        if changes:
            self.current_changed.emit()

    # --- Qt's own ----------------------------------------------------------------------------

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Nothing is moved: all that is in sight is painted again."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows in sight."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = self.column().left()
        for placed in self.placed:
            view = placed.view
            paint = Paint(
                selected=self.selection.part(placed.number),
                hits=view.occurrences(self.phrase) if self.phrase else (),
                found=self.found[1] if self.found and self.found[0] == view.key else None,
                caret=self._caret_is_on,
            )
            view.draw(painter, QPoint(left, placed.top), event.rect(), paint)
        if self.shows_ring and self.hasFocus():
            self._draw_ring(painter, left)

    def _draw_ring(self, painter: QPainter, left: int) -> None:
        px = self.style_of_rows.px
        parts = [placed for placed in self.placed if placed.view.key.row_id == self.current]
        if not parts:
            return
        ring = QRectF()
        for placed in parts:
            ring = ring.united(QRectF(placed.view.at.ring.translated(left, placed.top)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.style_of_rows.colours.accent), 2))
        painter.drawRoundedRect(ring.adjusted(-px(8), -px(6), px(8), px(6)), px(8), px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new width."""
        super().resizeEvent(event)
        self.arrange()
