"""A conversation as ids and labels: which tokens are read, and which of them are learnt.

Published, as fine-tune.py of Baichuan 2 does, for every family:

    ids     195 question 196 answer 195 question 196 answer eos
    labels  eos    -     -   answer eos    -     -   answer eos

The end of text is learnt in place of the id that begins a question: an answer learns to end there.
As a chat model is prompted, the ids are the same, and nothing but answers and their ends is learnt.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...checkpoint.folder import Checkpoint
from ...errors import TokenizerError, TrainingDataError
from ...phrases import Phrase
from ...text.chat_template import ChatTokens, Message, Role
from ...text.tokenizer import Tokenizer
from ...text.turn_tokens import turns_of
from ..values import Data, Masking
from .values import IGNORED, Conversation, Example

Encode = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Ids and their labels, of equal length; a label is of the id at its own place."""

    ids: list[int]
    labels: list[int]

    def add(self, ids: Sequence[int], labels: Sequence[int] | None = None) -> None:
        """Put ids behind; without labels they are not learnt."""
        self.ids.extend(ids)
        self.labels.extend([IGNORED] * len(ids) if labels is None else labels)


def as_published(messages: Sequence[Message], encode: Encode, turns: ChatTokens, eos: int) -> Pair:
    """All of a conversation; whoever is not the user counts as the assistant."""
    pair = Pair([], [])
    for message in messages:
        ids = encode(message.text)
        if message.role is Role.USER:
            pair.add([turns.user], [eos])
            pair.add(ids)
        else:
            pair.add([turns.assistant])
            pair.add(ids, ids)
    pair.add([eos], [eos])
    return pair


def as_chat(messages: Sequence[Message], encode: Encode, turns: ChatTokens, eos: int) -> Pair:
    """All of a conversation up to its last answer; `messages` begin with the system's, if any.

    Before each answer the ids are those of `text.chat_template`'s prompt for it.
    """
    last = max(
        (place for place, one in enumerate(messages) if one.role is Role.ASSISTANT), default=-1
    )
    pair = Pair([], [])
    after_answer = False
    for message in messages[: last + 1]:
        ids = encode(message.text)
        if message.role is Role.SYSTEM:
            pair.add(ids)
            continue
        is_answer = message.role is Role.ASSISTANT
        turn = turns.assistant if is_answer else turns.user
        pair.add([turn], [eos] if after_answer else None)
        pair.add(ids, ids if is_answer else None)
        after_answer = is_answer
    pair.add([eos], [eos])
    return pair


@dataclass(frozen=True, slots=True)
class Coding:
    """What a model is given for a text, for who speaks, and for the end of an answer."""

    tokenizer: Tokenizer
    turns: ChatTokens
    eos: int  #: ends an answer

    def whole(self, conversation: Conversation, masking: Masking) -> Pair:
        """Ids and labels before anything is cut. Raises TrainingDataError."""
        messages = conversation.messages
        is_chat = masking is Masking.CHAT
        if is_chat and conversation.system:
            messages = (Message(Role.SYSTEM, conversation.system), *messages)
        if is_chat and any(one.role is Role.SYSTEM for one in messages[1:]):
            raise TrainingDataError(
                Path(conversation.file),
                Phrase("a system message stands behind others"),
                line=conversation.line,
            )
        make = as_chat if is_chat else as_published
        try:
            return make(messages, self.tokenizer.encode, self.turns, self.eos)
        except TokenizerError as error:
            raise TrainingDataError(
                Path(conversation.file),
                Phrase("tokenizer.model has no pieces for some of its characters"),
                line=conversation.line,
            ) from error

    def example(self, conversation: Conversation, data: Data) -> Example:
        """The example, masked and cut from the right as asked. Raises TrainingDataError."""
        pair = self.whole(conversation, data.masking)
        most = data.max_length
        return Example(
            array("i", pair.ids[:most]),
            array("i", pair.labels[:most]),
            conversation.file,
            conversation.line,
            max(len(pair.ids) - most, 0),
        )

    def name(self, token_id: int) -> str:
        """What a control token is called."""
        return self.tokenizer.piece(token_id) or f"<{token_id}>"


def coding_of(checkpoint: Checkpoint, tokenizer: Tokenizer) -> Coding:
    """The coding of a model; the turns of a base model begin as the published code has it.

    Raises InvalidRequestError for a vocabulary without tokens that begin a turn.
    """
    eos = 2 if 2 in checkpoint.eos_ids else min(checkpoint.eos_ids)
    return Coding(
        tokenizer.steered(checkpoint.steering_ids),
        turns_of(checkpoint.chat_tokens, tokenizer, as_chat=True),
        eos,
    )
