"""What a model reads of a question that was asked with documents: this, and nothing else.

Whoever shows or counts what is given takes it from here, so that it cannot differ from the prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backends.printable import one_line
from baichuan_desktop.services.chat.values import ChatMessage
from baichuan_desktop.services.documents.values import Attachment, Document, Passage, Unit

#: Gives a document by its id; None where it is gone.
FindDocument = Callable[[int], Document | None]

_BETWEEN = "\n\n"  # two parts of what is given, and these and the question
_MOST_NAME = 120  # characters of a file's or a heading's name; more says nothing to a model
_LOOKED_AT = 400  # characters of a passage, to tell whether it is Chinese
_CHINESE_SHARE = 0.2  # of these, from which on it is


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands in its document."""

    unit: Unit
    first: int  #: from 1 on
    last: int  #: the same one, where the passage ends in it
    name: str = ""  #: of the first, where it has one


@dataclass(frozen=True, slots=True)
class Given:
    """A part of what is given of a document, as the model reads it."""

    heading: str  #: the file, and where in it
    text: str
    place: Place | None  #: None: it is the whole text

    @property
    def whole(self) -> str:
        """What stands in the prompt."""
        return f"{self.heading}\n{self.text}"


def no_document(_document_id: int) -> Document | None:
    """For what has none."""
    return None


def text_for_model(message: ChatMessage, find: FindDocument) -> str:
    """The text of a message as the model gets it: what is given of its documents, and the text."""
    return with_documents(message.text, message.attachments, find)


def with_documents(text: str, attachments: Sequence[Attachment], find: FindDocument) -> str:
    """A question's text below what is given of documents; of one that is gone, nothing is."""
    parts = [
        given_text(one, document)
        for one in attachments
        if (document := find(one.document_id)) is not None
    ]
    parts = [part for part in parts if part]
    return _BETWEEN.join([*parts, text] if text else parts)


def given_text(attachment: Attachment, document: Document) -> str:
    """What of a document is given, each part under the name of the file and its place in it."""
    return _BETWEEN.join(part.whole for part in given_parts(attachment, document))


def given_parts(attachment: Attachment, document: Document) -> list[Given]:
    """The parts in the order of the text; the whole text is one, and of no passage there is none.

    A passage that is not in the text, as a damaged file may name one, gives what of it is.
    """
    if attachment.given is None:
        return [Given(_heading(attachment.name, ""), document.text, None)]
    return parts_of(document, attachment.given, attachment.name)


def parts_of(document: Document, passages: Sequence[Passage], name: str) -> list[Given]:
    """Passages as they are given, under the name of the document as it is shown."""
    parts = []
    lines = _Lines(document.text)
    for one in passages:
        place = _place(document, one, lines)
        text = document.text[one.start : one.end]
        words = _in_chinese(place) if _is_chinese(text) else _in_english(place)
        parts.append(Given(_heading(name, words), text, place))
    return parts


class _Lines:
    """The number of the line of a place; places in the order of the text are counted once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place, self._line = 0, 1

    def at(self, place: int) -> int:
        if place < self._place:
            self._place, self._line = 0, 1
        self._line += self._text.count("\n", self._place, place)
        self._place = place
        return self._line


def _place(document: Document, passage: Passage, lines: _Lines) -> Place:
    """The pages, slides … of a passage; in a text that has none, its lines."""
    first = document.mark_at(passage.start)
    if first is None or first.unit is Unit.LINE:
        line = lines.at(passage.start)
        inside = document.text[passage.start : passage.end].rstrip("\n").count("\n")
        return Place(Unit.LINE, line, line + inside)
    last = document.mark_at(max(passage.end - 1, passage.start))
    is_range = last is not None and last.unit is first.unit
    return Place(
        first.unit, first.number, last.number if is_range and last else first.number, first.name
    )


def _heading(name: str, place: str) -> str:
    shown = one_line(name)[:_MOST_NAME]
    return f"[{shown}, {place}]" if place else f"[{shown}]"


def _in_english(place: Place) -> str:
    several = place.last != place.first
    number = f"{place.first}-{place.last}" if several else str(place.first)
    word = f"{place.unit.value}{'s' if several else ''} {number}"
    return f"{word}: {_short(place.name)}" if place.name else word


def _in_chinese(place: Place) -> str:
    several = place.last != place.first
    number = f"{place.first}-{place.last}" if several else str(place.first)
    word = f"第 {number} {_CHINESE[place.unit]}"
    return f"{word}：{_short(place.name)}" if place.name else word


_CHINESE = {
    Unit.PAGE: "页",
    Unit.SLIDE: "张幻灯片",
    Unit.SHEET: "个工作表",
    Unit.CHAPTER: "章",
    Unit.HEADING: "节",
    Unit.LINE: "行",
}


def _short(name: str) -> str:
    return one_line(name)[:_MOST_NAME]


def _is_chinese(text: str) -> bool:
    """Whether a place is named in Chinese: by the text alone, whatever the window speaks."""
    looked_at = text[:_LOOKED_AT]
    hanzi = sum("\u4e00" <= char <= "\u9fff" for char in looked_at)
    return hanzi > _CHINESE_SHARE * len(looked_at)
