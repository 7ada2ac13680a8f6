"""What a document looks like: sizes, colours and fonts, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont

from baichuan_desktop.ui.look.theme import Theme


@dataclass(frozen=True)
class MarkdownStyle:
    """Colours as `#rrggbb`, fonts in their size; `px` scales every other length.

    The zoom is that of messages, which may be larger or smaller than the rest of the window.
    """

    reading: QFont
    code: QFont
    zoom: float
    text: str
    muted: str
    border: str
    link: str
    code_ground: str
    inline_ground: str
    keyword: str
    string: str
    comment: str
    number: str
    function: str

    def px(self, length: float) -> float:
        """A length at 100 % as pixels at this zoom."""
        return length * self.zoom


def style_of(theme: Theme) -> MarkdownStyle:
    """The style of a theme as it is now."""
    colours = theme.colours
    return MarkdownStyle(
        reading=theme.reading_font(),
        code=theme.code_font(),
        zoom=theme.reading_zoom,
        text=colours.text,
        muted=colours.muted,
        border=colours.border,
        link=colours.accent,
        code_ground=colours.code,
        inline_ground=colours.inline,
        keyword=colours.keyword,
        string=colours.string,
        comment=colours.comment,
        number=colours.number,
        function=colours.function,
    )


# Lengths at 100 %, in pixels.
LINE, CODE_LINE, TABLE_LINE = 25, 21, 22
HEADINGS = {1: (21, 32), 2: (18, 29), 3: (16, 26), 4: (15, 25), 5: (15, 25), 6: (15, 25)}
READING_SIZE, CODE_SIZE, TABLE_SIZE, NOTE_SIZE = 15, 13, 14, 12
PARAGRAPH_GAP, TIGHT_GAP, HEADING_GAP, CARD_GAP = 10, 5, 20, 12
CODE_HEAD, CODE_SIDE, CODE_INSIDE = 33, 14, 16  #: the card's header, its sides, over and under text
CARD_RADIUS = 10
QUOTE_INDENT, QUOTE_BAR = 16, 3
ITEM_INDENT, ITEM_MARK = 30, 10  #: of the text, and of the middle of its mark
CELL_SIDE, CELL_INSIDE = 12, 7
DEEPEST_INDENT = 8  #: containers that still move the text to the right
