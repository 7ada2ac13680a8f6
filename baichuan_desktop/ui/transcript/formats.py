"""How each kind of text in the transcript looks."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
)

from baichuan_desktop.ui.look.colours import Colours

LINE_HEIGHT = 1.45  #: of the font's own
BUBBLE_PADDING = 12
_KIND = int(QTextFormat.Property.UserProperty) + 1
_SPEAKER = _KIND + 1


class Kind(IntEnum):
    """What a piece of text is; kept in its format, so that it can be recoloured and copied."""

    NONE = 0
    LABEL = 1  #: who speaks
    PERSON = 2
    ANSWER = 3
    CONTINUATION = 4  #: what a base model wrote after the person's text
    NOTE = 5  #: figures, reasons
    DIVIDER = 6  #: another model from here on


_SPACE_ABOVE = {Kind.LABEL: 18, Kind.ANSWER: 0, Kind.NOTE: 6, Kind.DIVIDER: 26}


def block_format(kind: Kind, speaker: str = "") -> QTextBlockFormat:
    """The format of a paragraph; `speaker` is named where the text is copied."""
    made = QTextBlockFormat()
    made.setProperty(_KIND, int(kind))
    made.setProperty(_SPEAKER, speaker)
    made.setTopMargin(_SPACE_ABOVE.get(kind, 0))
    if kind is Kind.LABEL:
        made.setBottomMargin(4)
    else:
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        made.setLineHeight(100 * LINE_HEIGHT, proportional)
    return made


def char_format(kind: Kind, colours: Colours, font: QFont) -> QTextCharFormat:
    """The format of text. Ordinary text has no colour of its own: it takes the palette's."""
    made = QTextCharFormat()
    made.setProperty(_KIND, int(kind))
    size = font.pointSizeF()
    match kind:
        case Kind.LABEL:
            made.setForeground(QColor(colours.muted))
            made.setFontPointSize(size - 1)
            made.setFontWeight(QFont.Weight.DemiBold)
        case Kind.NOTE | Kind.DIVIDER:
            made.setForeground(QColor(colours.muted))
            made.setFontPointSize(size - 1.5)
        case Kind.CONTINUATION:
            made.setForeground(QColor(colours.continuation))
        case _:
            pass
    return made


def bubble_format(left_margin: float) -> QTextFrameFormat:
    """The frame of what the person wrote; its rounded ground is painted by the transcript."""
    made = QTextFrameFormat()
    made.setProperty(_KIND, int(Kind.PERSON))
    made.setPadding(BUBBLE_PADDING)
    made.setTopMargin(18)
    made.setBottomMargin(12)
    made.setLeftMargin(left_margin)
    return made


def first_block_format() -> QTextBlockFormat:
    """The format of the first paragraph, without which no document is: it takes no room."""
    made = QTextBlockFormat()
    made.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return made


def kind_of(text_format: QTextFormat) -> Kind:
    """The kind that a paragraph, text or frame was made as."""
    value = text_format.property(_KIND)
    return Kind(value) if isinstance(value, int) else Kind.NONE


def speaker_of(block: QTextBlock) -> str:
    """The name of who wrote a paragraph; empty where that is not told."""
    value = block.blockFormat().property(_SPEAKER)
    return value if isinstance(value, str) else ""
