from __future__ import annotations

import unicodedata

import pytest

from baichuan_desktop.ui.look.one_line import excerpt_line, marked_line, title_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Minutes", "Minutes"),
        ("静夜思", "静夜思"),
        (
            "<b>bold</b> & <img src=file:///etc/passwd>",
            "<b>bold</b> & <img src=file:///etc/passwd>",
        ),
        ("two\nlines\r\n\tand more", "two lines and more"),
        ("\n\n ", ""),
        ("nul\0here", "nul�here"),
        ("\x1b[31mred", "�[31mred"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("a\u2066b\u2069", "a�b�"),
        ("half \ud800 pair", "half � pair"),
        ("par\u2029agraph\u2028line", "par agraph line"),
        ("שלום", "שלום"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_a_title_is_one_line_of_what_can_be_seen(text: str, shown: str) -> None:
    assert title_line(text) == shown


def test_a_letter_keeps_three_marks_and_no_tower() -> None:
    shown = title_line("Z" + "\u0300\u0489" * 500 + "algo")

    assert sum(unicodedata.combining(char) > 0 or char == "\u0489" for char in shown) == 3
    assert shown.startswith("Z")


@pytest.mark.parametrize("letter", ["x", "字", "\u0300", " ", "\n", "\u202e", "\ud800"])
def test_a_title_of_any_length_is_a_short_one(letter: str) -> None:
    assert len(title_line(letter * 1_000_000)) <= 241


def test_the_work_on_a_long_title_does_not_grow_with_it() -> None:
    """Counted by what is read of it, not by a clock."""

    class Counted(str):
        read = 0

        def __getitem__(self, place: object) -> str:
            part = str.__getitem__(self, place)  # type: ignore[index]  # as str's own
            Counted.read += len(part)
            return part

    title_line(Counted("字" * 1_000_000))

    assert 0 < Counted.read < 2_000


@pytest.mark.parametrize(
    ("text", "span", "marked"),
    [
        ("find me", (5, 7), "me"),
        ("a\n\n  find me", (10, 12), "me"),
        ("e" + "\u0300" * 20 + " me", (22, 24), "me"),
        ("请在这里找到我", (4, 6), "找到"),
        ("x" * 300 + "me", (300, 302), None),  # beyond what is shown
        ("me", (1, 1), None),
        ("me", (-3, 2), None),
        ("me", (0, 99), "me"),
    ],
)
def test_what_was_found_is_still_marked_in_the_line(
    text: str, span: tuple[int, int], marked: str | None
) -> None:
    line = marked_line(text, [span])

    assert [line.text[a:b] for a, b in line.spans] == ([] if marked is None else [marked])


def test_an_excerpt_begins_shortly_before_what_was_found() -> None:
    text = "the customers who never placed an order in the shop"

    line = excerpt_line(text, [(34, 39)])

    assert line.text == "…placed an order in the shop"
    assert [line.text[a:b] for a, b in line.spans] == ["order"]


def test_an_excerpt_without_spaces_is_cut_between_letters() -> None:
    line = excerpt_line("无" * 50 + "订单" + "无" * 5, [(50, 52)])

    assert line.text == "…" + "无" * 12 + "订单" + "无" * 5
    assert line.spans == ((13, 15),)
