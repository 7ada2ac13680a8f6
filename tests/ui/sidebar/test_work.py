"""How much is done for a list of thousands: counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.sidebar.rows.list_model import ListModel
from baichuan_desktop.ui.sidebar.rows.row_painter import RowPainter
from tests.ui.harness import until
from tests.ui.sidebar.conftest import Alone, conversation

MANY = 5000
SEEN = 40  # rows that a sidebar 700 pixels high shows, at the very most


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often rows are asked for their words, their size and their picture."""
    counts: Counter[str] = Counter()

    def count(owner: type, name: str) -> None:
        original = getattr(owner, name)

        def counting(*args: Any) -> Any:
            counts[name] += 1
            return original(*args)

        monkeypatch.setattr(owner, name, counting)

    count(ListModel, "data")
    count(RowPainter, "sizeHint")
    count(RowPainter, "_draw_entry")
    return counts


@pytest.fixture
def many(hands: Callable[..., Alone], counted: Counter[str]) -> Alone:
    made = hands(*(conversation(id_, f"Conversation {id_}") for id_ in range(MANY)))
    made.sidebar.grab()
    return made


def test_only_rows_that_are_seen_are_drawn_or_put_into_words(
    many: Alone, counted: Counter[str]
) -> None:
    assert len(many.list.rows.entries) > MANY
    assert counted["_draw_entry"] <= 4 * SEEN  # shown, and grabbed
    assert counted["sizeHint"] <= 60
    assert counted["data"] <= 4 * SEEN


def test_scrolling_by_a_page_draws_a_page(many: Alone, counted: Counter[str]) -> None:
    counted.clear()

    bar = many.list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    many.list.grab()

    assert 10 <= counted["_draw_entry"] <= 2 * SEEN
    assert counted["sizeHint"] <= 10


def test_one_conversation_that_changed_moves_one_row(
    many: Alone, counted: Counter[str], app: QApplication
) -> None:
    told: list[str] = []
    rows = many.list.rows
    for name in ("rowsInserted", "rowsRemoved", "rowsMoved", "dataChanged", "modelReset"):
        getattr(rows, name).connect(lambda *_, name=name: told.append(name))
    bar = many.list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    app.processEvents()
    counted.clear()
    place, kept = bar.value(), many.shelf.kept[3000]

    many.shelf.put_conversation(type(kept)(kept.id, "Newer", kept.created, 4e9))
    many.sidebar.refresh(3000)
    app.processEvents()

    assert told == ["rowsMoved", "dataChanged"]
    assert bar.value() == place
    assert counted["_draw_entry"] <= 2 * SEEN
    assert counted["sizeHint"] <= 10


def test_the_ring_that_turns_draws_its_row_alone(
    many: Alone, counted: Counter[str], app: QApplication
) -> None:
    many.sidebar.show_generating(frozenset({2}))
    for _ in range(3):  # what was to be drawn before
        many.sidebar.repaint()
        app.processEvents()
    counted.clear()

    many.list._turning.timeout.emit()
    until(lambda: counted["_draw_entry"] > 0)

    assert counted["_draw_entry"] <= 3
    assert many.list._turning.interval() >= 34, "no more than 30 times a second"


def test_marks_of_rows_that_are_not_seen_draw_nothing(
    many: Alone, counted: Counter[str], app: QApplication
) -> None:
    counted.clear()

    many.sidebar.show_generating(frozenset({4000}))
    many.list._turning.timeout.emit()
    app.processEvents()

    assert counted["_draw_entry"] == 0
    assert many.list.rows.data(
        many.list.rows.index(many.list.rows.row_of_conversation(4000) or 0),
        Qt.ItemDataRole.AccessibleTextRole,
    ).endswith("is being answered")
