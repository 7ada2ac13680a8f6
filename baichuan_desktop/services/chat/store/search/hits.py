"""A hit as the window shows it: a line of the text, and where in it is what was searched for."""

from __future__ import annotations

import re
from typing import Final

from baichuan_desktop.services.chat.store.search.pairs import Query
from baichuan_desktop.services.chat.values import SearchHit
from baichuan_desktop.services.hanzi import folded

_BEFORE, _AFTER = 24, 96  # characters around the first place
_BREAKS: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")


def hit_in(
    text: str, query: Query, *, conversation_id: int, message_id: int | None
) -> SearchHit | None:
    """The hit in a text; None if a term of the query is missing."""
    low = folded(text)
    first = query.first_span(low)
    if first is None:
        return None
    start = max(0, first[0] - _BEFORE)
    end = min(len(text), first[1] + _AFTER)
    ahead = "…" if start else ""
    spans = query.spans(low, start, end)
    shift = len(ahead) - start
    return SearchHit(
        conversation_id=conversation_id,
        message_id=message_id,
        excerpt=ahead + _BREAKS.sub(" ", text[start:end]) + ("…" if end < len(text) else ""),
        spans=tuple((one + shift, other + shift) for one, other in spans),
    )
