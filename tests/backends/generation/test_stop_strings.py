"""Texts that end an answer, however it comes in parts."""

from __future__ import annotations

from backends.generation.stop_strings import StopStrings


def test_every_way_to_cut_a_text_into_deltas_finds_the_same_stop() -> None:
    text, stop = "ab##c###d", ("###",)
    for cuts in range(2 ** (len(text) - 1)):
        tail, shown, part = StopStrings(stop), "", ""
        for position, char in enumerate(text):
            part += char
            if cuts >> position & 1 or position == len(text) - 1:
                shown += tail.add(part)
                part = ""
        assert (shown + tail.flush(), tail.found) == ("ab##c", True)


def test_text_that_may_become_a_stop_text_is_held_back_and_then_shown() -> None:
    tail = StopStrings(("END",))

    assert [tail.add("x"), tail.add("E"), tail.add("N"), tail.add("x"), tail.add("E")] == [
        "x", "", "", "ENx", "",
    ]  # fmt: skip
    assert tail.flush() == "E"
    assert not tail.found
