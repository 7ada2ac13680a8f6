"""What of a document lies between two positions, as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from baichuan_desktop.services.markdown.flow import Block, Code, Paragraph, Span, Table
from baichuan_desktop.services.markdown.pieces import code_pieces, paragraph_pieces
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.writing import Written

_ASTRAL = "\uffff"  # characters after it are two positions of Qt's


def selected(document: MarkdownDocument, start: int, end: int) -> list[list[Block]]:
    """The blocks between two positions, cut where they are; each top-level block is a group."""
    groups: list[list[Block]] = []
    last_group = -1
    for index, written in enumerate(document.written()):
        begin, finish = written.begin, document.end_of(index)
        if finish < start or begin > end or (finish == start and begin != finish) or begin == end:
            continue
        block = _cut(written, start, end) if start > begin or end < finish else written.block
        if block is None:
            continue
        if document.group_of(index) != last_group:
            groups.append([])
            last_group = document.group_of(index)
        groups[-1].append(block)
    return groups


def _cut(written: Written, start: int, end: int) -> Block | None:
    block = written.block
    match block:
        case Paragraph():
            spans = tuple(_paragraph_part(block, start - written.begin, end - written.begin))
            return replace(block, spans=spans) if spans else None
        case Code():
            lines = _code_part(block, start - written.begin, end - written.begin)
            return replace(block, lines=tuple(lines)) if lines else None
        case Table() if written.table is not None:
            return _table_part(written, block, start, end)
    return block


def _paragraph_part(block: Paragraph, low: int, high: int) -> Iterator[Span]:
    position = 0
    for piece in paragraph_pieces(block.spans) if block.spans else ():
        for span in piece:
            size = 1 if span.formula else _units(span.text)
            yield from _span_part(span, low - position, high - position, size)
            position += size
        if not piece[-1].text.endswith("\n"):  # else its line feed is what Qt has there
            position += 1


def _span_part(span: Span, low: int, high: int, size: int) -> Iterator[Span]:
    if high <= 0 or low >= size:
        return
    if span.formula or (low <= 0 and high >= size):
        yield span
    else:
        yield replace(span, text=_between(span.text, low, high))


def _code_part(block: Code, low: int, high: int) -> list[str]:
    """The lines, and parts of lines, of code; its header is before them."""
    position = 2
    lines = []
    for line in block.lines:
        parts = []
        for piece in code_pieces(line):
            size = _units(piece)
            if low <= position + size and high >= position:
                parts.append(_between(piece, low - position, high - position))
            position += size + 1
        if parts:
            lines.append("".join(parts))
    return lines


def _table_part(written: Written, block: Table, start: int, end: int) -> Block | None:
    table = written.table
    assert table is not None
    rows: list[int] = []
    cells = []
    for number in range(len(block.rows)):
        for column in range(len(block.alignments)):
            cell = table.cellAt(number, column)
            first, last = cell.firstPosition(), cell.lastPosition()
            if first <= end and last >= start:
                cells.append((number, column, first))
                if number not in rows:
                    rows.append(number)
    if not cells:
        return None
    if len(cells) == 1:
        number, column, first = cells[0]
        alone = Paragraph(block.rows[number][column], block.place)
        spans = tuple(_paragraph_part(alone, start - first, end - first))
        return replace(alone, spans=spans) if spans else None
    return replace(block, rows=tuple(block.rows[number] for number in rows))


def _units(text: str) -> int:
    """The length of a text in Qt's positions."""
    return len(text) if text.isascii() else len(text) + sum(char > _ASTRAL for char in text)


def _between(text: str, low: int, high: int) -> str:
    """The part between two of Qt's positions; a character is never halved."""
    position = 0
    kept = []
    for char in text:
        if low <= position < high:
            kept.append(char)
        position += 2 if char > _ASTRAL else 1
    return "".join(kept)
