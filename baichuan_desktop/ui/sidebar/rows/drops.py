"""Where something that is dragged over the list would go: a pure decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData

from baichuan_desktop.ui.sidebar.rows.arrangement import ConversationEntry, Entry, FolderEntry
from baichuan_desktop.ui.sidebar.rows.list_model import CONVERSATION_TYPE, FOLDER_TYPE

_MOST_DIGITS = 19  # of an id of 63 bits


@dataclass(frozen=True, slots=True)
class Drop:
    """What becomes of something that is dropped here."""

    conversation_id: int | None = None
    folder_id: int | None = None  #: where the conversation goes to, or the folder that is moved
    place: int = 0  #: of a moved folder among the others, without itself
    into_row: int | None = None  #: the row of the folder a conversation goes into
    before_row: int | None = None  #: the row a folder goes before


def drop_at(entries: Sequence[Entry], data: QMimeData, row: int, share: float) -> Drop | None:
    """What a drop on this row does, at a share of its height from 0 to 1; None: nothing."""
    conversation_id = _id(data, CONVERSATION_TYPE)
    if conversation_id is not None:
        return _conversation_drop(entries, conversation_id, row)
    folder_id = _id(data, FOLDER_TYPE)
    return None if folder_id is None else _folder_drop(entries, folder_id, row, share)


def _conversation_drop(entries: Sequence[Entry], conversation_id: int, row: int) -> Drop | None:
    """Into the folder of this row, or out of every folder."""
    folder_id = _folder_of(entries[row]) if 0 <= row < len(entries) else None
    dragged = [
        one.conversation
        for one in entries
        if isinstance(one, ConversationEntry) and one.conversation.id == conversation_id
    ]
    if not dragged or dragged[0].folder_id == folder_id:
        return None
    into = None
    for place, entry in enumerate(entries):
        if isinstance(entry, FolderEntry) and entry.folder.id == folder_id:
            into = place
    return Drop(conversation_id=conversation_id, folder_id=folder_id, into_row=into)


def _folder_drop(entries: Sequence[Entry], folder_id: int, row: int, share: float) -> Drop | None:
    """Before the folder of this row, or after it; elsewhere before the first or after the last."""
    folders = [(at, one) for at, one in enumerate(entries) if isinstance(one, FolderEntry)]
    ids = [one.folder.id for _, one in folders]
    if folder_id not in ids:
        return None
    target = _folder_of(entries[row]) if 0 <= row < len(entries) else None
    if target is None:
        place = len(ids) if row > folders[-1][0] else 0
    else:
        is_on_name = isinstance(entries[row], FolderEntry)
        place = ids.index(target) + (0 if is_on_name and share < 0.5 else 1)
    before_row = folders[place][0] if place < len(folders) else _end(entries, folders[-1][0])
    own = ids.index(folder_id)
    place -= own < place  # counted without itself
    return None if place == own else Drop(folder_id=folder_id, place=place, before_row=before_row)


def _end(entries: Sequence[Entry], row: int) -> int:
    """The row after a folder and what is shown in it."""
    row += 1
    while row < len(entries) and _folder_of(entries[row]) is not None:
        row += 1
    return row


def _folder_of(entry: Entry) -> int | None:
    match entry:
        case FolderEntry(folder):
            return folder.id
        case ConversationEntry(place=int(folder_id)):
            return folder_id
        case _:
            return None


def _id(data: QMimeData, kind: str) -> int | None:
    text = bytes(data.data(kind).data())
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else None
