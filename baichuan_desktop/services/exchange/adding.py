"""What of a file is not here yet, told before it is added, and added: nothing is overwritten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from backends.errors import (
    ConversationsInUseError,
    DamagedExportError,
    ImportWhileOpenError,
    NotAnExportError,
)
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationSettings,
    Folder,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment, Document
from baichuan_desktop.services.exchange.foreign.growing import RANDOM_BITS, id_for
from baichuan_desktop.services.exchange.recognising import recognised
from baichuan_desktop.services.exchange.sources import Source
from baichuan_desktop.services.exchange.values import (
    Added,
    Found,
    FoundConversation,
    ReadConversation,
    Rest,
    State,
)

#: How long what was added waits for the disk before more is, and how many rows that is.
_WAIT_SECONDS: Final = 10.0
_AT_ONCE: Final = 1_000


def _tell_nobody(_: int) -> None:
    """Nobody shows how far it is."""


def look_at(
    path: Path,
    store: ConversationStore,
    *,
    since: float | None = None,
    cancel: threading.Event | None = None,
    progress: Callable[[int], object] = _tell_nobody,
) -> Found:
    """What a file, a zip or a folder holds, and what of it is not here; nothing is added.

    Args:
        path: What the person chose.
        store: What is here.
        since: Conversations that were not changed since are not kept here; None: all are.
        cancel: Set when nobody waits any more; what was found until then is told.
        progress: Told how many conversations were looked at.

    Raises:
        ConversationImportError: It is nothing that can be read.
    """
    found: list[FoundConversation] = []
    unreadable = 0
    with Source(path) as source:
        what = recognised(source)
        rest = Rest()
        try:
            for read in what.conversations:
                if cancel is not None and cancel.is_set():
                    break
                if read is None:
                    unreadable += 1
                    continue
                rest.add(read.rest)
                found.append(_found(read, store, since))
                progress(len(found))
        except DamagedExportError:
            if not found:  # what comes before the damage can be added
                raise
            unreadable += 1
        rest.add(what.rest)
    if not found and not unreadable and not rest.left_out:
        raise NotAnExportError(path)
    return Found(path, what.origin, tuple(found), unreadable, rest)


def add(
    path: Path,
    ids: Collection[int] | None,
    store: ConversationStore,
    *,
    since: float | None = None,
    cancel: threading.Event | None = None,
    progress: Callable[[int], object] = _tell_nobody,
) -> Added:
    """Add what is missing here of the conversations with these ids; None: of all that are new.

    It may be stopped between two conversations; what was added until then stays.

    Raises:
        ConversationImportError: As `look_at`, or another run of the app has the conversations open.
    """
    require_writable(store)
    conversations = messages = documents = waiting = 0
    with Source(path) as source:
        try:
            for read in recognised(source).conversations:
                if cancel is not None and cancel.is_set():
                    return Added(conversations, messages, documents, was_stopped=True)
                if read is None or (ids is not None and read.conversation.id not in ids):
                    continue
                if not _found(read, store, since).can_be_added:
                    continue
                missing = missing_of(read, store)
                _put(missing, store)
                conversations += 1
                messages += len(missing.messages)
                documents += len(missing.documents)
                progress(conversations)
                waiting += 1 + len(missing.messages)
                if waiting >= _AT_ONCE and store.state.unsaved is None:
                    store.flush(_WAIT_SECONDS)
                    waiting = 0
        except DamagedExportError:
            if not conversations:
                raise
    return Added(conversations, messages, documents)


def require_writable(store: ConversationStore) -> None:
    """Raise where another run of the app writes the conversations: what is added would be lost."""
    if isinstance(error := store.state.unsaved, ConversationsInUseError):
        raise ImportWhileOpenError(Path(str(error.facts["folder"]))) from error


@dataclass(frozen=True, slots=True)
class Missing:
    """What a conversation lacks here, and what it is to be."""

    conversation: Conversation
    folder: Folder | None  #: to be made
    messages: tuple[ChatMessage, ...]
    documents: tuple[Document, ...]


def missing_of(read: ReadConversation, store: ConversationStore) -> Missing:
    """What the store lacks of a conversation; an id that is taken here by another is changed."""
    theirs = read.conversation
    ours = store.conversation(theirs.id)
    tree = store.tree(theirs.id) if ours is not None else {}
    numbers = _numbers(read, tree, store)
    documents, document_ids = _documents(read, ours, store)
    parents = _parents(read, numbers, tree)
    messages = [
        replace(
            one,
            id=numbers[one.id],
            parent=parents[one.id],
            status=Status.BROKEN if one.status is Status.WRITING else one.status,
            attachments=_renumbered(one.attachments, document_ids),
        )
        for one in read.messages
        if numbers[one.id] not in tree
    ]
    known = {*tree, *(one.id for one in messages)}
    folder, folder_id = _folder(read, store)
    head = numbers.get(theirs.head, theirs.head) if theirs.head is not None else None
    if head not in known:
        head = max(known, default=None)
    made = replace(
        theirs,
        head=head,
        folder_id=folder_id,
        is_temporary=False,
        settings=replace(
            theirs.settings,
            left_out=frozenset(numbers.get(one, one) for one in theirs.settings.left_out),
            attached=_renumbered(theirs.settings.attached, document_ids),
        ),
    )
    if ours is not None:
        made, folder = _with_more(ours, made, messages, tree), None
    return Missing(made, folder, tuple(messages), tuple(documents))


def _found(
    read: ReadConversation, store: ConversationStore, since: float | None
) -> FoundConversation:
    theirs = read.conversation
    ours = store.conversation(theirs.id)
    new = len(read.messages)
    if ours is not None:
        tree = store.tree(theirs.id)
        numbers = _numbers(read, tree, store)
        new = sum(number not in tree for number in numbers.values())
    if ours is not None and ours.trashed is not None:
        state = State.TRASHED
    elif since is not None and theirs.updated < since:
        state = State.EXPIRED
    elif ours is None:
        state = State.NEW
    else:
        state = State.MORE if new else State.HERE
    return FoundConversation(
        theirs.id, theirs.title, theirs.created, theirs.updated, len(read.messages), new, state
    )


def _put(missing: Missing, store: ConversationStore) -> None:
    if missing.folder is not None:
        store.put_folder(missing.folder)
    one = missing.conversation
    if store.conversation(one.id) is None:
        store.bring_back(replace(one, head=None, settings=ConversationSettings()))
    for document in missing.documents:
        store.put_document(document)
    for message in missing.messages:
        store.put_message(message)
    store.bring_back(one)


def _with_more(
    ours: Conversation,
    theirs: Conversation,
    added: Sequence[ChatMessage],
    tree: Mapping[int, int | None],
) -> Conversation:
    """Ours, which goes on where theirs does if it ended on the way there."""
    if not added:
        return ours
    parents = {**tree, **{one.id: one.parent for one in added}}
    above = theirs.head
    seen: set[int] = set()
    while above is not None and above != ours.head and above not in seen:
        seen.add(above)
        above = parents.get(above)
    head = theirs.head if above == ours.head else ours.head
    return replace(ours, head=head, updated=max(ours.updated, theirs.updated))


# --- ids -------------------------------------------------------------------------------------


def _numbers(
    read: ReadConversation, tree: Mapping[int, int | None], store: ConversationStore
) -> dict[int, int]:
    """The ids of the messages here, by those they have in the file.

    An id is given once among all conversations: in place of one that a message of another
    conversation has here, another is made, the same one each time.
    """
    ids = [one.id for one in read.messages]
    taken = {one.message_id for one in store.authors([i for i in ids if i not in tree])}
    numbers = {one: one for one in ids}
    used = set(ids)
    for one in sorted(taken):
        number, tries = one, 0
        while number in used or (number not in tree and store.authors([number])):
            tries += 1
            number = id_for(
                (one >> RANDOM_BITS) / 1000, str(read.conversation.id), str(one), str(tries)
            )
        used.add(number)
        numbers[one] = number
    return numbers


def _parents(
    read: ReadConversation, numbers: Mapping[int, int], tree: Mapping[int, int | None]
) -> dict[int, int | None]:
    """What each message of the file is to follow, by its id there: no circle, nothing unknown."""
    following: dict[int | None, list[int]] = {}
    for one in sorted(read.messages, key=lambda one: one.id):
        known = one.parent if one.parent in numbers else None
        following.setdefault(known, []).append(one.id)
    found: dict[int, int | None] = {}
    for root in [*following.get(None, ()), *sorted(numbers)]:
        if root in found:
            continue
        pending: list[tuple[int, int | None]] = [(root, None)]
        while pending:
            number, parent = pending.pop()
            if number not in found:
                found[number] = parent
                pending += [(each, numbers[number]) for each in following.get(number, ())]
    for message in read.messages:  # what is known here alone
        if message.parent is not None and message.parent not in numbers and message.parent in tree:
            found[message.id] = message.parent
    return found


def _documents(
    read: ReadConversation, ours: Conversation | None, store: ConversationStore
) -> tuple[list[Document], dict[int, int]]:
    """The documents that are missing, and the ids of all by those they have in the file."""
    missing: list[Document] = []
    numbers: dict[int, int] = {}
    used: set[int] = set()
    for one in read.documents:
        number, tries = one.id, 0
        while number in used or not _is_free_for(one, number, store):
            tries += 1
            number = id_for(
                (one.id >> RANDOM_BITS) / 1000, str(one.conversation_id), str(one.id), str(tries)
            )
        used.add(number)
        numbers[one.id] = number
        if ours is None or store.document(number) is None:
            missing.append(replace(one, id=number))
    return missing, numbers


def _is_free_for(one: Document, number: int, store: ConversationStore) -> bool:
    here = store.document(number)
    return here is None or here == replace(one, id=number)


def _renumbered(
    attachments: Sequence[Attachment], numbers: Mapping[int, int]
) -> tuple[Attachment, ...]:
    return tuple(
        replace(one, document_id=numbers.get(one.document_id, one.document_id))
        for one in attachments
    )


def _folder(read: ReadConversation, store: ConversationStore) -> tuple[Folder | None, int | None]:
    """The folder that is to be made, and the id of that in which the conversation is to lie."""
    if read.folder is None:
        return None, None
    there = store.folders()
    for one in there:
        if one.id == read.folder.id:
            return None, one.id
    for one in there:
        if one.name == read.folder.name:
            return None, one.id
    return read.folder, read.folder.id
