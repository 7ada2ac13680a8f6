"""Wakes a thread that waits for one thing when another comes: frames of an engine, and a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How long a thread may outlive what it watched for: nothing but the event itself wakes it.
_LINGER_SECONDS = 0.25


@contextmanager
def woken_by(event: threading.Event, wake: Callable[[], object]) -> Iterator[None]:
    """Have `wake` called once, on another thread, as soon as anybody sets `event` meanwhile.

    An event can be waited for, but tells nobody who waits for something else; so a thread waits
    for it. `wake` may still be called right after the end.
    """
    over = False

    def watch() -> None:
        while not over:
            if event.wait(_LINGER_SECONDS):
                wake()
                return

    threading.Thread(target=watch, name="engine-stop", daemon=True).start()
    try:
        yield
    finally:
        over = True
