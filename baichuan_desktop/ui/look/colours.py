"""The colours of the window, once light and once dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours by what they are for; text has a contrast of at least 4.5 : 1."""

    window: str  #: sidebar, bars and panels
    page: str  #: what text is read on
    text: str
    muted: str  #: labels, notes and icons
    border: str
    hover: str
    selected: str  #: behind the row that is open
    accent: str
    accent_hover: str
    on_accent: str
    bubble: str  #: behind what the person wrote
    continuation: str  #: what a base model wrote
    code: str  #: behind a block of code
    inline: str  #: behind code in a line of text
    keyword: str
    string: str
    comment: str
    number: str
    function: str
    disabled: str
    danger: str
    caution: str  #: what just fits, and what is left out
    caution_ground: str  #: behind it
    shadow: str  #: under what floats, with its opacity
    check: str  #: the drawing of a tick that is seen on `accent`


LIGHT = Colours(
    window="#f6f7f9",
    page="#ffffff",
    text="#1a2027",
    muted="#5c6874",
    border="#e2e7ec",
    hover="#ebeff3",
    selected="#e1e8ee",
    accent="#0b6a8c",
    accent_hover="#095a78",
    on_accent="#ffffff",
    bubble="#eaf2f6",
    continuation="#0b6a8c",
    code="#f7f8fa",
    inline="#eef1f4",
    keyword="#8a3ab9",
    string="#1b7a3d",
    comment="#5f6b77",
    number="#a8500f",
    function="#0b5cad",
    disabled="#a4adb6",
    danger="#b3261e",
    caution="#8a5a00",
    caution_ground="#fdf6e7",
    shadow="#1a000000",
    check="check-white.svg",
)
DARK = Colours(
    window="#1b1f24",
    page="#15181c",
    text="#dfe4e9",
    muted="#9aa6b1",
    border="#2c333a",
    hover="#262c33",
    selected="#2a323a",
    accent="#4bb4d6",
    accent_hover="#6cc4e1",
    on_accent="#06202b",
    bubble="#1f2f38",
    continuation="#7fd0ea",
    code="#1b1f24",
    inline="#262c33",
    keyword="#c792ea",
    string="#8fd19e",
    comment="#8793a0",
    number="#f0a868",
    function="#7ab8ff",
    disabled="#5d6872",
    danger="#f2857c",
    caution="#e0b04c",
    caution_ground="#2a2417",
    shadow="#59000000",
    check="check-black.svg",
)
