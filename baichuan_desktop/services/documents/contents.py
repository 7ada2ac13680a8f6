"""What was read: a document before it has an id, and the text that a format's reader builds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from backends.errors import DocumentTooLargeError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.limits import Limits
from baichuan_desktop.services.documents.notes import kept
from baichuan_desktop.services.documents.values import Document, Mark, Unit

#: Controls, half surrogates, marks of byte order, and what is no character: no text needs them.
_UNSAID: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\ufeff\ufffe\uffff]"
)
_LINE_ENDS: Final = re.compile("\r\n?|[\\x0c\\x85\u2028\u2029]")
_NAME_LETTERS = 120
_BETWEEN_CELLS: Final = " | "


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file, or a text that was pasted, as text."""

    name: str  #: without its folder, and without what cannot be shown
    kind: str  #: of `kinds.Kind`
    size: int  #: bytes
    sha256: str
    text: str
    marks: tuple[Mark, ...] = ()
    encoding: str = ""  #: the codec of a file of text
    notes: tuple[Phrase, ...] = ()  #: what was left out, and what else a person should know

    def document(self, document_id: int, conversation_id: int) -> Document:
        """The same as a document of a conversation."""
        return Document(
            document_id,
            conversation_id,
            self.name,
            self.kind,
            self.size,
            self.sha256,
            self.text,
            self.marks,
            self.encoding,
            tuple(map(kept, self.notes)),
        )


def cleaned(text: str) -> str:
    """Text as it is kept: lines that end with a newline, and nothing that steers a terminal."""
    return _UNSAID.sub("", _LINE_ENDS.sub("\n", text))


def line_of(cells: Sequence[str]) -> str:
    """A row of a table as one line; "" for a row of nothing."""
    texts = [" ".join(cell.split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return _BETWEEN_CELLS.join(texts)


@dataclass(slots=True)
class Contents:
    """The text of a document, which grows while it is read; its marks and notes."""

    name: str
    limits: Limits
    encoding: str = ""
    marks: list[Mark] = field(default_factory=list)
    notes: list[Phrase] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _length: int = 0

    @property
    def text(self) -> str:
        """The text so far, without empty lines at its end."""
        return "".join(self._parts).rstrip()

    def add(self, text: str) -> None:
        """More text. Raises DocumentTooLargeError."""
        text = cleaned(text)
        if not self._length:
            text = text.lstrip("\n")
        if not text:
            return
        self._parts.append(text)
        self._length += len(text)
        if self._length > self.limits.characters:
            what = Phrase(
                "it holds more than {count} characters of text", count=self.limits.characters
            )
            raise DocumentTooLargeError(self.name, what)

    def paragraph(self, text: str) -> None:
        """A paragraph below an empty line, if there is text in it."""
        if text.strip():
            self._apart()
            self.add(text.strip("\n"))

    def line(self, text: str) -> None:
        """A line below the one before."""
        if self._length and not self._end().endswith("\n"):
            self.add("\n")
        self.add(text)

    def mark(self, unit: Unit, number: int, name: str = "") -> None:
        """Have another part begin here, below an empty line."""
        self._apart()
        self.mark_at(self._length, unit, number, name)

    def mark_at(self, place: int, unit: Unit, number: int, name: str = "") -> None:
        """Have another part begin at a place of the text."""
        self.marks.append(Mark(place, unit, number, self.shown_name(name)))

    @staticmethod
    def shown_name(name: str) -> str:
        """The name of a part as it is shown: one line, and not a page of it."""
        return " ".join(cleaned(name).split())[:_NAME_LETTERS]

    def _apart(self) -> None:
        end = self._end()
        if self._length and end != "\n\n":
            self.add("\n" if end.endswith("\n") else "\n\n")

    def _end(self) -> str:
        """The last two characters."""
        return "".join(part[-2:] for part in self._parts[-2:])[-2:]

    def marks_in_text(self) -> tuple[Mark, ...]:
        """The marks; those of parts at the end that hold nothing stand at its end."""
        length = len(self.text)
        return tuple(
            one if one.start <= length else Mark(length, one.unit, one.number, one.name)
            for one in self.marks
        )
