"""The model of the window, as other programs are served with it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from backends.errors import UserFacingError
from backends.events import ModelKind, ModelReady
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.serving.described import described
from baichuan_desktop.services.serving.values import ServedModel
from baichuan_desktop.services.serving.window_desk import ShownModel, WindowDesk
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.watches.serving_watch import ServingWatch


class WindowModel(QObject):
    """Tells the desk which model there is, and has it woken when somebody asks."""

    def __init__(
        self,
        desk: WindowDesk,
        watch: ServingWatch,
        switcher: ModelSwitcher,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._switcher, self._settings = desk, switcher, settings
        self._model: InstalledModel | None = None
        self._error: UserFacingError | None = None  # of the load that failed last
        switcher.began.connect(self._on_model)
        switcher.ready.connect(self._on_model)
        switcher.described.connect(self._on_model)
        switcher.stepped_aside.connect(self.show)
        switcher.failed.connect(self._on_failed)
        switcher.lost.connect(self._on_lost)
        watch.wake_wanted.connect(switcher.wake)
        watch.reloaded.connect(self._on_reloaded)
        watch.adapter_lost.connect(switcher.lose_adapter)

    @Slot()
    def show(self) -> None:
        """Tell the desk of the model as it is now."""
        if (model := self._model) is not None:
            shown = ShownModel(self._served(model), str(model.path))
            self._desk.show(replace(shown, is_asleep=self._switcher.is_asleep))

    def _served(self, model: InstalledModel) -> ServedModel:
        is_chat = model.kind is ModelKind.CHAT or model.path in self._settings.current.as_chat
        return described(model, is_chat=is_chat, context_length=model.context_length)

    @Slot(object)
    def _on_model(self, model: InstalledModel) -> None:
        self._model, self._error = model, None
        self.show()

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self._error = error

    @Slot()
    def _on_lost(self) -> None:
        self._model = None
        self._desk.show(None, self._error)

    @Slot(object)
    def _on_reloaded(self, ready: ModelReady) -> None:
        if self._switcher.current is not None:
            self._switcher.reloaded(ready)
