"""Streams answers through the store until it is killed, and records what it handed over.

    python -m tests.durability.kill_child FOLDER RECORD SEED

RECORD gets a line for each thing right before the store gets it, which outlives this process.
FOLDER is where the store lies; what is in it stays.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Status
from baichuan_desktop.services.documents.values import Attachment, Document
from tests.durability.record import FILE
from tests.durability.recorder import Recorder, probe

_PIECES = ["百川", "大模型", "。", " a word", "\n", "二", " and another one,", "的", " 𠀀"]
_PACE_SECONDS = 0.008


class Child:
    """Streams, and tells of each thing right before the store gets it."""

    def __init__(self, store: ConversationStore, recorder: Recorder, draw: random.Random) -> None:
        self._store = store
        self._recorder = recorder
        self._draw = draw

    def hold_conversation(self, title: str) -> None:
        """One conversation of some questions and answers."""
        one = Conversation(self._store.new_id(), title, created=1.0, updated=1.0)
        self._recorder.tell("conversation", id=one.id, title=title)
        self._store.put_conversation(one)
        parent: int | None = None
        for _ in range(self._draw.randrange(1, 4)):
            question = self._message(one.id, parent, Role.USER)
            attached = self._document(one.id, question.id)
            question = replace(question, attachments=(attached,))
            self._end(replace(question, text=f"Question {self._draw.random()}"), Status.FINISHED)
            parent = self._answer(one.id, question.id)
            one = replace(one, head=parent, updated=one.updated + 1)
            self._store.put_conversation(one)
            if self._store.flush(60.0):
                self._recorder.tell("saved")

    def _answer(self, conversation_id: int, question: int) -> int:
        answer = self._message(conversation_id, question, Role.ASSISTANT)
        self._recorder.tell("begun", id=answer.id)
        self._store.put_message(answer)
        for _ in range(self._draw.randrange(5, 80)):
            piece = self._draw.choice(_PIECES) * self._draw.choice([1, 1, 1, 40])
            answer = replace(answer, text=answer.text + piece)
            self._recorder.tell("piece", id=answer.id, text=piece)
            self._store.put_message(answer)
            time.sleep(_PACE_SECONDS)
        self._end(answer, self._draw.choice([Status.FINISHED, Status.STOPPED, Status.CUT]))
        return answer.id

    def _document(self, conversation_id: int, question: int) -> Attachment:
        key, text = self._store.new_id(), self._draw.choice(_PIECES) * self._draw.randrange(50_000)
        self._recorder.tell("document", id=key, question=question, text=text)
        self._store.put_document(Document(key, conversation_id, "a", "text", 1, "", text))
        return Attachment(key, "a")

    def _message(self, conversation_id: int, parent: int | None, role: Role) -> ChatMessage:
        number = self._store.new_id()
        return ChatMessage(number, conversation_id, parent, role, "", Status.WRITING, 1.0)

    def _end(self, message: ChatMessage, status: Status) -> None:
        self._recorder.tell("ended", id=message.id, text=message.text, status=status)
        self._store.put_message(replace(message, status=status))


def main() -> None:
    """Stream for ever."""
    folder, record, seed = sys.argv[1:]
    recorder = Recorder(Path(record))
    store = ConversationStore(Path(folder) / FILE)
    recorder.tell("open")
    threading.Thread(target=probe, args=(Path(folder) / "probe", recorder), daemon=True).start()
    child = Child(store, recorder, random.Random(int(seed)))
    while True:
        child.hold_conversation(f"Title {seed}")


if __name__ == "__main__":
    main()
