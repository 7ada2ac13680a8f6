"""The models that are listed, and the ways in which one of them is found and loaded."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from baichuan_desktop.services.library.finding import search
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import RegistryError
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.background_task import BackgroundTask

log = logging.getLogger(__name__)


class ModelLibrary(QObject):
    """Finds models, has them loaded, and remembers which one was used last.

    Signals:
        listed: every InstalledModel that can be chosen, after one, or an adapter, came, went or was
            renamed.
        opened: a model that a person opened is being loaded.
        adapter_opened: the folder that a person opened is an InstalledAdapter's.
        failed: a UserFacingError to show.
        away: the model of last time, as a WantedModel, is not here: the error, and the model.
        problems_found: every RegistryError of the lists of models.
        unkept: why choices are forgotten when the window is closed; said once.
    """

    listed = Signal(object)
    opened = Signal()
    adapter_opened = Signal(object)
    failed = Signal(object)
    away = Signal(object, object)
    problems_found = Signal(object)
    unkept = Signal(str)

    def __init__(
        self,
        store: ModelStore,
        switcher: ModelSwitcher,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._switcher = switcher
        self._settings = settings
        self._unkept_was_told = False
        self._last: InstalledModel | None = None  # the model of last time, being looked for
        self._finding = 0  # id of the task whose model shall be loaded; 0: none shall
        self._listed = _lists_of(store)  # as they were told last
        self._told: frozenset[str] = frozenset()  # problems, by what they say
        self.is_reading = False  #: the lists are being read
        self._shall_read = False  # once more, after that
        switcher.chosen.connect(self._forget_finding)

    def show_problems(self) -> None:
        """Say what is wrong with a registry; the models that it would add are not offered."""
        self._tell_problems(self._store.problems)

    def _tell_problems(self, problems: Sequence[RegistryError]) -> None:
        """Say what is wrong, once while it stays so."""
        fresh = [one for one in problems if str(one) not in self._told]
        self._told = frozenset(map(str, problems))
        for problem in fresh:
            log.warning("%s", problem)
        if fresh:
            self.problems_found.emit(fresh)

    @Slot()
    def look_again(self) -> None:
        """Read the lists again, which somebody else has written, and show what is in them now.

        What is asked for meanwhile is done once more, after this.
        """
        if self.is_reading:
            self._shall_read = True
            return
        self.is_reading = True
        task = BackgroundTask(self._store.reload, self)
        task.succeeded.connect(self._on_read)
        task.failed.connect(self._on_unread)
        task.start()

    @Slot(object)
    def _on_read(self, problems: Sequence[RegistryError]) -> None:
        self._tell_problems(problems)
        if _lists_of(self._store) != self._listed:
            self.tell_listed()
        self._end_reading()

    @Slot(object)
    def _on_unread(self, error: UserFacingError) -> None:
        log.warning("The lists of models were not read: %s", error)
        self._end_reading()

    def _end_reading(self) -> None:
        self.is_reading, again = False, self._shall_read
        self._shall_read = False
        if again:
            self.look_again()

    @Slot()
    def tell_listed(self) -> None:
        """Have the list shown as it is now."""
        self._listed, models = _lists_of(self._store), list(self._store.models)
        self._switcher.describe(models)
        self.listed.emit(models)

    def load_first(self, name: str | None) -> None:
        """Load what was asked for at the start, else what was used last, else the guide."""
        if name is None:
            self._load_last()
            return
        task = BackgroundTask(partial(self._store.model, name), self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_not_first)
        self._finding = task.start()

    @Slot(str)
    def load_named(self, name: str) -> None:
        """Load what another start asked for; what is loaded stays where there is none."""
        task = BackgroundTask(partial(self._store.model, name), self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self.failed)
        self._finding = task.start()

    def _load_last(self) -> None:
        """Load the model of last time, if its folder is here, else the guide: that is no error."""
        guide = self._store.of_id(GUIDE_ID)
        last = self._store.of_id(self._settings.current.last_model or GUIDE_ID)
        if last is None or last.bundled:  # or it was removed in the meantime
            assert guide is not None, "it ships with the app"
            self._switcher.load(guide, otherwise=guide)
            return
        task = BackgroundTask(partial(_here, last), self)
        task.succeeded.connect(self._on_last)
        task.failed.connect(self._on_last_away)
        self._last, self._finding = last, task.start()

    @Slot(object, int)
    def _on_last(self, last: InstalledModel, task_id: int) -> None:
        if task_id == self._finding:
            self._switcher.load(last, otherwise=self._store.of_id(GUIDE_ID))

    @Slot(object, int)
    def _on_last_away(self, error: UserFacingError, task_id: int) -> None:
        guide = self._store.of_id(GUIDE_ID)
        if task_id == self._finding and guide is not None and self._last is not None:
            self._switcher.load_instead(guide)
            self.away.emit(error, WantedModel(self._last))

    @Slot(object)
    def open_folder(self, folder: Path) -> None:
        """Link the model of a folder, also of the one above it or below it, then load it."""
        task = BackgroundTask(partial(search.add, self._store, folder), self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self.failed)
        self._finding = task.start()

    @Slot()
    def _forget_finding(self) -> None:
        self._finding = 0  # what was chosen after it stays

    @Slot(object, int)
    def _on_not_first(self, error: UserFacingError, task_id: int) -> None:
        self.failed.emit(error)
        if task_id == self._finding:
            self._load_last()

    @Slot(object, int)
    def _on_found(self, found: Listed, task_id: int) -> None:
        self.tell_listed()
        if task_id != self._finding:
            return
        if isinstance(found, InstalledAdapter):
            self.adapter_opened.emit(found)
            return
        wanted = self._switcher.wanted
        if wanted is None or wanted.path != found.path:
            self._switcher.load(found)
            self.opened.emit()

    @Slot(object)
    def remember(self, model: InstalledModel) -> None:
        """Begin with this model next time, if it is the one that was wanted."""
        if self._switcher.is_fallback:
            return
        self._settings.change(last_model=model.id)
        reason = self._settings.unkept
        if reason is not None and not self._unkept_was_told:
            self._unkept_was_told = True
            self.unkept.emit(reason)


def _lists_of(store: ModelStore) -> tuple[Sequence[InstalledModel], Sequence[InstalledAdapter]]:
    """All that the lists have."""
    return list(store.models), list(store.adapters)


def _here(model: InstalledModel) -> InstalledModel:
    """The model. Raises ModelAwayError."""
    require_here(model)
    return model
