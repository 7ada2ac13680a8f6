"""Emphasis beside hanzi: `**重点。**后面` is bold, though no space stands after the mark.

CommonMark tells an opening mark from a closing one by spaces and punctuation around it. Chinese,
Japanese and Korean put no spaces between words, so a mark beside such a letter would be neither.
The rule here is the one of the CJK-friendly amendments to CommonMark: beside a CJK letter or mark,
punctuation on the other side takes nothing away. Where no CJK letter is near, all stays as it was.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

_HANGUL = (("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\ua960", "\ua97f"), ("\uac00", "\ud7ff"))
_SELECTORS = "\ufe00\ufe01\ufe02\ufe0e\ufe0f"  # choose a shape of the letter before them


def is_cjk(char: str) -> bool:
    """Whether this is a letter or mark of Chinese, Japanese or Korean, which has no spaces."""
    if char < "\u1100":
        return False
    return unicodedata.east_asian_width(char) in "WFH" or any(
        low <= char <= high for low, high in _HANGUL
    )


class CjkInline(ParserInline):
    """The inline parser with marks judged as above."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Process a block's text and push its tokens."""
        state = _CjkState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _CjkState(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        last = _letter_before(self.src, start)
        following = self.src[end] if end < self.posMax else " "
        if not (is_cjk(last) or is_cjk(following)):
            return scanned
        last_space, next_space = isWhiteSpace(ord(last)), isWhiteSpace(ord(following))
        opens, closes = not next_space, not last_space
        if not canSplitWord:
            # `_` stands in names, `文件_名称_后`: it marks only where a word ends beside it.
            last_mark, next_mark = _is_punctuation(last), _is_punctuation(following)
            opens = opens and (last_space or last_mark or next_mark)
            closes = closes and (next_space or next_mark or last_mark)
        return Scanned(opens, closes, scanned.length)


def _letter_before(src: str, position: int) -> str:
    """The character before, without what only chooses its shape; a space at the beginning."""
    while position > 0 and src[position - 1] in _SELECTORS:
        position -= 1
    return src[position - 1] if position > 0 else " "


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def with_cjk_emphasis(parser: MarkdownIt, rules: Sequence[str]) -> None:
    """Give a parser the inline rules above; of the ordinary ones these are on."""
    inline = CjkInline()
    inline.ruler.enableOnly(list(rules))
    parser.inline = inline
