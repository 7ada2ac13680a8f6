"""Text that does nothing but be read."""

from __future__ import annotations

import unicodedata

import pytest

from baichuan_desktop.services.markdown.harmless_text import harmless, harmless_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a␀b"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x7f", "␡"),
        ("\x9b31m", "\ufffd31m"),
        ("file\u202etxt.exe", "file[U+202E]txt.exe"),
        ("\u2066a\u2069", "[U+2066]a[U+2069]"),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("\ufdd0\ufdd1\ufffc", "\ufffd" * 3),
        ("a\U000e0041b", "a\ufffdb"),
        ("tab\tstays\nand lines", "tab\tstays\nand lines"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("é e\u0301 न\u0940", "é e\u0301 न\u0940"),
        ("一位「作者」……", "一位「作者」……"),
    ],
)
def test_controls_become_signs_and_all_else_stays(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_of_a_megabyte_of_marks_over_one_letter_a_few_are_kept() -> None:
    shown = harmless("a" + "\u0301" * 1_000_000 + "b")

    assert shown == "a" + "\u0301" * 8 + "\ufffd" + "b"


def test_no_letter_of_any_script_keeps_more_marks_than_eight() -> None:
    marks = [chr(code) for code in range(0x300, 0x1F000)
             if unicodedata.category(chr(code)) in ("Mn", "Me")]  # fmt: skip
    for mark in marks:
        assert harmless("o" + mark * 50).count(mark) <= 8, hex(ord(mark))


def test_what_is_harmless_already_stays_so() -> None:
    text = harmless("a\u202eb\x00" + "\u0301" * 20)

    assert harmless(text) == text


def test_a_name_is_one_line() -> None:
    assert harmless_line("  a\n\u202e\tb\x00 ") == "a [U+202E] b␀"
