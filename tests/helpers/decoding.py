"""Ids to text, all at once or one at a time, with or without the text of special tokens."""

from __future__ import annotations

from collections.abc import Iterable

from backends.text.detokenizer import StreamingDetokenizer
from backends.text.tokenizer import Tokenizer


def streamed(tokenizer: Tokenizer, ids: Iterable[int], *, show_special: bool = False) -> list[str]:
    """The text that each id completes, and what is held back at the end.

    `show_special` gives `<unk>`, `<s>` and `</s>` as text, which the app never shows.
    """
    detokenizer = StreamingDetokenizer(tokenizer)
    parts = []
    for token_id in ids:
        text = detokenizer.add(token_id)
        if show_special and tokenizer.is_special(token_id):
            text += tokenizer.piece(token_id).replace("\u2581", " ")
        parts.append(text)
    return [*parts, detokenizer.flush()]


def decode(tokenizer: Tokenizer, ids: Iterable[int], *, show_special: bool = False) -> str:
    """The text of all ids, as the published decode gives it."""
    return "".join(streamed(tokenizer, ids, show_special=show_special))
