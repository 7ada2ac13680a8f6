"""Asks about a training that is being set up, one question of a kind at a time, off the window."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from backends.training.values import Data, TrainingRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.services.training.tuner import Checked, Tuner
from baichuan_desktop.services.training.verdict import require_fitting
from baichuan_desktop.ui.training.asking.looking import Looked, look
from baichuan_desktop.workers.background_task import BackgroundTask

_EXAMPLES = 5  # that are shown as tokens

#: What the data become, see `services.training.previewing.preview_beside`.
MakePreview = Callable[..., DataPreview | None]


class Inquiry(QObject):
    """A newer question of a kind takes the place of the one before, whose answer is not told.

    Signals:
        looked: the Looked of the newest question, or the UserFacingError for which there is none.
        previewed: the DataPreview, or the UserFacingError, of the data that were asked for last.
        checked: None where a training may begin, or the UserFacingError that is in the way.
    """

    looked = Signal(object)
    previewed = Signal(object)
    checked = Signal(object)

    def __init__(
        self,
        tuner: Tuner,
        make_preview: MakePreview,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tuner, self._make_preview = tuner, make_preview
        self._asked: tuple[InstalledModel, TrainingRequest] | None = None
        self._looking = self._previewing = self._checking = 0  # ids of tasks
        self._previewed: tuple[Path, Data, int] | None = None  # what the preview is of
        self._longest: int | None = None  # tokens
        self._preview_cancel = self._check_cancel = threading.Event()

    @property
    def is_looking(self) -> bool:
        """Whether an answer is on its way."""
        return self._looking != 0 or self.is_previewing

    @property
    def is_previewing(self) -> bool:
        """Whether data are being read."""
        return self._previewing != 0

    @property
    def is_checking(self) -> bool:
        """Whether it is being found out if a training may begin."""
        return self._checking != 0

    def ask(self, model: InstalledModel, request: TrainingRequest) -> None:
        """Look at a request: the machine each time, the data where they are others."""
        self._asked = (model, request)
        of = (model.path, request.data, request.optimization.seed)
        if of != self._previewed:
            self._ask_for_preview(of)
        self._look()

    def _look(self) -> None:
        assert self._asked is not None
        model, request = self._asked
        op = partial(look, self._tuner, model, request, self._longest)
        self._looking = self._start(op, self._on_looked, self._on_not_looked)

    def _start(
        self,
        op: Callable[[], object],
        on_success: Callable[..., None],
        on_failure: Callable[..., None],
    ) -> int:
        task = BackgroundTask(op, self)
        task.succeeded.connect(on_success)
        task.failed.connect(on_failure)
        return task.start_alone()  # files may lie on a drive that does not answer

    @Slot(object, int)
    def _on_looked(self, found: Looked, task_id: int) -> None:
        if task_id == self._looking:
            self._looking = 0
            self.looked.emit(found)

    @Slot(object, int)
    def _on_not_looked(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._looking:
            self._looking = 0
            self.looked.emit(error)

    # --- data ---------------------------------------------------------------------------------

    def _ask_for_preview(self, of: tuple[Path, Data, int]) -> None:
        self._preview_cancel.set()
        self._previewed, self._longest, self._previewing = of, None, 0
        model, data, seed = of
        if not data.files:
            return
        self._preview_cancel = threading.Event()
        op = partial(
            self._make_preview,
            model,
            data,
            seed=seed,
            count=_EXAMPLES,
            cancel=self._preview_cancel,
        )
        self._previewing = self._start(op, self._on_previewed, self._on_not_previewed)

    @Slot(object, int)
    def _on_previewed(self, found: DataPreview | None, task_id: int) -> None:
        if task_id == self._previewing:
            self._previewing = 0
            if found is not None:
                self._longest = found.counts.longest_tokens
                self.previewed.emit(found)
                self._look()

    @Slot(object, int)
    def _on_not_previewed(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._previewing:
            self._previewing = 0
            self.previewed.emit(error)

    # --- beginning ----------------------------------------------------------------------------

    def check(self, request: TrainingRequest) -> None:
        """Find out whether a training may begin; `checked` tells."""
        self._check_cancel = threading.Event()
        op = partial(_check, self._tuner, request, self._check_cancel)
        self._checking = self._start(op, self._on_checked, self._on_not_checked)

    @Slot(object, int)
    def _on_checked(self, _found: Checked | None, task_id: int) -> None:
        if task_id == self._checking:
            self._checking = 0
            self.checked.emit(None)

    @Slot(object, int)
    def _on_not_checked(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._checking:
            self._checking = 0
            self.checked.emit(error)

    def stop_checking(self) -> None:
        """Nothing shall begin any more: `checked` does not tell."""
        self._check_cancel.set()
        self._checking = 0

    def stop(self) -> None:
        """Ask nothing any more."""
        self.stop_checking()
        self._preview_cancel.set()
        self._looking = self._previewing = 0
        self._previewed = None


def _check(tuner: Tuner, request: TrainingRequest, cancel: threading.Event) -> Checked | None:
    """What is known of a training that may begin; None once `cancel` is set.

    Raises UserFacingError where it may not.
    """
    with contextlib.closing(tuner.checking(request)) as job:
        while not cancel.is_set():
            try:
                next(job)
            except StopIteration as finished:
                checked: Checked = finished.value
                require_fitting(checked.verdict)
                return checked
    return None
