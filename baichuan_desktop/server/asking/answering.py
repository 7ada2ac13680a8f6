"""The response to a client that asked for an answer: from its turn in the queue to the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from backends.errors import ContextLengthExceededError, UserFacingError
from backends.events import FinishReason, LoadProgress, PrefillProgress, SamplingDefaults
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.server import api_errors
from baichuan_desktop.server.answers.form import AnswerForm
from baichuan_desktop.server.answers.gathering import Gathering
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.asking.telling import AsStream, AtOnce, Telling
from baichuan_desktop.server.asking.turn import Left, Nothing, Turn
from baichuan_desktop.server.noted import Noted, noted_of
from baichuan_desktop.services.serving.port import (
    Begun,
    DeskEvent,
    InLine,
    LoadedFacts,
    ModelDesk,
    Over,
)

#: After so many seconds without a word a client that listens to a stream is told that it waits.
_QUIET_SECONDS: Final = 10.0
#: The engine stops for a client that left after the token, or the chunk of a prompt, that it
#: computes; so long the log waits to hear how far it came.
_LAST_SECONDS: Final = 5.0
_WAITING: Final = "waiting"

EngineRequest = ChatRequest | CompleteRequest


class Answering(Response):
    """Asks the desk when it is sent, and tells the client; a client that leaves stops it at once.

    Whatever is known before anything is sent becomes a status; later it is an event of the stream.
    """

    def __init__(
        self,
        desk: ModelDesk,
        model_id: str | None,
        *,
        request: Callable[[LoadedFacts], EngineRequest],
        form: Callable[[LoadedFacts], AnswerForm],
        is_stream: bool,
        asked_in: str,
    ) -> None:
        """`request` and `form` are made once the model is loaded.

        `asked_in` is the field that may be too long for the model.
        """
        super().__init__()
        self._desk = desk
        self._model_id = model_id
        self._request = request
        self._make_form = form
        self._is_stream = is_stream
        self._asked_in = asked_in
        self._facts: LoadedFacts | None = None

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telling = (AsStream if self._is_stream else AtOnce)(send, self._form)
        turn = Turn(self._desk, self._model_id, self._make)
        watching = asyncio.create_task(turn.watch(receive))
        try:
            await self._tell(turn, telling, noted_of(scope))
        except asyncio.CancelledError:  # the server ends; what was not begun has a status yet
            with contextlib.suppress(ApiError):
                await telling.fail(api_errors.of_an_end())
            raise
        finally:
            turn.cancel()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    def _make(self, facts: LoadedFacts) -> EngineRequest:
        """On a thread of the desk's."""
        self._facts = facts
        return self._request(facts)

    def _form(self) -> AnswerForm:
        assert self._facts is not None
        return self._make_form(self._facts)

    async def _tell(self, turn: Turn, telling: Telling, noted: Noted) -> None:
        gathering = Gathering()
        told = _WAITING
        while True:
            event = await turn.next(_QUIET_SECONDS)
            match event:
                case Left():
                    await _hear_out(turn, gathering, noted)
                    raise ClientDisconnect
                case Over(error=error):
                    await self._end(telling, gathering, noted, error)
                    return
                case Nothing():
                    await telling.wait(told)
                    continue
                case Begun(queued_seconds=seconds):
                    noted.queued_seconds, told = seconds, _WAITING
                case _:
                    pass
            if (said := _waiting(event)) is not None:
                told = said
                await telling.wait(said)
            if self._facts is not None:
                noted.model = self._facts.model.id
            part = gathering.take(event)
            noted.prompt_tokens = gathering.prompt_tokens
            if part is not None:
                await telling.part(gathering.prompt, part)

    async def _end(
        self, telling: Telling, gathering: Gathering, noted: Noted, error: UserFacingError | None
    ) -> None:
        end = gathering.end
        if end is not None:
            noted.new_tokens = end.finished.new_tokens
        if error is None and end is not None and end.finished.reason is not FinishReason.CANCELLED:
            await telling.end(gathering.prompt, end)
            return
        failed = _stopped() if error is None else api_errors.of(error)
        if isinstance(error, ContextLengthExceededError):
            failed.param = self._asked_in
        noted.ended = failed.code or ""
        await telling.fail(failed)


async def _hear_out(turn: Turn, gathering: Gathering, noted: Noted) -> None:
    """Note what was computed for a client that left."""
    while not isinstance(event := await turn.next(_LAST_SECONDS), Over | Nothing):
        gathering.take(event)
    noted.prompt_tokens = gathering.prompt_tokens
    if gathering.end is not None:
        noted.new_tokens = gathering.end.finished.new_tokens


def defaults_of(facts: LoadedFacts) -> SamplingDefaults:
    """The sampling that the loaded model asks for."""
    assert facts.status.ready is not None
    return facts.status.ready.defaults


def _waiting(event: DeskEvent) -> str | None:
    """What a client that waits is told of an event; the page shows it."""
    match event:
        case InLine(before=before) if before > 0:
            return f"queued {before}"
        case LoadProgress(done_bytes=done, total_bytes=total):
            return f"loading {done / max(total, 1):.2f}"
        case PrefillProgress(done_tokens=done, total_tokens=total):
            return f"prefilling {done}/{total}"
        case _:
            return None


def _stopped() -> ApiError:
    return ApiError(
        503,
        "The answer was stopped at the server before it was complete.",
        code="stopped",
        kind=api_errors.SERVER,
    )
