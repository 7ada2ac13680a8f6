"""Qt's formats for each kind of text, made once for a style."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPen,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableCellFormat,
    QTextTableFormat,
)

from baichuan_desktop.services.markdown.flow import Alignment, Item, Place, Quote, Span
from baichuan_desktop.ui.markdown.bold_faces import BoldFaces
from baichuan_desktop.ui.markdown.style import (
    CARD_GAP,
    CELL_INSIDE,
    CELL_SIDE,
    CODE_HEAD,
    CODE_INSIDE,
    CODE_LINE,
    CODE_SIDE,
    DEEPEST_INDENT,
    HEADINGS,
    ITEM_INDENT,
    LINE,
    QUOTE_INDENT,
    TABLE_LINE,
    TABLE_SIZE,
    MarkdownStyle,
)

FORMULA_OBJECT = int(QTextFormat.ObjectTypes.UserObject) + 7
_FIRST = int(QTextFormat.Property.UserProperty) + 100
SOURCE, DISPLAYED, MARKS = _FIRST, _FIRST + 1, _FIRST + 2  #: properties of a formula's character

_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value
_AT_LEAST = QTextBlockFormat.LineHeightTypes.MinimumHeight.value
_ALIGNMENTS = {
    "": Qt.AlignmentFlag.AlignLeft,
    "left": Qt.AlignmentFlag.AlignLeft,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}


class Ground(IntEnum):
    """Where text stands: it decides its size."""

    BODY = 0
    H1 = 1
    H2 = 2
    H3 = 3
    H4 = 4
    H5 = 5
    H6 = 6
    CELL = 7
    HEADER = 8  #: of a table
    QUOTED = 9


class Formats:
    """The formats of one style; equal texts get equal formats."""

    def __init__(self, style: MarkdownStyle) -> None:
        self.style = style
        self.bold_faces = BoldFaces()
        self._made: dict[tuple[Span, Ground], QTextCharFormat] = {}

    # --- text -----------------------------------------------------------------------------

    def text(self, look: Span, ground: Ground) -> QTextCharFormat:
        """The format of a span; its own text says nothing here."""
        made = self._made.get((look, ground))
        if made is None:
            made = self._made[look, ground] = self._text(look, ground)
        return made

    def outlined(self, base: QTextCharFormat) -> QTextCharFormat:
        """The same for letters whose font has no bold: a thin line around each makes it so."""
        made = QTextCharFormat(base)
        made.setTextOutline(QPen(base.foreground(), self.style.px(0.5)))
        return made

    def code(self) -> QTextCharFormat:
        """The format of a line in a block of code."""
        made = QTextCharFormat()
        made.setFont(self.style.code)
        made.setForeground(QColor(self.style.text))
        return made

    def formula(
        self, source: str, *, displayed: bool, marks: str, ground: Ground
    ) -> QTextCharFormat:
        """The format of the character that stands for a formula."""
        made = QTextCharFormat(self.text(Span(""), ground))
        made.setObjectType(FORMULA_OBJECT)
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        made.setProperty(SOURCE, source)
        made.setProperty(DISPLAYED, displayed)
        made.setProperty(MARKS, marks)
        return made

    def _text(self, look: Span, ground: Ground) -> QTextCharFormat:
        style = self.style
        made = QTextCharFormat()
        font = QFont(style.code if look.is_code else style.reading)
        size = self._size(ground)
        if look.is_code:
            size = size * style.code.pixelSize() / style.reading.pixelSize()
        font.setPixelSize(max(1, round(size)))
        if look.is_bold or Ground.H1 <= ground <= Ground.H6 or ground is Ground.HEADER:
            font.setWeight(QFont.Weight.DemiBold)
        font.setItalic(look.is_italic)
        made.setFont(font)
        made.setForeground(QColor(self._colour(look, ground)))
        made.setFontStrikeOut(look.is_struck)
        if look.is_code:
            made.setBackground(QColor(style.inline_ground))
        if look.link:
            made.setAnchor(True)
            made.setAnchorHref(look.link)
            made.setFontUnderline(True)
        return made

    def _size(self, ground: Ground) -> float:
        if Ground.H1 <= ground <= Ground.H6:
            return self.style.px(HEADINGS[ground][0])
        if ground in (Ground.CELL, Ground.HEADER):
            return self.style.px(TABLE_SIZE)
        return self.style.reading.pixelSize()

    def _colour(self, look: Span, ground: Ground) -> str:
        if look.link:
            return self.style.link
        return self.style.muted if ground in (Ground.HEADER, Ground.QUOTED) else self.style.text

    # --- paragraphs -----------------------------------------------------------------------

    def paragraph(
        self, place: Place, gap: float, ground: Ground = Ground.BODY, *, grows: bool = False
    ) -> QTextBlockFormat:
        """The format of a paragraph; `grows` where a formula may be higher than a line."""
        made = QTextBlockFormat()
        line = HEADINGS[ground][1] if Ground.H1 <= ground <= Ground.H6 else LINE
        made.setLineHeight(self.style.px(line), _AT_LEAST if grows else _FIXED)
        made.setLeftMargin(self.indent(place))
        made.setTopMargin(self.style.px(gap))
        if Ground.H1 <= ground <= Ground.H6:
            made.setHeadingLevel(int(ground))
        return made

    def spacer(self, height: float = 1, gap: float = 0) -> QTextBlockFormat:
        """The format of an empty paragraph: one that Qt wants beside a table, or that is drawn."""
        made = QTextBlockFormat()
        made.setLineHeight(self.style.px(height), _FIXED)
        made.setTopMargin(self.style.px(gap))
        return made

    def code_head(self, place: Place, gap: float) -> QTextBlockFormat:
        """The room over the code: the card's header, and the space under it."""
        made = self.spacer(CODE_HEAD + CODE_INSIDE, gap)
        made.setLeftMargin(self.indent(place))
        return made

    def code_line(self, place: Place) -> QTextBlockFormat:
        """The format of a line of code."""
        made = QTextBlockFormat()
        made.setLineHeight(self.style.px(CODE_LINE), _FIXED)
        made.setLeftMargin(self.indent(place) + self.style.px(CODE_SIDE))
        made.setRightMargin(self.style.px(CODE_SIDE))
        return made

    def code_foot(self) -> QTextBlockFormat:
        """The room under the code."""
        return self.spacer(CODE_INSIDE)

    def indent(self, place: Place) -> float:
        """How far to the right text stands, in pixels."""
        indents = [
            QUOTE_INDENT if isinstance(container, Quote) else ITEM_INDENT
            for container in place.within[:DEEPEST_INDENT]
        ]
        return self.style.px(sum(indents))

    # --- tables ---------------------------------------------------------------------------

    def table(self, place: Place, columns: int, gap: float) -> QTextTableFormat:
        """The format of a table."""
        made = QTextTableFormat()
        made.setBorder(0)
        made.setBorderCollapse(True)
        made.setCellSpacing(0)
        made.setCellPadding(0)
        made.setHeaderRowCount(1)
        made.setLeftMargin(self.indent(place))
        made.setTopMargin(self.style.px(gap))
        made.setBottomMargin(self.style.px(CARD_GAP))
        made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        kind = QTextLength.Type.VariableLength
        made.setColumnWidthConstraints([QTextLength(kind, 0)] * columns)
        return made

    def cell(self, column: int) -> QTextTableCellFormat:
        """The format of a cell: a hairline under it."""
        made = QTextTableCellFormat()
        made.setTopPadding(self.style.px(CELL_INSIDE))
        made.setBottomPadding(self.style.px(CELL_INSIDE))
        made.setLeftPadding(self.style.px(CELL_SIDE) if column else 0)
        made.setRightPadding(self.style.px(CELL_SIDE))
        made.setBottomBorder(1)
        made.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        made.setBottomBorderBrush(QColor(self.style.border))
        return made

    def cell_text(self, alignment: Alignment, *, grows: bool) -> QTextBlockFormat:
        """The format of a cell's paragraph."""
        made = QTextBlockFormat()
        made.setLineHeight(self.style.px(TABLE_LINE), _AT_LEAST if grows else _FIXED)
        made.setAlignment(_ALIGNMENTS[alignment])
        return made


def ground_of(place: Place, heading: int) -> Ground:
    """Where a paragraph's text stands."""
    if heading:
        return Ground(heading)
    quoted = any(not isinstance(container, Item) for container in place.within)
    return Ground.QUOTED if quoted else Ground.BODY
