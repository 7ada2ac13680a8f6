"""From a job that is asked for to what comes of it: dialogs, engines, room, the page of jobs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.jobs.desk import JobDesk, JobRecord, JobState
from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.entry import Asked, JobEntry
from baichuan_desktop.ui.jobs.page import JobsPage
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.picker.offered import AdaptersOffered
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.engine_worker import EngineWorker


class JobController(QObject):
    """Runs the jobs of a desk one after the other, each in engines of its own.

    Signals:
        opened: a JobDialog that was made now.
        changed: `summary` may be another now.
        ended: the JobRecord of a job that is over.
        load_requested: a WantedModel shall be loaded.
        failed: a UserFacingError to show.
        silent: for how many seconds the engine of the job has not gone on, where that is a hang.
        heard: it goes on, or the job is over.
    """

    opened = Signal(object)
    changed = Signal()
    ended = Signal(object)
    load_requested = Signal(object)
    failed = Signal(object)
    silent = Signal(int)
    heard = Signal()

    def __init__(
        self, services: AppServices, switcher: ModelSwitcher, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services = services
        self._switcher = switcher
        self._theme = theme
        self._window = window
        self._adapters = AdaptersOffered(services.store.adapters_of, switcher.adapter_of)
        self._worker: EngineWorker | None = None  # of the job that runs
        self._request_id = 0  # of the job that runs
        self._is_preparing = False  # the job that runs waits until it is known to have room
        self._looking = 0  # id of the task that finds out whether it needs room
        self._has_set_aside = False  # the chat's model, for the job that runs
        self._dialogs: dict[JobRecord, JobDialog] = {}
        self._entries: dict[JobDialog, JobEntry] = {}
        self.desk = JobDesk()
        self.dialog: JobDialog | None = None  #: opened last
        self.page = JobsPage(self.desk, theme)
        self.page.cancel_requested.connect(self.cancel)
        self.page.pause_requested.connect(self.pause)
        self.page.resume_requested.connect(self.resume)
        self.page.show_requested.connect(self.bring_up)
        switcher.settled.connect(self._prepare)

    def summary(self) -> str:
        """What the top bar says of the jobs; empty where none runs."""
        if self.desk.running is None:
            return ""
        running, waiting = texts.summary(self.desk.running), len(self.desk.waiting)
        if not waiting:
            return running
        return self.tr("{job} · {count} waiting").format(job=running, count=waiting)

    # --- what is asked for ------------------------------------------------------------------------

    def open(self, entry: JobEntry) -> None:
        """Ask for a job of the model in use; or show the one that was asked for so already."""
        model = self._switcher.current
        if model is None:
            return
        for before in (one for one, asked in self._entries.items() if asked is entry):
            if (entry.is_single and before.is_pending) or (entry.is_kept and not before.is_done):
                before.bring_up()
                return
        self.open_new(entry, model)

    def open_new(self, entry: JobEntry, model: InstalledModel) -> JobDialog:
        """Ask for a job of any model in a dialog of its own."""
        self._put_away(self.dialog)
        ready, adapters = self._switcher.running, self._adapters.of(model)
        asked = Asked(self._services, self._theme, self._window, model, ready, adapters)
        dialog = self.dialog = entry.make_dialog(asked)
        self._entries[dialog] = entry
        dialog.begun.connect(self._begin)
        dialog.cancel_requested.connect(self.cancel)
        dialog.pause_requested.connect(self.pause)
        dialog.resume_requested.connect(self.resume)
        dialog.load_requested.connect(self.load_requested)
        dialog.failed.connect(self.failed)
        self.opened.emit(dialog)
        dialog.bring_up()
        return dialog

    @Slot(object)
    def bring_up(self, record: JobRecord) -> None:
        """Show the dialog of a job, if it has one."""
        if record in self._dialogs:
            self._dialogs[record].bring_up()

    @Slot(object)
    def cancel(self, record: JobRecord) -> None:
        """Have a job end at its next step and take its files away, or not begin at all."""
        self.desk.cancel(record)
        if record is not self.desk.running:
            if record.has_begun and record.job.pause is not None:
                task = BackgroundTask(record.job.pause.discard, self)
                task.failed.connect(self._on_not_discarded)
                task.start()
            self._tell(record)
            self.ended.emit(record)
        elif self._is_preparing:
            self._end_job()
        else:
            if self._worker is not None:
                self._worker.stop(self._request_id)
            self._tell(record)

    @Slot(object, int)
    def _on_not_discarded(self, error: UserFacingError, _task_id: int) -> None:
        self.failed.emit(error)

    @Slot(object)
    def pause(self, record: JobRecord) -> None:
        """Have a job that runs keep what it did, and let the next one run."""
        self.desk.pause(record)
        if record.is_pausing:
            if self._is_preparing:
                self._end_job()
                return
            if self._worker is not None:
                self._worker.stop(self._request_id)
            self._tell(record)

    @Slot(object)
    def resume(self, record: JobRecord) -> None:
        """Have a job that is paused go on when its turn comes."""
        self.desk.resume(record)
        self._tell(record)
        self._go_on()

    @Slot()
    def end_engine(self) -> None:
        """End the engine of the job at once; the job fails, or goes on without what it did."""
        if self._worker is not None:
            self._worker.end_engine()

    def shut_down(self) -> None:
        """End the job that runs, at once, and begin no other."""
        self._is_preparing = False
        for record in self.desk.pending:
            self.desk.pause(record)
            if not record.is_pausing:
                self.desk.cancel(record)
        self._end_worker()
        if self.desk.running is not None:
            self.desk.end()

    def _put_away(self, dialog: JobDialog | None) -> None:
        """A dialog whose job is over stays only for the result that it shows."""
        if dialog is None or dialog.is_pending:
            return
        dialog.close()
        if self._entries[dialog].is_kept:
            return
        shown = [record for record, one in self._dialogs.items() if one is dialog]
        if not any(record.state is JobState.DONE for record in shown):
            for record in shown:
                del self._dialogs[record]
            del self._entries[dialog]
            dialog.deleteLater()

    def add(self, job: Job) -> JobRecord:
        """Have a job done that has no dialog of its own; the page of jobs shows it."""
        record = self.desk.add(job)
        self._go_on()
        return record

    @Slot(object, object)
    def _begin(self, dialog: JobDialog, job: Job) -> None:
        record = self.desk.add(job)
        self._dialogs[record] = dialog
        self.page.offer_dialog(record, dialog.row_part)
        dialog.join(record)
        self._go_on()

    # --- the job that runs ------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin the next job, if none runs; without one, the chat's model comes back."""
        record = self.desk.begin_next()
        if record is None:
            if self.desk.running is None:
                self._switcher.bring_back()
            self._tell(None)
            return
        self._tell(record)
        self._is_preparing, self._has_set_aside = True, False
        self._prepare()

    @Slot()
    def _prepare(self) -> None:
        """Start the job that runs, or find out whether the chat's model must make room for it.

        While a model is loaded or unloaded nothing can be said of the memory: this is called again
        when that is over.
        """
        record = self.desk.running
        if record is None or not self._is_preparing:
            return
        if record.job.needs_room is None:
            self._switcher.bring_back()
            self._start(record)
        elif not self._switcher.is_settled:
            return
        elif self._has_set_aside and self._switcher.current is None:
            self._start(record)
        else:
            task = BackgroundTask(partial(record.job.needs_room, self._switcher.aside), self)
            task.succeeded.connect(self._on_room_known)
            task.failed.connect(self._on_room_unknown)
            self._looking = task.start()

    @Slot(object, int)
    def _on_room_known(self, needs_room: bool, task_id: int) -> None:
        record = self.desk.running
        if task_id != self._looking or record is None or not self._is_preparing:
            return
        if not self._switcher.is_settled:  # a model was chosen meanwhile
            return
        if needs_room and self._switcher.current is not None:
            self._has_set_aside = True
            self._switcher.set_aside()
            return
        if not needs_room:
            self._switcher.bring_back()
        self._start(record)

    @Slot(object, int)
    def _on_room_unknown(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._looking and self._is_preparing:
            self.desk.fail(error)
            self._end_job()

    def _start(self, record: JobRecord) -> None:
        self._is_preparing = False
        worker = self._worker = self._services.job_worker()
        worker.setParent(self)  # which keeps it until its own signal is over
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        worker.silent.connect(self.silent)
        worker.heard.connect(self.heard)
        self._request_id = worker.start(record.job)

    @Slot(object, int)
    def _on_event(self, event: object, request_id: int) -> None:
        record = self.desk.running
        if record is not None and request_id == self._request_id:
            self.desk.hear(event)
            if record in self._dialogs:
                self._dialogs[record].show_event(event)
            self._tell(record)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        if request_id == self._request_id:
            self.desk.fail(error)

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        if request_id == self._request_id:
            self._end_job()

    def _end_job(self) -> None:
        self._is_preparing = False
        self._request_id = self._looking = 0
        self._end_worker()
        record = self.desk.end()
        self._tell(record)
        if record.state.is_over:
            self.ended.emit(record)
        if record.error is not None:
            self.failed.emit(record.error)
        self._go_on()

    def _end_worker(self) -> None:
        """The engine of the job is gone afterwards."""
        self.heard.emit()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shut_down()
            worker.deleteLater()

    def _tell(self, record: JobRecord | None) -> None:
        """Have everything that shows this job show it as it is now."""
        if record is not None and record in self._dialogs:
            self._dialogs[record].show_record()
        self.page.refresh()
        self.changed.emit()
