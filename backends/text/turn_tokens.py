"""Which ids begin the turns of a conversation with a model."""

from __future__ import annotations

from ..errors import InvalidRequestError
from .chat_template import ChatTokens
from .tokenizer import TURNS, Tokenizer


def turns_of(own: ChatTokens | None, tokenizer: Tokenizer, *, as_chat: bool) -> ChatTokens:
    """The ids that begin a turn, where those of the model itself are `own`.

    Raises InvalidRequestError for a model that does not chat.
    """
    if own is not None:
        return own
    if not as_chat:
        raise InvalidRequestError(
            "A base model continues text and does not chat.",
            hint="If it was fine-tuned on conversations, use it as a chat model.",
        )
    if tokenizer.vocab_size <= max(TURNS):
        raise InvalidRequestError(
            "This model has no tokens that begin a turn, so it cannot be used as a chat model."
        )
    return ChatTokens(*TURNS)
