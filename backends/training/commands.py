"""What a person asks of a training while it runs, from any thread."""

from __future__ import annotations

from enum import IntEnum


class Asked(IntEnum):
    """How a training shall end before its last step; the higher one counts."""

    NOTHING = 0
    PAUSE = 1  #: after the step that is computed, with a checkpoint
    STOP = 2  #: after the step that is computed


class Commands:
    """What was asked so far."""

    def __init__(self) -> None:
        self._asked = Asked.NOTHING

    @property
    def asked(self) -> Asked:
        """The most that was asked."""
        return self._asked

    def pause(self) -> None:
        """End after the step that is computed, and keep a checkpoint."""
        self._asked = max(self._asked, Asked.PAUSE)

    def stop(self) -> None:
        """End after the step that is computed."""
        self._asked = Asked.STOP
