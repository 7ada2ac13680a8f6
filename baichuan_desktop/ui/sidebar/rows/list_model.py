"""The rows as Qt's views see them; a change tells of what changed and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from typing_extensions import override

from baichuan_desktop.ui.sidebar.rows import row_texts
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    Heading,
    Key,
    conversation_of,
)

Index = QModelIndex | QPersistentModelIndex

#: What is dragged, by its id; of no use to another program.
CONVERSATION_TYPE = "application/x-baichuan-conversation"
FOLDER_TYPE = "application/x-baichuan-folder"

_NO_PARENT = QModelIndex()


class ListModel(QAbstractListModel):
    """Holds the entries, and which conversation is open or being answered."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._keys: list[Key] = []
        self.open_id: int | None = None
        self.generating: frozenset[int] = frozenset()

    # --- what changes -----------------------------------------------------------------------------

    def show_entries(self, entries: list[Entry]) -> None:
        """Have these rows. One that only moved is moved, and what stays is not touched."""
        there = set(map(id, self.entries))
        fresh = [row for row, entry in enumerate(entries) if id(entry) not in there]
        before = dict(zip(self._keys, self.entries, strict=True)) if fresh else {}
        self._change_rows(entries, [entry.key for entry in entries])
        for row in fresh:
            was = before.get(entries[row].key)
            if was is not None and was != entries[row]:
                self._tell(row)

    def _change_rows(self, entries: list[Entry], keys: list[Key]) -> None:
        old = self._keys
        first = _shared(old, keys)
        last = min(_shared(old[::-1], keys[::-1]), len(old) - first, len(keys) - first)
        old_end, new_end = len(old) - last, len(keys) - last
        gone, come = old[first:old_end], keys[first:new_end]
        if len(gone) == len(come) > 1 and gone[-1] == come[0] and gone[:-1] == come[1:]:
            self.beginMoveRows(_NO_PARENT, old_end - 1, old_end - 1, _NO_PARENT, first)
            self._take(entries, keys)
            self.endMoveRows()
            return
        if gone:
            self.beginRemoveRows(_NO_PARENT, first, old_end - 1)
            self._take(self.entries[:first] + self.entries[old_end:], old[:first] + old[old_end:])
            self.endRemoveRows()
        if come:
            self.beginInsertRows(_NO_PARENT, first, new_end - 1)
            self._take(entries, keys)
            self.endInsertRows()
        else:
            self._take(entries, keys)

    def _take(self, entries: list[Entry], keys: list[Key]) -> None:
        self.entries, self._keys = entries, keys

    def show_open(self, conversation_id: int | None) -> None:
        """Mark the conversation that is open."""
        before, self.open_id = self.open_id, conversation_id
        if before != conversation_id:
            self._tell_of({before, conversation_id})

    def show_generating(self, ids: frozenset[int]) -> None:
        """Mark the conversations that are being answered."""
        before, self.generating = self.generating, ids
        self._tell_of(set(before ^ ids))

    def _tell_of(self, ids: set[int | None]) -> None:
        for row, entry in enumerate(self.entries):
            conversation = conversation_of(entry)
            if conversation is not None and conversation.id in ids:
                self._tell(row)

    def _tell(self, row: int) -> None:
        index = self.index(row)
        self.dataChanged.emit(index, index)

    # --- what is asked ----------------------------------------------------------------------------

    def entry(self, index: Index) -> Entry | None:
        """The entry of a row; None where there is none."""
        return self.entries[index.row()] if 0 <= index.row() < len(self.entries) else None

    def row_of(self, name: Key) -> int | None:
        """The row of the entry with this `key`."""
        try:
            return self._keys.index(name)
        except ValueError:
            return None

    def row_of_conversation(self, conversation_id: int) -> int | None:
        """The first row that shows a conversation."""
        for row, entry in enumerate(self.entries):
            if isinstance(entry, ConversationEntry) and entry.conversation.id == conversation_id:
                return row
        return None

    def is_open(self, entry: Entry) -> bool:
        """Whether a row is of the conversation that is open."""
        return isinstance(entry, ConversationEntry) and entry.conversation.id == self.open_id

    def is_generating(self, entry: Entry) -> bool:
        """Whether a row is of a conversation that is being answered."""
        return isinstance(entry, ConversationEntry) and entry.conversation.id in self.generating

    # --- Qt's own ---------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of rows."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row in words; what is drawn is drawn from its entry."""
        entry = self.entry(index)
        if entry is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row_texts.text(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row_texts.spoken(
                entry, is_open=self.is_open(entry), is_generating=self.is_generating(entry)
            )
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be done with a row."""
        entry = self.entry(index)
        if entry is None or isinstance(entry, Heading):
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if isinstance(entry, FolderEntry) or (
            isinstance(entry, ConversationEntry) and not entry.conversation.is_temporary
        ):
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    @override
    def mimeTypes(self) -> list[str]:
        """What is dragged within the list."""
        return [CONVERSATION_TYPE, FOLDER_TYPE]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The id of what is dragged."""
        data = QMimeData()
        for entry in filter(None, map(self.entry, indexes)):
            match entry:
                case ConversationEntry(conversation):
                    data.setData(CONVERSATION_TYPE, str(conversation.id).encode())
                case FolderEntry(folder):
                    data.setData(FOLDER_TYPE, str(folder.id).encode())
        return data

    @override
    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved, never copied."""
        return Qt.DropAction.MoveAction


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    """How many entries two lists begin with alike."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
