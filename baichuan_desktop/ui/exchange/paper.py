"""What stands on paper: the pieces of a conversation, their look, and where a page may end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from PySide6.QtGui import QTextDocument

from baichuan_desktop.services.exchange.forms.sheet import Sheet
from baichuan_desktop.ui.look.colours import LIGHT
from baichuan_desktop.ui.look.fonts import code_font, text_font
from baichuan_desktop.ui.markdown.style import CODE_SIZE, NOTE_SIZE, READING_SIZE, MarkdownStyle

#: Paper is laid out so many times as large as a screen: letters stand where they are meant to.
FINE: Final = 8
DOTS: Final = 96 * FINE  #: an inch
_WHITE: Final = "#ffffff"


class Look(Enum):
    """What a piece is."""

    TITLE = auto()
    NOTE = auto()  #: facts, and what is said of a message
    WHO = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of its own look."""

    text: str
    look: Look = Look.TEXT
    is_plain: bool = True  #: else it is Markdown


def pieces_of(sheet: Sheet) -> Iterator[Piece]:
    """A conversation from top to bottom."""
    yield Piece(sheet.title, Look.TITLE)
    if sheet.facts:
        yield Piece(sheet.facts, Look.NOTE)
    if sheet.system_prompt:
        yield Piece(sheet.names["system"], Look.WHO)
        yield Piece(sheet.system_prompt)
    for one in sheet.said:
        if one.who:
            yield Piece(" · ".join(part for part in (one.who, one.when) if part), Look.WHO)
        for line in one.documents:
            yield Piece(line, Look.NOTE)
        yield Piece(one.text, is_plain=one.is_plain)
        if one.note:
            yield Piece(one.note, Look.NOTE)
    if sheet.left_out:
        yield Piece(sheet.left_out, Look.NOTE)
    for name, text in sheet.texts.items():
        yield Piece(name, Look.WHO)
        yield Piece(text)


_GAPS: Final = {Look.TITLE: 0, Look.NOTE: 6, Look.WHO: 22, Look.TEXT: 8}
_KEPT_WITH: Final = {Look.TITLE: 60, Look.WHO: 50, Look.NOTE: 0, Look.TEXT: 0}


def gap(piece: Piece) -> float:
    """The room over a piece, in the units of `DOTS`."""
    return _GAPS[piece.look] * FINE


def least_room(piece: Piece) -> float:
    """How much room there must be on a page, lest a heading stands alone at its foot."""
    return _KEPT_WITH[piece.look] * FINE


def style_of(piece: Piece) -> MarkdownStyle:
    """The look of a piece: dark on white, whatever the window looks like."""
    style = paper_style()
    match piece.look:
        case Look.TITLE:
            return replace(style, reading=text_font(22 * FINE, style.reading.Weight.DemiBold))
        case Look.WHO:
            font = text_font(NOTE_SIZE * FINE, style.reading.Weight.DemiBold)
            return replace(style, reading=font, text=style.muted)
        case Look.NOTE:
            return replace(style, reading=text_font(NOTE_SIZE * FINE), text=style.muted)
    return style


def paper_style() -> MarkdownStyle:
    """The look of what somebody says."""
    return MarkdownStyle(
        reading=text_font(READING_SIZE * FINE),
        code=code_font(CODE_SIZE * FINE),
        zoom=FINE,
        text=LIGHT.text,
        muted=LIGHT.muted,
        border=LIGHT.border,
        link=LIGHT.accent,
        code_ground=LIGHT.code,
        inline_ground=_WHITE,
        keyword=LIGHT.keyword,
        string=LIGHT.string,
        comment=LIGHT.comment,
        number=LIGHT.number,
        function=LIGHT.function,
    )


class Lines:
    """Where the lines of a document lie, and so where it may be cut."""

    def __init__(self, document: QTextDocument) -> None:
        self._spans: list[tuple[float, float]] = []
        layout = document.documentLayout()
        block = document.begin()
        while block.isValid():
            top = layout.blockBoundingRect(block).top()
            lines = block.layout()
            for number in range(lines.lineCount()):
                line = lines.lineAt(number)
                self._spans.append((top + line.y(), top + line.y() + line.height()))
            block = block.next()
        self._spans.sort()

    def cut_before(self, begin: float, end: float) -> float:
        """The last place up to `end` that no line crosses; `begin` where not even one line fits.

        Lines of several cells lie beside each other.
        """
        cut = end
        for top, bottom in reversed(self._spans):
            if top < cut < bottom:
                cut = top
        return max(cut, begin)
