"""The pages of a job that runs, and of one that is complete."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.jobs.copies import JobOffer, MadeCopy
from baichuan_desktop.services.jobs.desk import JobRecord
from baichuan_desktop.services.jobs.job import JobResult
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.look.labels import plain_label


class JobProgressPage(QWidget):
    """Step, percentage, time left; and its buttons."""

    def __init__(self, offer: JobOffer, model: InstalledModel) -> None:
        super().__init__()
        self._offer, self._model = offer, model
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
        column = _column(self)
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
        self.heading.setText(texts.heading(self._offer.words.running, self._model.name))
        self.bar.setAccessibleName(self.tr("Progress"))
        if record is not None:
            self.step.setText(texts.step(record))
            self.bar.setValue(record.progress.percent)
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


class JobDonePage(QWidget):
    """Where the copy lies.

    Signals:
        dismissed: it shall not be loaded.
    """

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._result: JobResult | None = None
        self.heading, self.text = plain_label(wraps=True), plain_label(wraps=True)
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

    def show_result(self, result: JobResult) -> None:
        """The copy is listed."""
        self._result = result
        self.retranslate()
        self.load.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("The copy is complete"))
        self.load.setText(self.tr("Load it"))
        if self._result is not None and isinstance(self._result.found, MadeCopy):
            ready = self._result.found.ready
            self.text.setText(
                self.tr("{done} It takes {size} in {folder}").format(
                    done=texts.result(self._result),
                    size=size_text(ready.bytes_on_disk),
                    folder=ready.folder,
                )
            )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 22, 24, 18)
    column.setSpacing(10)
    return column
