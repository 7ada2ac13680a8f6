"""Starts an engine process: `python -m backends.engine.process`.

The first that it does is to see to it that it ends with its window, before anything is imported
that takes time: a window may be killed while its engine starts.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Be the engine of the process whose pipe is stdin, until that ends."""
    die_with_parent()
    from . import server  # which imports nearly everything

    server.main()


def die_with_parent() -> None:
    """Ask Linux to kill us with the thread that started us, even in the middle of a kernel.

    Elsewhere, the end of the pipe from the window ends the engine once it has started.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import select

    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    # It may have died before: then nobody holds the other end of the pipe any more.
    pipe = select.poll()
    pipe.register(0, select.POLLIN)
    if any(
        events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in pipe.poll(0)
    ):
        os._exit(0)


if __name__ == "__main__":
    main()
