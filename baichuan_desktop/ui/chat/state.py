"""What a person can do in the conversation now."""

from __future__ import annotations

from enum import Enum, auto


class ChatState(Enum):
    """What becomes of a message that is written now."""

    WAITING = auto()  #: no model yet: one can write, but not send
    READY = auto()
    ANSWERING = auto()
    STOPPING = auto()
