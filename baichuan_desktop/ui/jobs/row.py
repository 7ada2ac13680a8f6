"""A job on the page of jobs: how far it is, or what came of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QSize, Qt, QTime, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_ICON = 18  # pixels
_ICONS = {
    JobState.WAITING: "clock",
    JobState.RUNNING: "running",
    JobState.PAUSED: "pause",
    JobState.DONE: "check",
    JobState.FAILED: "warning",
    JobState.CANCELLED: "stop",
}


class JobRow(QFrame):
    """Shows one record, in every state.

    Signals:
        cancel_requested: the JobRecord of the job that shall end.
        pause_requested, resume_requested: the JobRecord of the job that shall stop, or go on.
        show_requested: the JobRecord whose dialog shall be shown.
    """

    cancel_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    show_requested = Signal(object)

    def __init__(self, record: JobRecord, theme: Theme) -> None:
        super().__init__()
        self.record = record
        self._theme = theme
        self.has_dialog = False
        self._part: QWidget | None = None
        self.setObjectName("jobRow")
        self.icon, self.title, self.time = QLabel(), ElidedLabel(), plain_label()
        self.icon.setFixedSize(QSize(_ICON, _ICON))
        self.title.setObjectName("jobTitle")
        self.text, self.left = plain_label(), plain_label()
        for label in (self.time, self.text, self.left):
            label.setObjectName("muted")
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.show_button, self.pause, self.cancel = QPushButton(), QPushButton(), QPushButton()
        self._lay_out()
        self.cancel.clicked.connect(self._on_cancel)
        self.pause.clicked.connect(self._on_pause)
        self.show_button.clicked.connect(self._on_show)
        theme.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 14, 12)
        row.setSpacing(12)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(6)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self.text, 1)
        foot.addWidget(self.left, 0, Qt.AlignmentFlag.AlignTop)
        self._column = column
        column.addWidget(self.title)
        column.addWidget(self.bar)
        column.addLayout(foot)
        row.addLayout(column, 1)
        for widget in (self.show_button, self.pause, self.cancel, self.time):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_part(self, part: QWidget) -> None:
        """Show something more of the job, until it is over."""
        self._part = part
        self._column.addWidget(part)

    @Slot()
    def refresh(self) -> None:
        """Say what the record says, in the language of the window."""
        record, state = self.record, self.record.state
        title = texts.title(record.job)
        self.title.setText(title)
        self.title.setToolTip(as_tooltip(title))
        self.text.setText(texts.outcome(record) if state.is_over else texts.step(record))
        self.left.setText(texts.time_left(record))
        self.time.setText(_time(record))
        self.time.setVisible(state.is_over)
        self.left.setVisible(state is JobState.RUNNING)
        self.bar.setValue(record.meter.percent)
        self.bar.setVisible(state in (JobState.RUNNING, JobState.PAUSED))
        self.bar.setAccessibleName(self.tr("Progress"))
        if self._part is not None:
            self._part.setVisible(state in (JobState.RUNNING, JobState.PAUSED))
        self.cancel.setText(texts.cancel_button(record))
        self.cancel.setEnabled(not record.is_cancelling)
        self.cancel.setVisible(not state.is_over)
        self.pause.setText(texts.pause_button(record))
        self.pause.setEnabled(not record.is_pausing and not record.is_cancelling)
        is_stoppable = state in (JobState.RUNNING, JobState.PAUSED)
        self.pause.setVisible(record.job.can_pause and is_stoppable)
        self.show_button.setText(self.tr("Show result") if state.is_over else self.tr("Show"))
        self.show_button.setVisible(
            self.has_dialog and (state is JobState.DONE or not state.is_over)
        )
        for button in (self.cancel, self.pause, self.show_button):
            button.setAccessibleName(f"{button.text()}: {title}")
        self._draw_icon(state)

    def _draw_icon(self, state: JobState) -> None:
        colours = self._theme.colours
        colour = {
            JobState.RUNNING: colours.accent,
            JobState.DONE: colours.accent,
            JobState.FAILED: colours.danger,
        }.get(state, colours.muted)
        scale = self.devicePixelRatioF()
        self.icon.setPixmap(line_pixmap(_ICONS[state], QColor(colour), _ICON, scale))

    @Slot()
    def _on_cancel(self) -> None:
        self.cancel_requested.emit(self.record)

    @Slot()
    def _on_pause(self) -> None:
        is_paused = self.record.state is JobState.PAUSED
        (self.resume_requested if is_paused else self.pause_requested).emit(self.record)

    @Slot()
    def _on_show(self) -> None:
        self.show_requested.emit(self.record)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.refresh()


def _time(record: JobRecord) -> str:
    """When a job ended, as the system writes times of day."""
    if record.ended is None:
        return ""
    time = QTime(record.ended.hour, record.ended.minute)
    return QLocale.system().toString(time, QLocale.FormatType.ShortFormat)
