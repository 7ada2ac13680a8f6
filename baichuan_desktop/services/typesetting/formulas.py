"""Formulas as drawings: LaTeX in, a small safe SVG out."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from ziamath.zmath import Latex

EM = 24.0  #: pixels of the letters in a drawing
INK = "#010203"  #: stands in a drawing for the colour of the text around it

_LONGEST = 2000  # characters
_DEEPEST = 30  # braces and environments within each other
_LARGEST_DRAWING = 150_000  # characters of SVG; an ordinary one has 5,000
_MOST_NODES = 2000  # that are laid out; roots in roots are laid out three times each
_LARGEST_SIDE = 200 * EM
_OPENING = re.compile(r"\\(?:begin|left)\b|(?<!\\)\{")
_CLOSING = re.compile(r"\\(?:end|right)\b|(?<!\\)\}")
_COLOUR = re.compile(r"[A-Za-z]{3,20}|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}")
_NUMBERS = re.compile(r"[-+MLQCZTSHVAmlqcztshva0-9., e]*")
_COMMAND = re.compile(r"\\[A-Za-z]")
_ELEMENTS = {"svg", "g", "path", "rect", "line"}
_ATTRIBUTES = {
    "d", "height", "stroke-width", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2",
}  # fmt: skip
_NAMESPACES = {"xmlns", "xmlns:xlink"}


class CannotDrawError(Exception):
    """The formula is not drawn; its source is shown instead."""


def is_worth_trying(source: str) -> bool:
    """Whether a formula may be drawn at all: neither hanzi, nor longer or deeper than any."""
    if not source or len(source) > _LONGEST or _depth(source) > _DEEPEST:
        return False
    return source.isascii() or not any(
        unicodedata.east_asian_width(char) in "WF" or unicodedata.category(char) in ("Co", "Cn")
        for char in source
    )


def drawing(source: str, *, displayed: bool) -> dict[str, Any]:
    """A formula's SVG, its size, and how far its baseline is from its top; pixels at `EM`.

    Raises CannotDrawError.
    """
    if not is_worth_trying(source):
        raise CannotDrawError
    try:
        return _drawing(source, displayed=displayed)
    except CannotDrawError:
        raise
    except Exception as error:  # whatever the libraries raise: RecursionError, ParseError …
        raise CannotDrawError from error


def _drawing(source: str, *, displayed: bool) -> dict[str, Any]:
    with warnings.catch_warnings():  # how it finds its font is deprecated before Python 3.13
        warnings.simplefilter("ignore", DeprecationWarning)
        from ziamath.config import config
        from ziamath.zmath import EqNumbering, Latex

    config.svg2 = False  # QtSvg draws SVG 1.2 only
    EqNumbering.enable = True  # an error in a numbered formula leaves it off
    with _counted_nodes():
        made = Latex(source, size=EM, color=INK, inline=not displayed)
    _check_letters(made)
    svg = made.svgxml()
    _check_drawing(svg)
    _left, top, width, height = (float(part) for part in svg.attrib["viewBox"].split())
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise CannotDrawError
    text = ElementTree.tostring(svg, encoding="unicode")
    if len(text) > _LARGEST_DRAWING:
        raise CannotDrawError
    return {"svg": text, "width": width, "height": height, "ascent": -top}


@contextmanager
def _counted_nodes() -> Iterator[None]:
    """Have the layout of a formula end after so many nodes, whatever it still would do."""
    from ziamath.nodes.mnode import Mnode

    original = Mnode.fromelement
    left = _MOST_NODES

    def counted(*args: Any, **kwargs: Any) -> Mnode:
        nonlocal left
        left -= 1
        if left < 0:
            raise CannotDrawError
        return original(*args, **kwargs)

    Mnode.fromelement = counted  # type: ignore[method-assign]  # there is no other way in
    try:
        yield
    finally:
        Mnode.fromelement = original  # type: ignore[method-assign]  # as it was


def _check_letters(made: Latex) -> None:
    """Every letter is in the font, and no command was taken for one."""
    for element in made.mathml.iter():
        text = element.text or ""
        if _COMMAND.search(text):
            raise CannotDrawError  # an unknown command comes back as text
        for char in text:
            if not char.isascii() and not char.isspace() and not made.font.glyphindex(char):
                raise CannotDrawError


def _check_drawing(svg: ElementTree.Element) -> None:
    """Shapes, numbers and colours only: nothing that refers to anything."""
    for element in svg.iter():
        if element.tag not in _ELEMENTS or (element.text or "").strip():
            raise CannotDrawError
        for name, value in element.attrib.items():
            if name in ("fill", "stroke"):
                if value == "black":
                    element.attrib[name] = INK
                elif not _COLOUR.fullmatch(value):
                    raise CannotDrawError
            elif name not in _NAMESPACES and (
                name not in _ATTRIBUTES or not _NUMBERS.fullmatch(value)
            ):
                raise CannotDrawError


def _depth(source: str) -> int:
    ends = [(match.start(), 1) for match in _OPENING.finditer(source)]
    ends += [(match.start(), -1) for match in _CLOSING.finditer(source)]
    depth = deepest = 0
    for _position, step in sorted(ends):
        depth = max(depth + step, 0)
        deepest = max(deepest, depth)
    return deepest
