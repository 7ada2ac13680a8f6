"""What goes into a prompt, by numbers alone; worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backends.text.fitting import Fitting, fitting, most_reserved


@pytest.mark.parametrize(
    ("newest_first", "fixed", "new_tokens", "expected"),
    [
        ([10], 1, 20, Fitting(1, 11)),
        ([10, 20, 30], 1, 20, Fitting(3, 61)),
        ([10, 20, 49], 1, 20, Fitting(3, 80)),  # the last one that fits
        ([10, 20, 50], 1, 20, Fitting(2, 31)),
        ([10, 60, 5], 11, 20, Fitting(1, 21)),  # no older one jumps over one that does not fit
        ([90], 1, 20, Fitting(1, 91)),  # the newest is kept though it leaves less than was asked
        ([98], 1, 20, Fitting(1, 99)),
        ([99], 1, 20, Fitting(0, 100)),
        ([2], 98, 20, Fitting(0, 100)),  # the system prompt is never left out
        ([2], 300, 20, Fitting(0, 302)),
    ],
)
def test_what_fits_into_a_hundred_tokens(
    newest_first: list[int], fixed: int, new_tokens: int, expected: Fitting
) -> None:
    found = fitting(newest_first, fixed=fixed, context_length=100, max_new_tokens=new_tokens)

    assert found == expected


@pytest.mark.parametrize(
    ("newest_first", "new_tokens", "expected"),
    [
        ([10, 20, 19], 90, Fitting(3, 50, room_tokens=50)),
        ([10, 20, 20], 90, Fitting(2, 31, room_tokens=69)),
        ([10, 60], 90, Fitting(1, 11)),  # as many as with all that was asked for: it has its room
        ([10, 20, 19], 50, Fitting(3, 50)),
    ],
)
def test_half_of_the_context_is_kept_free_at_most(
    newest_first: list[int], new_tokens: int, expected: Fitting
) -> None:
    found = fitting(
        newest_first,
        fixed=1,
        context_length=100,
        max_new_tokens=new_tokens,
        reserved=most_reserved(100, new_tokens),
    )

    assert found == expected


def test_what_is_too_old_is_not_asked_for() -> None:
    asked: list[int] = []

    def lengths() -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield 30

    assert fitting(lengths(), fixed=1, context_length=100, max_new_tokens=5).rounds == 3
    assert asked == [0, 1, 2, 3]
