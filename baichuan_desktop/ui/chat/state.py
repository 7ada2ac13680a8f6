"""What a person can do in the conversation now."""

from __future__ import annotations

from enum import Enum, auto

from baichuan_desktop.ui.turns.desk import AnswerDesk


class ChatState(Enum):
    """What becomes of a message that is written now."""

    WAITING = auto()  #: no model yet: a message that is sent waits for it
    READY = auto()
    ANSWERING = auto()  #: a message that is sent waits for the end of the answer
    STOPPING = auto()
    BUSY = auto()  #: another conversation is answered, for whose end a message waits
    QUEUED = auto()  #: a message waits already; no other one can be sent


def state_in(desk: AnswerDesk, conversation_id: int | None) -> ChatState:
    """What a person can do in a conversation now; None: in one that is not begun yet."""
    if conversation_id in desk.waiting.by_conversation:
        return ChatState.QUEUED
    if (running := desk.running_in(conversation_id)) is not None:
        return ChatState.STOPPING if running.is_stopping else ChatState.ANSWERING
    if not desk.has_model:
        return ChatState.WAITING
    return ChatState.BUSY if desk.running is not None else ChatState.READY
