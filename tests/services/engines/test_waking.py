"""Who waits for frames hears of a stop, whichever thread asks for it."""

from __future__ import annotations

import queue
import threading

import pytest

from baichuan_desktop.services.engines.waking import woken_by
from tests.helpers.patience import PATIENCE_SECONDS, wait_until


def watchers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "engine-stop"}


@pytest.mark.parametrize("is_set_before", [False, True])
def test_a_thread_that_waits_for_something_else_is_woken(is_set_before: bool) -> None:
    event = threading.Event()
    frames: queue.SimpleQueue[str] = queue.SimpleQueue()
    if is_set_before:
        event.set()

    with woken_by(event, lambda: frames.put("look around")):
        if not is_set_before:
            threading.Thread(target=event.set).start()

        assert frames.get(timeout=PATIENCE_SECONDS) == "look around"
    assert frames.empty()


def test_nobody_watches_for_long_after_the_end() -> None:
    before = watchers()  # of tests before this one, too
    frames: queue.SimpleQueue[None] = queue.SimpleQueue()

    with woken_by(threading.Event(), lambda: frames.put(None)):
        (own,) = watchers() - before

    wait_until(lambda: not own.is_alive())
    assert frames.empty()
