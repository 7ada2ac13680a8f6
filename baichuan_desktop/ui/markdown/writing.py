"""Blocks as the content of a QTextDocument; what is there already stays as it is.

Everything goes in by QTextCursor and formats. One paragraph of Qt is one piece of a block; a table
is Qt's own. What changes is found by comparing blocks: those before the first difference are not
touched, and a block of code or a table that grew at its end gets only what is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextTable,
)

from baichuan_desktop.services.markdown.flow import (
    Alignment,
    Block,
    Code,
    Formula,
    Item,
    Paragraph,
    Rule,
    Span,
    Spans,
    Table,
)
from baichuan_desktop.services.markdown.pieces import code_pieces, paragraph_pieces
from baichuan_desktop.ui.markdown.formats import Formats, Ground, ground_of
from baichuan_desktop.ui.markdown.render_services import CodeJob, Piece
from baichuan_desktop.ui.markdown.style import (
    CARD_GAP,
    HEADING_GAP,
    PARAGRAPH_GAP,
    TIGHT_GAP,
)

MOST_CELLS = 1000  #: of a table that Qt lays out, all of it for each new row; 240 ms for 5,000
_LINE_BREAK = "\u2028"
_RULE_HEIGHT = 17
_OBJECT = "\ufffc"
_NOTHING = "\u200b"  #: in a paragraph that is drawn: Qt gives an empty one beside a table no room


@dataclass(slots=True)
class Written:
    """A block, and where it stands in the document."""

    block: Block
    before: int  #: the end of what is before it
    begin: int  #: its first position
    table: QTextTable | None = None
    name: str = ""  #: of code: its language's, once that is known
    job: CodeJob | None = None  #: of code: the colours that were asked for last
    coloured: Block | None = None  #: of code: what they were asked for
    colours: list[list[Piece]] = field(default_factory=list)  #: of the lines that have them


class Writer:
    """Writes the blocks of one document."""

    def __init__(self, document: QTextDocument, formats: Formats) -> None:
        self._document = document
        self._formats = formats
        self.written: list[Written] = []
        self.built_blocks = 0  #: blocks, lines of code and rows built so far; it only grows

    def set_formats(self, formats: Formats) -> None:
        """Write everything anew, in another style."""
        blocks = [written.block for written in self.written]
        self._formats = formats
        cursor = self._begin_changes()
        self._cut(0)
        for block in blocks:
            self._append(block)
        cursor.endEditBlock()

    def show(self, blocks: Sequence[Block], behind: int = 0) -> None:
        """Make the document show these blocks, behind so many that stay."""
        same = 0
        for index, block in enumerate(blocks):
            if behind + index >= len(self.written):
                break
            written = self.written[behind + index]
            if written.block is not block and written.block != block:
                break
            same += 1
        if behind + same == len(self.written) and same == len(blocks):
            return
        cursor = self._begin_changes()
        if behind + same == len(self.written) - 1 and same < len(blocks):
            same += self._grow(self.written[-1], blocks[same])
        self._cut(behind + same)
        for block in blocks[same:]:
            self._append(block)
        cursor.endEditBlock()

    def end_of(self, index: int) -> int:
        """The position after the last character of a written block."""
        if index + 1 < len(self.written):
            following = self.written[index + 1]
            return following.before
        return self._document.characterCount() - 1

    # --- inside ---------------------------------------------------------------------------

    def _begin_changes(self) -> QTextCursor:
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        return cursor

    def _end(self) -> QTextCursor:
        cursor = QTextCursor(self._document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor

    def _cut(self, kept: int) -> None:
        """Take away every block from this one on."""
        if kept >= len(self.written):
            return
        cursor = QTextCursor(self._document)
        cursor.setPosition(self.written[kept].before)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        del self.written[kept:]
        if not self.written or self.written[-1].table is not None:
            cursor.setBlockFormat(self._formats.spacer())
            cursor.setBlockCharFormat(QTextCharFormat())

    def _append(self, block: Block) -> None:
        if isinstance(block, Table) and len(block.rows) * len(block.alignments) > MOST_CELLS:
            self._append_shape(block, Code(_source_lines(block), place=block.place))
        else:
            self._append_shape(block, block)

    def _append_shape(self, block: Block, shape: Block) -> None:
        gap = self._gap(block)
        before = self._document.characterCount() - 1
        written = Written(block, before, before)
        match shape:
            case Paragraph():
                written.begin = self._paragraph(shape, gap)
            case Code():
                written.begin = self._drawn(self._formats.code_head(shape.place, gap))
                self._code_lines(shape, 0)
                self._drawn(self._formats.code_foot(), paragraph=True)
            case Rule():
                written.begin = self._drawn(self._formats.spacer(_RULE_HEIGHT, gap))
                self.built_blocks += 1
            case Formula():
                written.begin = self._formula(shape, gap)
            case Table():
                written.table = self._table(shape, gap)
                written.begin = written.table.firstPosition()
        self.written.append(written)

    def _new_block(self, shape: QTextBlockFormat, *, paragraph: bool = False) -> int:
        """Begin a paragraph at the end; its position. The empty one after a table is taken."""
        cursor = self._end()
        is_free = not paragraph and (not self.written or self.written[-1].table is not None)
        if is_free and cursor.block().length() == 1:
            cursor.setBlockFormat(shape)
            cursor.setBlockCharFormat(QTextCharFormat())
        else:
            cursor.insertBlock(shape, QTextCharFormat())
        return cursor.position()

    def _drawn(self, shape: QTextBlockFormat, *, paragraph: bool = False) -> int:
        """Begin a paragraph without text, whose room is drawn into; its position."""
        position = self._new_block(shape, paragraph=paragraph)
        self._end().insertText(_NOTHING, QTextCharFormat())
        return position

    def _gap(self, block: Block) -> float:
        if not self.written:
            return 0
        previous = self.written[-1].block
        item = block.place.within[-1] if block.place.within else None
        if isinstance(block, Paragraph) and block.heading:
            return HEADING_GAP
        if isinstance(block, Table) and self.written[-1].table is not None:
            return 0  # the one before has its room under it
        if isinstance(block, Code | Table) or isinstance(previous, Code | Table):
            return CARD_GAP
        if isinstance(item, Item) and item.is_tight and previous.place.within:
            return TIGHT_GAP
        return PARAGRAPH_GAP

    def _paragraph(self, block: Paragraph, gap: float) -> int:
        ground = ground_of(block.place, block.heading)
        pieces = paragraph_pieces(block.spans) if block.spans else [(Span(_NOTHING),)]
        begin = self._new_block(self._paragraph_shape(block, pieces[0], gap))
        self._paragraph_rest(block, pieces, 0, ground)
        return begin

    def _paragraph_shape(self, block: Paragraph, piece: Spans, gap: float) -> QTextBlockFormat:
        grows = any(span.formula for span in piece)
        ground = ground_of(block.place, block.heading)
        return self._formats.paragraph(block.place, gap, ground, grows=grows)

    def _paragraph_rest(
        self, block: Paragraph, pieces: Sequence[Spans], first: int, ground: Ground
    ) -> None:
        """Write the pieces from this one on, for which there is a paragraph of Qt already."""
        for number in range(first, len(pieces)):
            piece = pieces[number]
            if number > first:
                self._new_block(self._paragraph_shape(block, piece, 0), paragraph=True)
            if number < len(pieces) - 1:
                last = replace(piece[-1], text=piece[-1].text.removesuffix("\n"))
                piece = (*piece[:-1], last)
            self._spans(self._end(), piece, ground)
            self.built_blocks += 1

    def _spans(self, cursor: QTextCursor, spans: Spans, ground: Ground) -> None:
        cursor.setBlockCharFormat(self._formats.text(Span(""), ground))
        for span in spans:
            if span.formula:
                displayed = span.formula == "display"
                shape = self._formats.formula(
                    span.text, displayed=displayed, marks=span.marks, ground=ground
                )
                cursor.insertText(_OBJECT, shape)
                continue
            shape = self._formats.text(replace(span, text=""), ground)
            text = span.text.replace("\n", _LINE_BREAK)
            font = shape.font()
            if font.bold() or font.weight() >= font.Weight.DemiBold:
                for piece, lacks_bold in self._formats.bold_faces.runs(text, font):
                    cursor.insertText(piece, self._formats.outlined(shape) if lacks_bold else shape)
            else:
                cursor.insertText(text, shape)

    def _formula(self, block: Formula, gap: float) -> int:
        shape = self._formats.paragraph(block.place, gap, grows=True)
        shape.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        begin = self._new_block(shape)
        marked = Span(block.source, formula="display", marks=block.marks)
        following = (Span(block.following),) if block.following else ()
        self._spans(self._end(), (marked, *following), Ground.BODY)
        self.built_blocks += 1
        return begin

    def _code_lines(self, block: Code, first: int) -> None:
        """Write the lines from this one on, at the end."""
        shape, look = self._formats.code_line(block.place), self._formats.code()
        pieces = [piece for line in block.lines[first:] for piece in code_pieces(line)]
        self._new_block(shape, paragraph=True)
        cursor = self._end()
        cursor.setBlockCharFormat(look)
        cursor.insertText("\n".join(pieces), look)
        self.built_blocks += len(pieces)

    def _table(self, block: Table, gap: float) -> QTextTable:
        columns = len(block.alignments)
        cursor = self._end()
        table = cursor.insertTable(
            len(block.rows), columns, self._formats.table(block.place, columns, gap)
        )
        for number in range(len(block.rows)):
            self._row(table, block, number)
        end = self._end()
        end.setBlockFormat(self._formats.spacer())
        return table

    def _row(self, table: QTextTable, block: Table, number: int) -> None:
        ground = Ground.HEADER if number == 0 else Ground.CELL
        for column, (spans, alignment) in enumerate(
            zip(block.rows[number], block.alignments, strict=True)
        ):
            cell = table.cellAt(number, column)
            self._cell(cell.firstCursorPosition(), spans, alignment, ground)
            cell.setFormat(self._formats.cell(column))  # last: Qt keeps it with the first paragraph
        self.built_blocks += 1

    def _cell(
        self, cursor: QTextCursor, spans: Spans, alignment: Alignment, ground: Ground
    ) -> None:
        for index, piece in enumerate(paragraph_pieces(spans)):
            grows = any(span.formula for span in piece)
            shape = self._formats.cell_text(alignment, grows=grows)
            if index:
                cursor.insertBlock(shape)
            else:
                cursor.setBlockFormat(shape)
            self._spans(cursor, piece, ground)

    # --- growing at the end ---------------------------------------------------------------

    def _grow(self, written: Written, block: Block) -> bool:
        """Change the last block into this one by what is new, if that can be done."""
        old = written.block
        if isinstance(old, Paragraph) and isinstance(block, Paragraph):
            return self._grow_paragraph(written, old, block)
        if isinstance(old, Code) and isinstance(block, Code):
            return self._grow_code(written, old, block)
        if isinstance(old, Table) and isinstance(block, Table) and written.table is not None:
            return self._grow_table(written, written.table, old, block)
        return False

    def _grow_paragraph(self, written: Written, old: Paragraph, block: Paragraph) -> bool:
        """Only a paragraph of several pieces is worth it."""
        if replace(old, spans=()) != replace(block, spans=()) or not block.spans:
            return False
        pieces = paragraph_pieces(block.spans)
        before = paragraph_pieces(old.spans) if old.spans else []
        same = min(_same(before, pieces), len(before) - 1, len(pieces) - 1)
        if same <= 0:
            return False
        first = self._document.findBlock(written.begin).blockNumber()
        cursor = QTextCursor(self._document.findBlockByNumber(first + same))
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.setBlockFormat(self._paragraph_shape(block, pieces[same], 0))
        self._paragraph_rest(block, pieces, same, ground_of(block.place, block.heading))
        written.block = block
        return True

    def _grow_code(self, written: Written, old: Code, block: Code) -> bool:
        if replace(old, lines=()) != replace(block, lines=()):
            return False
        same = _same(old.lines, block.lines)
        first = self._document.findBlock(written.begin).blockNumber() + 1
        first += sum(len(code_pieces(line)) for line in old.lines[:same])
        cursor = QTextCursor(self._document)
        start = self._document.findBlockByNumber(first)
        cursor.setPosition(start.position() - 1)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        if same:  # an empty line takes the format of what followed it
            cursor.setBlockFormat(self._formats.code_line(block.place))
        if same < len(block.lines):
            self._code_lines(block, same)
        self._drawn(self._formats.code_foot(), paragraph=True)
        written.block = block
        del written.colours[same:]
        return True

    def _grow_table(self, written: Written, table: QTextTable, old: Table, block: Table) -> bool:
        fits = len(block.rows) * len(block.alignments) <= MOST_CELLS
        if not fits or replace(old, rows=()) != replace(block, rows=()):
            return False
        same = _same(old.rows, block.rows)
        if same == 0 or len(block.rows) < len(old.rows):
            return False
        for number in range(same, len(old.rows)):
            for column in range(len(block.alignments)):
                cell = table.cellAt(number, column)
                cursor = cell.firstCursorPosition()
                end = cell.lastCursorPosition().position()
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                cursor.removeSelectedText()
        if len(block.rows) > len(old.rows):
            table.appendRows(len(block.rows) - len(old.rows))
        for number in range(same, len(block.rows)):
            self._row(table, block, number)
        written.block = block
        return True


def _same(old: Sequence[object], new: Sequence[object]) -> int:
    """How many are equal from the beginning."""
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before is not after and before != after:
            return index
    return min(len(old), len(new))


def _source_lines(table: Table) -> tuple[str, ...]:
    """A table too large to be laid out, as text."""
    return tuple(
        " | ".join("".join(span.text for span in cell).replace("\n", " ") for cell in row)
        for row in table.rows
    )
