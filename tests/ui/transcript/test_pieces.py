from __future__ import annotations

import pytest

from baichuan_desktop.ui.transcript.rows.pieces import (
    LONGEST_PIECE,
    LONGEST_WHOLE,
    is_long,
    piece_bounds,
)

TEXTS = {
    "hanzi": "长" * 1_000_000,
    "spaced": "word " * 200_000,
    "lines": "a line of text\n" * 70_000,
    "long and short lines": ("x" * 9_000 + "\n" + "y\n" * 50) * 100,
    "combining": "e" + "\u0301" * 1_000_000,
    "emoji": "😀" * 30_000,
    "line ends": "\n" * 50_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_pieces_of_a_text_are_the_text(name: str) -> None:
    text = TEXTS[name]

    bounds = piece_bounds(text)

    assert "".join(text[begin:end] for begin, end in bounds) == text
    assert all(0 < end - begin <= LONGEST_PIECE for begin, end in bounds)


def test_pieces_end_where_lines_end() -> None:
    text = TEXTS["lines"]

    bounds = piece_bounds(text)

    assert all(text[end - 1] == "\n" for _, end in bounds[:-1])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_grows_keeps_the_pieces_it_had(name: str) -> None:
    text = TEXTS[name][:60_000]

    whole = piece_bounds(text)
    part = piece_bounds(text[: len(text) // 2])

    assert part[:-1] == whole[: len(part) - 1]


def test_ordinary_texts_are_not_cut() -> None:
    assert not is_long("x" * LONGEST_WHOLE)
    assert is_long("x" * (LONGEST_WHOLE + 1))
    assert piece_bounds("") == [(0, 0)]
