"""A document as text, and what of it goes with a message: values."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a document is divided into."""

    PAGE = "page"
    SLIDE = "slide"
    SHEET = "sheet"
    CHAPTER = "chapter"
    HEADING = "heading"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a part of a document begins."""

    start: int  #: in characters of the text
    unit: Unit
    number: int  #: from 1 on; of a line, its number
    name: str = ""  #: of a sheet, a chapter or a heading


@dataclass(frozen=True, slots=True)
class Document:
    """What a file, or a long text that was pasted, holds as text."""

    id: int
    conversation_id: int
    name: str  #: of the file, without its folder and without what cannot be shown
    kind: str  #: “pdf”, “docx”, “text” … of `services.documents.kinds`
    size: int  #: bytes of the file
    sha256: str  #: of the file; of a pasted text, of its UTF-8
    text: str
    marks: tuple[Mark, ...] = ()  #: in the order of the text
    encoding: str = ""  #: of a text file
    notes: tuple[str, ...] = ()  #: what was left out in reading it, as kept sentences

    def mark_at(self, place: int) -> Mark | None:
        """The part in which a character of the text lies."""
        after = bisect_right(self.marks, place, key=lambda mark: mark.start)
        return self.marks[after - 1] if after else None

    def count(self, unit: Unit) -> int:
        """How many pages, slides … the document has."""
        return sum(mark.unit is unit for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document's text that is given to a model, from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that goes with one message, and what of it is given."""

    document_id: int
    name: str  #: of the document, as it is shown
    #: What is given, in the order of the text; None: all of it.
    given: tuple[Passage, ...] | None = None
    passages: int = 0  #: how many the document was divided into, where not all of it is given
    given_tokens: int = 0  #: of what is given, as the model's tokenizer counts it; 0: not known
    all_tokens: int = 0  #: of the whole text; 0: not known
