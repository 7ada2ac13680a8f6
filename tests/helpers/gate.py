"""A place in a script of a test, whoever plays it, where it waits."""

from __future__ import annotations

import threading


class Gate:
    """`reached` is set by who plays the script, `open` by the test, which lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
