"""Two ways of telling an answer: as one object at its end, or as a stream while it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from starlette.types import Send

from baichuan_desktop.server.answers import sse
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerForm, AnswerPart
from baichuan_desktop.server.answers.gathering import joined
from baichuan_desktop.server.answers.head import ApiObject
from baichuan_desktop.server.api_errors import ApiError

_JSON: Final = "application/json"

#: Makes the objects, once the model is loaded that is named in them.
MakeForm = Callable[[], AnswerForm]


class Telling(Protocol):
    """Tells a client of one answer."""

    async def wait(self, told: str) -> None:
        """Something is done for it, but there is no text yet."""
        ...

    async def part(self, prompt: AnswerPart, part: AnswerPart) -> None:
        """Text came."""
        ...

    async def end(self, prompt: AnswerPart, end: AnswerEnd) -> None:
        """The answer is complete."""
        ...

    async def fail(self, error: ApiError) -> None:
        """There is no more of it. Raises the error where it can still be the whole answer."""
        ...


class AtOnce:
    """Says nothing until the answer is complete."""

    def __init__(self, send: Send, make_form: MakeForm) -> None:
        self._send = send
        self._make_form = make_form
        self._parts: list[AnswerPart] = []

    async def wait(self, told: str) -> None:
        """A client that did not ask for a stream is told nothing of it."""

    async def part(self, prompt: AnswerPart, part: AnswerPart) -> None:
        """Keep it."""
        self._parts.append(part)

    async def end(self, prompt: AnswerPart, end: AnswerEnd) -> None:
        """Send all of it."""
        whole = sse.as_json(self._make_form().whole(prompt, joined(self._parts), end))
        await _start(self._send, _JSON, [(b"content-length", str(len(whole)).encode())])
        await _body(self._send, whole, is_last=True)

    async def fail(self, error: ApiError) -> None:
        """Raises it: nothing was sent."""
        raise error


class AsStream:
    """Sends events as they come; the first one decides that the status is 200."""

    def __init__(self, send: Send, make_form: MakeForm) -> None:
        self._send = send
        self._make_form = make_form
        self._form: AnswerForm | None = None
        self._is_started = False

    async def wait(self, told: str) -> None:
        """A comment, which clients skip; it keeps what lies between from closing the connection."""
        await self._say(sse.comment(told))

    async def part(self, prompt: AnswerPart, part: AnswerPart) -> None:
        """The objects of a part; before the first one, what the stream begins with."""
        form, begun = self._begun(prompt)
        await self._say(_events([*begun, form.part(part)]))

    async def end(self, prompt: AnswerPart, end: AnswerEnd) -> None:
        """Why it ended, and the mark of the end."""
        form, begun = self._begun(prompt)
        await self._say(_events([*begun, *form.end(end)]) + sse.DONE, is_last=True)

    async def fail(self, error: ApiError) -> None:
        """An event that says so, and the mark of the end. Raises the error if nothing was sent."""
        if not self._is_started:
            raise error
        await self._say(sse.data(error.body()) + sse.DONE, is_last=True)

    def _begun(self, prompt: AnswerPart) -> tuple[AnswerForm, Sequence[ApiObject]]:
        if self._form is not None:
            return self._form, []
        self._form = self._make_form()
        return self._form, self._form.begin(prompt)

    async def _say(self, content: bytes, *, is_last: bool = False) -> None:
        if not self._is_started:
            self._is_started = True
            # A proxy that gathers a stream is asked not to.
            await _start(self._send, sse.MEDIA_TYPE, [(b"x-accel-buffering", b"no")])
        await _body(self._send, content, is_last=is_last)


def _events(objects: Sequence[ApiObject]) -> bytes:
    return b"".join(map(sse.data, objects))


async def _start(send: Send, media_type: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
    all_headers = [
        (b"content-type", media_type.encode()),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": all_headers})


async def _body(send: Send, content: bytes, *, is_last: bool) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": not is_last})
