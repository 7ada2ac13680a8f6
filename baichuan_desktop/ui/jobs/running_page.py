"""The page of a job that waits or runs."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialogButtonBox, QProgressBar, QPushButton, QWidget

from backends.phrases import Phrase
from baichuan_desktop.services.jobs.desk import JobRecord
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.page_parts import page_column
from baichuan_desktop.ui.look.labels import plain_label


class RunningPage(QWidget):
    """Step, percentage, time left; and its buttons."""

    def __init__(self, running: Phrase, of: Names) -> None:
        """`running` is what is said of the job while it runs, `of` its model's name."""
        super().__init__()
        self._running, self._of = running, of
        self._record: JobRecord | None = None
        self.heading, self.step, self.left, self.note = (plain_label(wraps=True) for _ in range(4))
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
        column = page_column(self)
        for widget in (self.heading, self.step, self.bar, self.left, self.note):
            column.addWidget(widget)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.retranslate()

    def show_record(self, record: JobRecord) -> None:
        """The job has come so far."""
        self._record = record
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        record = self._record
        self.heading.setText(texts.heading(self._running, self._of))
        self.bar.setAccessibleName(self.tr("Progress"))
        if record is not None:
            self.step.setText(texts.step(record))
            self.bar.setValue(record.meter.percent)
            self.left.setText(texts.time_left(record))
            self.cancel.setEnabled(not record.is_cancelling)
        self.note.setText(self.tr("You can go on chatting meanwhile; it may be slower."))
        self.cancel.setText(texts.cancel_button(record))
        self.hide_button.setText(self.tr("Hide"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
