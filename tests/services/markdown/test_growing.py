"""A text that arrives in pieces is the same text in the end."""

from __future__ import annotations

import random

import pytest

from baichuan_desktop.services.markdown.flow import Block, Code, Span, Table
from baichuan_desktop.services.markdown.growing import GrowingText, markdown_blocks, slice_end
from tests.helpers.markdown_texts import pieces, prefixes


def _blocks(text: GrowingText) -> list[Block]:
    return [block for top in text.top_blocks() for block in top.blocks]


def _has_definition(text: str) -> bool:
    return "]:" in text


@pytest.mark.parametrize(
    ("count", "seed"), [(1000, 11), pytest.param(5000, 12, marks=pytest.mark.slow)]
)
def test_prefixes_that_arrive_in_pieces_are_what_they_are_at_once(count: int, seed: int) -> None:
    chance = random.Random(seed)
    early = 0
    for number, prefix in enumerate(prefixes(count, seed)):
        text = GrowingText()
        for piece in pieces(prefix, chance):
            text.append(piece)
        whole = markdown_blocks(prefix)
        if not _has_definition(prefix):  # a link may be defined after it was used
            assert _blocks(text) == whole, (number, prefix)
            early += 1
        text.finish()

        assert _blocks(text) == whole, (number, prefix)
        assert text.source == prefix
    assert early > count / 2


def test_a_link_that_is_defined_late_is_one_once_the_text_is_finished() -> None:
    text = GrowingText()
    for piece in ("see [there]\n\nmore\n\n", "[there]: https://example.org\n"):
        text.append(piece)
    before = _blocks(text)[0]
    text.finish()
    after = _blocks(text)[0]

    assert before.spans == (Span("see [there]"),)  # type: ignore[union-attr]  # a Paragraph
    assert after.spans == (  # type: ignore[union-attr]  # as above
        Span("see "),
        Span("there", link="https://example.org"),
    )


def test_a_list_that_goes_on_after_an_empty_line_stays_one_list() -> None:
    text = GrowingText()
    for char in "1. one\n\n2. two\n\n3. three":
        text.append(char)

    assert [block.place.within[0].ordinal for block in _blocks(text)] == [1, 2, 3]  # type: ignore[union-attr]  # Items
    assert len(text.top_blocks()) == 1


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\u2029"])
def test_line_ends_of_every_kind_may_be_torn_apart(line_end: str) -> None:
    whole = line_end.join(["# one", "", "- a", "- b", "", "```", "x", "", "y", "```", "", "end"])
    text = GrowingText()
    for char in whole:
        text.append(char)
    text.finish()

    assert _blocks(text) == markdown_blocks(whole)


@pytest.mark.parametrize(
    "unit", ["a paragraph of **some** words\n\n", "- item\n\npara\n\n", "# head\ntext\n\n"]
)
def test_reading_costs_in_proportion_to_the_text(unit: str) -> None:
    """Twice the text is twice the work; reading all of it again would be four times."""
    read = []
    for times in (100, 200):
        text = GrowingText()
        for _ in range(times):
            text.append(unit)
        read.append(text.read_characters)

    assert read[1] < 2.2 * read[0]
    assert read[1] < 4 * 200 * len(unit)


def test_a_long_block_of_code_is_not_read_again_and_again() -> None:
    text = GrowingText()
    text.append("```python\n")
    for number in range(20_000):
        text.append(f"x = {number}\n")
    text.append("```\nend")

    code, end = _blocks(text)
    assert isinstance(code, Code)
    assert code.lines == tuple(f"x = {number}" for number in range(20_000))
    assert markdown_blocks("end") == [end]
    assert text.read_characters < 20_000 * 1000  # 40 lines at a time; at once it would be 2.4e9


def test_a_long_table_is_not_read_again_and_again() -> None:
    text = GrowingText()
    text.append("| a | b |\n|---|--:|\n")
    for number in range(1_500):
        text.append(f"| {number} | **x** |\n")

    (table,) = _blocks(text)
    assert isinstance(table, Table)
    assert len(table.rows) == 1_501
    assert table.rows[1_500] == ((Span("1499"),), (Span("x", is_bold=True),))
    assert text.read_characters < 1_500 * 1500
    text.finish()
    assert _blocks(text) == [table]


@pytest.mark.parametrize(
    ("unit", "times"),
    [
        ("- a\n", 1900),
        ("a line\n", 1900),
        ("> quoted\n", 1900),
        ("7. x\n\n", 900),
        ("  - x\n", 1900),
        ("word ", 9000),
        ("字", 45_000),
        ("**a** ", 7000),
    ],
)
def test_a_block_without_end_is_cut_wherever_it_is_torn(unit: str, times: int) -> None:
    chance = random.Random(4)
    whole = unit * times + "\n\n# the end\n"
    text = GrowingText()
    position = 0
    while position < len(whole):
        size = chance.choice((900, 3000, 7))
        text.append(whole[position : position + size])
        position += size
    text.finish()

    assert _blocks(text) == markdown_blocks(whole)
    assert len(text.top_blocks()) > 2
    assert text.read_characters < 40 * len(whole)


@pytest.mark.parametrize("text", ["|" * 20_000, "x" * 15_000 + "|" * 5_000, "|x" * 10_000])
def test_a_slice_has_no_more_cells_than_are_read_in_a_moment(text: str) -> None:
    end = slice_end(text, 20_000)

    assert 0 < end < len(text)
    assert text.count("|", 0, end) <= 3_000


def test_a_slice_of_plain_text_is_as_long_as_it_may_be() -> None:
    assert slice_end("x" * 30_000, 20_000) == 20_000
    assert slice_end("x" * 100, 20_000) == 100
