"""The colours of the window, once light and once dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours by what they are for; text has a contrast of at least 4.5 : 1."""

    window: str  #: bars and panels
    page: str  #: what text is read on
    text: str
    muted: str  #: labels and notes
    border: str
    hover: str
    accent: str
    accent_hover: str
    on_accent: str
    bubble: str  #: behind what the person wrote
    continuation: str  #: what a base model wrote
    disabled: str
    danger: str
    caution: str  #: what just fits
    check: str  #: the drawing of a tick that is seen on `accent`


LIGHT = Colours(
    window="#f5f7f9",
    page="#ffffff",
    text="#1a2027",
    muted="#5f6b77",
    border="#d9e0e6",
    hover="#e9eef2",
    accent="#0b6a8c",
    accent_hover="#095a78",
    on_accent="#ffffff",
    bubble="#e6f1f6",
    continuation="#0b6a8c",
    disabled="#a4adb6",
    danger="#b3261e",
    caution="#8a5a00",
    check="check-white.svg",
)
DARK = Colours(
    window="#1c2126",
    page="#14181c",
    text="#e5e9ed",
    muted="#9aa6b1",
    border="#313941",
    hover="#2a3138",
    accent="#4bb4d6",
    accent_hover="#6cc4e1",
    on_accent="#06202b",
    bubble="#1f333e",
    continuation="#7fd0ea",
    disabled="#5d6872",
    danger="#f2857c",
    caution="#e0b04c",
    check="check-black.svg",
)
