"""Fine-tuning in the window: what its dialogs ask for, trainings that can go on, and trying one."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import NotAdmittedError, UserFacingError
from backends.events import ModelReady
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.jobs.desk import JobRecord
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.job import Trained
from baichuan_desktop.services.training.runs import UnfinishedRun
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.training.dialog import TrainingDialog
from baichuan_desktop.ui.training.entry import TRAINING
from baichuan_desktop.ui.training.trying.dialog import TryDialog
from baichuan_desktop.ui.training.trying.room import TrialRoom, find_room
from baichuan_desktop.ui.training.trying.trial import Trial, Tried
from baichuan_desktop.ui.training.unfinished import (
    TrainingNotice,
    UnfinishedSection,
    UnfinishedTrainings,
)
from baichuan_desktop.ui.window.window_models import ModelParts, WindowModels
from baichuan_desktop.ui.window.window_pages import Page
from baichuan_desktop.workers.background_task import BackgroundTask


class WindowTraining(QObject):
    """Joins the dialogs of trainings with the library, the chat's model and the page of jobs."""

    def __init__(
        self,
        parts: ModelParts,
        models: WindowModels,
        services: AppServices,
        rendering: RenderServices,
        window: QWidget,
    ) -> None:
        """`models` gets what is offered at the start."""
        super().__init__(window)
        self._parts, self._services, self._errors = parts, services, models.errors
        self._rendering, self._window = rendering, window
        self._theme = theme = models.theme
        self._dialogs: list[TrainingDialog] = []
        self.unfinished = UnfinishedTrainings(
            services.tuner.runs, services.store, self._busy, window
        )
        self.notice = TrainingNotice(theme)
        self.section = UnfinishedSection(theme)
        self._is_first_look = True  # at the start; later ones are shown beside the jobs alone
        self._trained: Trained | None = None  # that somebody wants to try
        self._asked_by: TrainingDialog | None = None
        self._looking = 0  # id of the task that looks for room
        self._room: TrialRoom | None = None  # that is made, by unloading the chat's model
        self._has_set_aside = False
        self.trying: TryDialog | None = None  #: while it is open
        models.add_bar(self.notice)
        parts.jobs.page.add_section(self.section)
        parts.jobs.opened.connect(self._on_opened)
        parts.jobs.ended.connect(self._on_ended)
        parts.jobs.changed.connect(self._on_jobs_changed)
        parts.pages.shown.connect(self._on_shown)
        parts.switcher.settled.connect(self._begin_trial)
        self.unfinished.found.connect(self._on_unfinished)
        self.unfinished.resumable.connect(self._resume)
        self.unfinished.forgotten.connect(self._on_forgotten)
        self.unfinished.failed.connect(models.errors.show)
        for offer in (self.notice, self.section):
            offer.resume_requested.connect(self._ask_to_resume)
            offer.forget_requested.connect(self.unfinished.forget)

    # --- dialogs ------------------------------------------------------------------------------

    @Slot(object)
    def _on_opened(self, dialog: JobDialog) -> None:
        if isinstance(dialog, TrainingDialog):
            self._dialogs.append(dialog)
            dialog.refused.connect(self._on_refused)
            dialog.forget_requested.connect(self.unfinished.forget_in)
            dialog.try_requested.connect(partial(self.try_it, dialog))

    @Slot(object, object, object, object)
    def _on_refused(
        self, error: NotAdmittedError, again: object, model: InstalledModel, over: TrainingDialog
    ) -> None:
        assert callable(again)
        if not self._errors.ask(error, again, model, over):
            over.say(error)

    @Slot(object)
    def _on_ended(self, record: JobRecord) -> None:
        """List what was made, and what can go on."""
        found = record.result.found if record.result is not None else None
        if isinstance(found, Trained):
            self._parts.library.tell_listed()
            if record.result is not None and self._parts.pages.current is not Page.JOBS:
                said = partial(texts.result, record.result)
                self._parts.status.notice_until_read(said)
        if record.job.is_stopped:
            self.unfinished.look()

    # --- trainings that can go on -------------------------------------------------------------

    def _busy(self) -> Collection[Path]:
        """The folders of the trainings that this window is at."""
        pending = (one.folder for one in self._dialogs if one.is_pending)
        return {folder for folder in pending if folder is not None}

    @Slot()
    def _on_jobs_changed(self) -> None:
        running = self._parts.jobs.desk.running
        if (
            running is not None
            and running.job.is_stopped
            and self.section.isVisibleTo(self._window)
        ):
            busy = self._busy()
            self.section.show_runs([one for one in self.section.runs if one.folder not in busy])

    @Slot(object)
    def _on_shown(self, page: Page) -> None:
        if page is Page.JOBS:
            self.unfinished.look()

    @Slot(object)
    def _on_unfinished(self, runs: list[UnfinishedRun]) -> None:
        self.section.show_runs(runs)
        if self._is_first_look:
            self._is_first_look = False
            self.notice.show_runs(runs)
        else:
            self.notice.keep(runs)

    @Slot(object)
    def _ask_to_resume(self, run: UnfinishedRun) -> None:
        refusal = off_here(Feature.FINE_TUNING)
        if refusal is not None:
            self._errors.show(refusal)
            return
        self.unfinished.resume(run)

    @Slot(object, object)
    def _resume(self, run: UnfinishedRun, base: InstalledModel) -> None:
        if run.folder in self._busy():
            return
        for dialog in self._dialogs:  # of this training, if it was stopped in this window
            if dialog.folder == run.folder and not dialog.is_done:
                dialog.bring_up()
                dialog.resume_run(run, base)
                return
        opened = self._parts.jobs.open_new(TRAINING, base)
        assert isinstance(opened, TrainingDialog)
        opened.resume_run(run, base)

    @Slot(object)
    def _on_forgotten(self, folder: Path) -> None:
        for dialog in self._dialogs:
            dialog.on_forgotten(folder)

    # --- trying -------------------------------------------------------------------------------

    def try_it(self, dialog: TrainingDialog, trained: Trained) -> None:
        """Open base and result side by side; why that cannot be is said in the dialog."""
        if self.trying is not None and trained is not self._trained:
            dialog.say(
                UserFacingError(
                    "“{name}” is being tried, and one result is tried at a time.",
                    hint="Close that first.",
                    name=self.trying.trial.tried.name,
                )
            )
            return
        if self.trying is not None:
            self.trying.bring_up()
            return
        self._asked_by, self._trained = dialog, trained
        switcher = self._parts.switcher
        ready = switcher.running if switcher.current is not None else None
        op = partial(_found, self._services, trained, ready)
        task = BackgroundTask(op, self)
        task.succeeded.connect(self._on_room)
        task.failed.connect(self._on_no_room)
        self._looking = task.start()

    @Slot(object, int)
    def _on_no_room(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._looking and self._asked_by is not None:
            self._asked_by.say(error)

    @Slot(object, int)
    def _on_room(self, found: tuple[Tried, TrialRoom], task_id: int) -> None:
        if task_id != self._looking or self.trying is not None:
            return
        tried, room = found
        if not room.fits_beside and self._parts.jobs.desk.running is not None:
            self._on_no_room(
                UserFacingError(
                    "The memory does not suffice for trying it while a job runs.",
                    hint="Try it when the job has ended.",
                ),
                task_id,
            )
            return
        services = self._services
        trial = Trial(tried, services.precisions.measurements, services.comparison_worker, self)
        trial.refused.connect(self._on_trial_refused)
        self.trying = TryDialog(trial, self._theme, self._rendering, self._window)
        self.trying.closed.connect(self._on_trial_closed)
        self.trying.bring_up()
        self._room = room
        self.trying.say_room(makes_room=not room.fits_beside)
        self._begin_trial()

    @Slot()
    def _begin_trial(self) -> None:
        """Let the engine load, as soon as there is room for it."""
        switcher, room = self._parts.switcher, self._room
        if room is None or self.trying is None or not switcher.is_settled:
            return
        if not room.fits_beside and switcher.current is not None and not self._has_set_aside:
            self._has_set_aside = switcher.keeps_aside = True
            switcher.set_aside()
            return
        self._room = None
        self.trying.trial.begin(room.wish)

    @Slot(object)
    def _on_trial_refused(self, error: NotAdmittedError) -> None:
        trying = self.trying
        if trying is not None:
            trial = trying.trial
            self._errors.ask(error, trial.again, trial.tried.base, trying)

    @Slot()
    def _on_trial_closed(self) -> None:
        """The model of the chat comes back as it was."""
        self._room, self._trained = None, None
        if self.trying is not None:
            self.trying.deleteLater()
        self.trying = None
        if self._has_set_aside:
            self._has_set_aside = self._parts.switcher.keeps_aside = False
            if self._parts.jobs.desk.running is None:  # else it comes back after the job
                self._parts.switcher.bring_back()

    def shut_down(self) -> None:
        """End the engine of a trial, and look at no data any more."""
        for dialog in self._dialogs:
            dialog.stop_asking()
        if self.trying is not None:
            self.trying.trial.shut_down()


def _found(
    services: AppServices, trained: Trained, ready: ModelReady | None
) -> tuple[Tried, TrialRoom]:
    """What is compared, and the room for it; looks at drives.

    Raises CheckpointError, PolicyError and the like.
    """
    return _tried(services.store, trained), find_room(services.precisions, trained.base, ready)


def _tried(store: ModelStore, trained: Trained) -> Tried:
    listed, folder = trained.listed, Path(trained.ready.folder)
    name = folder.name if listed is None else model_texts.name(listed)
    if trained.ready.is_adapter:
        return Tried(trained.base, folder, None, name)
    tuned = listed if isinstance(listed, InstalledModel) else store.model(str(folder))
    return Tried(trained.base, None, tuned, name)
