"""Each request reaches what it asks for, and memory that runs out is told as such."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import GIB, DamagedCheckpointError, InsufficientMemoryError
from backends.events import LoadProgress
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest, UnloadRequest
from tests.helpers import goldens


def unreadable(cause: Exception) -> Exception:
    error = DamagedCheckpointError(Path("w.bin"), "it cannot be read")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        unreadable(OSError(errno.ENOMEM, "Cannot allocate memory")),
    ],
)
def test_an_engine_that_gets_no_memory_says_so_whatever_it_was_doing(
    raised: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unload(_: Engine) -> None:
        raise raised

    monkeypatch.setattr(Engine, "unload", unload)

    with pytest.raises(InsufficientMemoryError, match=r"^Memory ran out: "):
        list(run_request(Engine(), UnloadRequest(), threading.Event()))


def test_an_error_of_memory_with_its_figures_stays_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = InsufficientMemoryError(device="it", needed_bytes=2 * GIB, free_bytes=GIB)

    def unload(_: Engine) -> None:
        raise error from MemoryError()

    monkeypatch.setattr(Engine, "unload", unload)

    with pytest.raises(InsufficientMemoryError) as caught:
        list(run_request(Engine(), UnloadRequest(), threading.Event()))

    assert caught.value is error


def test_a_load_that_is_cancelled_ends_without_a_model() -> None:
    engine, cancel, events = Engine(), threading.Event(), []

    for event in run_request(
        engine, LoadRequest(str(goldens.folder("b2-7b")), Precision.FP32), cancel
    ):
        events.append(event)
        cancel.set()

    assert [type(event) for event in events] == [LoadProgress]
    assert engine._loaded is None
