"""Tokens of a line as spans of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from baichuan_desktop.services.markdown.flow import Span, Spans
from baichuan_desktop.services.markdown.formula_rules import DISPLAY, INLINE
from baichuan_desktop.services.markdown.harmless_text import harmless_line

if TYPE_CHECKING:
    from markdown_it.token import Token


def spans_of(token: Token) -> Spans:
    """The spans of a token that holds a block's text; neighbours of one look are one span."""
    if token.type == "text_block" or not token.children:
        return (Span(token.content),) if token.content else ()
    joined: list[Span] = []
    for span in _spans(token.children):
        last = joined[-1] if joined else None
        if last and not span.formula and replace(last, text="") == replace(span, text=""):
            joined[-1] = replace(last, text=last.text + span.text)
        elif span.text:
            joined.append(span)
    return tuple(joined)


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    bold = italic = struck = 0
    link = ""
    for token in tokens:
        look = Span("", bold > 0, italic > 0, struck > 0, link=link)
        match token.type:
            case "text":
                yield replace(look, text=token.content)
            case "text_special":  # an escape or an entity, which may be any character
                yield replace(look, text=_one_character(token.content))
            case "softbreak" | "hardbreak":  # a poem's lines; nobody wraps an answer by hand
                yield replace(look, text="\n")
            case "code_inline":
                yield replace(look, text=token.content, is_code=True)
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "s_open" | "s_close":
                struck += token.nesting
            case "link_open":
                link = str(token.attrs["href"])
            case "link_close":
                link = ""
            case "formula":
                assert token.type == INLINE
                yield replace(look, text=token.content, formula="inline", marks=token.markup)
            case _ if token.type == DISPLAY:
                yield replace(look, text=token.content, formula="display", marks=token.markup)
            case _:
                yield replace(look, text=token.content)


def _one_character(text: str) -> str:
    return (
        text
        if text.isspace() and text != "\n" and text.isprintable()
        else harmless_line(text) or " "
    )
