"""The pages of a job that runs, and of one that is complete."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.events import CopyReady, JobProgress, JobStep
from baichuan_desktop.services.jobs.copies import MadeCopy
from baichuan_desktop.services.jobs.pace import JobPace
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.jobs.kinds import JobKind, heading

_STEPS = (JobStep.HASH, JobStep.WRITE, JobStep.CHECK)
_MINUTE, _HOUR = 60, 3600


class JobProgressPage(QWidget):
    """Step, percentage, time left.

    Signals:
        cancel_requested: the job shall end.
        hidden: it shall go on out of sight.
    """

    cancel_requested = Signal()
    hidden = Signal()

    def __init__(self, kind: JobKind, model: InstalledModel) -> None:
        super().__init__()
        self._kind, self._model = kind, model
        self._pace = JobPace()
        self._step: JobStep | None = None
        self._is_cancelling = False
        self.heading, self.step, self.left, self.note = (_label() for _ in range(4))
        self.heading.setObjectName("dialogHeading")
        self.note.setObjectName("muted")
        self.left.setObjectName("muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        buttons = QDialogButtonBox()
        self.cancel, self.hide_button = QPushButton(), QPushButton()
        self.cancel.setAutoDefault(False)
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.hide_button, QDialogButtonBox.ButtonRole.AcceptRole)
        column = _column(self)
        for widget in (self.heading, self.step, self.bar, self.left, self.note):
            column.addWidget(widget)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.cancel.clicked.connect(self.cancel_requested)
        self.hide_button.clicked.connect(self.hidden)
        self.retranslate()

    def begin(self) -> None:
        """Another job begins."""
        self._pace, self._step, self._is_cancelling = JobPace(), None, False
        self.retranslate()

    def show_progress(self, progress: JobProgress) -> None:
        """The job has come so far."""
        self._step = progress.step
        self._pace.read(progress)
        self.retranslate()

    def show_cancelling(self) -> None:
        """A cancel takes until the file that is being read has been read."""
        self._is_cancelling = True
        self.retranslate()

    def summary(self) -> str:
        """What the status bar says."""
        text = self.tr("{what}: {percent} %")
        return text.format(what=self._kind.running(), percent=self._pace.percent)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(heading(self._kind.running(), self._model))
        self.step.setText(self._step_text())
        self.bar.setValue(self._pace.percent)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.left.setText(time_left(self._pace.seconds_left) if not self._is_cancelling else "")
        self.note.setText(self.tr("You can go on chatting meanwhile; it may be slower."))
        self.cancel.setText(self.tr("Cancelling…") if self._is_cancelling else self.tr("Cancel"))
        self.cancel.setEnabled(not self._is_cancelling)
        self.hide_button.setText(self.tr("Hide"))

    def _step_text(self) -> str:
        if not self._step:
            return self.tr("Starting…")
        names = {
            JobStep.HASH: self.tr("Reading the model"),
            JobStep.WRITE: self.tr("Writing the copy"),
            JobStep.CHECK: self.tr("Checking the copy"),
        }
        name = names.get(self._step, self._step)
        if self._step not in _STEPS:
            return f"{name} · {self._pace.percent} %"
        text = self.tr("Step {number} of {count}: {name} · {percent} %")
        number = _STEPS.index(self._step) + 1
        return text.format(number=number, count=len(_STEPS), name=name, percent=self._pace.percent)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class JobDonePage(QWidget):
    """Where the copy lies.

    Signals:
        load_requested: the copy shall be loaded.
        dismissed: it shall not.
    """

    load_requested = Signal()
    dismissed = Signal()

    def __init__(self, kind: JobKind) -> None:
        super().__init__()
        self._kind = kind
        self._text: Callable[[], str] = str
        self.heading, self.text = _label(), _label()
        self.heading.setObjectName("dialogHeading")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.load, self.close_button = (
            QPushButton(),
            buttons.button(QDialogButtonBox.StandardButton.Close),
        )
        self.load.setDefault(True)
        buttons.addButton(self.load, QDialogButtonBox.ButtonRole.AcceptRole)
        column = _column(self)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        buttons.rejected.connect(self.dismissed)
        self.load.clicked.connect(self.load_requested)

    def show_copy(self, made: MadeCopy, ready: CopyReady) -> None:
        """The copy is listed."""
        self._text = lambda: self.tr("{done} It takes {size} in {folder}").format(
            done=self._kind.done_text(made),
            size=size_text(ready.bytes_on_disk),
            folder=ready.folder,
        )
        self.retranslate()
        self.load.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("The copy is complete"))
        self.text.setText(self._text())
        self.load.setText(self.tr("Load it"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def time_left(seconds: float | None) -> str:
    """How long a step still takes, as exactly as it can be told."""
    if seconds is None:
        return QCoreApplication.translate("JobProgressPage", "Time left: not known yet")
    if seconds < _MINUTE:
        return QCoreApplication.translate(
            "JobProgressPage", "Less than a minute left for this step"
        )
    if seconds < _HOUR:
        text = QCoreApplication.translate("JobProgressPage", "About {count} min left for this step")
        return text.format(count=round(seconds / _MINUTE))
    text = QCoreApplication.translate("JobProgressPage", "About {count} h left for this step")
    return text.format(count=f"{seconds / _HOUR:.1f}")


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 22, 24, 18)
    column.setSpacing(10)
    return column


def _label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
