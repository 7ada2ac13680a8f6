"""Tokens as blocks from top to bottom, each top-level block of the source apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from baichuan_desktop.services.markdown.flow import (
    Alignment,
    Block,
    Code,
    Container,
    Formula,
    Item,
    Paragraph,
    Place,
    Quote,
    Rule,
    Spans,
    Table,
    TopBlock,
    text_of,
)
from baichuan_desktop.services.markdown.formula_rules import BLOCK
from baichuan_desktop.services.markdown.harmless_text import harmless_line
from baichuan_desktop.services.markdown.inline_spans import spans_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_TASKS = {"[ ] ": False, "[x] ": True, "[X] ": True}


def top_blocks(tokens: Sequence[Token]) -> list[TopBlock]:
    """The top-level blocks of a parsed text; each has its lines and what is shown of it."""
    made = []
    first = 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            group = tokens[first : index + 1]
            begin, end = group[0].map or (0, 0)
            made.append(TopBlock(begin, end, tuple(_Flattening(group).blocks())))
            first = index + 1
    return made


@dataclass(slots=True)
class _List:
    number: int
    ordinal: int | None


class _Flattening:
    """The blocks of one top-level block."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._within: list[Container] = []
        self._lists: list[_List] = []
        self._numbers = count(1)
        self._heading = 0
        self._item_is_empty = False  # its mark stands before whatever comes next

    def blocks(self) -> Iterator[Block]:
        position = 0
        while position < len(self._tokens):
            token = self._tokens[position]
            if token.type == "table_open":
                end = _closing(self._tokens, position, "table_close")
                yield replace(_table(self._tokens[position:end]), place=self._place())
                position = end
            else:
                yield from self._block(token, position)
            position += 1

    def _block(self, token: Token, position: int) -> Iterator[Block]:
        match token.type:
            case "blockquote_open":
                self._within.append(Quote(next(self._numbers)))
            case "bullet_list_open" | "ordered_list_open":
                start = int(token.attrs.get("start", 1)) if token.tag == "ol" else None
                self._lists.append(_List(next(self._numbers), start))
            case "list_item_open":
                self._within.append(self._item(position))
                self._item_is_empty = True
            case "list_item_close":
                if self._item_is_empty:
                    yield Paragraph((), self._place())
                self._within.pop()
            case "blockquote_close":
                self._within.pop()
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "heading_open":
                self._heading = int(token.tag[1:])
            case "heading_close":
                self._heading = 0
            case "inline" | "text_block":
                yield self._paragraph(spans_of(token))
            case "fence" | "code_block":
                yield _code(token, self._place())
            case "hr":
                yield Rule(self._place())
            case _ if token.type == BLOCK:
                yield Formula(token.content, self._place(), token.markup, token.info)
            case _:  # the ends of what is a paragraph by its text alone
                pass

    def _place(self) -> Place:
        begins, self._item_is_empty = self._item_is_empty, False
        return Place(tuple(self._within), begins)

    def _item(self, position: int) -> Item:
        here = self._lists[-1]
        ordinal = here.ordinal
        if ordinal is not None:
            here.ordinal = ordinal + 1
        following = self._tokens[position + 1]
        tight = following.type != "paragraph_open" or following.hidden
        return Item(here.number, next(self._numbers), ordinal, None, tight)

    def _paragraph(self, spans: Spans) -> Paragraph:
        item = self._within[-1] if self._within else None
        mark = text_of(spans[:1])[:4]
        if self._item_is_empty and isinstance(item, Item) and mark in _TASKS:
            self._within[-1] = replace(item, is_checked=_TASKS[mark])
            first = replace(spans[0], text=spans[0].text[4:])
            spans = (first, *spans[1:]) if first.text else spans[1:]
        return Paragraph(spans, self._place(), self._heading)


def _code(token: Token, place: Place) -> Code:
    content = token.content.removesuffix("\n")
    language = harmless_line(token.info).split(" ")[0] if token.type == "fence" else ""
    return Code(tuple(content.split("\n")), language, place)


def _closing(tokens: Sequence[Token], position: int, kind: str) -> int:
    return next(i for i in range(position, len(tokens)) if tokens[i].type == kind)


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[tuple[Spans, ...]] = []
    cells: list[Spans] = []
    alignments: list[Alignment] = []
    for token in tokens:
        match token.type:
            case "tr_open":
                cells = []
            case "tr_close":
                rows.append(tuple(cells))
            case "th_open":
                alignments.append(_alignment(str(token.attrs.get("style", ""))))
            case "inline" | "text_block":
                cells.append(spans_of(token))
    return Table(tuple(rows), tuple(alignments))


def _alignment(style: str) -> Alignment:
    for name in ("left", "center", "right"):
        if style == f"text-align:{name}":
            return name
    return ""
