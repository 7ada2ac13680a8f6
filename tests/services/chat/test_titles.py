"""Titles made from first questions."""

from __future__ import annotations

import unicodedata

import pytest

from baichuan_desktop.services.chat.titles import title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is a river?", "What is a river?"),
        ("  two   spaces ", "two spaces"),
        ("## **Rivers**, please\nWhich is the longest?", "Rivers, please"),
        ("\n\n  \nsecond line", "second line"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("***", "***"),
        ("* * *\ntext", "text"),
        ("- [ ] buy `milk` and [eggs](http://x.y)", "buy milk and eggs"),
        ("> > # nested", "nested"),
        ("1. one", "one"),
        ("1.5 is a number", "1.5 is a number"),
        ("#hashtag is no heading", "#hashtag is no heading"),
        ("2 * 3 * 4 = ?", "2 * 3 * 4 = ?"),
        ("2*3*4 = ?", "2*3*4 = ?"),
        ("snake_case_name and other_name", "snake_case_name and other_name"),
        ("use `**kwargs` in *Python*", "use **kwargs in Python"),
        ("![a cat](file:///etc/passwd) drawn", "a cat drawn"),
        ("**重点。**后面", "重点。后面"),
        ("~~删除（注）。~~后", "删除（注）。后"),
        ("<b>bold</b> &lt;", "<b>bold</b> &lt;"),
        ("https://example.org/a_b_c?d=1", "https://example.org/a_b_c?d=1"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x1b[31mred\x00", "[31mred"),
        ("half \ud800 a pair", "half a pair"),
    ],
)
def test_a_title_is_the_first_line_that_says_something_without_marks(
    question: str, title: str
) -> None:
    assert title_of(question) == title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("word " * 40, "word word word word word word word word word…"),
        ("河" * 40, "河" * 24 + "…"),
        ("a" * 100, "a" * 48 + "…"),
        (
            "Explain, in the simplest words that you know, how clouds come about",
            "Explain, in the simplest words that you know…",
        ),
        ("中文" * 11 + " mixed English words", "中文" * 11 + "…"),
    ],
)
def test_a_long_line_is_cut_at_a_word_or_a_hanzi(question: str, title: str) -> None:
    assert title_of(question) == title


def test_a_megabyte_of_marks_makes_a_short_title() -> None:
    title = title_of("e" + "\u0301" * 1_000_000)

    assert len(title) < 100
    assert not unicodedata.combining(title[0])
    assert len(title_of("[" * 1_000_000)) < 100
    assert len(title_of("**" * 500_000)) < 100
