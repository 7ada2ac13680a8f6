"""Small raised and lowered signs: without them 10⁶ would be 106."""

from __future__ import annotations

from typing import Final

_RAISED: Final = str.maketrans("0123456789+-\u2212=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def raised(text: str) -> str:
    """A text as it is written above the line; in its own letters where there are none for it."""
    return _by(text, _RAISED)


def lowered(text: str) -> str:
    """The same, for below the line."""
    return _by(text, _LOWERED)


def _by(text: str, table: dict[int, int]) -> str:
    return text.translate(table) if all(ord(char) in table for char in text.strip()) else text
