"""How rows look: colours, fonts and sizes in one value, made anew for a theme or a zoom."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont

from baichuan_desktop.ui.look.colours import Colours
from baichuan_desktop.ui.look.stylesheet import scaled
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.markdown.style import MarkdownStyle, style_of


@dataclass(frozen=True, slots=True)
class RowStyle:
    """What a row is drawn with."""

    colours: Colours
    text: MarkdownStyle  #: of what was written
    label: QFont  #: who speaks
    note: QFont  #: figures and lines between messages
    zoom: float

    def px(self, pixels: float) -> int:
        """A length of the design, as large as it is now."""
        return scaled(pixels, self.zoom)


def row_style(theme: Theme) -> RowStyle:
    """The style of this theme."""
    return RowStyle(
        theme.colours,
        style_of(theme),
        theme.font(NOTE, QFont.Weight.DemiBold),
        theme.font(NOTE),
        theme.zoom,
    )
