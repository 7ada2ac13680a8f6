"""Conversations on pages of paper or of a PDF, one piece after the other between two events."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPagedPaintDevice,
    QPainter,
    QPalette,
)

from baichuan_desktop.services.exchange.forms.sheet import Sheet
from baichuan_desktop.services.markdown.harmless_text import harmless_line
from baichuan_desktop.ui.exchange import paper
from baichuan_desktop.ui.exchange.paper import DOTS, FINE, Lines, Piece
from baichuan_desktop.ui.look.fonts import text_font
from baichuan_desktop.ui.markdown.decorations import draw_decorations
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.markdown.style import NOTE_SIZE

_WAIT_MS = 20  # between two looks whether formulas and colours are there
_MOST_WAITS = 1500  # then a piece is printed without them
_CALM = 3  # looks, in which a document takes what arrived for it
_FOOT = 26 * FINE  # of each page, for its number


class Printing(QObject):
    """Sets sheets on the pages of a device, each on new ones. For the window's thread.

    The window stays usable: it lays out one message at a time, as a conversation shows them.

    Signals:
        progressed: how many sheets are set.
        finished: all is set, or it was stopped; whether it was set to its end.
    """

    progressed = Signal(int)
    finished = Signal(bool)

    def __init__(
        self, sheets: Sequence[Sheet], device: QPagedPaintDevice, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._sheets = deque(sheets)
        self._device = device
        self._services = RenderServices(self)
        self._pieces: deque[Piece] = deque()
        self._painter = QPainter()
        self._title = ""  #: at the foot of each page
        self._width = self._height = 0.0  #: of a page, for text
        self._document: MarkdownDocument | None = None
        self._piece: Piece | None = None
        self._waits = 0  #: looks at a piece that is not whole yet
        self._calm = 0  #: looks since nothing is on its way to it
        self._y = 0.0  #: where the next piece begins on the page
        self.pages = 0  #: that were begun
        self._done = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)

    def start(self) -> bool:
        """Begin; False where the device takes nothing."""
        if not self._painter.begin(self._device):
            self._services.shut_down()
            return False
        scale = self._device.logicalDpiX() / DOTS
        self._painter.scale(scale, scale)
        dots = self._device.pageLayout().paintRectPixels(self._device.logicalDpiX())
        self._width, self._height = dots.width() / scale, dots.height() / scale - _FOOT
        self._timer.start(0)
        return True

    def stop(self) -> None:
        """Set nothing more."""
        self._end(is_whole=False)

    # --- inside ---------------------------------------------------------------------------

    @Slot()
    def _step(self) -> None:
        if self._document is not None:
            self._go_on_with(self._document)
        elif self._pieces:
            self._begin(self._pieces.popleft())
        elif self._sheets:
            self._begin_sheet(self._sheets.popleft())
        else:
            self._end(is_whole=True)
            return
        self._timer.start(_WAIT_MS if self._waits else 0)

    def _begin_sheet(self, sheet: Sheet) -> None:
        if self.pages:
            self._done += 1
            self.progressed.emit(self._done)
        self._title = harmless_line(sheet.title)
        self._pieces = deque(paper.pieces_of(sheet))
        self._new_page()

    def _begin(self, piece: Piece) -> None:
        document = MarkdownDocument(paper.style_of(piece), self._services, self)
        document.set_text(piece.text, plain=piece.is_plain)
        self._piece, self._document, self._waits = piece, document, 0

    def _go_on_with(self, document: MarkdownDocument) -> None:
        """Wait until all of a piece is there; then set it."""
        is_there = document.is_complete() and self._services.is_idle()
        self._calm = self._calm + 1 if is_there else 0
        is_shown = is_there and (self._waits == 0 or self._calm > _CALM)
        if not is_shown and self._waits < _MOST_WAITS:
            self._waits += 1
            return
        self._waits = self._calm = 0
        self._set(document)
        self._document = None
        document.deleteLater()

    def _set(self, document: MarkdownDocument) -> None:
        assert self._piece is not None
        document.setTextWidth(self._width)
        height = document.size().height()
        lines = Lines(document)
        if self._y > 0:
            self._y += paper.gap(self._piece)
            if self._height - self._y < paper.least_room(self._piece):
                self._new_page()
        begin = 0.0
        while begin < height:
            room = self._height - self._y
            end = height
            if height - begin > room:
                end = lines.cut_before(begin, begin + room)
            if end <= begin:
                if self._y > 0:  # its next line is higher than what is left of the page
                    self._new_page()
                    continue
                end = begin + room  # and this one than a page
            self._draw(document, begin, end)
            self._y += end - begin
            begin = end
            if begin < height:
                self._new_page()

    def _draw(self, document: MarkdownDocument, begin: float, end: float) -> None:
        painter, clip = self._painter, QRectF(0, begin, self._width, end - begin)
        painter.save()
        painter.translate(0, self._y - begin)
        painter.setClipRect(clip)
        draw_decorations(document, painter, clip)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = clip
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, QColor(document.style.text))
        context.palette = palette
        document.documentLayout().draw(painter, context)
        painter.restore()

    def _new_page(self) -> None:
        if self.pages:
            self._device.newPage()
        self.pages += 1
        self._y = 0.0
        font = text_font(NOTE_SIZE * FINE)
        self._painter.save()
        self._painter.setFont(font)
        self._painter.setPen(QColor(paper.paper_style().muted))
        metrics = self._painter.fontMetrics()
        number = str(self.pages)
        room = self._width - 2 * metrics.horizontalAdvance(number)
        foot = QPointF(0, self._height + _FOOT - metrics.descent())
        shown = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, round(room))
        self._painter.drawText(foot, shown)
        right = self._width - metrics.horizontalAdvance(number)
        self._painter.drawText(QPointF(right, foot.y()), number)
        self._painter.restore()

    def _end(self, *, is_whole: bool) -> None:
        if not self._painter.isActive():
            return
        self._timer.stop()
        self._pieces.clear()
        self._sheets.clear()
        self._document = None
        self._painter.end()
        self._services.shut_down()
        self.finished.emit(is_whole)
