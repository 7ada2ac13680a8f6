"""Trainings that were ended or killed on their way: offered at the start, and beside the jobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDateTime, QEvent, QLocale, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.runs import TrainingRuns, UnfinishedRun
from baichuan_desktop.ui.acquiring.offer_bar import OfferBar
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.training.question import ForgetQuestion
from baichuan_desktop.workers.background_task import BackgroundTask

_AFTER_START_MS = 700


class UnfinishedTrainings(QObject):
    """Looks for them, and does what a person wants with one.

    Signals:
        found: the UnfinishedRuns there are, without those that this window is at.
        resumable: an UnfinishedRun that shall go on, and its base, an InstalledModel.
        forgotten: the Path of the folder of one whose checkpoints are deleted.
        failed: a UserFacingError to show.
    """

    found = Signal(object)
    resumable = Signal(object, object)
    forgotten = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        runs: TrainingRuns,
        store: ModelStore,
        busy: Callable[[], Collection[Path]],
        window: QWidget,
    ) -> None:
        """`busy` tells the folders of the trainings that this window is at."""
        super().__init__(window)
        self._runs, self._store, self._busy, self._window = runs, store, busy, window
        self._wanted: Path | None = None  # of a training that shall be forgotten
        self.question: ForgetQuestion | None = None  #: while it is asked

    def look_after_start(self) -> None:
        """Look for them once the start is over."""
        QTimer.singleShot(_AFTER_START_MS, self, self.look)

    @Slot()
    def look(self) -> None:
        """Look for them now."""
        task = BackgroundTask(self._runs.unfinished, self)
        task.succeeded.connect(self._on_found)
        task.start_alone()  # a drive of the network may not answer

    @Slot(object, int)
    def _on_found(self, runs: Sequence[UnfinishedRun], _task_id: int) -> None:
        busy = self._busy()
        self.found.emit([run for run in runs if run.folder not in busy])
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        for run in runs:
            if run.folder == wanted:
                self.forget(run)
                return
        self.failed.emit(
            UserFacingError(
                "What was kept in “{folder}” is damaged, gone, or in use: nothing is deleted.",
                hint="Look into that folder.",
                folder=str(wanted),
            )
        )

    @Slot(object)
    def resume(self, run: UnfinishedRun) -> None:
        """Have a training go on."""
        task = BackgroundTask(partial(_with_base, self._store, run), self)
        task.succeeded.connect(self._on_base)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object, int)
    def _on_base(self, both: tuple[UnfinishedRun, InstalledModel], _task_id: int) -> None:
        self.resumable.emit(*both)

    @Slot(object)
    def forget_in(self, folder: Path) -> None:
        """The same as `forget` for the training whose result would lie in a folder."""
        self._wanted = folder
        self.look()

    @Slot(object)
    def forget(self, run: UnfinishedRun) -> None:
        """Ask, and then delete what a training kept."""
        if self.question is not None:
            self.question.reject()
        self.question = ForgetQuestion(run, self._window)
        self.question.accepted.connect(partial(self._discard, run))
        self.question.finished.connect(self._on_answered)
        self.question.open()

    @Slot()
    def _on_answered(self) -> None:
        self.question = None

    def _discard(self, run: UnfinishedRun) -> None:
        task = BackgroundTask(partial(_discarded, self._runs, run), self)
        task.succeeded.connect(self._on_discarded)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object, int)
    def _on_discarded(self, folder: Path, _task_id: int) -> None:
        self.forgotten.emit(folder)
        self.look()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self.failed.emit(error)


def _with_base(store: ModelStore, run: UnfinishedRun) -> tuple[UnfinishedRun, InstalledModel]:
    """A training and its base. Raises UnknownModelError, CheckpointError where that is gone."""
    return run, store.model(run.request.model)


def _discarded(runs: TrainingRuns, run: UnfinishedRun) -> Path:
    runs.discard(run)
    return run.folder


class TrainingNotice(OfferBar):
    """Offers one after the other at the start; one that is left alone stays beside the jobs.

    Signals:
        resume_requested, forget_requested: the UnfinishedRun.
    """

    resume_requested = Signal(object)
    forget_requested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._waiting: list[UnfinishedRun] = []
        self._left: set[Path] = set()  # folders of those that were closed
        self.chosen.connect(self._on_chosen)
        self.closed.connect(self._on_closed)

    @Slot(object)
    def show_runs(self, runs: Sequence[UnfinishedRun]) -> None:
        """These there are."""
        self._waiting = [run for run in runs if run.folder not in self._left]
        self._say()

    def keep(self, runs: Sequence[UnfinishedRun]) -> None:
        """These there are now; what was not offered at the start is not offered."""
        folders = {run.folder for run in runs}
        self._waiting = [run for run in self._waiting if run.folder in folders]
        self._say()

    def _say(self) -> None:
        if not self._waiting:
            self.offer("", ())
            return
        run = self._waiting[0]
        text = self.tr("The training of “{name}” was not finished: step {step} of {total} is kept.")
        self.offer(
            text.format(
                name=one_line(run.name or run.model_name),
                step=f"{run.step:,}",
                total=f"{run.total_steps:,}",
            ),
            (self.tr("Resume"), self.tr("Forget it…")),
        )

    @Slot(int)
    def _on_chosen(self, number: int) -> None:
        run = self._waiting[0]
        if number == 0:
            self._waiting = self._waiting[1:]
            self._say()
        (self.resume_requested if number == 0 else self.forget_requested).emit(run)

    @Slot()
    def _on_closed(self) -> None:
        self._left.add(self._waiting[0].folder)
        self._waiting = self._waiting[1:]
        self._say()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()


class UnfinishedSection(QWidget):
    """The part of the page of jobs with trainings that can go on; hidden where there is none.

    Signals:
        resume_requested, forget_requested: the UnfinishedRun.
    """

    resume_requested = Signal(object)
    forget_requested = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows: list[UnfinishedRow] = []
        self.runs: Sequence[UnfinishedRun] = ()
        self.title = plain_label()
        self.title.setObjectName("sectionTitle")
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.title)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()
        self.hide()

    @Slot(object)
    def show_runs(self, runs: Sequence[UnfinishedRun]) -> None:
        """These there are."""
        self.runs = runs
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [UnfinishedRow(run, self._theme) for run in runs]
        for row in self.rows:
            row.resume_requested.connect(self.resume_requested)
            row.forget_requested.connect(self.forget_requested)
            self._column.addWidget(row)
        self.setVisible(bool(runs))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(0, px(12), 0, 0)
        self._column.setSpacing(px(8))

    def _retranslate(self) -> None:
        self.title.setText(self.tr("Trainings that can go on"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()


class UnfinishedRow(QFrame):
    """One of them.

    Signals:
        resume_requested, forget_requested: its UnfinishedRun.
    """

    resume_requested = Signal(object)
    forget_requested = Signal(object)

    def __init__(self, run: UnfinishedRun, theme: Theme) -> None:
        super().__init__()
        self.run = run
        self.setObjectName("jobRow")
        self.title, self.text = ElidedLabel(), plain_label(wraps=True)
        self.title.setObjectName("jobTitle")
        self.text.setObjectName("muted")
        self.resume, self.forget = QPushButton(), QPushButton()
        px = theme.px
        row, column = QHBoxLayout(self), QVBoxLayout()
        row.setContentsMargins(px(16), px(12), px(14), px(12))
        row.setSpacing(px(12))
        column.setSpacing(px(6))
        column.addWidget(self.title)
        column.addWidget(self.text)
        row.addLayout(column, 1)
        for button in (self.resume, self.forget):
            row.addWidget(button)
        self.resume.clicked.connect(self._on_resume)
        self.forget.clicked.connect(self._on_forget)
        self._retranslate()

    @Slot()
    def _on_resume(self) -> None:
        self.resume_requested.emit(self.run)

    @Slot()
    def _on_forget(self) -> None:
        self.forget_requested.emit(self.run)

    def _retranslate(self) -> None:
        run, short = self.run, QLocale.FormatType.ShortFormat
        self.title.setText(one_line(run.name or run.model_name))
        self.title.setToolTip(as_tooltip(str(run.folder)))
        changed = QDateTime.fromSecsSinceEpoch(int(run.changed.timestamp()))
        when = QLocale.system().toString(changed, short)
        text = self.tr("Step {step} of {total} was kept at {time}, in {folder}")
        self.text.setText(
            text.format(
                step=f"{run.step:,}", total=f"{run.total_steps:,}", time=when, folder=run.folder
            )
        )
        self.resume.setText(self.tr("Resume"))
        self.forget.setText(self.tr("Forget it…"))
        for button in (self.resume, self.forget):
            button.setAccessibleName(f"{button.text()}: {self.title.text()}")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
