"""The rows as Qt's views see them; a change tells of what changed and of nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from baichuan_desktop.services.library.rows.values import (
    AdapterRow,
    Entry,
    Heading,
    Key,
    ModelRow,
    Row,
)
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.models.model_texts import as_tooltip

Index = QModelIndex | QPersistentModelIndex

_NO_PARENT = QModelIndex()


class ListModel(QAbstractListModel):
    """Holds the entries, which model is loaded, and with which adapter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: Sequence[Entry] = ()
        self._rows: dict[Key, int] = {}
        self.loaded: frozenset[Key] = frozenset()  #: of the model and its adapter

    def show_entries(self, entries: Sequence[Entry]) -> bool:
        """Have these rows; whether they are others, and not only what they say."""
        rows = {entry.key: row for row, entry in enumerate(entries)}
        if list(rows) != list(self._rows):
            self.beginResetModel()
            self.entries, self._rows = entries, rows
            self.endResetModel()
            return True
        before, self.entries = self.entries, entries
        for row, (old, new) in enumerate(zip(before, entries, strict=True)):
            if old is not new and old != new:
                self._tell(row)
        return False

    def show_loaded(self, loaded: frozenset[Key]) -> None:
        """Mark the model that is loaded, and the adapter that it answers with."""
        before, self.loaded = self.loaded, loaded
        for key in before ^ loaded:
            if (row := self._rows.get(key)) is not None:
                self._tell(row)

    def _tell(self, row: int) -> None:
        index = self.index(row)
        self.dataChanged.emit(index, index)

    # --- what is asked ----------------------------------------------------------------------------

    def row(self, index: Index) -> Row | None:
        """The model of a row; None where there is none."""
        entry = self.entries[index.row()] if 0 <= index.row() < len(self.entries) else None
        return None if isinstance(entry, Heading) else entry

    def place_of(self, key: Key) -> int | None:
        """The number of the row with this `key`."""
        return self._rows.get(key)

    def is_loaded(self, entry: Entry) -> bool:
        """Whether a row is of the model that is loaded, or of its adapter."""
        return entry.key in self.loaded

    # --- Qt's own ---------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of rows."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row in words; what is drawn is drawn from its entry."""
        if not 0 <= index.row() < len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return texts.heading(entry) if isinstance(entry, Heading) else texts.name(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            spoken = texts.spoken(entry, datetime.date.today())
            return f"{spoken}, {self.tr('in use')}" if self.is_loaded(entry) else spoken
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(entry, ModelRow | AdapterRow):
            lines = [texts.name(entry), _path(entry), texts.state_sentence(entry)]
            return as_tooltip("\n".join(filter(None, lines)))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be done with a row."""
        if self.row(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def _path(row: ModelRow | AdapterRow) -> str:
    return texts.path(row.model.path if isinstance(row, ModelRow) else row.adapter.path)
