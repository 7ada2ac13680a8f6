"""Asked before a window is closed while jobs run or wait."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 400  # pixels


class CloseQuestion(QDialog):
    """Is accepted where the window shall close. Shown with `open`, which does not block."""

    def __init__(self, pending: Sequence[JobRecord], parent: QWidget) -> None:
        """`pending` are the jobs that are not over, in their order."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Jobs are not done"))
        heading = plain_label(self.tr("Close the window and end what is not done?"), wraps=True)
        heading.setObjectName("dialogHeading")
        lines = [
            texts.summary(one)
            if one.state is JobState.RUNNING
            else self.tr("{job}: waits, and would not begin").format(job=texts.title(one.job))
            for one in pending
        ]
        left = dict.fromkeys(
            error_texts.sentence(one.job.when_ended)
            for one in pending
            if one.state is JobState.RUNNING and one.job.when_ended is not None
        )
        self.text = plain_label("\n".join(lines), wraps=True)
        note = plain_label("\n".join(left), wraps=True)
        note.setObjectName("muted")
        note.setVisible(bool(left))
        for label in (heading, self.text, note):
            label.setMinimumWidth(_WIDTH)
        buttons = QDialogButtonBox()
        self.close_window = QPushButton(self.tr("Close the window"))
        self.close_window.setAutoDefault(False)
        self.stay = QPushButton(self.tr("Go on"))
        self.stay.setDefault(True)
        buttons.addButton(self.close_window, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.stay, QDialogButtonBox.ButtonRole.RejectRole)
        self.close_window.clicked.connect(self.accept)
        self.stay.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addWidget(self.text)
        column.addWidget(note)
        column.addSpacing(6)
        column.addWidget(buttons)
