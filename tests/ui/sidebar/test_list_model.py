"""What the model tells of a change is what changed."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.sidebar.rows.arrangement import ConversationEntry, Entry, Group, Heading
from baichuan_desktop.ui.sidebar.rows.list_model import ListModel
from tests.ui.sidebar.conftest import conversation


class Mirror:
    """Rows that are kept only by what the model tells."""

    def __init__(self, model: ListModel) -> None:
        self._model = model
        self.rows: list[Entry] = list(model.entries)
        model.rowsInserted.connect(self._insert)
        model.rowsRemoved.connect(self._remove)
        model.rowsMoved.connect(self._move)
        model.dataChanged.connect(self._change)

    def _insert(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.rows[first:first] = self._model.entries[first : last + 1]

    def _remove(self, _parent: QModelIndex, first: int, last: int) -> None:
        del self.rows[first : last + 1]

    def _move(
        self, _from: QModelIndex, first: int, last: int, _to: QModelIndex, before: int
    ) -> None:
        assert first == last
        row = self.rows.pop(first)
        self.rows.insert(before, row)  # rows only move up

    def _change(self, first: QModelIndex, last: QModelIndex) -> None:
        for row in range(first.row(), last.row() + 1):
            self.rows[row] = self._model.entries[row]


@pytest.mark.parametrize("seed", range(20))
def test_who_only_hears_what_changed_has_the_same_rows(app: QApplication, seed: int) -> None:
    chance = random.Random(seed)
    model = ListModel(app)
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Warning, app
    )
    mirror = Mirror(model)
    rows: list[Entry] = []
    for turn in range(60):
        rows = list(rows)
        match chance.randrange(5):
            case 0:
                new = conversation(1000 * seed + 10 * turn, f"new {turn}")
                rows.insert(chance.randint(0, len(rows)), ConversationEntry(new, Group.TODAY))
            case 1 if rows:
                del rows[chance.randrange(len(rows))]
            case 2 if rows:  # an answer began
                rows.insert(0, rows.pop(chance.randrange(len(rows))))
            case 3 if rows:
                row = chance.randrange(len(rows))
                if isinstance(entry := rows[row], ConversationEntry):
                    other = conversation(entry.conversation.id, f"renamed {turn}")
                    rows[row] = ConversationEntry(other, entry.place)
            case _:
                chance.shuffle(rows)
                if Heading(Group.TODAY) not in rows:
                    rows.insert(0, Heading(Group.TODAY))
        kept = chance.choice(rows) if rows else None
        before = model.row_of(kept.key) if kept is not None else None
        index = QPersistentModelIndex(model.index(before)) if before is not None else None

        model.show_entries(rows)

        assert model.entries == rows
        assert mirror.rows == rows
        if index is not None and index.isValid() and kept is not None:
            assert model.entries[index.row()].key == kept.key, "what is current stays so"
    tester.deleteLater()


def test_rows_that_stay_are_not_told_of(app: QApplication) -> None:
    model = ListModel(app)
    entries: list[Entry] = [
        ConversationEntry(conversation(id_, "x"), Group.TODAY) for id_ in range(5)
    ]
    model.show_entries(entries)
    told: list[int] = []
    model.dataChanged.connect(lambda first, _last: told.append(first.row()))

    model.show_entries([entries[3], *entries[:3], entries[4]])
    assert told == []
    model.show_open(4)
    model.show_open(4)

    assert told == [4]


def test_a_row_is_found_by_its_key_and_by_its_conversation(app: QApplication) -> None:
    model = ListModel(app)
    one = conversation(7, "x")
    model.show_entries([Heading(Group.TODAY), ConversationEntry(one, Group.TODAY)])

    assert model.row_of((7, Group.TODAY)) == 1
    assert model.row_of((7, Group.PINNED)) is None
    assert model.row_of_conversation(7) == 1
    assert model.row_of_conversation(8) is None
    assert model.entry(QModelIndex()) is None
    assert model.data(QModelIndex()) is None
