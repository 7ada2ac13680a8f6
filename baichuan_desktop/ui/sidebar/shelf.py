"""What the sidebar asks of the store, and what it takes to undo a deletion there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from baichuan_desktop.services.chat.values import Conversation, Folder, SearchHit


class Shelf(Protocol):
    """Where conversations are kept; what was put there is read back at once."""

    def conversations(self) -> list[Conversation]:
        """All, the newest first, trashed ones too."""
        ...

    def conversation(self, conversation_id: int, /) -> Conversation | None:
        """One, as it is now."""
        ...

    def folders(self) -> list[Folder]:
        """All folders."""
        ...

    def search(self, text: str, limit: int, /) -> list[SearchHit]:
        """Titles and finished messages in which a text occurs, so many at the most."""
        ...

    def put_conversation(self, conversation: Conversation, /) -> None:
        """Keep a conversation as it is here."""
        ...

    def put_folder(self, folder: Folder, /) -> None:
        """Keep a folder as it is here."""
        ...

    def delete_folder(self, folder_id: int, /) -> None:
        """Delete a folder; what was in it stays, without one."""
        ...

    def delete_conversations(self, ids: Collection[int], /) -> None:
        """Delete for good."""
        ...

    def empty_trash(self, older_than: float, /) -> None:
        """Delete for good what was trashed before a time, in seconds since 1970."""
        ...

    def new_id(self) -> int:
        """An id that nothing has."""
        ...


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a person deleted last, and how it is taken back."""

    conversation: Conversation | None = None  #: what was deleted
    folder: Folder | None = None  #: or this was
    inside: frozenset[int] = frozenset()  #: the conversations that lay in the folder

    def undo(self, shelf: Shelf) -> set[int]:
        """Take it back; the conversations that are others now.

        What was deleted for good meanwhile stays so, and a conversation that was put into another
        folder stays there.
        """
        if self.conversation is not None:
            now = shelf.conversation(self.conversation.id)
            if now is None:
                return set()
            shelf.put_conversation(replace(now, trashed=None))
            return {now.id}
        changed = set()
        if self.folder is not None:
            shelf.put_folder(self.folder)
            for id_ in self.inside:
                now = shelf.conversation(id_)
                if now is not None and now.folder_id is None:
                    shelf.put_conversation(replace(now, folder_id=self.folder.id))
                    changed.add(id_)
        return changed
