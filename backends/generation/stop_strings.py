"""Texts that end an answer and are not part of it."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Passes text through until one of the stop strings appears; cuts the text before it.

    Text that may be the beginning of a stop string is held back until that is decided.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(stop)
        self._held = ""
        self.found = False

    def add(self, text: str) -> str:
        """The text that is certain to belong to the answer."""
        if self.found or not text:
            return ""
        if not self._stop:
            return text
        self._held += text
        position = min((at for s in self._stop if (at := self._held.find(s)) >= 0), default=-1)
        if position >= 0:
            self.found = True
            certain, self._held = self._held[:position], ""
            return certain
        keep = max(self._overlap(s) for s in self._stop)
        certain = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return certain

    def flush(self) -> str:
        """What is still held back, when the answer has ended."""
        held, self._held = self._held, ""
        return held

    def _overlap(self, stop: str) -> int:
        """Length of the longest end of the held text that begins `stop`."""
        longest = min(len(stop) - 1, len(self._held))
        return next((n for n in range(longest, 0, -1) if self._held.endswith(stop[:n])), 0)
