"""Which letters have no bold in the font that draws them."""

from __future__ import annotations

import struct

from PySide6.QtGui import QFont, QRawFont, QTextLayout

_SEMIBOLD = 600  # of a font's own weight, from 1 to 1000
_FIRST_HANZI = "\u2e80"  # letters before it are in every font with its bold, or made so by Qt


class BoldFaces:
    """Asks Qt which font draws a letter, and that font how bold it is; each letter once."""

    def __init__(self) -> None:
        self._is_bold: dict[tuple[str, str], bool] = {}

    def runs(self, text: str, font: QFont) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether its font has no bold."""
        family = font.toString()
        runs: list[tuple[str, bool]] = []
        for char in text:
            lacks = char >= _FIRST_HANZI and not self._has_bold(char, font, family)
            if runs and runs[-1][1] is lacks:
                runs[-1] = (runs[-1][0] + char, lacks)
            else:
                runs.append((char, lacks))
        return runs

    def _has_bold(self, char: str, font: QFont, family: str) -> bool:
        known = self._is_bold.get((family, char))
        if known is None:
            layout = QTextLayout(char, font)
            layout.beginLayout()
            layout.createLine()
            layout.endLayout()
            drawn = layout.glyphRuns()
            known = all(_weight(run.rawFont()) >= _SEMIBOLD for run in drawn)
            self._is_bold[family, char] = known
        return known


def _weight(font: QRawFont) -> int:
    """The weight that a font file says it has; what a font was asked for is not what it has."""
    if not font.fontTable("fvar").isEmpty():
        return 1000  # it has every weight
    table = font.fontTable("OS/2").data()
    return struct.unpack_from(">H", table, 4)[0] if len(table) >= 6 else 400
