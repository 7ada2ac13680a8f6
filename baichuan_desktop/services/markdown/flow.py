"""What a message consists of, from top to bottom: flat blocks that know what they stand in.

A document is a list of these values. Two texts look alike exactly if their lists are equal, which
is how a text that grows finds out what is to be drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Alignment = Literal["", "left", "center", "right"]

#: What a formula ends with, by what it begins with.
CLOSING_MARKS: Final = {"$$": "$$", "$": "$", "\\[": "\\]", "\\(": "\\)"}


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one look; of a formula or code the source, without marks."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_struck: bool = False
    is_code: bool = False
    link: str = ""  #: the whole address; http, https or mailto
    formula: Literal["", "inline", "display"] = ""
    marks: str = ""  #: what a formula is written between: `$`, `\\(` …


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation that blocks stand in."""

    number: int  #: tells it from its neighbours in the same top-level block


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list that blocks stand in."""

    list_number: int
    number: int  #: tells it from its neighbours
    ordinal: int | None  #: what is written before it; none where the list is not ordered
    is_checked: bool | None  #: of a task; none where it is not a task
    is_tight: bool


Container = Quote | Item


@dataclass(frozen=True, slots=True)
class Place:
    """What a block stands in."""

    within: tuple[Container, ...] = ()  #: from the outermost to the innermost
    begins_item: bool = False  #: the mark of the innermost item stands before it


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that is broken into lines by its reader."""

    spans: Spans
    place: Place = Place()
    heading: int = 0  #: 1 to 6


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that are shown as they are written."""

    lines: tuple[str, ...]
    language: str = ""  #: as written behind the fence
    place: Place = Place()

    @property
    def text(self) -> str:
        """The whole source."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first one is the header. All rows have as many cells as it."""

    rows: tuple[tuple[Spans, ...], ...]
    alignments: tuple[Alignment, ...]
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula on a line of its own."""

    source: str
    place: Place = Place()
    marks: str = "$$"
    following: str = ""  #: a full stop or comma behind it


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    place: Place = Place()


Block = Paragraph | Code | Table | Formula | Rule


@dataclass(frozen=True, slots=True)
class TopBlock:
    """A top-level block of the source, and what is shown of it."""

    first_line: int
    end_line: int  #: the line after its last one
    blocks: tuple[Block, ...]


def text_of(spans: Spans) -> str:
    """The text without any look."""
    return "".join(span.text for span in spans)
