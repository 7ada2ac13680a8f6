"""Conversations kept in memory, for what asks no more of a store than the sidebar does."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from baichuan_desktop.services.chat.values import Conversation, Folder, SearchHit


class MemoryShelf:
    """Finds in titles, and in `texts`: by conversation, (id of a message, its text)."""

    def __init__(self, *kept: Conversation | Folder) -> None:
        self.kept = {one.id: one for one in kept if isinstance(one, Conversation)}
        self.kept_folders = {one.id: one for one in kept if isinstance(one, Folder)}
        self.texts: dict[int, list[tuple[int, str]]] = {}
        self.searched: list[str] = []

    def conversations(self) -> list[Conversation]:
        return sorted(self.kept.values(), key=lambda one: -one.updated)

    def conversation(self, conversation_id: int, /) -> Conversation | None:
        return self.kept.get(conversation_id)

    def folders(self) -> list[Folder]:
        return list(self.kept_folders.values())

    def search(self, text: str, limit: int, /) -> list[SearchHit]:
        self.searched.append(text)
        places: Iterable[tuple[int, int | None, str]] = [
            *((one.id, None, one.title) for one in self.conversations()),
            *((id_, message, said) for id_, all_ in self.texts.items() for message, said in all_),
        ]
        return [
            SearchHit(id_, message, said, ((at, at + len(text)),))
            for id_, message, said in places
            if (at := said.lower().find(text.lower())) >= 0
        ][:limit]

    def put_conversation(self, conversation: Conversation, /) -> None:
        self.kept[conversation.id] = conversation

    def put_folder(self, folder: Folder, /) -> None:
        self.kept_folders[folder.id] = folder

    def delete_folder(self, folder_id: int, /) -> None:
        del self.kept_folders[folder_id]
        for one in self.conversations():
            if one.folder_id == folder_id:
                self.put_conversation(replace(one, folder_id=None))

    def delete_conversations(self, ids: Collection[int], /) -> None:
        for id_ in ids:
            self.kept.pop(id_, None)

    def empty_trash(self, older_than: float, /) -> None:
        old = [one for one in self.kept.values() if (one.trashed or older_than) < older_than]
        self.delete_conversations([one.id for one in old])

    def new_id(self) -> int:
        return max((*self.kept, *self.kept_folders), default=0) + 2**40
