"""Begins the first run where somebody starts the app for the first time, and never again."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.first_run.dialog import Chosen, FirstRunDialog, Other
from baichuan_desktop.ui.first_run.verdict import look
from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.theme import Theme


class FirstRun(QObject):
    """Who has settings was here before, and is not asked.

    Signals:
        language_chosen: a Language.
        model_chosen: an InstalledModel to begin with.
        find_requested: models that are on this machine shall be looked for.
        get_requested: how to get one shall be told.
        ended: the first message can be written.
    """

    language_chosen = Signal(str)
    model_chosen = Signal(object)
    find_requested = Signal()
    get_requested = Signal()
    ended = Signal()

    def __init__(self, services: AppServices, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._services, self._theme, self._window = services, theme, window
        self.dialog: FirstRunDialog | None = None  #: while it is open

    def begin_if_first(self) -> None:
        """Begin, if nobody ever chose anything here."""
        settings = self._services.settings
        if settings.is_new and not settings.current.models_offered:
            self.begin()

    @Slot()
    def begin(self) -> None:
        """Show the first steps."""
        if self.dialog is not None:
            return
        store = self._services.store
        now: Language = "zh_CN" if is_chinese() else "en"
        self.dialog = FirstRunDialog(
            store.models,
            now,
            partial(look, store, self._services.precisions),
            self._theme,
            self._window,
        )
        self.dialog.language_chosen.connect(self.language_chosen)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.chosen.connect(self._on_chosen)
        self.dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self._services.settings.change(models_offered=True)
        self.ended.emit()

    @Slot(object)
    def _on_chosen(self, chosen: Chosen) -> None:
        match chosen:
            case Other.FIND:
                self.find_requested.emit()
            case Other.GET:
                self.get_requested.emit()
            case InstalledModel():
                self.model_chosen.emit(chosen)
