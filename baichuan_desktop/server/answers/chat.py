"""A chat's answer: `chat.completion`, and the chunks of its stream."""

from __future__ import annotations

from collections.abc import Sequence

from baichuan_desktop.server.answers.ending import finish_reason, usage
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerPart, Wanted
from baichuan_desktop.server.answers.head import AnswerHead, ApiObject
from baichuan_desktop.server.answers.scores import chat_scores


class ChatForm:
    """Makes the objects of a chat's answer, see `AnswerForm`."""

    def __init__(self, head: AnswerHead, wanted: Wanted) -> None:
        self._head = head
        self._wanted = wanted

    def begin(self, prompt: AnswerPart) -> Sequence[ApiObject]:
        """Who speaks."""
        return [self._chunk({"role": "assistant", "content": "", "refusal": None})]

    def part(self, part: AnswerPart) -> ApiObject:
        """A chunk of text."""
        return self._chunk({"content": part.text}, part)

    def end(self, end: AnswerEnd) -> Sequence[ApiObject]:
        """Why it ended; then what it took, if that was asked for."""
        last = self._chunk({}, reason=finish_reason(end.finished)) | self._dropped(end)
        if not self._wanted.tells_usage:
            return [last]
        figures = self._head.of("chat.completion.chunk")
        return [last, figures | {"choices": [], "usage": usage(end.finished)}]

    def whole(self, prompt: AnswerPart, answer: AnswerPart, end: AnswerEnd) -> ApiObject:
        """`chat.completion`."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": answer.text, "refusal": None},
            "logprobs": self._scores(answer),
            "finish_reason": finish_reason(end.finished),
        }
        figures = {"choices": [choice], "usage": usage(end.finished)}
        return self._head.of("chat.completion") | figures | self._dropped(end)

    def _chunk(
        self, delta: ApiObject, part: AnswerPart | None = None, reason: str | None = None
    ) -> ApiObject:
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": None if part is None else self._scores(part),
            "finish_reason": reason,
        }
        chunk = self._head.of("chat.completion.chunk") | {"choices": [choice]}
        return chunk | {"usage": None} if self._wanted.tells_usage else chunk

    def _scores(self, part: AnswerPart) -> ApiObject | None:
        return chat_scores(part.scores) if self._wanted.has_scores else None

    def _dropped(self, end: AnswerEnd) -> ApiObject:
        if not self._wanted.tells_dropped:
            return {}
        return {"truncation": {"dropped_messages": end.dropped_messages}}
