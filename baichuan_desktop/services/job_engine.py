"""Runs a long job in an engine process of its own, whose end gives all of its memory back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backends.errors import UserFacingError
from backends.events import EngineEvent
from backends.requests import Request

from .engine_client import EngineClient


@dataclass(frozen=True, slots=True)
class PrecisionBegun:
    """A job that goes from precision to precision turns to the next one."""

    precision: str  #: as it was asked for; “auto” too
    number: int  #: from 1
    count: int


@dataclass(frozen=True, slots=True)
class PrecisionFailed:
    """One precision could not be run; the job goes on with the next."""

    precision: str
    error: UserFacingError


def in_own_engine(
    request: Request, log_file: Path, cancel: threading.Event
) -> Iterator[EngineEvent]:
    """The events of one request. Raises what the engine raised, or EngineError."""
    client = EngineClient(log_file)
    try:
        yield from client.run(request, cancel)
    finally:
        client.close()
