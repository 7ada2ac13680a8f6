"""A client that listens to a stream event by event, and may leave in the middle of it."""

from __future__ import annotations

import http.client
import json
from types import TracebackType
from typing import Any, Self

from tests.helpers.patience import PATIENCE_SECONDS
from tests.server.serving import Served

CHAT = "/v1/chat/completions"
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}
STREAMED = ASKED | {"stream": True}


class Listener:
    """One request on a connection of its own; used on one thread."""

    def __init__(self, served: Served, content: object, path: str = CHAT) -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", served.port, timeout=PATIENCE_SECONDS
        )
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", path, json.dumps(content).encode(), headers)
        self._answer: http.client.HTTPResponse | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    @property
    def answer(self) -> http.client.HTTPResponse:
        """Waits for the headers."""
        if self._answer is None:
            self._answer = self._connection.getresponse()
        return self._answer

    def json(self) -> Any:
        """The whole answer."""
        return json.loads(self.answer.read())

    def event(self) -> str:
        """The next event or comment, without the empty line after it; "" at the end."""
        lines = []
        while line := self.answer.readline().decode().removesuffix("\n"):
            lines.append(line)
        return "\n".join(lines)

    def events(self) -> list[str]:
        """All that still come."""
        return list(iter(self.event, ""))

    def leave(self) -> None:
        """Close the connection, whatever is still to come."""
        if self._answer is not None:
            self._answer.close()
        self._connection.close()


def objects(events: list[str]) -> list[Any]:
    """What the events of a complete stream hold; comments are left out."""
    told = [event.removeprefix("data: ") for event in events if not event.startswith(":")]
    assert told.pop() == "[DONE]"
    assert "[DONE]" not in told
    return [json.loads(one) for one in told]


def text_of(chunks: list[Any]) -> str:
    """The answer of a chat's stream."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
