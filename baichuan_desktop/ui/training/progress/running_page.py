"""A training that waits, runs or is paused: its curve, its figures, and what can be done."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingNote,
    TrainingPaused,
    TrainingStep,
    TrainingStopped,
)
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.training.client import TrainingHeard, TrainingSilent
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.look.i18n import in_ui_language
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.numbers import speed_text
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.curves.chart import LossChart
from baichuan_desktop.ui.training.curves.thinned import loss_text, rate_text

_CHART = 260  # pixels of the design
_MOST_NOTES = 20
_SPEED_STEPS = 20  # of which the speed is told


class TrainingPage(QWidget):
    """Reads the events of the job, and shows its record.

    Signals:
        hidden: the person wants to look at something else.
        pause_requested: the training shall keep a checkpoint and let others run, or go on.
        stop_requested: it shall end; what was kept stays.
    """

    hidden = Signal()
    pause_requested = Signal()
    stop_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._name: Names | None = None
        self._record: JobRecord | None = None
        self._record_state: JobState | None = None  # that was shown
        self.kept_step: int | None = None  #: of the newest checkpoint
        self._began: TrainingBegan | None = None
        self._latest: TrainingStep | None = None
        self._evaluated: TrainingEvaluated | None = None
        self._lately: deque[TrainingStep] = deque(maxlen=_SPEED_STEPS)
        self._notes: list[TrainingNote] = []
        self._silent_seconds = 0
        self.heading, self.step, self.about, self.kept, self.notes = (
            plain_label(wraps=True) for _ in range(5)
        )
        self.heading.setObjectName("dialogHeading")
        for label in (self.about, self.kept, self.notes):
            label.setObjectName("note")
        self.left = plain_label()
        self.left.setObjectName("muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.chart = LossChart(theme, height=_CHART)
        self._captions = [plain_label() for _ in range(4)]
        self._values = [plain_label() for _ in range(4)]
        self.stop, self.pause, self.hide_button = (QPushButton() for _ in range(3))
        self._lay_out()
        self.stop.clicked.connect(self.stop_requested)
        self.pause.clicked.connect(self.pause_requested)
        self.hide_button.clicked.connect(self.hidden)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._figures, self._foot, line = QGridLayout(), QHBoxLayout(), QHBoxLayout()
        self._figures.setVerticalSpacing(1)
        for column, both in enumerate(zip(self._values, self._captions, strict=True)):
            for row, (label, name) in enumerate(zip(both, ("panelTitle", "note"), strict=True)):
                label.setObjectName(name)
                self._figures.addWidget(label, row, column, Qt.AlignmentFlag.AlignBottom)
            self._figures.setColumnStretch(column, 1)
        line.addWidget(self.step, 1)
        line.addWidget(self.left)
        self._foot.addWidget(self.stop)
        self._foot.addStretch(1)
        self._foot.addWidget(self.pause)
        self._foot.addWidget(self.hide_button)
        for button in (self.stop, self.pause):
            button.setAutoDefault(False)
        self.hide_button.setAutoDefault(False)
        self.hide_button.setObjectName("primary")
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.heading)
        self._column.addLayout(line)
        self._column.addWidget(self.bar)
        self._column.addLayout(self._figures)
        self._column.addWidget(self.chart, 1)
        for label in (self.kept, self.about, self.notes):
            self._column.addWidget(label)
        self._column.addLayout(self._foot)

    # --- what comes ---------------------------------------------------------------------------

    def begin(self, name: Names, resumed_at: int | None = None) -> None:
        """Another training begins, of the model with this name; it may go on from a step."""
        self._name, self.kept_step = name, resumed_at
        self._began = self._latest = self._evaluated = None
        self._notes = []
        self.retranslate()

    def read(self, event: object) -> None:
        """Take what an event says."""
        self.chart.read(event)
        match event:
            case TrainingBegan():
                self._began = event
                self._lately.clear()
            case TrainingStep():
                self._latest, self._silent_seconds = event, 0
                self._lately.append(event)
                self._show_figures()
                return
            case TrainingEvaluated():
                self._evaluated = event
                self._show_figures()
                return
            case CheckpointKept():
                self.kept_step = event.step
            case TrainingPaused():
                self.kept_step = event.step
            case TrainingStopped():
                self.kept_step = event.kept_step
            case TrainingNote() if event not in self._notes:
                self._notes.append(event)
            case TrainingSilent():
                self._silent_seconds = event.seconds
            case TrainingHeard():
                self._silent_seconds = 0
            case _:
                return
        self.retranslate()

    def show_record(self, record: JobRecord) -> None:
        """The job says something else than before."""
        is_other = self._record is None or record.state is not self._record_state
        self._record, self._record_state = record, record.state
        self.bar.setValue(record.meter.percent)
        self.step.setText(self._step_text(record))
        self.left.setText(texts.time_left(record))
        self.stop.setEnabled(not record.is_cancelling)
        self.pause.setEnabled(not record.is_pausing and not record.is_cancelling)
        if is_other or record.is_pausing or record.is_cancelling:
            self.retranslate()

    def _step_text(self, record: JobRecord) -> str:
        if self._silent_seconds and record.state is JobState.RUNNING:
            text = self.tr("The training has not gone on for {seconds} s; it can be stopped.")
            return text.format(seconds=self._silent_seconds)
        return texts.step(record)

    # --- what is said -------------------------------------------------------------------------

    def _show_figures(self) -> None:
        latest, evaluated = self._latest, self._evaluated
        seconds = sum(one.seconds for one in self._lately)
        speed = sum(one.tokens for one in self._lately) / seconds if seconds > 0 else None
        values = (
            loss_text(latest.loss) if latest is not None else "–",
            loss_text(evaluated.loss) if evaluated is not None else "–",
            rate_text(latest.learning_rate) if latest is not None else "–",
            speed_text(speed) if speed is not None else "–",
        )
        for label, value in zip(self._values, values, strict=True):
            label.setText(value)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        record = self._record
        is_paused = record is not None and record.state is JobState.PAUSED
        heading = self.tr("{name}: paused") if is_paused else self.tr("Fine-tuning: {name}")
        name = "" if self._name is None else in_ui_language(self._name)
        self.heading.setText(heading.format(name=name))
        self.bar.setAccessibleName(self.tr("Progress"))
        captions = (
            self.tr("Loss"), self.tr("Loss of evaluation"), self.tr("Learning rate"),
            self.tr("Speed"),
        )  # fmt: skip
        for caption, value, text in zip(self._captions, self._values, captions, strict=True):
            caption.setText(text)
            value.setAccessibleName(text)
        self._show_figures()
        self.kept.setText(self._kept_text())
        self.about.setText(self._about_text())
        self.about.setVisible(self._began is not None)
        notes = dict.fromkeys(error_texts.sentence(note.text) for note in self._notes)
        self.notes.setText("\n".join(list(notes)[:_MOST_NOTES]))
        self.notes.setVisible(bool(notes))
        if record is not None:
            self.step.setText(self._step_text(record))
            self.left.setText(texts.time_left(record))
            self.pause.setText(texts.pause_button(record))
        self.stop.setText(texts.cancel_button(record))
        self.hide_button.setText(self.tr("Hide"))

    def _kept_text(self) -> str:
        record = self._record
        if record is not None and record.state is JobState.PAUSED:
            text = self.tr("It goes on from step {step}, also after the app was closed.")
            return text.format(step=f"{self.kept_step or 0:,}")
        if self.kept_step:
            text = self.tr(
                "The checkpoint of step {step} is kept: after a stop or a crash it goes on from "
                "there. A pause keeps the step that it is at."
            )
            return text.format(step=f"{self.kept_step:,}")
        return self.tr(
            "No checkpoint is kept yet: a stop now keeps nothing, a pause keeps the step that it "
            "is at."
        )

    def _about_text(self) -> str:
        began = self._began
        if began is None:
            return ""
        text = self.tr(
            "{examples} examples; {trained} of {all} parameters are trained ({share} %), in "
            "{compute} on {device}."
        )
        share = 100 * began.trained_parameters / max(began.all_parameters, 1)
        return text.format(
            examples=f"{began.examples:,}",
            trained=f"{began.trained_parameters:,}",
            all=f"{began.all_parameters:,}",
            share=f"{share:.2g}" if share < 10 else f"{share:.0f}",
            compute=began.compute,
            device=began.device,
        )

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(24), px(20), px(24), px(16))
        self._column.setSpacing(px(9))
        self._figures.setHorizontalSpacing(px(16))
        self._foot.setSpacing(px(8))
        self.bar.setFixedHeight(px(6))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
