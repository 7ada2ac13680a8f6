"""What a server's engine computes for clients that leave, and what they hear when it is killed.

    PYTHONPATH=. python -m benchmarks.server_clients [FOLDER] [--trials 100]

A real server and a real engine process, with the guide model or the model of a folder. Half of the
clients that leave listen to a stream and close it at token k; the others wait for a whole answer,
and leave when the engine has computed so many. Prints how many tokens the engine computed beyond k
by its own count: 1 at most, if a step takes longer than news take through both processes. Then
clients that leave while their prompt is read, and engines killed in the middle of a stream: the
seconds until its client hears of it, and whether the next request is answered.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backends.events import Finished, ModelReady, PrefillProgress, PromptReady, TextDelta
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.server.running import ThreadedServer
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.queue import EngineQueue
from baichuan_desktop.services.serving.journal import Journal
from baichuan_desktop.services.serving.port import (
    Asked,
    Begun,
    DeskEvent,
    LoadedFacts,
    MakeRequest,
)
from baichuan_desktop.services.serving.values import (
    DeskState,
    DeskStatus,
    ServedModel,
    ServeOptions,
)

_PATH = "/v1/chat/completions"
_PATIENCE_SECONDS = 60.0


class _NoKey:
    def matches(self, shown: bytes) -> bool:
        return False


@dataclass
class _Desk:
    """One engine with one model, which it keeps; it counts what is computed."""

    folder: Path
    engine: EngineClient
    events: list[DeskEvent] = field(default_factory=list)  #: of the request that runs
    finished: list[Finished] = field(default_factory=list)
    ready: ModelReady | None = None

    def __post_init__(self) -> None:
        self.line = EngineQueue(self.engine)

    @property
    def status(self) -> DeskStatus:
        state = DeskState.EMPTY if self.ready is None else DeskState.READY
        return DeskStatus(state, "model", self.ready, self.line.waiting)

    def models(self) -> list[ServedModel]:
        context_length = 0 if self.ready is None else self.ready.context_length
        return [ServedModel("model", "Model", True, context_length, 0, self.ready is not None)]

    def ask(
        self, _model_id: str | None, make: MakeRequest, deliver: Callable[[DeskEvent], object]
    ) -> Asked:
        def run(engine: EnginePort, stop: threading.Event) -> Iterator[DeskEvent]:
            if self.ready is None:
                for event in engine.run(
                    LoadRequest(str(self.folder), threads=1), threading.Event()
                ):
                    self.ready = event if isinstance(event, ModelReady) else self.ready
            yield Begun(0.0)
            for event in engine.run(make(LoadedFacts(self.models()[0], self.status)), stop):
                self.events.append(event)
                if isinstance(event, Finished):
                    self.finished.append(event)
                yield event

        return self.line.submit(run, deliver)

    def count(self, kind: type[object]) -> int:
        return sum(isinstance(event, kind) for event in self.events)


@dataclass(frozen=True, slots=True)
class _Client:
    """Asks one question on a connection of its own."""

    connection: http.client.HTTPConnection

    @classmethod
    def asks(cls, port: int, content: str, *, is_stream: bool) -> _Client:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        body: dict[str, Any] = {
            "messages": [{"role": "user", "content": content}],
            "stream": is_stream,
            "temperature": 0,
            "max_tokens": 200,
        }
        headers = {"Content-Type": "application/json"}
        connection.request("POST", _PATH, json.dumps(body).encode(), headers)
        return cls(connection)

    def events(self) -> Iterator[str]:
        with self.connection.getresponse() as answer:
            for line in answer:
                if line.startswith(b"data: "):
                    yield line.decode().removeprefix("data: ").strip()

    def leave_after(self, tokens: int) -> None:
        """Read so much text of a stream, and close it at once."""
        answer = self.connection.getresponse()
        for line in answer:
            if b'"delta":{"content":' in line:
                tokens -= 1
            if not tokens:
                break
        answer.close()
        self.connection.close()


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.0002)


def _leave(desk: _Desk, port: int, tokens: int, *, is_stream: bool) -> int:
    """How many tokens the engine computed beyond `tokens`, after which the client left."""
    known = len(desk.finished)
    desk.events.clear()
    client = _Client.asks(port, "What can you do?", is_stream=is_stream)
    if is_stream:
        client.leave_after(tokens)
    else:
        _until(lambda: desk.count(TextDelta) >= tokens)
        client.connection.close()
    _until(lambda: len(desk.finished) > known and not desk.line.is_running)
    return desk.finished[-1].new_tokens - tokens


def _leave_prefill(desk: _Desk, port: int, words: int) -> int:
    """How many chunks of a prompt were read for a client that left when it was ready to be read."""
    known = len(desk.finished)
    desk.events.clear()
    rng = random.Random(words)
    text = " ".join(str(rng.random()) for _ in range(words))
    client = _Client.asks(port, text, is_stream=True)
    _until(lambda: desk.count(PromptReady) == 1)
    client.connection.close()
    _until(lambda: len(desk.finished) > known and not desk.line.is_running)
    return desk.count(PrefillProgress) + desk.finished[-1].new_tokens


def _kill(desk: _Desk, port: int) -> float:
    """Seconds from the end of the engine to the error in its client's stream."""
    client = _Client.asks(port, "What can you do?", is_stream=True)
    events = client.events()
    for _ in range(4):
        next(events)
    began = time.perf_counter()
    desk.engine.kill()
    last = [event for event in events if event != "[DONE]"][-1]
    seconds = time.perf_counter() - began
    assert "error" in json.loads(last), last
    told = list(_Client.asks(port, "What can you do?", is_stream=True).events())
    assert told[-1] == "[DONE]"
    assert "finish_reason" in told[-2]
    return seconds


def main() -> None:
    """Run the trials and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=resource("guide_model"))
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--words", type=int, default=20, help="of a prompt that is left")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = _Desk(arguments.folder, EngineClient(Path(folder, "engine.log")))
        server = ThreadedServer(desk, _NoKey(), Journal(None))
        server.start(ServeOptions(port=0))
        port = int(server.addresses[0].rpartition(":")[2])
        try:
            _run(desk, port, arguments.trials, arguments.words)
        finally:
            server.stop()
            desk.line.close()


def _run(desk: _Desk, port: int, trials: int, words: int) -> None:
    list(_Client.asks(port, "What can you do?", is_stream=True).events())
    finished = desk.finished[-1]
    step = finished.decode_seconds / max(finished.new_tokens - 1, 1)
    print(f"a step takes {step * 1000:.1f} ms")
    most = min(finished.new_tokens // 2, 20)
    for is_stream in (True, False):
        beyond = [
            _leave(desk, port, 1 + trial % most, is_stream=is_stream)
            for trial in range(trials // 2)
        ]
        name = "stream" if is_stream else "whole"
        print(f"{name}: tokens beyond the one at which the client left: {_counted(beyond)}")
    chunks = [_leave_prefill(desk, port, words) for _ in range(10)]
    print(f"prompt: chunks, and tokens, computed for a client that left: {_counted(chunks)}")
    seconds = [_kill(desk, port) for _ in range(5)]
    print(
        f"engine killed: told after {statistics.median(seconds):.3f} s, at most {max(seconds):.3f}"
    )


def _counted(numbers: list[int]) -> str:
    return ", ".join(
        f"{number}: {times} times" for number, times in sorted(Counter(numbers).items())
    )


if __name__ == "__main__":
    main()
