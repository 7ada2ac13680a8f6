"""The dialog that looks for models: where, what was found, and what shall be done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.library.finding.values import Found, Looking, PassedOver, Place
from baichuan_desktop.services.library.importing.values import ImportPlan, ModelFolder
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.acquiring.finding.places_page import PlacesPage
from baichuan_desktop.ui.acquiring.finding.results_page import ResultsPage
from baichuan_desktop.ui.acquiring.finding.ways_page import Planner, WaysPage
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.stream import Source, Stream

_SIZE, _LEAST = QSize(660, 500), QSize(420, 280)  # pixels of the design


@dataclass(frozen=True, slots=True)
class Search:
    """What the dialog works with; each reads the disk, and is called away from the window."""

    places: Callable[[], Sequence[tuple[Place, Path]]]
    find: Callable[[Sequence[Path], threading.Event], Iterator[object]]
    plan: Planner
    folders: Callable[[], Sequence[ModelFolder]]


class FindDialog(QDialog):
    """Leaves the window usable; closing it ends the search.

    Signals:
        begun: the ImportPlans that shall be carried out; the dialog is closed.
        failed: the UserFacingError for which there is nothing to choose.
    """

    begun = Signal(object)
    failed = Signal(object)

    def __init__(
        self, search: Search, names: Mapping[str, Names], theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._search = search
        self._stream: Stream | None = None
        self._errors: list[UserFacingError] = []  # of the search that goes on, or was the last
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.places = PlacesPage()
        self.results = ResultsPage(names, theme)
        self.ways = WaysPage(names, search.plan)
        self.pages = QStackedWidget()
        for page in (self.places, self.results, self.ways):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self.setMinimumSize(_LEAST)
        room = parent.screen().availableSize()
        self.resize(QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height())).boundedTo(room))
        self.places.wanted.connect(self.look)
        self.results.stop_requested.connect(self._stop)
        self.results.back_requested.connect(self.show_places)
        self.results.chosen.connect(self._choose_way)
        self.ways.back_requested.connect(self._show_results)
        self.ways.begun.connect(self._begin)
        for page in (self.places, self.results, self.ways):
            page.dismissed.connect(self.reject)
        self._are_places_known = False
        self._ask_for_folders()
        self.retranslate()

    # --- the pages --------------------------------------------------------------------------------

    @Slot()
    def show_places(self) -> None:
        """Have the person say where to look."""
        self._turn_to(self.places)
        self.places.look.setFocus()
        if not self._are_places_known:
            self._are_places_known = True
            task = BackgroundTask(self._search.places, self)
            task.succeeded.connect(self._on_places)
            task.start()

    @Slot(object, int)
    def _on_places(self, places: Sequence[tuple[Place, Path]], _task_id: int) -> None:
        self.places.show_places(places)

    def examine(self, recognise: Source) -> None:
        """Show what `recognise` yields: Founds, and the UserFacingErrors of what is no model.

        Where nothing is found, the first of these is all that there is to say.
        """
        self._begin_to_look()
        self._start(recognise).ended.connect(self._on_examined)

    @Slot()
    def _on_examined(self) -> None:
        self._stream = None
        founds = self.results.founds
        if not founds and self._errors:
            error = self._errors[0]
            self.reject()
            self.failed.emit(error)
            return
        if self._errors:  # of others than those that were found: both are to be read
            self.results.end()
        else:
            self.show_founds(founds)
        self.show()

    @Slot()
    def show_if_open(self) -> None:
        """Be seen while it is still being looked."""
        if self._stream is not None:
            self.show()

    def show_founds(self, founds: Sequence[Found]) -> None:
        """What lies where a person pointed: one model that can be taken is asked about at once."""
        self.results.show_found(founds)
        if len(founds) == 1 and self.results.model.chosen:
            self._choose_way(founds)
        else:
            self._show_results()

    @Slot()
    def _show_results(self) -> None:
        self._turn_to(self.results)

    @Slot(object)
    def _choose_way(self, founds: Sequence[Found]) -> None:
        self._turn_to(self.ways)
        self.ways.show_founds(founds)

    def _turn_to(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)

    def _ask_for_folders(self) -> None:
        task = BackgroundTask(self._search.folders, self)
        task.succeeded.connect(self._on_folders)
        task.failed.connect(self._on_no_folders)
        task.start()

    @Slot(object, int)
    def _on_folders(self, folders: Sequence[ModelFolder], _task_id: int) -> None:
        self.ways.show_folders(folders)

    @Slot(object, int)
    def _on_no_folders(self, error: UserFacingError, _task_id: int) -> None:
        self.reject()
        self.failed.emit(error)

    # --- the search -------------------------------------------------------------------------------

    @Slot(object)
    def look(self, folders: Sequence[Path]) -> None:
        """Look through these folders."""
        self._begin_to_look()
        self._start(partial(self._search.find, folders)).ended.connect(self._on_end)

    def _begin_to_look(self) -> None:
        self._stop()
        self._errors.clear()
        self.results.begin()
        self._turn_to(self.results)

    def _start(self, source: Source) -> Stream:
        stream = self._stream = Stream(source, self, passing=(Looking,))
        stream.produced.connect(self._on_value)
        stream.failed.connect(self._on_error)
        stream.start()
        return stream

    @Slot(object)
    def _on_value(self, value: object) -> None:
        match value:
            case Looking():
                self.results.show_looking(value)
            case Found():
                self.results.add(value)
            case PassedOver():
                self.results.pass_over(value)
            case UserFacingError():
                self._on_error(value)

    @Slot(object)
    def _on_error(self, error: UserFacingError) -> None:
        self._errors.append(error)
        self.results.show_error(error)

    @Slot()
    def _on_end(self) -> None:
        self._stream = None
        self.results.end()

    @Slot()
    def _stop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.stop()
            self.results.end()

    @Slot(object)
    def _begin(self, plans: Sequence[ImportPlan]) -> None:
        self.accept()
        self.begun.emit(plans)

    # --- Qt's own ---------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window; the pages follow by themselves."""
        self.setWindowTitle(self.tr("Find models"))

    @Slot()
    def reject(self) -> None:
        """End the search, and close; Qt comes here too where the window is closed."""
        self._stop()
        super().reject()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
