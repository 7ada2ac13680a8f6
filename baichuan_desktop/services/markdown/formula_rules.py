r"""Where a formula begins and ends: `$…$`, `\(…\)` in a line, `$$…$$`, `\[…\]` also as a block.

A sum of money is none: what `$` opens holds no space at its ends, and touches no letter or digit
outside (`$5 and $6`, `US$5`, `$HOME/$PATH`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from baichuan_desktop.services.markdown.flow import CLOSING_MARKS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

INLINE, DISPLAY, BLOCK = "formula", "formula_display", "formula_block"  #: types of tokens

_LONGEST = 4000  # characters between two marks; what is longer is no formula, and is not looked for
_MOST_LINES = 100


def with_formulas(parser: MarkdownIt) -> None:
    """Give a parser these rules, before the one that takes a backslash away."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before(
        "fence", BLOCK, _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _inline(state: StateInline, silent: bool) -> bool:
    src, start = state.src, state.pos
    mark = src[start : start + 2]
    if mark not in CLOSING_MARKS:
        mark = mark[:1]
        if mark != "$":
            return False
    begin = start + len(mark)
    limit = min(state.posMax, begin + _LONGEST)
    end = _closing(src, begin, limit, CLOSING_MARKS[mark])
    if end < 0:
        return False
    content = src[begin:end]
    after = end + len(mark)
    if not content.strip():
        return False
    if mark == "$" and not (
        _is_outside(src[start - 1 : start])
        and _is_outside(src[after : after + 1])
        and not content[0].isspace()
        and not content[-1].isspace()
    ):
        return False
    if not silent:
        token = state.push(DISPLAY if mark in ("$$", "\\[") else INLINE, "", 0)
        token.content = content.strip()
        token.markup = mark
    state.pos = after
    return True


def _closing(src: str, begin: int, limit: int, mark: str) -> int:
    """Where the closing mark stands that no backslash escapes; -1 if nowhere."""
    end = begin - 1
    while (end := src.find(mark, end + 1, limit)) >= 0:
        before = src[begin:end]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return end
    return -1


def _is_outside(char: str) -> bool:
    """Whether `$` may stand beside this, looking out of the formula."""
    return not (char.isascii() and (char.isalnum() or char in "_$\\")) or not char


def _block(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    if state.is_code_block(startLine):
        return False
    mark = _line(state, startLine)[:2]
    if mark not in ("$$", "\\["):
        return False
    closing = CLOSING_MARKS[mark]
    lines: list[str] = []
    for number in range(startLine, min(endLine, startLine + _MOST_LINES)):
        text = _line(state, number)
        if not text or (number > startLine and state.sCount[number] < state.blkIndent):
            return False
        if number == startLine:
            text = text[2:]
        found = text.find(closing)
        if found >= 0:
            lines.append(text[:found])
            content = "\n".join(lines).strip()
            if text[found + 2 :].strip(" .,;，。；") or not content:
                return False  # it goes on after the formula: that is text with one in it
            if silent:
                return True
            state.line = number + 1
            token = state.push(BLOCK, "", 0)
            token.content = content
            token.markup = mark
            token.info = text[found + 2 :].strip()
            token.map = [startLine, state.line]
            return True
        lines.append(text)
    return False


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
