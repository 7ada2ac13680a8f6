"""The fonts: those that ship with the app, and in which order a letter is looked for in them."""

from __future__ import annotations

import functools
import logging

from PySide6.QtGui import QFont, QFontDatabase

from baichuan_desktop.services.app_paths import resource

log = logging.getLogger(__name__)

_LATIN = (
    "Inter-Regular.otf",
    "Inter-Medium.otf",
    "Inter-SemiBold.otf",
    "Inter-Italic.otf",
    "Inter-SemiBoldItalic.otf",
    "JetBrainsMono-Regular.ttf",
    "JetBrainsMono-Bold.ttf",
)
_CHINESE = ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf")  # the hanzi that are common
_RARE_HANZI = "DroidSansFallbackFull.ttf"

#: Fonts of a system that have every hanzi, in weights, in the forms of the mainland.
_SYSTEMS_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei UI")
_SHIPPED_CHINESE = "Noto Sans SC"

#: Droid Sans Fallback, as the file names itself.
_FALLBACK = "Droid Sans Fallback"


@functools.cache
def load_fonts() -> None:
    """Load the shipped fonts, once; those for hanzi only as far as the system has none as good."""
    for name in _LATIN:
        _load(name)
    there = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    for name in shipped_for_hanzi(there):
        _load(name)


def shipped_for_hanzi(families: list[str]) -> list[str]:
    """The shipped files to load where a system has these families for Chinese."""
    if any(name in families for name in _SYSTEMS_CHINESE):
        return []
    return [*_CHINESE] if families else [*_CHINESE, _RARE_HANZI]


def text_families() -> list[str]:
    """The families of all text but code, the first to be asked for a letter first."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    return list(dict.fromkeys(("Inter", system, *_SYSTEMS_CHINESE, _SHIPPED_CHINESE, _FALLBACK)))


def code_families() -> list[str]:
    """The families of code, the first to be asked for a letter first."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    return list(
        dict.fromkeys(("JetBrains Mono", system, *_SYSTEMS_CHINESE, _SHIPPED_CHINESE, _FALLBACK))
    )


def text_font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A font for the window and for what is read in it."""
    font = QFont(text_families())
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def code_font(pixels: int) -> QFont:
    """A font for code, in which every character stands as it was written."""
    font = QFont(code_families())
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    font.setPixelSize(pixels)
    for feature in ("calt", "liga"):  # != is two characters, in a system's font too
        font.setFeature(QFont.Tag(feature), 0)
    return font


def _load(name: str) -> None:
    if QFontDatabase.addApplicationFont(str(resource(f"fonts/{name}"))) < 0:
        log.warning("The shipped font %s could not be loaded.", name)
