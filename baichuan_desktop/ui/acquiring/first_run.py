"""The offer to somebody who has no model of their own yet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.acquiring.offer_bar import OfferBar
from baichuan_desktop.ui.look.theme import Theme


class FirstRun(OfferBar):
    """Is shown until a person has answered it, or has a model, and then never again.

    Signals:
        find_requested: models that are on this machine shall be looked for.
        get_requested: how to get one shall be told.
    """

    find_requested = Signal()
    get_requested = Signal()

    def __init__(self, settings: SettingsFile, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._settings = settings
        self._is_open = False
        self.chosen.connect(self._on_chosen)
        self.closed.connect(self._answer)

    @Slot(object)
    def set_models(self, models: Sequence[InstalledModel]) -> None:
        """Offer to look for models, where there are none but those of the app."""
        has_own = any(not model.bundled for model in models)
        self._is_open = not has_own and not self._settings.current.models_offered
        self._say()
        if has_own and not self._settings.current.models_offered:
            self._settings.change(models_offered=True)  # nobody needs it who removes one later

    def _say(self) -> None:
        text = self.tr(
            "The small guide knows this app. Do you have a Baichuan model on this computer?"
        )
        find = self.tr("Look in caches and on drives")
        self.offer(text if self._is_open else "", (find, self.tr("How to get a model")))

    @Slot(int)
    def _on_chosen(self, number: int) -> None:
        self._answer()
        (self.find_requested if number == 0 else self.get_requested).emit()

    @Slot()
    def _answer(self) -> None:
        self._is_open = False
        self._say()
        self._settings.change(models_offered=True)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()
