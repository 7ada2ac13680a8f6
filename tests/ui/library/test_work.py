"""How much is done for 500 models: rows that are drawn, rows that are made, calls of the system."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.library.registry import InstalledModel, Registry
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.library import GIB, listed, seen

MANY = 500


@pytest.fixture
def models() -> list[InstalledModel]:
    return [
        listed(f"m{n}", f"/mnt/d{n % 7}/models/{n}", name=f"Model {n}", variant="baichuan2-7b-chat")
        for n in range(MANY)
    ]


@pytest.fixture
def page(theme: Theme) -> Iterator[LibraryPage]:
    page = LibraryPage(theme)
    page.resize(1016, 760)
    yield page
    page.close()
    page.deleteLater()


def test_only_the_rows_in_sight_are_drawn(
    page: LibraryPage, models: list[InstalledModel], shipped: Registry, app: QApplication
) -> None:
    page.set_models(models, shipped.variants)
    page.show()
    app.processEvents()
    page.list.painter.painted = 0

    page.list.viewport().repaint()

    in_sight = page.list.viewport().height() // page.list.sizeHintForRow(1) + 3
    assert 0 < page.list.painter.painted <= in_sight


def test_500_states_that_come_make_no_row_anew_and_keep_the_choice(
    page: LibraryPage, models: list[InstalledModel], shipped: Registry
) -> None:
    page.set_models(models, shipped.variants)
    page.show()
    page.list.choose("m400")
    resets, changes = list[int](), list[int]()
    page.list.rows.modelReset.connect(lambda: resets.append(1))
    page.list.rows.dataChanged.connect(lambda first, _: changes.append(first.row()))
    scrolled = page.list.verticalScrollBar().value()

    page.set_states([(model, seen(size=GIB)) for model in models])
    first = len(changes)
    page.set_states([(models[3], seen(size=2 * GIB))])

    assert resets == []
    assert first == MANY
    assert len(changes) == MANY + 1, "a state that changed changes one row"
    assert page.list.current_row is not None
    assert page.list.current_row.key == ("model", "m400")
    assert page.list.verticalScrollBar().value() == scrolled


def test_a_key_in_the_search_draws_what_is_in_sight_and_no_more(
    page: LibraryPage, models: list[InstalledModel], shipped: Registry, app: QApplication
) -> None:
    page.set_models(models, shipped.variants)
    page.show()
    app.processEvents()
    page.list.painter.painted = 0

    QTest.keyClicks(page.filter_bar.search, "models/499")
    page.filter_bar.search.search_now()
    page.list.viewport().repaint()

    in_sight = page.list.viewport().height() // page.list.sizeHintForRow(1) + 3
    assert page.list.painter.painted <= 2 * in_sight
    assert page.list.rows.rowCount(QModelIndex()) == 2, "a heading and a row"


def test_the_window_asks_nothing_of_the_disk_to_show_500_models(
    page: LibraryPage,
    models: list[InstalledModel],
    shipped: Registry,
    app: QApplication,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def watched(path: object = ".", *args: object, **named: object) -> object:
            if threading.current_thread() is threading.main_thread() and "/mnt/d" in str(path):
                asked.append(f"{name} {path}")
            return real(path, *args, **named)

        monkeypatch.setattr(os, name, watched)

    for name in ("stat", "lstat", "scandir", "listdir", "open", "readlink", "statvfs", "access"):
        watch(name)
    os.path.exists("/mnt/d0/x")  # noqa: PTH110 - what pathlib and os ask is heard
    assert asked
    asked.clear()

    page.set_models(models, shipped.variants)
    page.set_states([(model, seen()) for model in models[:250]])
    page.show()
    app.processEvents()
    page.grab()
    for model in models[:40]:
        page.list.choose(model.id)
    QTest.keyClicks(page.filter_bar.search, "model")
    page.filter_bar.search.search_now()

    assert asked == []
    assert not Path("/mnt/d0/models").exists()
