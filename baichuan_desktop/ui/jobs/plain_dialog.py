"""The dialog of a job of which there is nothing to choose: it begins it, and shows what comes."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.page_parts import page_column
from baichuan_desktop.ui.jobs.running_page import RunningPage
from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 560  # pixels


class PlainJobDialog(JobDialog):
    """Made of nothing but the job; the same job can be begun again when it is over."""

    def __init__(self, job: Job, parent: QWidget) -> None:
        super().__init__(parent)
        self._job = job
        self.rest, self.heading, self.text = (
            QWidget(),
            plain_label(wraps=True),
            plain_label(wraps=True),
        )
        self.heading.setObjectName("dialogHeading")
        self.begin_button, self.close_button = QPushButton(), QPushButton()
        self.begin_button.setDefault(True)
        self.close_button.setAutoDefault(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.begin_button, QDialogButtonBox.ButtonRole.AcceptRole)
        column = page_column(self.rest)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        self.running = RunningPage(job.words.running, job.of)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.rest)
        self.pages.addWidget(self.running)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self.setMinimumWidth(_WIDTH)
        buttons.accepted.connect(self._begin)
        buttons.rejected.connect(self.close)
        self.running.cancel.clicked.connect(self.cancel_job)
        self.running.hide_button.clicked.connect(self.close)
        self.retranslate()

    @Slot()
    def _begin(self) -> None:
        self.begin(self._job)

    @override
    def show_record(self) -> None:
        if self.record is not None and self.is_pending:
            self.running.show_record(self.record)
        self.pages.setCurrentWidget(self.running if self.is_pending else self.rest)
        self.retranslate()

    @override
    def retranslate(self) -> None:
        self.setWindowTitle(error_texts.sentence(self._job.words.title))
        self.heading.setText(texts.title(self._job))
        is_over = self.record is not None and self.record.state.is_over
        self.text.setText(texts.outcome(self.record) if self.record and is_over else "")
        self.begin_button.setText(self.tr("Begin"))
        self.close_button.setText(self.tr("Close"))
