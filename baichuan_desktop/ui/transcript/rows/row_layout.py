"""Where everything of an entry is: its lines, its bubble, the room for its buttons."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QTextDocument

from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind
from baichuan_desktop.ui.transcript.rows.style import RowStyle

# Pixels at a zoom of 1.
LINE = 25
_GAP = 24  # over a row
_GAP_AFTER_PILL = 28
_PILL_HEIGHT = 28
_PILL_SIDE, _PILL_EDGE = 22, 5
_LABEL_HEIGHT = 16
_LABEL_GAP = 6
_BUBBLE_SIDE = 14
_BUBBLE_EDGE = 7  # over the first line and under the last
_BUBBLE_INSET = 72  # the least that a bubble stays away from the column's left edge
_BAR_HEIGHT = 32  # of the line of buttons and figures under an answer
_BAR_GAP = 2
_ROOM_FOR_BUTTONS = 240
_FOLD_HEIGHT = 34
DOCUMENT_HEIGHT, DOCUMENT_GAP = 30, 6  # of each document over a question
_ANY_HEIGHT = 100_000

CENTRED_WRAPPED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a row an entry shows."""

    text: str
    is_plain: bool  #: without Markdown formats
    first: bool = True  #: with what stands over the text
    last: bool = True  #: with what stands under it
    folds: bool = False  #: with room for the button that shows all of the text, or less again
    begin: int = 0  #: where the text begins in the row's, in characters
    line_end: str = ""  #: what stands between this piece and the next one
    editor: int = 0  #: pixels for the field in which it is edited, in place of the text


@dataclass(slots=True)
class Places:
    """Rectangles in pixels from the entry's top left corner; what is not there has a null one."""

    height: int = 0  #: of all
    origin: QPoint = field(default_factory=QPoint)  #: the top left corner of the text
    ring: QRect = field(default_factory=QRect)  #: what is marked as the row that the keyboard is at
    pill: QRect = field(default_factory=QRect)  #: the line of caution
    label: QRect = field(default_factory=QRect)  #: who speaks; of a note, its text
    documents: QRect = field(default_factory=QRect)  #: room for what a question was asked with
    bubble: QRect = field(default_factory=QRect)
    footer: QRect = field(default_factory=QRect)  #: figures
    bar: QRect = field(default_factory=QRect)  #: room for buttons
    button: QRect = field(default_factory=QRect)  #: room for the button of a note
    fold: QRect = field(default_factory=QRect)  #: room for the button that shows all of a text


def lay_out(row: Row, part: Part, body: QTextDocument, style: RowStyle, width: int) -> Places:
    """Find the places of everything in a column of this width; the text is laid out for it."""
    return _Layout(row, part, body, style, width).all()


class _Layout:
    def __init__(
        self, row: Row, part: Part, body: QTextDocument, style: RowStyle, width: int
    ) -> None:
        self._row, self._part, self._body = row, part, body
        self._style, self._width = style, width
        self._made = Places()

    def all(self) -> Places:
        """The places from top to bottom."""
        px, row, part, made = self._style.px, self._row, self._part, self._made
        y = self._above()
        begin = made.documents.top() if made.documents.isValid() else y
        if row.kind is RowKind.PERSON and not part.editor:
            y = self._bubble(y)
        elif row.kind is RowKind.NOTE and RowAction.LEAVE_OUT in row.actions:
            made.pill = self._pill(y, row.text)
            made.button = QRect(0, made.pill.bottom() + 1, self._width, px(_FOLD_HEIGHT))
            y = made.button.bottom() + 1
        elif row.kind is RowKind.NOTE:
            made.label = self._text(row.text, self._style.note, y)
            y = made.label.bottom() + 1
        else:
            if part.first and row.speaker and row.kind is not RowKind.PERSON:
                made.label = QRect(0, y, self._width, px(_LABEL_HEIGHT))
                y += px(_LABEL_HEIGHT + _LABEL_GAP)
            y = self._text_body(y, 0, self._width)
        if part.folds:
            made.fold = QRect(0, y, self._width, px(_FOLD_HEIGHT))
            y += px(_FOLD_HEIGHT)
        made.ring = QRect(0, begin, self._width, y - begin)
        if part.last and row.kind is not RowKind.NOTE:
            y = self._below(y)
        made.height = y
        return made

    def _above(self) -> int:
        px = self._style.px
        if not self._part.first:
            return 0
        y = px(_GAP)
        if self._row.caution:
            self._made.pill = self._pill(y, self._row.caution)
            y = self._made.pill.bottom() + 1 + px(_GAP_AFTER_PILL)
        if count := len(self._row.documents):
            height = count * px(DOCUMENT_HEIGHT) + count * px(DOCUMENT_GAP)
            self._made.documents = QRect(0, y, self._width, height)
            y += height
        return y

    def _pill(self, y: int, text: str) -> QRect:
        px = self._style.px
        side = px(_PILL_SIDE)
        room = QRect(0, 0, max(self._width - 2 * side, 1), _ANY_HEIGHT)
        metrics = QFontMetrics(self._style.note)
        needed = metrics.boundingRect(room, CENTRED_WRAPPED, text)
        width = min(needed.width() + 1, room.width()) + 2 * side
        height = max(needed.height() + 2 * px(_PILL_EDGE), px(_PILL_HEIGHT))
        return QRect((self._width - width) // 2, y, width, height)

    def _bubble(self, y: int) -> int:
        px, part = self._style.px, self._part
        side, edge = px(_BUBBLE_SIDE), px(_BUBBLE_EDGE)
        most = max(self._width - min(px(_BUBBLE_INSET), self._width // 6) - 2 * side, 1)
        self._set_width(most)
        is_whole = part.first and part.last and not part.folds
        inner = min(int(self._body.idealWidth()) + 1, most) if is_whole else most
        x = self._width - side - inner
        end = self._text_body(y + (edge if part.first else 0), x, inner)
        end += edge if part.last or part.folds else 0
        self._made.bubble = QRect(x - side, y, inner + 2 * side, end - y)
        return end

    def _text_body(self, y: int, x: int, width: int) -> int:
        self._made.origin = QPoint(x, y)
        if self._part.editor:
            return y + self._part.editor
        self._set_width(width)
        height = -int(-self._body.size().height() // 1)
        if not self._part.text and self._part.last:
            height = self._style.px(LINE)
        return y + height

    def _set_width(self, width: int) -> None:
        """Qt lays a document out anew when it is told its width, even if that is the same."""
        if self._body.textWidth() != width:
            self._body.setTextWidth(width)

    def _below(self, y: int) -> int:
        """Make room for buttons and figures; a question's buttons hang in the gap below it."""
        px, made, footer = self._style.px, self._made, self._row.footer
        note = self._style.note
        gap = px(_BAR_GAP)
        if self._row.kind is RowKind.PERSON:
            if footer:
                made.footer = self._text(footer, note, y + gap)
                y = made.footer.bottom() + 1
            made.bar = QRect(0, y, self._width, px(_GAP))
            return y
        y += gap
        bar = px(_BAR_HEIGHT)
        if footer:
            advance = QFontMetrics(note).horizontalAdvance(footer) + 1
            if advance > self._width - px(_ROOM_FOR_BUTTONS) or "\n" in footer:
                made.footer = self._text(footer, note, y + gap)
                y = made.footer.bottom() + 1
            else:
                made.footer = QRect(self._width - advance, y, advance, bar)
        made.bar = QRect(0, y, self._width, bar)
        return y + bar

    def _text(self, text: str, font: QFont, y: int) -> QRect:
        room = QRect(0, 0, self._width, _ANY_HEIGHT)
        height = QFontMetrics(font).boundingRect(room, CENTRED_WRAPPED, text).height()
        return QRect(0, y, self._width, height)
