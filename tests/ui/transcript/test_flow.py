from __future__ import annotations

import random

import pytest

from baichuan_desktop.ui.transcript.rows.flow import Flow, Key


def flow(count: int, *, height: int = 100, viewport: int = 250) -> Flow:
    """Entries that were measured, read from the top."""
    made = Flow()
    made.viewport = viewport
    made.show([Key(n) for n in range(count)])
    made.follows = False
    for number in range(count):
        made.measure(number, height)
    made.scroll_to(0)
    return made


def seen(made: Flow, row: int) -> int:
    """Where an entry is in the viewport."""
    number = made.index(Key(row))
    assert number is not None
    return made.top(number) - made.offset


def test_a_row_that_is_measured_above_does_not_move_what_is_read() -> None:
    made = flow(20)
    made.scroll_to(850)
    before = seen(made, 9)

    made.measure(2, 340)

    assert seen(made, 9) == before
    assert made.offset == 850 + 240


def test_a_row_that_is_measured_below_does_not_move_what_is_read() -> None:
    made = flow(20)
    made.scroll_to(850)

    made.measure(15, 340)

    assert made.offset == 850


def test_a_row_that_comes_in_at_the_top_keeps_its_lower_edge() -> None:
    made = flow(20)
    made.scroll_to(850)  # the row 8 begins 50 pixels above the viewport
    below = seen(made, 9)

    made.measure(8, 700)

    assert seen(made, 9) == below


def test_text_that_grows_at_the_end_of_a_row_in_sight_moves_only_what_is_below_it() -> None:
    made = flow(20)
    made.scroll_to(850)

    made.measure(8, 700, grew=True)

    assert made.offset == 850
    assert seen(made, 9) == 650


def test_rows_that_come_and_go_above_do_not_move_what_is_read() -> None:
    made = flow(20)
    made.scroll_to(850)
    before = seen(made, 9)

    made.show([Key(n) for n in range(20) if n not in (1, 2, 3)])
    assert seen(made, 9) == before

    made.show([Key(-1), Key(-2), *(Key(n) for n in range(20))])
    assert seen(made, 9) == before


def test_if_the_row_in_sight_goes_the_next_one_takes_its_place() -> None:
    made = flow(20)
    made.scroll_to(850)

    made.show([Key(n) for n in range(20) if n != 8])

    assert seen(made, 9) == 50


def test_at_the_end_it_stays_at_the_end() -> None:
    made = flow(20)
    made.scroll_to(made.highest_offset())
    assert made.follows

    made.measure(19, 900, grew=True)

    assert made.distance_to_end() == 0


def test_who_has_scrolled_up_is_not_taken_to_the_end() -> None:
    made = flow(20)
    made.scroll_to(made.highest_offset() - 50)

    made.measure(19, 900, grew=True)

    assert not made.follows
    assert made.distance_to_end() == 850


def test_another_width_keeps_the_place_in_the_row_that_is_read() -> None:
    made = flow(20)
    made.scroll_to(850)

    made.estimate_again(760, 380)

    assert made.height(8) == 200
    assert seen(made, 8) == -100  # half of it, as before
    assert not made.is_exact(8)


@pytest.mark.parametrize("seed", range(30))
def test_an_anchor_never_moves_whatever_happens_around_it(seed: int) -> None:
    chance = random.Random(seed)
    made = flow(60)
    keys = list(made.keys)
    made.scroll_to(chance.randrange(1000, 4000))
    number = made.index_at(made.offset) + 1
    anchor = keys[number]
    fresh = 1000
    before = seen(made, anchor.row_id)
    for _ in range(100):
        number = made.index(anchor) or 0
        hidden = made.index_at(made.offset)  # how many are above the viewport
        above, below = chance.randrange(0, hidden), chance.randrange(number, len(made.keys))
        match chance.randrange(4):
            case 0:
                made.measure(above, chance.randrange(20, 500))
            case 1:
                made.measure(below, chance.randrange(400, 900), grew=True)
            case 2 if hidden > 8:
                gone = made.keys[above]
                made.show([key for key in made.keys if key != gone])
            case _:
                fresh += 1
                keys = list(made.keys)
                keys.insert(above, Key(fresh))
                made.show(keys)

        assert seen(made, anchor.row_id) == before
