"""An engine with one model in memory at a time, which repeats what it is told, letter by letter."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backends.errors import EngineCrashedError, EngineEndedError, UserFacingError
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    LoadProgress,
    ModelKind,
    ModelReady,
    SamplingDefaults,
    TextDelta,
)
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest, Request, UnloadRequest
from tests.helpers.patience import wait_until


def ready(folder: str, context_length: int = 4096) -> ModelReady:
    return ModelReady(
        folder=folder,
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        backend=BackendName.TORCH_CPU,
        precision=Precision.FP32,
        device_name="a script",
        device_kind=DeviceKind.CPU,
        reason=Phrase("it is a script"),
        threads=1,
        context_length=context_length,
        parameters=1,
        weights_bytes=1,
        needed_bytes=1,
        peak_bytes=1,
        load_seconds=0.0,
        defaults=SamplingDefaults(True, 0.3, 5, 0.85, 1.05, 64),
    )


class EngineOfModels:
    """Makes a step as it is asked to, or, while it is held, each time that a test lets it."""

    def __init__(self, seconds: float = 0.0) -> None:
        """`seconds` are what a step takes once it may be made."""
        self._seconds = seconds
        self.requests: list[Request] = []
        self.loaded: str | None = None  #: folder of the model in memory
        self.steps = 0  #: that were made: half a load, a letter
        self.is_held = False
        self.is_closed = False
        self.refused: dict[str, UserFacingError] = {}  #: by folder, before anything is touched
        self.broken: dict[str, UserFacingError] = {}  #: by folder, in the middle of a load
        self._allowed = threading.Semaphore(0)
        self._is_killed = threading.Event()
        self.is_crashed = False  #: it ends in the middle, by itself

    @property
    def loads(self) -> list[str]:
        """Names of the folders that were loaded, in order."""
        loads = [one for one in self.requests if isinstance(one, LoadRequest)]
        return [Path(one.folder).parent.name for one in loads]

    def let_go_on(self, steps: int) -> None:
        self._allowed.release(steps)

    def release(self) -> None:
        self.is_held = False

    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        if isinstance(request, LoadRequest) and request.folder in self.refused:
            raise self.refused[request.folder]
        self.requests.append(request)
        self._is_killed.clear()
        match request:
            case LoadRequest():
                yield from self._load(request, cancel)
            case UnloadRequest():
                self.loaded = None
            case ChatRequest():
                assert self.loaded is not None
                yield from self._answer(request.messages[-1].text, cancel)
            case _:
                raise AssertionError(request)

    def _load(self, request: LoadRequest, cancel: threading.Event) -> Iterator[EngineEvent]:
        self.loaded = None
        yield LoadProgress(1, 2)
        if not self._step(cancel):
            return
        if request.folder in self.broken:
            raise self.broken[request.folder]
        self.loaded = request.folder
        yield LoadProgress(2, 2)
        yield ready(request.folder, request.context_length or 4096)

    def _answer(self, text: str, cancel: threading.Event) -> Iterator[EngineEvent]:
        said = 0
        for letter in text:
            if not self._step(cancel):
                break
            said += 1
            yield TextDelta(letter)
        reason = FinishReason.STOP if said == len(text) else FinishReason.CANCELLED
        yield Finished(reason, 1, 0, said, 1 + said, 0.1, 0.1, 0.1)

    def _step(self, cancel: threading.Event) -> bool:
        """Whether it was made; else it was cancelled."""
        wait_until(
            lambda: (
                not self.is_held
                or cancel.is_set()
                or self._is_killed.is_set()
                or self.is_crashed
                or self._allowed.acquire(blocking=False)
            )
        )
        if self._is_killed.is_set():
            self.loaded = None
            raise EngineEndedError
        if self.is_crashed:
            self.is_crashed, self.loaded = False, None
            raise EngineCrashedError("a script says so")
        if cancel.is_set():
            return False
        self.steps += 1
        time.sleep(self._seconds)
        return True

    def kill(self) -> None:
        self._is_killed.set()

    def close(self) -> None:
        self.loaded = None
        self.is_closed = True


def said(requests: list[Any]) -> list[str]:
    """What was asked in conversations, in order."""
    return [one.messages[-1].text for one in requests if isinstance(one, ChatRequest)]
