from __future__ import annotations

from dataclasses import replace

import pytest

from baichuan_desktop.services.chat.attaching.errors import (
    DocumentsTooLongError,
    NoPassageFitsError,
    NothingGivenError,
)
from baichuan_desktop.services.chat.attaching.plan import (
    Counted,
    Wish,
    counted,
    divide,
    passages_of,
    planned,
    refusal_of,
    with_tokens,
)
from baichuan_desktop.services.chat.attaching.room import Room
from baichuan_desktop.services.chat.given import given_text
from baichuan_desktop.services.documents.values import Attachment, Document, Passage


def document(text: str, number: int = 1) -> Document:
    return Document(number, 1, f"{number}.txt", "text", len(text), "", text)


LONG = document("\n\n".join(f"Part {n} tells of word{n}. " + "And so on. " * 80 for n in range(30)))


def in_characters(of: Document) -> Counted:
    """Counted with a token a character."""
    parts = divide(of, of.name)
    return counted(parts, [len(text) for text in parts.to_count])


def test_a_document_that_fits_is_given_whole_with_all_its_tokens() -> None:
    short = in_characters(document("The code is 4711."))

    (given,) = planned([Wish(short)], "The code?", 100)

    assert given == Attachment(1, "1.txt", given_tokens=25, all_tokens=25)
    assert len(given_text(given, short.document)) == 25


def test_of_one_that_does_not_fit_the_best_passages_are_given_and_never_more_than_fit() -> None:
    of = in_characters(LONG)

    (given,) = planned([Wish(of)], "Where is word17?", 2500)

    assert given.given is not None
    assert 0 < len(given.given) < given.passages == len(of.passages)
    assert any("word17." in LONG.text[one.start : one.end] for one in given.given)
    text = given_text(given, LONG)
    assert len(text) <= given.given_tokens <= 2500
    assert given.all_tokens == len(given_text(Attachment(1, "1.txt"), LONG))


def test_what_was_chosen_by_hand_stays_and_leaves_less_to_the_others() -> None:
    of, other = in_characters(LONG), in_characters(document(LONG.text, 2))
    by_hand = passages_of(of, tuple(of.passages[:2]))

    first, second = planned([Wish(of, by_hand), Wish(other)], "word17", 4000)

    assert first == by_hand
    assert second.given_tokens <= 4000 - by_hand.given_tokens


def test_a_text_too_long_to_be_counted_twice_is_counted_by_its_passages() -> None:
    huge = document("A line of a list.\n" * 7000)

    of = in_characters(huge)

    assert divide(huge, "1.txt").whole == ""
    assert len(huge.text) - 2 * len(of.passages) <= of.all_tokens <= len(huge.text)


def test_the_whole_text_is_all_there_is_and_passages_are_a_part_of_it() -> None:
    whole = with_tokens(Attachment(1, "a", given_tokens=5, all_tokens=5), 6)
    part = with_tokens(Attachment(1, "a", (Passage(0, 1),), 4, 5, 50), 6)

    assert (whole.given_tokens, whole.all_tokens) == (6, 6)
    assert (part.given_tokens, part.all_tokens) == (6, 50)


@pytest.mark.parametrize(
    ("given", "by_hand", "error"),
    [
        ((Passage(0, 1),), (), None),
        ((), (), NoPassageFitsError),
        ((), (1,), NothingGivenError),
    ],
)
def test_a_question_does_not_go_with_nothing_of_its_document(
    given: tuple[Passage, ...], by_hand: tuple[int, ...], error: type[Exception] | None
) -> None:
    attachment = Attachment(1, "a.txt", given, 4, 100, 1000)

    found = refusal_of([attachment], Room(100, 100), by_hand)
    too_long = refusal_of([replace(attachment, given_tokens=101)], Room(100, 100), by_hand)

    assert type(found) is (error or type(None))
    assert isinstance(too_long, DocumentsTooLongError)
