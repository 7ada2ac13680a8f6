"""How well a colour is told from its ground, as WCAG counts it."""

from __future__ import annotations


def contrast(one: str, other: str) -> float:
    """The ratio of the luminances of two colours like #1a2027, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = []
    for start in (1, 3, 5):
        value = int(colour[start : start + 2], 16) / 255
        shares.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    red, green, blue = shares
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
