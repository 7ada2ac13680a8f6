"""What is copied out of the transcript: the words, without the figures under answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData

from backends.printable import one_line
from baichuan_desktop.services.markdown.flow import Block, Paragraph, Span
from baichuan_desktop.services.markdown.growing import markdown_top_blocks, plain_blocks
from baichuan_desktop.services.markdown.harmless_text import harmless
from baichuan_desktop.services.markdown.html_form import html_form
from baichuan_desktop.services.markdown.plain_form import plain_form, spans_text
from baichuan_desktop.ui.markdown.clipboard import message_mime
from baichuan_desktop.ui.markdown.selecting import selected as selected_blocks
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind
from baichuan_desktop.ui.transcript.rows_area import RowsArea

#: More than this is copied as it was written, and without HTML: to read Markdown takes about a
#: second for each million characters, and each line as long as some characters more.
_MOST_READ = 100_000
_LINE_COST = 30

_Groups = list[list[Block]]


@dataclass(frozen=True, slots=True)
class Selected:
    """What is selected of one row: as text, and as blocks in their top-level groups."""

    row: Row
    text: str
    groups: _Groups


def selected(area: RowsArea) -> list[Selected]:
    """What is selected, row by row; notes between messages are none of it."""
    found: list[Selected] = []
    rows = _rows(area)
    is_much = sum(_cost(row.text) for row, _, _ in rows) > _MOST_READ
    for row, numbers, is_whole in rows:
        if not is_whole:
            found.append(_part(area, row, numbers))
        elif is_much:
            found.append(Selected(row, row.text, []))
        elif area.rows.shows_plain(row):
            found.append(_plain(row, row.text))
        else:
            groups = [list(top.blocks) for top in markdown_top_blocks(row.text)]
            text = plain_form([block for group in groups for block in group])
            found.append(Selected(row, text, groups))
    return [each for each in found if each.text]


def row_mime(row: Row, *, is_plain: bool) -> QMimeData:
    """A whole row: with its formats, or as it was written."""
    if not is_plain and _cost(row.text) <= _MOST_READ:
        return message_mime(row.text)
    made = QMimeData()
    made.setText(row.text)
    return made


def _cost(text: str) -> int:
    return len(text) + _LINE_COST * text.count("\n")


def mime(parts: Sequence[Selected]) -> QMimeData:
    """Plain text and HTML together; who speaks stands before each text where there are several."""
    names = [one_line(part.row.speaker) if len(parts) > 1 else "" for part in parts]
    made = QMimeData()
    made.setText(
        "\n\n".join(
            f"{name}:\n{part.text}" if name else part.text
            for name, part in zip(names, parts, strict=True)
        )
    )
    if all(part.groups for part in parts):
        html = "".join(
            html_form([*_named(name), *part.groups])
            for name, part in zip(names, parts, strict=True)
        )
        page = f'<html><head><meta charset="utf-8"></head><body>{html}</body></html>'
        made.setData("text/html", page.encode())
    return made


def _named(name: str) -> _Groups:
    return [[Paragraph((Span(f"{name}:", is_bold=True),))]] if name else []


def _rows(area: RowsArea) -> list[tuple[Row, range, bool]]:
    """The rows that are selected, their entries that are, and whether all of the row is."""
    span, keys = area.selection.span(), area.flow.keys
    if span is None:
        return []
    first, last = area.flow.index(span.begin.key), area.flow.index(span.end.key)
    if first is None or last is None:
        return []
    found = []
    number = first
    while number <= last:
        row_id = keys[number].row_id
        after = number
        while after < len(keys) and keys[after].row_id == row_id:
            after += 1
        row = area.rows.asked(row_id)
        if row.kind is not RowKind.NOTE:
            begins = number == first and not _is_from_the_beginning(area, number)
            ends = after > last and not _is_to_the_end(area, after - 1)
            found.append((row, range(number, min(after, last + 1)), not (begins or ends)))
        number = after
    return found


def _is_from_the_beginning(area: RowsArea, number: int) -> bool:
    part = area.selection.part(number)
    return part is None or (part[0] == 0 and area.flow.keys[number].piece == 0)


def _is_to_the_end(area: RowsArea, number: int) -> bool:
    """Whether the selection reaches the last position of an entry, the last one of its row."""
    part = area.selection.part(number)
    view = area.rows.view(area.flow.keys[number])
    return view is not None and part is not None and part[1] >= view.length


def _part(area: RowsArea, row: Row, numbers: range) -> Selected:
    """What is selected of a row that is so only in part."""
    texts: list[str] = []
    groups: _Groups = []
    for number in numbers:
        part = area.selection.part(number)
        view = area.rows.view(area.flow.keys[number])
        if part is None or view is None:
            continue
        end = min(part[1], view.length)
        here = selected_blocks(view.body, part[0], end)
        text = _text([block for group in here for block in group])
        texts.append(text + view.part.line_end if part[1] >= view.length else text)
        groups += here
    if area.rows.shows_plain(row):
        return _plain(row, "".join(texts))
    return Selected(row, "".join(texts), groups)


def _text(blocks: Sequence[Block]) -> str:
    """A part of one paragraph exactly, with the blanks at its ends; several blocks as text."""
    if len(blocks) == 1 and isinstance(blocks[0], Paragraph) and not blocks[0].place.within:
        return spans_text(blocks[0].spans)
    return plain_form(blocks)


def _plain(row: Row, text: str) -> Selected:
    return Selected(row, text, [list(plain_blocks(harmless(text)))])
