"""The tokens of texts, counted with the tokenizer of a model's folder as the engine does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from backends.checkpoint.allowed import open_allowed
from backends.checkpoint.folder import Checkpoint
from backends.errors import InvalidRequestError, TokenizerError
from backends.policy.site_policy import site_policy
from backends.text.chat_template import Message, build_whole_prompt
from backends.text.detokenizer import StreamingDetokenizer
from backends.text.tokenizer import Tokenizer
from backends.text.turn_tokens import turns_of


class FolderTokens:
    """Tokens for the model of one folder, whose weights are not read."""

    def __init__(self, folder: Path) -> None:
        """Open the folder as an engine opens it. Raises PolicyError, CheckpointError."""
        self.folder = folder
        self._checkpoint, self._tokenizer = _opened(folder)

    def count(self, text: str) -> int | None:
        """The tokens of a text; None where the tokenizer has none for a part of it."""
        try:
            return len(self._tokenizer.encode(text))
        except TokenizerError:
            return None

    def ids(self, text: str) -> list[int]:
        """The ids of a text. Raises TokenizerError."""
        return self._tokenizer.encode(text)

    def prompt_ids(self, messages: Sequence[Message], *, as_chat: bool) -> list[int]:
        """The ids that a chat of these messages is answered from, however long it is.

        Raises TokenizerError, InvalidRequestError.
        """
        tokens = turns_of(self._checkpoint.chat_tokens, self._tokenizer, as_chat=as_chat)
        return build_whole_prompt(
            messages, self.ids, tokens, context_length=sys.maxsize, max_new_tokens=1
        ).ids

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """What the tokenizer calls each id."""
        return [self._tokenizer.piece(one) for one in ids]

    def text(self, ids: Sequence[int]) -> str:
        """The text of ids. Raises InvalidRequestError for one that is no token."""
        detokenizer = StreamingDetokenizer(self._tokenizer)
        parts = []
        for token_id in ids:
            if token_id > self._tokenizer.last_named:
                raise InvalidRequestError(
                    "The id {token_id} is no token of this model.", token_id=token_id
                )
            parts.append(detokenizer.add(token_id))
        return "".join(parts) + detokenizer.flush()


def opened_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder, which knows the ids that steer the model.

    Raises PolicyError, CheckpointError.
    """
    return _opened(folder)[1]


def _opened(folder: Path) -> tuple[Checkpoint, Tokenizer]:
    checkpoint, tokenizer = open_allowed(folder, site_policy())
    return checkpoint, tokenizer.steered(checkpoint.steering_ids)
