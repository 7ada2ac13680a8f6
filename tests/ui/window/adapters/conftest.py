"""A window with a model in it that has adapters, and hands for the list at the top."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.protocol.engine_requests import AdapterRequest
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.ui.models.picker.entries import Data
from tests.ui.harness import Harness, ScriptedEngine, answer

GOLDENS = Path(__file__).parents[3] / "goldens"
#: Of tests.helpers.adapters, which loads torch.
LORA = GOLDENS / "lora" / "b2-7b"


class AdapterHands:
    """The real window with the model of the goldens, and adapters that were made for it."""

    def __init__(self, ui: Harness, engine: ScriptedEngine) -> None:
        self.ui, self.engine = ui, engine
        self.picker = ui.window.top_bar.picker
        added = ui.store.add(GOLDENS / "checkpoints" / "b2-7b" / "safetensors")
        self.model = ui.store.rename(added.id, "Tiny")
        ui.window.library.tell_listed()
        ui.load(self.model)
        ui.until(lambda: ui.window.switcher.current == self.model)

    def add(self, case: str) -> InstalledAdapter:
        """List an adapter, as another window does."""
        added = self.ui.store.add_adapter(LORA / case, self.model.id)
        self.ui.window.library.tell_listed()
        return added

    @property
    def entries(self) -> list[str]:
        """The list, adapters with the sign that they have."""
        found = []
        for row in range(self.picker.count()):
            text, offered = self.picker.itemText(row), self.picker.itemData(row, Data.OFFERED)
            sign = "" if offered is None else ("(x) " if offered.is_on else "( ) ")
            if self.picker.itemData(row, Data.COMMAND) is None:
                found.append(sign + text)
        return found

    def choose(self, entry: str, model: InstalledModel | None = None) -> None:
        """Open the list and click an entry: one under a model, where one is named."""
        self.picker.showPopup()
        view, items = self.picker.view(), self.picker.model()
        wanted = None if model is None else model.path
        (index,) = (
            items.index(row, 0)
            for row in range(items.rowCount())
            if self.picker.itemText(row) == entry
            if wanted is None or items.index(row, 0).data(Data.MODEL).path == wanted
        )
        view.scrollTo(index)
        place = view.visualRect(index).center()
        QTest.mouseMove(view.viewport(), place)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def switch(self, entry: str) -> None:
        """Choose an adapter of the model that is loaded, and wait until it is on."""
        self.choose(entry, self.model)
        self.ui.until(lambda: not self.ui.window.switcher.is_changing_adapter)

    def ask(self, text: str) -> None:
        """Ask, and have the same text for an answer."""
        self.engine.answers.append(answer(f"Answer to {text}."))
        self.ui.ask(text)

    @property
    def texts(self) -> list[str]:
        """The rows of the conversation, by their texts."""
        return [row.text for row in self.ui.rows]

    @property
    def asked(self) -> list[str | None]:
        """The names of the folders that the engine was asked to switch to."""
        asked = [one for one in self.engine.requests if isinstance(one, AdapterRequest)]
        return [None if one.folder is None else one.folder.rpartition("/")[2] for one in asked]


@pytest.fixture
def hands(engine: ScriptedEngine, make_window: Callable[[EnginePort], Harness]) -> AdapterHands:
    return AdapterHands(make_window(engine), engine)
