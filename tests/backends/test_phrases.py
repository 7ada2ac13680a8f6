"""Sentences with facts in them."""

from __future__ import annotations

import pytest

from backends.errors import ContextLengthExceededError, UserFacingError
from backends.phrases import Phrase, formatted
from baichuan_desktop.services.engines.ends import ended
from baichuan_desktop.ui.errors import error_texts


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (512, "512"),
        (4096, "4,096"),
        (7000559616, "7,000,559,616"),
        (-12345, "-12,345"),
        (True, "True"),
        ("4096", "4096"),  # a name of a folder is no number
        (4096.5, "4096.5"),
        (Phrase("{n} of them", n=1234), "1,234 of them"),
    ],
)
def test_the_digits_of_a_whole_number_stand_in_groups_of_three(value: object, shown: str) -> None:
    assert formatted("{value}", {"value": value}) == shown
    assert str(Phrase("{value}", value=value)) == shown  # type: ignore[arg-type]  # True is an int
    assert UserFacingError("{value}", value=value).message == shown  # type: ignore[arg-type]  # each is a Fact


def test_a_template_that_says_how_a_number_is_shown_is_obeyed() -> None:
    assert formatted("{a:.1f} {b:04d}", {"a": 12345.67, "b": 12}) == "12345.7 0012"


def test_errors_show_large_numbers_alike_in_the_terminal_and_in_the_window() -> None:
    error = ContextLengthExceededError(
        what="Your message", prompt_tokens=123456, context_length=4096
    )

    assert "123,456" in error.message
    assert "4,096" in error.message
    assert error_texts.message(error) == error.message


def test_the_code_with_which_a_program_ended_is_no_count() -> None:
    assert "234567" in ended(234567, "").message


@pytest.mark.parametrize("template", ["{missing}", "{}", "{", "{0}"])
def test_facts_that_do_not_fit_are_an_error(template: str) -> None:
    with pytest.raises((KeyError, IndexError, ValueError)):
        formatted(template, {"other": 1})
