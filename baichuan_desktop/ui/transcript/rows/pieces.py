"""Texts too long for one document, cut into pieces that are laid out when they come into sight.

A document is laid out whole. One of 1 MB takes seconds, or minutes if it is a single line, and the
window waits. A long text is therefore shown as it is, without formats: its beginning alone, or
piece under piece.
"""

from __future__ import annotations

#: Longer texts are cut. What a model of 4,096 tokens writes, and what a person types, is shorter.
LONGEST_WHOLE = 20_000
#: The most of a piece. 4,000 hanzi without a space take Qt about 10 ms.
LONGEST_PIECE = 4_000
#: How much is shown of a long text at first.
FOLDED_LENGTH = 1_200
_LEAST_PIECE = LONGEST_PIECE // 2  # a line's end before it is no place to cut


def is_long(text: str) -> bool:
    """Whether a text is shown in pieces."""
    return len(text) > LONGEST_WHOLE


def piece_bounds(text: str) -> list[tuple[int, int]]:
    """From where to where each piece goes; together they are the text, line ends between included.

    Cut at the end of a line where one is near, else between two characters.
    """
    bounds: list[tuple[int, int]] = []
    begin = 0
    while len(text) - begin > LONGEST_PIECE:
        end = text.rfind("\n", begin + _LEAST_PIECE, begin + LONGEST_PIECE) + 1
        end = end or begin + LONGEST_PIECE
        bounds.append((begin, end))
        begin = end
    bounds.append((begin, len(text)))
    return bounds
