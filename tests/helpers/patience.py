"""How long a test waits for what must come.

Every wait ends at once when it has come; no test depends on how long that takes. It is so long
because other programs may keep every core busy, and a wait that ends too early says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Until what has not come is taken for something that never will.
PATIENCE_SECONDS = 600.0


def wait_until(
    holds: Callable[[], bool], pause: Callable[[], object] = lambda: time.sleep(0.01)
) -> None:
    """Return as soon as something holds; AssertionError if it never does."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, "what was waited for did not come"
        pause()
