"""What every dialog of a job is: it asks, begins, shows how far the job is, and what came of it."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.jobs.job import Job


class JobDialog(QDialog):
    """Leaves the window usable. Closing it while its job waits or runs only hides it.

    Each has a `show_record` and a `retranslate`; mypy sees to that, as Qt's metaclass leaves no
    room for that of ABC.

    Signals:
        begun: this dialog, and the Job that shall be done.
        cancel_requested: the JobRecord of a job that shall end.
        pause_requested, resume_requested: the JobRecord of one that shall stop, or go on.
        load_requested: a WantedModel shall be loaded.
        failed: the UserFacingError for which there is nothing to ask.
    """

    begun = Signal(object, object)
    cancel_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    load_requested = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.record: JobRecord | None = None  #: of the job that this dialog began last
        self.row_part: QWidget | None = None  #: what its row on the page of jobs shows, too

    @property
    def is_pending(self) -> bool:
        """Whether its job waits or runs."""
        return self.record is not None and not self.record.state.is_over

    @property
    def is_done(self) -> bool:
        """Whether it shows what came of its job, and nothing of it is asked for again."""
        return self.record is not None and self.record.state.is_over

    def begin(self, job: Job) -> None:
        """Have a job done; `join` is the answer."""
        self.begun.emit(self, job)

    def join(self, record: JobRecord) -> None:
        """The job is at the desk, and waits."""
        self.record = record
        self.show_record()

    def show_event(self, event: object) -> None:
        """An event of the job came; the progress of the record knows it already."""

    @abstractmethod
    def show_record(self) -> None:
        """The record says something else than before."""

    @abstractmethod
    def retranslate(self) -> None:
        """Say everything in the language of the window."""

    @Slot()
    def cancel_job(self) -> None:
        """Have the job end."""
        if self.record is not None:
            self.cancel_requested.emit(self.record)

    @Slot()
    def pause_job(self) -> None:
        """Have the job let others run; or go on, if it is paused."""
        if self.record is not None:
            is_paused = self.record.state is JobState.PAUSED
            (self.resume_requested if is_paused else self.pause_requested).emit(self.record)

    def bring_up(self) -> None:
        """Show the dialog over the window."""
        self.show()
        self.raise_()
        self.activateWindow()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
