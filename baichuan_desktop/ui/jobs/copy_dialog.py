"""The dialog of a job that writes a folder: options, then progress, then what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backends.errors import UserFacingError
from backends.precision import Precision
from baichuan_desktop.services.jobs.copies import (
    CopyVariant,
    JobOffer,
    MadeCopy,
    WriteRequest,
    copy_job,
)
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.done_page import CopyDonePage
from baichuan_desktop.ui.jobs.options.page import JobOptions
from baichuan_desktop.ui.jobs.running_page import RunningPage
from baichuan_desktop.ui.models.picker.offered import OfferedAdapter
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 560  # pixels


class CopyDialog(JobDialog):
    """Offers what can be made of a model; where that came to nothing, it offers it again."""

    def __init__(
        self,
        offer: JobOffer,
        store: ModelStore,
        model: InstalledModel,
        parent: QWidget,
        adapters: Sequence[OfferedAdapter] = (),
    ) -> None:
        """`adapters` are those of the model, of which the one that is on is proposed."""
        super().__init__(parent)
        self._offer, self._store, self._model = offer, store, model
        self._at_once: Precision | None = None  # begun without another question
        self.options = JobOptions(offer, model, adapters)
        self.progress = RunningPage(offer.words.running, model.shown_name)
        self.done_page = CopyDonePage()
        self.pages = QStackedWidget()
        for page in (self.options, self.progress, self.done_page):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self.setFixedWidth(_WIDTH)
        self.options.begun.connect(self._begin)
        self.options.dismissed.connect(self.close)
        self.progress.cancel.clicked.connect(self.cancel_job)
        self.progress.hide_button.clicked.connect(self.close)
        self.done_page.load.clicked.connect(self._load_copy)
        self.done_page.dismissed.connect(self.close)
        self.retranslate()
        task = BackgroundTask(partial(_variants, store, offer, model), self)
        task.succeeded.connect(self._on_variants)
        task.failed.connect(self._on_no_variants)
        task.start()

    @override
    def show_record(self) -> None:
        record = self.record
        if record is None:
            return
        if not record.state.is_over:
            self.progress.show_record(record)
            if self._turn_to(self.progress):
                self.progress.hide_button.setFocus()
        elif record.state is JobState.DONE and record.result is not None:
            self.done_page.show_result(record.result)
            self._turn_to(self.done_page)
        else:  # another try, with another folder
            self.options.show_error(record.error)
            self._turn_to(self.options)
            self.options.begin.setFocus()

    def _turn_to(self, page: QWidget) -> bool:
        """Whether another page was shown before."""
        is_another = self.pages.currentWidget() is not page
        self.pages.setCurrentWidget(page)
        self.fit()
        return is_another

    def fit(self) -> None:
        """As high as the page that is shown."""
        page = self.pages.currentWidget()
        layout = page.layout() if page is not None else None
        assert layout is not None
        layout.activate()
        self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def begin_at_once(self, precision: Precision) -> None:
        """Begin as soon as it is known what can be made, with what is proposed of a precision."""
        self._at_once = precision

    @Slot(object)
    def _on_variants(self, variants: Sequence[CopyVariant]) -> None:
        self.options.show_variants(variants)
        self.fit()
        if self._at_once is not None:
            self.options.choose(self._at_once)

    @Slot(object)
    def _on_no_variants(self, error: UserFacingError) -> None:
        self.close()
        self.failed.emit(error)

    @Slot(object)
    def _begin(self, request: WriteRequest) -> None:
        self.begin(copy_job(self._store, self._model, request, self._offer.words))

    @Slot()
    def _load_copy(self) -> None:
        self.close()
        result = self.record.result if self.record is not None else None
        if result is not None and isinstance(result.found, MadeCopy):
            made = result.found
            is_kept = made.wish != LoadWish()
            self.load_requested.emit(WantedModel(made.model, made.wish, is_kept=is_kept))

    @override
    def retranslate(self) -> None:
        self.setWindowTitle(error_texts.sentence(self._offer.words.title))


def _variants(store: ModelStore, offer: JobOffer, model: InstalledModel) -> Sequence[CopyVariant]:
    """What a job can make of a model.

    Raises CheckpointError, and RegistryError if a copy could not be listed: its end, in minutes,
    would be too late to hear of that.
    """
    store.require_writable()
    return offer.variants(model.path)
