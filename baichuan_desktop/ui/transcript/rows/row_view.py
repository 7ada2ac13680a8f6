"""One entry as it is laid out and drawn: its lines, its bubble, the room for its buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPalette,
    QTextCharFormat,
    QTextCursor,
)

from backends.printable import one_line
from baichuan_desktop.services.markdown.harmless_text import harmless
from baichuan_desktop.ui.markdown.decorations import draw_decorations
from baichuan_desktop.ui.markdown.document import MarkdownDocument, PlacedBlock
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind
from baichuan_desktop.ui.transcript.rows.row_layout import CENTRED_WRAPPED, LINE, Part, lay_out
from baichuan_desktop.ui.transcript.rows.style import RowStyle

# Pixels at a zoom of 1.
_BUBBLE_RADIUS = 16
_PILL_RADIUS = 14
_CARET_WIDTH, _CARET_HEIGHT = 8, 17
_BLANK = "\u200b"  # what the room inside of a code card is made of


@dataclass(frozen=True, slots=True)
class Look:
    """What entries are laid out with."""

    style: RowStyle
    services: RenderServices | None  #: without them code has one colour, formulas are their source
    width: int  #: of the column


@dataclass(frozen=True, slots=True)
class Paint:
    """What is drawn over an entry's text, by positions in its document."""

    selected: tuple[int, int] | None = None
    hits: Sequence[tuple[int, int]] = ()  #: where the phrase stands that is looked for
    found: tuple[int, int] | None = None  #: the one of these that is shown now
    caret: bool = False


class RowView(QObject):
    """Lays an entry out for a width, and draws it.

    Signals:
        height_changed: something in the document has another size now; the key of the entry.
    """

    height_changed = Signal(object)

    def __init__(self, key: Key, row: Row, part: Part, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self.key, self.row, self.part = key, row, part
        self._style = look.style
        self.width = look.width
        self._blocks: list[PlacedBlock] | None = None  # until the next layout
        self._found: tuple[str, list[tuple[int, int]]] = ("", [])
        self.body = MarkdownDocument(look.style.text, look.services, self)
        self.body.set_text(part.text, finished=not row.is_writing, plain=part.is_plain)
        self._colour_continued()
        self.lay_out()
        self.body.changed_height.connect(self._on_height_changed)

    # --- what it shows ---------------------------------------------------------------------

    def show(self, row: Row, part: Part) -> None:
        """Show what the row is now."""
        if (row, part) == (self.row, self.part):
            return
        old_row, old = self.row, self.part
        self._found = ("", [])
        self.row, self.part = row, part
        has_grown = part.text.startswith(old.text) and old_row.is_writing
        if part.is_plain != old.is_plain or (part.text != old.text and not has_grown):
            self.body.set_text(part.text, finished=not row.is_writing, plain=part.is_plain)
        elif part.text != old.text:
            self.body.append_text(part.text[len(old.text) :])
        if old_row.is_writing and not row.is_writing and part.text == self.body.source:
            self.body.finish()
        self._colour_continued()

    def resize(self, width: int) -> None:
        """Lay the entry out for another column."""
        self.width = width
        self.lay_out()

    def lay_out(self) -> None:
        """Find the place of everything, and the height of all."""
        self._blocks = None
        self.at = lay_out(self.row, self.part, self.body, self._style, self.width)

    @property
    def height(self) -> int:
        """The height of all, in pixels."""
        return self.at.height

    # --- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, at: QPoint, clip: QRect, paint: Paint) -> None:
        """Draw the entry with its top left corner at a point."""
        painter.save()
        painter.translate(at)
        inside = clip.translated(-at)
        colours, style, row = self._style.colours, self._style, self.row
        muted = QColor(colours.muted)
        if self.at.pill.isValid():
            self._draw_pill(painter)
        if self.at.bubble.isValid():
            self._draw_bubble(painter)
        if self.at.label.isValid():
            is_note = row.kind is RowKind.NOTE
            painter.setFont(style.note if is_note else style.label)
            painter.setPen(muted)
            if is_note:
                painter.drawText(self.at.label, CENTRED_WRAPPED, row.text)
            else:
                text = painter.fontMetrics().elidedText(
                    one_line(row.speaker), Qt.TextElideMode.ElideRight, self.at.label.width()
                )
                painter.drawText(self.at.label, _LEFT, text)
        if self.at.footer.isValid():
            painter.setFont(style.note)
            painter.setPen(muted)
            is_beside = self.at.footer.top() == self.at.bar.top()
            right = is_beside or row.kind is RowKind.PERSON
            painter.drawText(self.at.footer, _RIGHT_WRAPPED if right else _LEFT_WRAPPED, row.footer)
        if row.kind is not RowKind.NOTE and not self.part.editor:
            self._draw_body(painter, inside, paint)
        painter.restore()

    def _draw_body(self, painter: QPainter, inside: QRect, paint: Paint) -> None:
        painter.translate(self.at.origin)
        colours = self._style.colours
        if not self.part.text and self.row.is_writing and self.row.waiting:
            painter.setFont(self._style.note)
            painter.setPen(QColor(colours.muted))
            line = QRect(0, 0, self.width, self._style.px(LINE))
            painter.drawText(line, _LEFT, self.row.waiting)
            return
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = _palette(colours.text)
        context.clip = QRectF(inside.translated(-self.at.origin))
        marks = [self._mark(hit, colours.caution_ground, colours.caution) for hit in paint.hits]
        for strong in (paint.found, paint.selected):
            if strong is not None:
                runs = self._runs(*strong)
                marks += [self._mark(run, colours.accent, colours.on_accent) for run in runs]
        context.selections = marks
        painter.setClipRect(context.clip, Qt.ClipOperation.IntersectClip)
        draw_decorations(self.body, painter, context.clip)
        self.body.documentLayout().draw(painter, context)
        if paint.caret and self.row.is_writing and self.part.last:
            painter.fillRect(self.caret_rect(), QColor(colours.accent))

    def _runs(self, begin: int, end: int) -> list[tuple[int, int]]:
        """A part of the document without its empty lines, of which Qt would draw a stub.

        They are the insides of code cards and the gaps of quotations as well.
        """
        end = min(end, self.length)
        runs: list[tuple[int, int]] = []
        start = begin
        block = self.body.findBlock(begin)
        while block.isValid() and block.position() < end:
            if block.length() <= len(_BLANK) + 1 and block.text() in ("", _BLANK):
                if start < block.position():
                    runs.append((start, block.position() - 1))
                start = block.position() + block.length()
            block = block.next()
        if start < end:
            runs.append((start, end))
        return runs

    def _mark(
        self, part: tuple[int, int], ground: str, ink: str
    ) -> QAbstractTextDocumentLayout.Selection:
        mark = QAbstractTextDocumentLayout.Selection()
        cursor = QTextCursor(self.body)
        last = self.body.characterCount() - 1
        cursor.setPosition(min(part[0], last))
        cursor.setPosition(min(part[1], last), QTextCursor.MoveMode.KeepAnchor)
        text_format = QTextCharFormat()
        text_format.setBackground(QColor(ground))
        text_format.setForeground(QColor(ink))
        mark.cursor = cursor
        mark.format = text_format
        return mark

    def _draw_pill(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._style.colours.caution_ground))
        radius = min(self.at.pill.height() / 2, self._style.px(_PILL_RADIUS))
        painter.drawRoundedRect(QRectF(self.at.pill), radius, radius)
        painter.setFont(self._style.note)
        painter.setPen(QColor(self._style.colours.caution))
        painter.drawText(self.at.pill, CENTRED_WRAPPED, self.row.caution or self.row.text)

    def _draw_bubble(self, painter: QPainter) -> None:
        """Draw the ground; what goes on in the next entry has its round corners there."""
        radius = self._style.px(_BUBBLE_RADIUS)
        shape = QRectF(self.at.bubble)
        if not self.part.first:
            shape.setTop(shape.top() - 2 * radius)
        if not (self.part.last or self.part.folds):
            shape.setBottom(shape.bottom() + 2 * radius)
        painter.save()
        painter.setClipRect(self.at.bubble)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._style.colours.bubble))
        painter.drawRoundedRect(shape, radius, radius)
        painter.restore()

    def caret_rect(self) -> QRectF:
        """Where text is being written, in the document."""
        px = self._style.px
        width, height = px(_CARET_WIDTH), px(_CARET_HEIGHT)
        if not self.part.text:
            return QRectF(0, (px(LINE) - height) / 2, width, height)
        block = self.body.lastBlock()
        at = self.body.documentLayout().blockBoundingRect(block)
        x, top, line_height = at.left(), at.top(), float(px(LINE))
        layout = block.layout()
        if layout.lineCount():
            line = layout.lineAt(layout.lineCount() - 1)
            x = at.left() + line.naturalTextRect().right() + 2
            top, line_height = at.top() + line.y(), line.height()
        return QRectF(x, top + (line_height - height) / 2, width, height)

    # --- places in it ----------------------------------------------------------------------

    def position_at(self, point: QPoint) -> int:
        """The position in the document that is nearest to a point of the entry."""
        inside = QPointF(point - self.at.origin)
        return self.body.documentLayout().hitTest(inside, Qt.HitTestAccuracy.FuzzyHit)

    def link_at(self, point: QPoint) -> str | None:
        """The address under a point of the entry."""
        return self.body.link_at(QPointF(point - self.at.origin))

    def links(self) -> list[str]:
        """The addresses of all links, each once."""
        found: dict[str, None] = {}
        block = self.body.begin()
        while block.isValid():
            for piece in block.textFormats():
                if piece.format.isAnchor():
                    found[piece.format.anchorHref()] = None
            block = block.next()
        return [address for address in found if address]

    def blocks(self) -> list[PlacedBlock]:
        """The code cards, tables and formulas; their rectangles are the document's."""
        if self._blocks is None:
            self._blocks = [] if self.part.editor else self.body.blocks()
        return self._blocks

    def occurrences(self, phrase: str) -> list[tuple[int, int]]:
        """Where a phrase stands in the document."""
        if self._found[0] != phrase:
            self._found = (phrase, self.body.occurrences(phrase))
        return self._found[1]

    def position_rect(self, position: int) -> QRect:
        """Where the line of a position is, in the entry."""
        block = self.body.findBlock(position)
        at = self.body.documentLayout().blockBoundingRect(block)
        line = block.layout().lineForTextPosition(position - block.position())
        if line.isValid():
            at = QRectF(at.left(), at.top() + line.y(), at.width(), line.height())
        return at.toRect().translated(self.at.origin)

    @property
    def length(self) -> int:
        """The last position of the document."""
        return self.body.characterCount() - 1

    def positions_of(self, begin: int, end: int) -> tuple[int, int]:
        """Where a part of a text is in the document; the text is shown as it was written.

        The document has more paragraphs than the text: long ones are broken, for Qt's sake.
        """
        source = self.part.text
        text = harmless(source)
        first = self._position_of(len(harmless(source[:begin])), text)
        last = max(len(harmless(source[:end])) - 1, 0)
        return first, self._position_of(last, text) + utf16_length(text[last : last + 1])

    def _position_of(self, wanted: int, text: str) -> int:
        """The position before a character."""
        passed = 0
        block = self.body.begin()
        while block.isValid():
            inside = block.text()
            if wanted < passed + len(inside):
                return block.position() + utf16_length(inside[: wanted - passed])
            passed += len(inside)
            if text[passed : passed + 1] == "\n":
                if wanted == passed:
                    return block.position() + block.length() - 1
                passed += 1
            block = block.next()
        return self.length

    def _colour_continued(self) -> None:
        """Give what a base model wrote its own colour."""
        if not self.row.continued:
            return
        begin, length = self.part.begin, len(self.part.text)
        written = QTextCharFormat()
        written.setForeground(QColor(self._style.colours.continuation))
        cursor = QTextCursor(self.body)
        for one, other in self.row.continued:
            start, end = max(one - begin, 0), min(other - begin, length)
            if start < end:
                first, last = self.positions_of(start, end)
                cursor.setPosition(first)
                cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(written)

    @Slot()
    def _on_height_changed(self) -> None:
        self._found = ("", [])
        self.height_changed.emit(self.key)


_LEFT = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)
_LEFT_WRAPPED = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
_RIGHT_WRAPPED = (
    int(Qt.AlignmentFlag.AlignRight)
    | int(Qt.AlignmentFlag.AlignVCenter)
    | int(Qt.TextFlag.TextWordWrap)
)


def utf16_length(text: str) -> int:
    """How many positions of a document a text takes."""
    return len(text) + sum(char > "\uffff" for char in text)


def _palette(ink: str) -> QPalette:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Text, QColor(ink))
    return palette
