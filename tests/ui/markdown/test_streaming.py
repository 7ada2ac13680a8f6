"""A document that grew is the document that was rendered at once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.style import MarkdownStyle
from tests.helpers.markdown_texts import pieces, prefixes
from tests.ui.markdown.described import described


def _streamed(style: MarkdownStyle, text: str, chance: random.Random) -> MarkdownDocument:
    document = MarkdownDocument(style)
    for piece in pieces(text, chance):
        document.append_text(piece)
    document.finish()
    return document


def _at_once(style: MarkdownStyle, text: str) -> MarkdownDocument:
    document = MarkdownDocument(style)
    document.set_text(text)
    return document


def _compare(style: MarkdownStyle, count: int, seed: int) -> int:
    chance = random.Random(seed)
    tables = 0
    for number, prefix in enumerate(prefixes(count, seed)):
        streamed, whole = _streamed(style, prefix, chance), _at_once(style, prefix)
        assert described(streamed) == described(whole), (number, prefix)
        tables += bool(whole.rootFrame().childFrames())
    return tables


def test_prefixes_that_were_streamed_look_as_if_rendered_at_once(style: MarkdownStyle) -> None:
    assert _compare(style, 300, seed=5) > 20  # with tables among them


@pytest.mark.slow
def test_five_thousand_prefixes_look_as_if_rendered_at_once(style: MarkdownStyle) -> None:
    assert _compare(style, 5000, seed=6) > 300


def test_a_document_that_shows_another_text_looks_as_a_new_one(style: MarkdownStyle) -> None:
    document = MarkdownDocument(style)
    for prefix in prefixes(100, seed=8):
        document.set_text(prefix)
        assert described(document) == described(_at_once(style, prefix)), prefix


def test_finished_blocks_are_built_once(style: MarkdownStyle) -> None:
    """Of twice as many blocks twice as many are built; all again would be four times."""
    built = []
    for count in (50, 100):
        document = MarkdownDocument(style)
        for number in range(count):
            for piece in (f"Paragraph {number} ", "goes on **and ", "on**.\n\n- a\n", "- b\n\n"):
                document.append_text(piece)
        document.finish()
        built.append(document.built_blocks)

    assert built[1] < 2.2 * built[0]
    assert built[1] < 100 * 12  # three blocks, the open ones a few times


def test_of_code_that_grows_only_new_lines_are_built(style: MarkdownStyle) -> None:
    document = MarkdownDocument(style)
    document.append_text("```\n")
    for number in range(2000):
        document.append_text(f"line {number}\n")
    document.append_text("```\n")
    document.finish()

    assert document.built_blocks < 3 * 2000
    assert document.blocks()[0].source == "\n".join(f"line {number}" for number in range(2000))


def test_of_a_table_that_grows_only_new_rows_are_built(style: MarkdownStyle) -> None:
    document = MarkdownDocument(style)
    document.append_text("| a | b |\n|--|--|\n")
    for number in range(200):
        document.append_text(f"| {number} | x |\n")
    document.finish()

    assert document.built_blocks < 3 * 200
    assert described(document) == described(_at_once(style, document.source))


def test_of_a_long_paragraph_that_grows_only_its_end_is_built(style: MarkdownStyle) -> None:
    document = MarkdownDocument(style)
    for _ in range(1000):
        document.append_text("words " * 3)
    document.finish()

    assert document.built_blocks < 1000 + 20  # the last of nine pieces each time
    assert described(document) == described(_at_once(style, document.source))


def test_a_long_text_comes_in_slices_and_is_complete_in_the_end(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    text = "".join(f"Paragraph **{number}**.\n\n" for number in range(4000))
    document = MarkdownDocument(style)
    document.set_text(text)
    at_first = document.characterCount()
    assert not document.is_complete()
    assert document.source == text
    until(document.is_complete)

    assert document.characterCount() > 3 * at_first
    assert document.lastBlock().text() == "Paragraph 3999."


def test_another_text_ends_the_slices_of_the_one_before(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    document = MarkdownDocument(style)
    document.set_text("long\n\n" * 20_000)
    document.set_text("short")
    until(document.is_complete)

    assert document.toPlainText() == "short"


def test_text_that_follows_a_long_one_waits_for_it(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    document = MarkdownDocument(style)
    document.set_text("long\n\n" * 10_000, finished=False)
    document.append_text("the end")
    document.finish()
    until(document.is_complete)

    assert document.lastBlock().text() == "the end"
    assert document.source == "long\n\n" * 10_000 + "the end"
