"""Answers the requests of a file, one after the other, in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backends.errors import (
    BackendError,
    EngineError,
    GenerationError,
    UserFacingError,
    WrongRequestError,
)
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from backends.phrases import Phrase
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.batches.requests import Asked, RequestId, Wrong, read_line
from baichuan_desktop.services.engines.port import RunRequest

#: Makes a request to the engine, after whatever it needs is there. Raises UserFacingError.
MakeRequest = Callable[[Asked], Request]


@dataclass(slots=True)
class Counts:
    """What became of the lines so far."""

    answered: int = 0
    wrong: int = 0  #: answered with an error
    skipped: int = 0  #: were answered before


@dataclass(slots=True)
class Batch:
    """The lines of a file on their way to answers.

    `done` are the ids that were answered before, `done_lines` the lines without an id.
    """

    chats: bool
    make_request: MakeRequest
    run: RunRequest
    done: Container[RequestId] = frozenset()
    done_lines: Container[int] = frozenset()
    counts: Counts = field(default_factory=Counts)
    is_stopped: bool = False

    def answers(
        self, lines: Iterable[tuple[int, bytes | None]], cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """An answer for each line that has none yet, until `cancel` is set.

        What was being written then is not given. Raises UserFacingError where no request is to
        blame.
        """
        seen: dict[RequestId, int] = {}
        for number, line in lines:
            if cancel.is_set():
                self.is_stopped = True
                return
            asked = read_line(line, number, chats=self.chats)
            if asked.id is not None and asked.id in seen:
                asked = Wrong(
                    None,
                    number,
                    Phrase(
                        "the id “{id}” stands in line {number} already",
                        id=str(asked.id),
                        number=seen[asked.id],
                    ),
                )
            elif asked.id is not None:
                seen[asked.id] = number
            if self._is_done(asked):
                self.counts.skipped += 1
                continue
            answer = self._answer(asked, cancel)
            if answer is None:
                self.is_stopped = True
                return
            if "error" in answer:
                self.counts.wrong += 1
            else:
                self.counts.answered += 1
            yield answer

    def _is_done(self, asked: Asked | Wrong) -> bool:
        if asked.id is None:
            return asked.line in self.done_lines
        return asked.id in self.done

    def _answer(self, asked: Asked | Wrong, cancel: threading.Event) -> dict[str, Any] | None:
        """The answer to a line; None where it was stopped before its end."""
        if isinstance(asked, Wrong):
            return _refused(asked, WrongRequestError(asked.line, asked.reason))
        try:
            request = self.make_request(asked)
        except (BackendError, EngineError):
            raise
        except UserFacingError as error:  # no such adapter, a variable without a value
            return _refused(asked, error)
        try:
            return self._asked(asked, request, cancel)
        except GenerationError as error:  # it does not fit in the context
            return _refused(asked, error)

    def _asked(
        self, asked: Asked, request: Request, cancel: threading.Event
    ) -> dict[str, Any] | None:
        texts: list[str] = []
        prompt: PromptReady | None = None
        finished: Finished | None = None
        for event in self.run(request, cancel):
            match event:
                case PromptReady():
                    prompt = event
                case TextDelta(text):
                    texts.append(text)
                case Finished():
                    finished = event
        if finished is None or finished.reason is FinishReason.CANCELLED:
            return None
        answer: dict[str, Any] = {
            "id": asked.id,
            "line": asked.line,
            "text": "".join(texts),
            "finish_reason": finished.reason.value,
            "prompt_tokens": finished.prompt_tokens,
            "new_tokens": finished.new_tokens,
        }
        if prompt is not None and prompt.dropped_messages:
            answer["dropped_messages"] = prompt.dropped_messages
        if prompt is not None and prompt.room_tokens is not None:
            answer["room_tokens"] = prompt.room_tokens
        return answer


def _refused(asked: Asked | Wrong, error: UserFacingError) -> dict[str, Any]:
    said = {"type": type(error).__name__, "message": error.message}
    if error.hint:
        said["hint"] = str(error.hint)
    return {"id": asked.id, "line": asked.line, "error": said}
