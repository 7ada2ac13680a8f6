"""Which rows of a copy are added to what is here: what is missing, and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Folder, Status
from baichuan_desktop.services.documents.values import Document

_TITLE = 60  # characters


@dataclass(frozen=True, slots=True)
class Restored:
    """What a copy had that was not here."""

    conversations: int  #: that got something
    messages: int


class Target(Protocol):
    """What a copy is merged into."""

    def folders(self) -> list[Folder]:
        """All folders that are here."""

    def conversation(self, conversation_id: int) -> Conversation | None:
        """A conversation that is here."""

    def tree(self, conversation_id: int) -> Mapping[int, int | None]:
        """What each message of a conversation follows."""

    def put_folder(self, one: Folder) -> None:
        """Add a folder."""

    def bring_back(self, one: Conversation) -> None:
        """Add or change a conversation, which may have been deleted here."""

    def put_message(self, one: ChatMessage) -> None:
        """Add a message."""

    def document_ids(self, conversation_id: int) -> list[int]:
        """The documents of a conversation that are here."""

    def put_document(self, one: Document) -> None:
        """Add a document."""


def merge(source: Source, target: Target) -> Iterator[int]:
    """Add what is missing, and yield after each conversation how many messages were added."""
    folders = {one.id for one in target.folders()}
    for folder in source.folders():
        if folder.id not in folders:
            target.put_folder(folder)
            folders.add(folder.id)
    conversations = source.conversations()
    numbers = source.readable_messages()
    documents = source.readable_documents()
    parents = source.parents()
    for key in sorted({*conversations, *numbers}):
        theirs = source.messages(numbers.get(key, ()))
        ours = target.conversation(key)
        tree = target.tree(key)
        added = missing_messages(theirs, parents, tree)
        one = merged_conversation(key, conversations.get(key), ours, added, tree, folders)
        if one != ours:
            target.bring_back(one)
        missing = documents.get(key, {}).keys() - target.document_ids(key)
        for document in source.documents([documents[key][number] for number in sorted(missing)]):
            target.put_document(document)
        for message in added:
            target.put_message(message)
        if one != ours or added or missing:
            yield len(added)


def missing_messages(
    theirs: Sequence[ChatMessage],
    parents: Mapping[int, int | None],
    ours: Mapping[int, int | None],
) -> list[ChatMessage]:
    """The messages of a conversation that are not here yet, so that the tree stays whole.

    One that follows a message which is in neither follows the nearest one above that is, and where
    that is not known the newest of the older ones. An answer that was being written is broken off.

    Args:
        theirs: Those of the copy.
        parents: What messages of the copy follow, also those that could not be read.
        ours: What the messages here follow.
    """
    known = {one.id for one in theirs} | set(ours)
    tree = {**{one.id: one.parent for one in theirs}, **ours}
    added = []
    for one in sorted(theirs, key=lambda one: one.id):
        if one.id in ours:
            continue
        parent = _known_above(one, parents, known)
        if _is_above(one.id, parent, tree):  # a circle, which only a damaged file has
            parent = None
        tree[one.id] = parent
        status = Status.BROKEN if one.status is Status.WRITING else one.status
        added.append(replace(one, parent=parent, status=status))
    return added


def _known_above(
    one: ChatMessage, parents: Mapping[int, int | None], known: Collection[int]
) -> int | None:
    seen: set[int] = set()
    parent = one.parent
    while parent is not None and parent not in known:
        if parent in seen or parent not in parents:
            return max((other for other in known if other < one.id), default=None)
        seen.add(parent)
        parent = parents[parent]
    return parent


def _is_above(message_id: int, parent: int | None, tree: Mapping[int, int | None]) -> bool:
    """Whether a message is above the one that it is to follow, or that is in a circle."""
    seen: set[int] = set()
    while parent is not None:
        if parent == message_id or parent in seen:
            return True
        seen.add(parent)
        parent = tree.get(parent)
    return False


def merged_conversation(
    key: int,
    theirs: Conversation | None,
    ours: Conversation | None,
    added: Sequence[ChatMessage],
    tree: Mapping[int, int | None],
    folders: Collection[int],
) -> Conversation:
    """The conversation as it is to be here: ours, else theirs, else one made from its messages.

    Args:
        key: Its id.
        theirs: That of the copy; None if it could not be read.
        ours: That which is here.
        added: The messages that it gets.
        tree: Those that it has.
        folders: The folders that there are.
    """
    one = ours or theirs or _made_from(key, added)
    known = {*tree, *(message.id for message in added)}
    if one.head not in known:
        one = replace(one, head=max(known, default=None))
    if one.folder_id is not None and one.folder_id not in folders:
        one = replace(one, folder_id=None)
    return one


def _made_from(key: int, messages: Sequence[ChatMessage]) -> Conversation:
    title = " ".join(messages[0].text[:_TITLE].split())
    return Conversation(key, title, created=messages[0].created, updated=messages[-1].created)
