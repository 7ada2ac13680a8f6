"""Makes the fonts in `resources/fonts` that are shipped as subsets.

    python tools/subset_fonts.py FOLDER

FOLDER holds the fonts as Debian packages them, under their own names: `Inter-*.otf` of fonts-inter,
`JetBrainsMono-*.ttf` of fonts-jetbrains-mono and `NotoSansCJK-*.ttc` of fonts-noto-cjk (`apt-get
download` and `dpkg -x` get them). The same fonts give the same bytes, but for another fontTools.

What goes, and why: hinting, which no screen of today needs; all features but kerning, so that code
shows `!=` as it was written and a figure is as wide as another; glyphs of scripts that the window
does not speak. Hanzi are the 3,755 of the first level of GB 2312, which are more than 99 of 100 in
running text, and those that the window itself uses; the others come from Droid Sans Fallback.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "baichuan_desktop" / "resources" / "fonts"

#: File of the package, face of a collection, family, weight, whether it is italic, our file.
FACES = (
    ("Inter-Regular.otf", "", "Inter", 400, False, "Inter-Regular.otf"),
    ("Inter-Medium.otf", "", "Inter", 500, False, "Inter-Medium.otf"),
    ("Inter-SemiBold.otf", "", "Inter", 600, False, "Inter-SemiBold.otf"),
    ("Inter-Italic.otf", "", "Inter", 400, True, "Inter-Italic.otf"),
    ("Inter-SemiBoldItalic.otf", "", "Inter", 600, True, "Inter-SemiBoldItalic.otf"),
    ("JetBrainsMono-Regular.ttf", "", "JetBrains Mono", 400, False, "JetBrainsMono-Regular.ttf"),
    ("JetBrainsMono-Bold.ttf", "", "JetBrains Mono", 700, False, "JetBrainsMono-Bold.ttf"),
    ("NotoSansCJK-Regular.ttc", "Noto Sans CJK SC", "Noto Sans SC", 400, False,
     "NotoSansSC-Regular.otf"),
    ("NotoSansCJK-Bold.ttc", "Noto Sans CJK SC", "Noto Sans SC", 700, False,
     "NotoSansSC-Bold.otf"),
)  # fmt: skip

#: What a Latin font has: letters of Western and Central Europe, punctuation, arrows, mathematics.
_LATIN = (
    (0x20, 0x7F), (0xA0, 0x180), (0x2B0, 0x300), (0x2010, 0x2028), (0x2030, 0x203F),
    (0x2070, 0x20A0), (0x20A0, 0x20C0), (0x2113, 0x2123), (0x2150, 0x2200), (0x2200, 0x2270),
    (0x25A0, 0x2600), (0x2713, 0x2718),
)  # fmt: skip
_BOXES = (0x2500, 0x25A0)  # what programs draw tables with
_LEVEL_1 = range(16, 56)  # rows of GB 2312
_SYMBOLS = range(1, 4)  # its rows of punctuation, numbers and wide Latin
_YEAR_2026 = 3850416000  # seconds since 1904, as `head` counts them

#: Texts of the window and of the guide, whose hanzi are all shipped.
_OWN_TEXTS = (
    "models_registry.yaml",
    "baichuan_desktop/resources/translations/*.ts",
    "tools/guide_data/*.yaml",
)


def main() -> int:
    """Make every file anew; the exit code."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    source = Path(sys.argv[1])
    for name, face, family, weight, is_italic, target in FACES:
        font = _opened(source / name, face)
        _reduce(font, chinese() if face else latin(boxes=name.startswith("JetBrains")))
        _name(font, family, weight, is_italic=is_italic)
        font.save(TARGET / target)
        print(f"{target}: {(TARGET / target).stat().st_size:,} bytes")
    return 0


def latin(*, boxes: bool) -> set[int]:
    """The characters of a font for Latin text; `boxes`: the ones that draw tables too."""
    ranges = (*_LATIN, _BOXES) if boxes else _LATIN
    return {code for first, end in ranges for code in range(first, end)}


def chinese() -> set[int]:
    """The characters of a font for Chinese text."""
    rows = [*_SYMBOLS, *_LEVEL_1]
    text = "".join(_cell(row, column) for row in rows for column in range(1, 95))
    for pattern in _OWN_TEXTS:
        for file in sorted(ROOT.glob(pattern)):
            text += "".join(re.findall("[\u3000-\u9fff]", file.read_text(encoding="utf-8")))
    return set(map(ord, text))


def _cell(row: int, column: int) -> str:
    """A character of GB 2312; empty where the place is not taken."""
    return bytes((0xA0 + row, 0xA0 + column)).decode("gb2312", errors="ignore")


def _opened(file: Path, face: str) -> TTFont:
    if not face:
        return TTFont(file, recalcTimestamp=False)
    fonts = TTCollection(file, lazy=True).fonts
    font = next(one for one in fonts if one["name"].getDebugName(1) == face)
    font.recalcTimestamp = False
    return font


def _reduce(font: TTFont, characters: Iterable[int]) -> None:
    options = Options(
        hinting=False,
        desubroutinize=True,  # half a per cent smaller, once git has compressed it
        layout_features=["kern", "mark"],
        notdef_outline=True,
        name_IDs=[0, 13, 14],
        glyph_names=False,
    )
    options.drop_tables += ["DSIG", "GSUB", "BASE", "VORG", "vhea", "vmtx", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)


def _name(font: TTFont, family: str, weight: int, *, is_italic: bool) -> None:
    """Have all weights be one family, by the one name that every system reads."""
    weights = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
    style = weights[weight] + (" Italic" if is_italic else "")
    postscript = f"{family}-{style}".replace(" ", "")
    for number, text in enumerate((family, style, postscript, f"{family} {style}"), 1):
        font["name"].setName(text, number, 3, 1, 0x409)
    font["name"].setName(postscript, 6, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["head"].modified = _YEAR_2026


if __name__ == "__main__":
    raise SystemExit(main())
