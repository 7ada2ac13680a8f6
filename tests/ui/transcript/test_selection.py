from __future__ import annotations

import pytest

from baichuan_desktop.ui.transcript.rows.flow import Flow, Key
from baichuan_desktop.ui.transcript.selection import END, Place, Selection, Span

A, B, C, D = (Key(n) for n in range(4))


@pytest.fixture
def flow() -> Flow:
    made = Flow()
    made.show([A, B, C, D])
    return made


@pytest.fixture
def selection(flow: Flow) -> Selection:
    return Selection(flow)


def drawn(selection: Selection, begin: Place, end: Place) -> None:
    selection.start(begin, begin)
    selection.extend(end, end)


def test_rows_between_the_two_ends_are_selected_whole(selection: Selection) -> None:
    drawn(selection, Place(A, 5), Place(C, 7))

    assert [selection.part(n) for n in range(4)] == [(5, END), (0, END), (0, 7), None]


def test_it_does_not_matter_at_which_end_it_began(selection: Selection) -> None:
    drawn(selection, Place(C, 7), Place(A, 5))

    assert selection.span() == Span(Place(A, 5), Place(C, 7))
    assert selection.anchor == Place(C, 7)


def test_inside_of_one_row(selection: Selection) -> None:
    drawn(selection, Place(B, 9), Place(B, 2))

    assert [selection.part(n) for n in range(4)] == [None, (2, 9), None, None]


def test_a_click_selects_nothing(selection: Selection) -> None:
    selection.start(Place(B, 3), Place(B, 3))

    assert selection.span() is None
    assert selection.part(1) is None


def test_a_word_stays_selected_in_whichever_direction_it_is_extended(selection: Selection) -> None:
    selection.start(Place(B, 4), Place(B, 9))

    selection.extend(Place(C, 0), Place(C, 3))
    assert selection.span() == Span(Place(B, 4), Place(C, 3))

    selection.extend(Place(A, 2), Place(A, 6))
    assert selection.span() == Span(Place(A, 2), Place(B, 9))

    selection.extend(Place(B, 4), Place(B, 9))
    assert selection.span() == Span(Place(B, 4), Place(B, 9))


def test_rows_that_come_between_belong_to_it(flow: Flow, selection: Selection) -> None:
    drawn(selection, Place(A, 5), Place(B, 7))

    flow.show([A, Key(9), B, C, D])

    assert [selection.part(n) for n in range(4)] == [(5, END), (0, END), (0, 7), None]


def test_it_is_gone_with_a_row_where_it_ended(flow: Flow, selection: Selection) -> None:
    drawn(selection, Place(A, 5), Place(C, 7))

    flow.show([A, B, D])

    assert selection.span() is None


def test_pieces_of_a_long_row_are_in_order(flow: Flow, selection: Selection) -> None:
    flow.show([A, Key(1, 0), Key(1, 1), Key(1, 2), C])
    drawn(selection, Place(Key(1, 2), 3), Place(Key(1, 0), 8))

    assert [selection.part(n) for n in range(5)] == [None, (8, END), (0, END), (0, 3), None]
