"""The Markdown that is understood, as tokens: CommonMark, tables, strikethrough and formulas.

HTML stays text, images are not shown, addresses in the text are no links by themselves. Work is
bounded: what is nested deeper than anybody writes, and marks by the thousand in one paragraph, are
text.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from baichuan_desktop.services.markdown.formula_rules import with_formulas
from baichuan_desktop.services.markdown.links import image_as_text, is_link

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_BLOCK_RULES = (
    "table", "code", "fence", "blockquote", "hr", "list", "reference", "heading", "lheading",
    "paragraph",
)  # fmt: skip
_INLINE_RULES = (
    "text", "newline", "escape", "backticks", "strikethrough", "emphasis", "link", "image",
    "autolink", "entity",
)  # fmt: skip
_DEEPEST = 24  # levels of tokens, two for each list and one for each quote
#: Marks of one kind that a paragraph may hold: looking for the other end of each costs its length.
_MOST_MARKS = 400
_LONGEST_INLINE = 50_000  # characters of a paragraph that are looked at for marks
_MARKS = re.compile(r"[\[\]]|!\[|<|`+|[*_~]+|&|\\|\$")

Environment = dict[str, Any]  #: the parser's own: link definitions


@dataclass(slots=True)
class Parsed:
    """Tokens of a text, and the link definitions that it was read with."""

    tokens: list[Token]
    environment: Environment = field(default_factory=dict)


def parse(text: str, environment: Environment | None = None) -> Parsed:
    """The tokens of a text of harmless characters; definitions found so far may be given."""
    env: Environment = {"references": dict((environment or {}).get("references", {}))}
    return Parsed(_parser().parse(text, env), env)


def get_ready() -> None:
    """Import the library and make the parser: what `parse` does before its first text."""
    _parser()


@functools.cache
def _parser() -> MarkdownIt:
    # Here, not above: it takes a twentieth of a second, and a window that starts needs it later.
    from markdown_it import MarkdownIt

    from baichuan_desktop.services.markdown.cjk_emphasis import with_cjk_emphasis

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 4 * _DEEPEST})
    with_cjk_emphasis(made, _INLINE_RULES)
    made.block.ruler.enableOnly(list(_BLOCK_RULES))
    with_formulas(made)
    made.block.ruler.before("table", "too_deep", _too_deep)
    made.core.ruler.before("inline", "too_many_marks", _too_many_marks)
    made.core.ruler.enableOnly(["normalize", "block", "too_many_marks", "inline"])
    made.inline.ruler.at("image", image_as_text)
    made.validateLink = is_link  # type: ignore[method-assign,assignment]  # made to be replaced
    return made


def _too_deep(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Below the deepest level everything is one paragraph of text: nothing is lost."""
    if silent or state.level < _DEEPEST:
        return False
    last = startLine + 1
    while last < endLine and not (not state.isEmpty(last) and state.sCount[last] < state.blkIndent):
        last += 1
    content = state.getLines(startLine, last, state.blkIndent, False).strip()
    state.line = last
    state.push("paragraph_open", "p", 1).map = [startLine, last]
    token = state.push("text_block", "", 0)
    token.content = content
    state.push("paragraph_close", "p", -1)
    return True


def _too_many_marks(state: StateCore) -> None:
    """A paragraph with marks by the thousand is nobody's prose: it stays as it is written."""
    for token in state.tokens:
        if token.type == "inline" and not _is_worth_reading(token.content):
            token.type = "text_block"


def _is_worth_reading(text: str) -> bool:
    if len(text) > _LONGEST_INLINE:
        return False
    counts: dict[str, int] = {}
    for match in _MARKS.finditer(text):
        mark = match[0][0]
        counts[mark] = counts.get(mark, 0) + 1
        if counts[mark] > _MOST_MARKS:
            return False
    return True
