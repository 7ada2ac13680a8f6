"""What a person can do in the conversation now."""

from __future__ import annotations

from enum import Enum, auto


class ChatState(Enum):
    """What becomes of a message that is written now."""

    WAITING = auto()  #: no model yet: a message that is sent waits for it
    READY = auto()
    ANSWERING = auto()  #: a message that is sent waits for the end of the answer
    STOPPING = auto()
    BUSY = auto()  #: another conversation is answered, for whose end a message waits
    QUEUED = auto()  #: a message waits already; no other one can be sent
