"""Blocks as HTML for the clipboard, where Word and mail take tables, lists and bold from.

The app itself never reads HTML. Everything written here is escaped, and refers to nothing but the
links a person can see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from baichuan_desktop.services.markdown.flow import (
    CLOSING_MARKS,
    Block,
    Code,
    Container,
    Formula,
    Item,
    Paragraph,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
)
from baichuan_desktop.services.markdown.plain_form import marked_formula

_MONO = "font-family:Consolas,Menlo,monospace"
_CELL = "border:1px solid #999;padding:4px 8px"
_BOXES = {None: "", True: "☑ ", False: "☐ "}

#: The drawing of a formula that stands alone, or in a line, as HTML; "" where there is none.
Draw = Callable[[str, bool], str]


def _as_source(_source: str, _displayed: bool) -> str:
    """No formula is drawn: Word and mail take none."""
    return ""


def html_form(groups: Sequence[Sequence[Block]], draw: Draw = _as_source) -> str:
    """Top-level blocks as a fragment of HTML; each group is what one of them shows.

    A formula is what `draw` makes of its source, or the source between its marks.
    """
    return "".join("".join(_Writing(blocks, draw).parts) for blocks in groups)


class _Writing:
    """One top-level block: opens and closes lists and quotes as blocks stand in them."""

    def __init__(self, blocks: Sequence[Block], draw: Draw) -> None:
        self.parts: list[str] = []
        self._open: list[Container] = []
        for block in blocks:
            self._stand_in(block.place.within)
            self.parts.append(_html(block, draw))
        self._stand_in(())

    def _stand_in(self, within: Sequence[Container]) -> None:
        same = 0
        while same < min(len(within), len(self._open)) and within[same] == self._open[same]:
            same += 1
        following = within[same] if same < len(within) else None
        for depth in range(len(self._open) - 1, same - 1, -1):
            container = self._open[depth]
            goes_on = depth == same and _is_same_list(container, following)
            self.parts.append(_end(container, list_ends=not goes_on))
        for depth in range(same, len(within)):
            container = within[depth]
            before = self._open[depth] if depth == same and depth < len(self._open) else None
            self.parts.append(_begin(container, list_begins=not _is_same_list(before, container)))
        self._open = list(within)


def _is_same_list(one: Container | None, other: Container | None) -> bool:
    return (
        isinstance(one, Item) and isinstance(other, Item) and one.list_number == other.list_number
    )


def _begin(container: Container, *, list_begins: bool) -> str:
    if isinstance(container, Quote):
        return "<blockquote>"
    mark = ""
    if list_begins:
        start = container.ordinal
        mark = "<ul>" if start is None else f'<ol start="{start}">' if start != 1 else "<ol>"
    return f"{mark}<li>{_BOXES[container.is_checked]}"


def _end(container: Container, *, list_ends: bool) -> str:
    if isinstance(container, Quote):
        return "</blockquote>"
    ends = "" if not list_ends else "</ul>" if container.ordinal is None else "</ol>"
    return f"</li>{ends}"


def _html(block: Block, draw: Draw) -> str:
    match block:
        case Paragraph():
            last = block.place.within[-1] if block.place.within else None
            inner = spans_html(block.spans, draw)
            if block.heading:
                return f"<h{block.heading}>{inner}</h{block.heading}>"
            is_bare = isinstance(last, Item) and last.is_tight and block.place.begins_item
            return inner if is_bare else f"<p>{inner}</p>"
        case Code():
            return f'<pre style="{_MONO}">{escape(block.text)}</pre>'
        case Table():
            return _table(block, draw)
        case Formula():
            if drawn := draw(block.source, True):
                return f"<p>{drawn}{escape(block.following)}</p>"
            closing = CLOSING_MARKS[block.marks]
            text = escape(f"{block.marks}{block.source}{closing}{block.following}")
            return f"<p>{text}</p>"
        case Rule():
            return "<hr>"


def _table(table: Table, draw: Draw) -> str:
    rows = []
    for number, row in enumerate(table.rows):
        tag = "td" if number else "th"
        cells = "".join(
            f'<{tag} style="{_CELL};text-align:{alignment or "left"}">'
            f"{spans_html(cell, draw)}</{tag}>"
            for cell, alignment in zip(row, table.alignments, strict=True)
        )
        rows.append(f"<tr>{cells}</tr>")
    return f'<table style="border-collapse:collapse">{"".join(rows)}</table>'


def spans_html(spans: Spans, draw: Draw = _as_source) -> str:
    """The text of a line."""
    return "".join(_span(span, draw) for span in spans)


def _span(span: Span, draw: Draw) -> str:
    if span.formula and (drawn := draw(span.text, span.formula == "display")):
        return drawn
    text = escape(marked_formula(span) if span.formula else span.text)
    made = text if span.is_code else text.replace("\n", "<br>")
    for holds, begin, end in (
        (span.is_code, f'<code style="{_MONO}">', "</code>"),
        (span.is_struck, "<s>", "</s>"),
        (span.is_italic, "<em>", "</em>"),
        (span.is_bold, "<strong>", "</strong>"),
        (bool(span.link), f'<a href="{escape(span.link)}">', "</a>"),
    ):
        if holds:
            made = f"{begin}{made}{end}"
    return made
