"""Ids grow with time, and two stores give different ones."""

from __future__ import annotations

from collections.abc import Iterator

from baichuan_desktop.services.chat.store.ids import Ids


def _clock(*times: float) -> Iterator[float]:
    return iter(times)


def test_a_later_id_is_greater_also_where_the_clock_was_set_back() -> None:
    times = _clock(1_800_000_000.0, 1_800_000_000.0, 1_700_000_000.0, 1_800_000_001.0)
    ids = Ids(times.__next__)

    given = [ids.new() for _ in range(4)]

    assert given == sorted(set(given))


def test_an_id_tells_its_time_and_fits_into_63_bits() -> None:
    number = Ids(lambda: 1_800_000_000.5).new()

    assert number >> 21 == 1_800_000_000_500
    assert number < 2**63
    assert Ids(lambda: 2.0**41 / 1000).new() < 2**63  # in the year 2039


def test_two_stores_give_different_ids_at_the_same_moment() -> None:
    one, other = Ids(lambda: 1_800_000_000.0), Ids(lambda: 1_800_000_000.0)

    assert {one.new() for _ in range(5)} != {other.new() for _ in range(5)}
