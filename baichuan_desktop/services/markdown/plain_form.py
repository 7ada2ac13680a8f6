"""Blocks as plain text: what is read, without the marks of Markdown.

Lists keep a bullet or number, quotes a `>`, rows of a table are separated by tabs.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from baichuan_desktop.services.markdown.growing import markdown_blocks

_BOXES = {None: "", True: "[x] ", False: "[ ] "}


def plain_text(markdown: str) -> str:
    """What a message says, for a screen reader and for search."""
    return plain_form(markdown_blocks(markdown))


def plain_form(blocks: Sequence[Block]) -> str:
    """These blocks as text."""
    parts: list[str] = []
    before: Block | None = None
    for block in blocks:
        if before is not None:
            parts.append("\n" if _is_close(before, block) else "\n\n")
        parts.append(_placed(block))
        before = block
    return "".join(parts)


def cell_text(spans: Spans) -> str:
    """A cell in one line."""
    return " ".join(spans_text(spans).split())


def tabbed(table: Table) -> str:
    """A table as tab-separated values, for a spreadsheet."""
    return "\n".join("\t".join(cell_text(cell) for cell in row) for row in table.rows)


def spans_text(spans: Spans) -> str:
    """The text of spans; formulas as they were written."""
    return "".join(marked_formula(span) if span.formula else span.text for span in spans)


def marked_formula(span: Span) -> str:
    """A formula between its marks."""
    return f"{span.marks}{span.text}{CLOSING_MARKS[span.marks]}"


def _is_close(before: Block, block: Block) -> bool:
    """Whether no empty line stands between the two: neighbours in a list without gaps."""
    last = block.place.within[-1] if block.place.within else None
    return isinstance(last, Item) and last.is_tight and bool(before.place.within)


def _placed(block: Block) -> str:
    """A block's lines behind the marks of what it stands in."""
    within = block.place.within
    first = "".join(_mark(each, is_first=block.place.begins_item and each is within[-1])
                    for each in within)  # fmt: skip
    others = "".join(_mark(each, is_first=False) for each in within)
    lines = _text(block).split("\n")
    return "\n".join(
        ((first if number == 0 else others) + line).rstrip() for number, line in enumerate(lines)
    )


def _mark(container: Container, *, is_first: bool) -> str:
    if isinstance(container, Quote):
        return "> "
    mark = "- " if container.ordinal is None else f"{container.ordinal}. "
    return f"{mark}{_BOXES[container.is_checked]}" if is_first else " " * len(mark)


def _text(block: Block) -> str:
    match block:
        case Paragraph():
            return spans_text(block.spans)
        case Code():
            return block.text
        case Table():
            return tabbed(block)
        case Formula():
            return block.source + block.following
        case Rule():
            return "---"
