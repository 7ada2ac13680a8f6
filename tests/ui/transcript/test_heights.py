from __future__ import annotations

import random

import pytest

from baichuan_desktop.ui.transcript.rows.heights import Heights


def test_what_is_before_a_row_is_the_sum_of_those_above() -> None:
    heights = Heights([10, 20, 30, 40])

    assert [heights.before(n) for n in range(5)] == [0, 10, 30, 60, 100]
    assert heights.total() == 100


@pytest.mark.parametrize(
    ("offset", "row"), [(0, 0), (9, 0), (10, 1), (29, 1), (30, 2), (59, 2), (60, 3), (99, 3)]
)
def test_an_offset_belongs_to_the_row_that_covers_it(offset: int, row: int) -> None:
    assert Heights([10, 20, 30, 40]).index_at(offset) == row


def test_an_offset_outside_belongs_to_the_nearest_row() -> None:
    heights = Heights([10, 20])

    assert heights.index_at(-5) == 0
    assert heights.index_at(30) == 1
    assert heights.index_at(9999) == 1
    assert Heights().index_at(7) == 0


def test_rows_without_height_are_passed_over() -> None:
    assert Heights([0, 0, 10, 0, 5]).index_at(0) == 2
    assert Heights([0, 0, 10, 0, 5]).index_at(10) == 4


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_a_list_after_any_changes(seed: int) -> None:
    chance = random.Random(seed)
    expected = [chance.randrange(1, 90) for _ in range(chance.randrange(1, 200))]
    heights = Heights(expected)
    for _ in range(200):
        index, height = chance.randrange(len(expected)), chance.randrange(0, 90)
        expected[index] = height
        heights.change(index, height)

    assert [heights.before(n) for n in range(len(expected) + 1)] == [
        sum(expected[:n]) for n in range(len(expected) + 1)
    ]
    for offset in range(sum(expected)):
        row = heights.index_at(offset)
        assert sum(expected[:row]) <= offset < sum(expected[: row + 1])
