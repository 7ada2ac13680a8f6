"""A text that is continued: `text_completion`, whole and as the chunks of a stream."""

from __future__ import annotations

from collections.abc import Sequence

from baichuan_desktop.server.answers.ending import finish_reason, usage
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerPart, Wanted
from baichuan_desktop.server.answers.head import AnswerHead, ApiObject
from baichuan_desktop.server.answers.scores import CompletionScores, text_of

_KIND = "text_completion"


class CompletionForm:
    """Makes the objects of a completion, see `AnswerForm`."""

    def __init__(self, head: AnswerHead, wanted: Wanted, prompt: str | None) -> None:
        """`prompt` is its text; None: that of the tokens that are scored of it."""
        self._head = head
        self._wanted = wanted
        self._prompt = prompt
        self._scores = CompletionScores()

    def begin(self, prompt: AnswerPart) -> Sequence[ApiObject]:
        """The prompt, if it has to be said."""
        if not self._wanted.has_echo:
            return []
        return [self._chunk(self._echo(prompt), self._part_scores(prompt))]

    def part(self, part: AnswerPart) -> ApiObject:
        """A chunk of text."""
        return self._chunk(part.text, self._part_scores(part))

    def end(self, end: AnswerEnd) -> Sequence[ApiObject]:
        """Why it ended; then what it took, if that was asked for."""
        last = self._chunk("", None, finish_reason(end.finished))
        if not self._wanted.tells_usage:
            return [last]
        return [last, self._head.of(_KIND) | {"choices": [], "usage": usage(end.finished)}]

    def whole(self, prompt: AnswerPart, answer: AnswerPart, end: AnswerEnd) -> ApiObject:
        """`text_completion`."""
        text, tokens = answer.text, [*answer.scores]
        if self._wanted.has_echo:
            text, tokens = self._echo(prompt) + text, [*prompt.scores, *tokens]
        scores = self._part_scores(AnswerPart(text, tokens))
        choice = _choice(text, scores, finish_reason(end.finished))
        return self._head.of(_KIND) | {"choices": [choice], "usage": usage(end.finished)}

    def _chunk(self, text: str, scores: ApiObject | None, reason: str | None = None) -> ApiObject:
        chunk = self._head.of(_KIND) | {"choices": [_choice(text, scores, reason)]}
        return chunk | {"usage": None} if self._wanted.tells_usage else chunk

    def _echo(self, prompt: AnswerPart) -> str:
        return text_of(prompt.scores) if self._prompt is None else self._prompt

    def _part_scores(self, part: AnswerPart) -> ApiObject | None:
        return self._scores.part(part.scores) if self._wanted.has_scores else None


def _choice(text: str, scores: ApiObject | None, reason: str | None) -> ApiObject:
    return {"index": 0, "text": text, "logprobs": scores, "finish_reason": reason}
