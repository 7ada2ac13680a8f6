"""A prompt as a person can read it: its ids with their pieces, and which part each belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import PartKind, PromptPart, PromptPieces
from .chat_template import ChatPrompt, Role
from .detokenizer import StreamingDetokenizer
from .tokenizer import Tokenizer

_KINDS = {
    Role.SYSTEM: PartKind.SYSTEM,
    Role.USER: PartKind.QUESTION,
    Role.ASSISTANT: PartKind.ANSWER,
}


def described(
    prompt: ChatPrompt, roles: Sequence[Role], tokenizer: Tokenizer, context_length: int
) -> PromptPieces:
    """Everything of a prompt; `roles` are those of the messages that it was made of.

    A prompt without spans is a text that is continued.
    """
    parts = [
        PromptPart(_kind(span.message, roles), span.message, span.begin, span.end)
        for span in prompt.spans
    ] or [PromptPart(PartKind.TEXT, None, 0, len(prompt.ids))]
    texts = [text for part in parts for text in _texts(prompt.ids, part, tokenizer)]
    return PromptPieces(
        tuple(prompt.ids),
        tuple(map(tokenizer.piece, prompt.ids)),
        tuple(texts),
        tuple(parts),
        prompt.dropped_messages,
        prompt.room_tokens,
        context_length,
    )


def _kind(message: int | None, roles: Sequence[Role]) -> PartKind:
    return PartKind.OPENING if message is None else _KINDS[roles[message]]


def _texts(ids: Sequence[int], part: PromptPart, tokenizer: Tokenizer) -> list[str]:
    """What each id of a part completes of its text; half a character at the end is its last id's.

    The id that begins a turn has none.
    """
    begins_turn = part.kind in (PartKind.QUESTION, PartKind.ANSWER, PartKind.OPENING)
    detokenizer = StreamingDetokenizer(tokenizer)
    first = part.begin + begins_turn
    texts = [""] * begins_turn + [detokenizer.add(one) for one in ids[first : part.end]]
    if texts and (rest := detokenizer.flush()):
        texts[-1] += rest
    return texts
