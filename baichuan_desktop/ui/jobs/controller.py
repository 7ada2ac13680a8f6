"""From a job that is asked for to what comes of it: dialogs, engines, room, the page of jobs."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.jobs.desk import JobDesk, JobRecord, JobState
from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.entry import Asked, JobEntry
from baichuan_desktop.ui.jobs.page import JobsPage
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.engine_worker import EngineWorker


class JobController(QObject):
    """Runs the jobs of a desk one after the other, each in engines of its own.

    Signals:
        changed: `summary` or `is_running` may be others now.
        ended: the JobRecord of a job that is over.
        load_requested: a WantedModel shall be loaded.
        failed: a UserFacingError to show.
        silent: for how many seconds the engine of the job has not gone on, where that is a hang.
        heard: it goes on, or the job is over.
    """

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
        self._worker: EngineWorker | None = None  # of the job that runs
        self._request_id = 0  # of the job that runs
        self._wants_room = False  # the job that runs waits for the chat's model to be gone
        self._dialogs: dict[JobRecord, JobDialog] = {}
        self._entries: dict[JobDialog, JobEntry] = {}
        self.desk = JobDesk()
        self.dialog: JobDialog | None = None  #: opened last
        self.page = JobsPage(self.desk, theme)
        self.page.cancel_requested.connect(self.cancel)
        self.page.show_requested.connect(self.bring_up)
        switcher.made_room.connect(self._on_room)

    @property
    def is_running(self) -> bool:
        """Whether a job runs, or waits for room."""
        return self.desk.running is not None

    def summary(self) -> str:
        """What the status bar says of the jobs; empty where none runs."""
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
        if entry.is_single:
            for pending in (one for one, asked in self._entries.items() if asked is entry):
                if pending.is_pending:
                    pending.bring_up()
                    return
        self._put_away(self.dialog)
        asked = Asked(self._services, self._theme, self._window, model, self._switcher.running)
        dialog = self.dialog = entry.make_dialog(asked)
        self._entries[dialog] = entry
        dialog.begun.connect(self._begin)
        dialog.cancel_requested.connect(self.cancel)
        dialog.load_requested.connect(self.load_requested)
        dialog.failed.connect(self.failed)
        dialog.bring_up()

    def put(self, job: Job) -> JobRecord:
        """Have a job done after those before it."""
        record = self.desk.add(job)
        self._go_on()
        return record

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
            self._tell(record)
            self.ended.emit(record)
        elif self._wants_room:
            self._on_ended()
        else:
            if self._worker is not None:
                self._worker.stop(self._request_id)
            self._tell(record)

    @Slot()
    def end_engine(self) -> None:
        """End the engine of the job at once; the job fails, or goes on without what it did."""
        if self._worker is not None:
            self._worker.end_engine()

    def shut_down(self) -> None:
        """End the job that runs, at once, and begin no other."""
        self._wants_room = False
        for record in self.desk.pending:
            self.desk.cancel(record)
        self._end_worker()
        if self.desk.running is not None:
            self.desk.end()

    def _put_away(self, dialog: JobDialog | None) -> None:
        """A dialog whose job is over stays only for the result that it shows."""
        if dialog is None or dialog.is_pending:
            return
        dialog.close()
        shown = [record for record, one in self._dialogs.items() if one is dialog]
        if not any(record.state is JobState.DONE for record in shown):
            for record in shown:
                del self._dialogs[record]
            del self._entries[dialog]
            dialog.deleteLater()

    @Slot(object, object)
    def _begin(self, dialog: JobDialog, job: Job) -> None:
        record = self.desk.add(job)
        self._dialogs[record] = dialog
        self.page.offer_dialog(record)
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
        if record.job.needs_room and self._switcher.current is not None:
            self._wants_room = True
            self._switcher.set_aside()
            return
        if not record.job.needs_room:
            self._switcher.bring_back()
        self._start(record)

    @Slot()
    def _on_room(self) -> None:
        if self._wants_room and self.desk.running is not None:
            self._wants_room = False
            self._start(self.desk.running)

    def _start(self, record: JobRecord) -> None:
        worker = self._worker = self._services.job_worker()
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        worker.silent.connect(self.silent)
        worker.heard.connect(self.heard)
        self._request_id = worker.start(record.job)

    @Slot(object)
    def _on_event(self, event: object) -> None:
        record = self.desk.running
        if record is not None:
            self.desk.hear(event)
            if record in self._dialogs:
                self._dialogs[record].show_event(event)
            self._tell(record)

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self.desk.fail(error)

    @Slot()
    def _on_ended(self) -> None:
        self._wants_room = False
        self._end_worker()
        record = self.desk.end()
        self._tell(record)
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

    def _tell(self, record: JobRecord | None) -> None:
        """Have everything that shows this job show it as it is now."""
        if record is not None and record in self._dialogs:
            self._dialogs[record].show_record()
        self.page.refresh()
        self.changed.emit()
