"""Which addresses may be links, and what stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline

#: A page on a host, or somebody's mail; nothing that opens a file, a share or a program.
_ALLOWED = re.compile(r"https?://[^\s/?#\\]+[^\s\\]*|mailto:[^\s@/\\]+@[^\s@/\\]+", re.IGNORECASE)


def is_link(address: str) -> bool:
    """Whether this address may be opened, once the person has agreed."""
    return _ALLOWED.fullmatch(address) is not None


def image_as_text(state: StateInline, silent: bool) -> bool:
    """An image is shown as what is written, and nothing is fetched for it."""
    from markdown_it.rules_inline import image

    begin = state.pos
    before = len(state.tokens)
    if not image(state, silent):
        return False
    if not silent:
        token = state.tokens[-1]
        assert len(state.tokens) > before
        token.type, token.tag, token.children = "text", "", None
        token.attrs = {}
        token.content = state.src[begin : state.pos]
    return True
