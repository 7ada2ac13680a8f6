"""What is in memory only: rows that are not yet on the disk, and those that never go there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder, Status
from baichuan_desktop.services.documents.values import Document

_Read = TypeVar("_Read")


class Kind(Enum):
    """What a row is of."""

    FOLDER = "folder"
    CONVERSATION = "conversation"
    MESSAGE = "message"
    DOCUMENT = "document"


Key = tuple[Kind, int]
Value = Folder | Conversation | ChatMessage | Document
#: What is written in one transaction; None stands for a row that is deleted.
Batch = Mapping[Key, Value | None]


class Pending:
    """The rows in memory, by id; None stands for one that is deleted.

    A row that was written is forgotten here, unless it was changed again meanwhile: then the file
    has the older one, and this one is written next. `lock` is held around everything here, and
    while what is here and what is in the file are looked at together; who waits for it is told of
    changes.
    """

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.folders: dict[int, Folder | None] = {}
        self.conversations: dict[int, Conversation | None] = {}
        self.messages: dict[int, ChatMessage | None] = {}
        self.documents: dict[int, Document | None] = {}
        self._children: dict[tuple[int, int | None], dict[int, None]] = {}
        self._unsaved: dict[Key, Value | None] = {}
        self._since: float | None = None  #: when the oldest change was made that still waits
        self._is_urgent = False  #: something waits that is not a text still being written

    def children(self, conversation_id: int, parent: int | None) -> Iterable[int]:
        """Messages in memory that follow `parent`."""
        return self._children.get((conversation_id, parent), ())

    def messages_of(self, conversation_id: int) -> list[ChatMessage]:
        """Messages in memory of one conversation."""
        there = self.messages.values()
        return [one for one in there if one is not None and one.conversation_id == conversation_id]

    def documents_of(self, conversation_id: int) -> list[Document]:
        """Documents in memory of one conversation."""
        there = self.documents.values()
        return [one for one in there if one is not None and one.conversation_id == conversation_id]

    def now(
        self,
        ids: Sequence[int],
        in_file: Callable[[Sequence[int]], Mapping[int, _Read]],
        in_memory: Callable[[ChatMessage], _Read],
    ) -> list[_Read]:
        """What is read of messages, of those that there are: what was changed as it is here."""
        with self.lock:
            changed = self.messages
            there = dict(in_file([i for i in ids if i not in changed]))
            there |= {i: in_memory(one) for i in ids if (one := changed.get(i)) is not None}
        return [there[i] for i in ids if i in there]

    def put(self, kind: Kind, key: int, value: Value | None, *, to_file: bool) -> None:
        """Have a row be `value`; with `to_file` it waits to be written."""
        match kind, value:
            case Kind.FOLDER, Folder() | None:
                self.folders[key] = value
            case Kind.CONVERSATION, Conversation() | None:
                self.conversations[key] = value
            case Kind.DOCUMENT, Document() | None:
                self.documents[key] = value
            case Kind.MESSAGE, ChatMessage() | None:
                self._unlink(key)
                self.messages[key] = value
                if value is not None:
                    place = value.conversation_id, value.parent
                    self._children.setdefault(place, {})[key] = None
        if to_file:
            self._unsaved[kind, key] = value
            is_writing = isinstance(value, ChatMessage) and value.status is Status.WRITING
            self._is_urgent = self._is_urgent or not is_writing
            if self._since is None:
                self._since = time.monotonic()
            self.lock.notify_all()

    def forget(self, kind: Kind, key: int) -> None:
        """Have a row be what the file says of it, which may be nothing."""
        self._unsaved.pop((kind, key), None)
        match kind:
            case Kind.FOLDER:
                self.folders.pop(key, None)
            case Kind.CONVERSATION:
                self.conversations.pop(key, None)
            case Kind.DOCUMENT:
                self.documents.pop(key, None)
            case Kind.MESSAGE:
                self._unlink(key)
                self.messages.pop(key, None)

    @property
    def has_unsaved(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._unsaved)

    def due_at(self, text_wait_seconds: float) -> float:
        """When what waits is to be written, on the monotonic clock; never, if nothing does."""
        if self._since is None:
            return math.inf
        return self._since + (0.0 if self._is_urgent else text_wait_seconds)

    def begin(self) -> Batch:
        """All that waits to be written; what is changed from now on is the next batch's."""
        self._since, self._is_urgent = None, False
        return dict(self._unsaved)

    def written(self, batch: Batch) -> None:
        """Forget the rows of a batch that is on the disk, but those that were changed since."""
        for (kind, key), value in batch.items():
            if (kind, key) in self._unsaved and self._unsaved[kind, key] is value:
                self.forget(kind, key)
        self.lock.notify_all()

    def _unlink(self, message_id: int) -> None:
        old = self.messages.get(message_id)
        if old is not None:
            place = old.conversation_id, old.parent
            siblings = self._children[place]
            del siblings[message_id]
            if not siblings:
                del self._children[place]
