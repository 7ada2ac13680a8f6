"""Sorts what an engine yields into the parts of an answer."""

from __future__ import annotations

from collections.abc import Iterable

from backends.events import Finished, PromptReady, ScoredToken, TextDelta, TokensScored
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerPart


class Gathering:
    """The answer to one request, as it comes. A token whose text is to come waits for it."""

    def __init__(self) -> None:
        self.prompt_tokens = 0
        self.prompt = AnswerPart("")  #: its scores, where they were asked for
        self.end: AnswerEnd | None = None
        self._dropped_messages = 0
        self._waiting: list[ScoredToken] = []

    def take(self, event: object) -> AnswerPart | None:
        """The part that an event completes. Other events than an answer's are none of it."""
        match event:
            case PromptReady():
                self.prompt_tokens = event.prompt_tokens
                self._dropped_messages = event.dropped_messages
            case TokensScored(tokens=tokens, of_prompt=True):
                self.prompt = AnswerPart("", (*self.prompt.scores, *tokens))
            case TokensScored(tokens=tokens):
                self._waiting += tokens
            case TextDelta(text=text):
                return self._part(text)
            case Finished():
                self.end = AnswerEnd(event, self._dropped_messages)
                return self._part("") if self._waiting else None
            case _:
                pass
        return None

    def _part(self, text: str) -> AnswerPart:
        part = AnswerPart(text, tuple(self._waiting))
        self._waiting.clear()
        return part


def joined(parts: Iterable[AnswerPart]) -> AnswerPart:
    """All of an answer."""
    known = list(parts)
    text = "".join(part.text for part in known)
    return AnswerPart(text, [score for part in known for score in part.scores])
