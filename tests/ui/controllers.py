"""What decides behind the window, without one: controllers, and the engine of the harness."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from PySide6.QtCore import QObject, SignalInstance

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.model_use import ModelUse
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.transcript.rows.row import Row
from baichuan_desktop.workers.engine_worker import EngineWorker
from tests.ui.harness import ScriptedEngine, until


def installed(name: str, kind: ModelKind = ModelKind.CHAT) -> InstalledModel:
    return InstalledModel(
        id=name.lower(),
        name=Names(en=name, zh=name),
        path=Path("/models") / name,
        variant=None,
        family=Family.BAICHUAN2_7B,
        kind=kind,
        context_length=4096,
    )


class Controllers:
    """Joined with each other, and with nothing that shows anything."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.parent = QObject()
        self.settings = SettingsFile(app_paths().settings)
        self.measurements = Measurements(app_paths().measurements)
        self.store = ModelStore(app_paths())
        self.worker = EngineWorker(engine)
        self.switcher = ModelSwitcher(
            self.worker, Precisions(self.measurements), self.settings, self.parent
        )
        self.library = ModelLibrary(self.store, self.switcher, self.settings, self.parent)
        self.switcher.ready.connect(self.library.remember)
        self.conversations = ConversationStore(None)
        self.chat = ChatController(self.conversations, self.worker, self.switcher, self.parent)
        self.use = ModelUse(self.chat, self.switcher, self.settings, self.parent)

    def heard(self, signal: SignalInstance) -> list[tuple[object, ...]]:
        """What a signal carries from now on."""
        told: list[tuple[object, ...]] = []
        signal.connect(lambda *values: told.append(values))
        return told

    @property
    def rows(self) -> list[Row]:
        """The rows of the open conversation."""
        return [self.chat.source.row(row_id) for row_id in self.chat.source.ids()]

    def load(self, model: InstalledModel) -> None:
        self.switcher.load(model)
        until(lambda: self.switcher.current is not None)

    def until_ready(self) -> None:
        until(lambda: self.chat.state is ChatState.READY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker's thread: one that still runs when it is forgotten ends all tests."""
        self.worker.shut_down()
