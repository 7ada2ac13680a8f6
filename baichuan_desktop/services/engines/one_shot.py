"""Runs long jobs, each in an engine process of its own, whose end gives all of its memory back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from backends.errors import UserFacingError
from backends.precision import Precision
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.process import EngineClient


@dataclass(frozen=True, slots=True)
class PrecisionBegun:
    """A job that goes from precision to precision turns to the next one."""

    precision: Precision | None  #: as it was asked for; None: the best that fits
    number: int  #: from 1
    count: int


@dataclass(frozen=True, slots=True)
class PrecisionFailed:
    """One precision could not be run; the job goes on with the next."""

    precision: Precision | None
    error: UserFacingError


class JobEngine(EnginePort):
    """Runs each request in an engine process of its own."""

    def __init__(self, log_file: Path) -> None:
        self._client = EngineClient(log_file)

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        if cancel.is_set():
            return
        try:
            yield from self._client.run(request, cancel)
        finally:
            self._client.close()

    @override
    def kill(self) -> None:
        self._client.kill()

    @override
    def close(self) -> None:
        self._client.close()
