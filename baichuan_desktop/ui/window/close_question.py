"""Asked before a window is closed while something would be lost with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from backends.errors import ConversationsError
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 400  # pixels


class CloseQuestion(QDialog):
    """Is accepted where the window shall close. Shown with `open`, which does not block."""

    def __init__(
        self, title: str, heading: str, text: str, note: str, stay: str, parent: QWidget
    ) -> None:
        """`text` is what would be lost, `note` what is left of it, `stay` the button for no."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        head = plain_label(heading, wraps=True)
        head.setObjectName("dialogHeading")
        self.text = plain_label(text, wraps=True)
        left = plain_label(note, wraps=True)
        left.setObjectName("muted")
        left.setVisible(bool(note))
        for label in (head, self.text, left):
            label.setMinimumWidth(_WIDTH)
        buttons = QDialogButtonBox()
        self.close_window = QPushButton(self.tr("Close the window"))
        self.close_window.setAutoDefault(False)
        self.stay = QPushButton(stay)
        self.stay.setDefault(True)
        buttons.addButton(self.close_window, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.stay, QDialogButtonBox.ButtonRole.RejectRole)
        self.close_window.clicked.connect(self.accept)
        self.stay.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        column.addWidget(head)
        column.addWidget(self.text)
        column.addWidget(left)
        column.addSpacing(6)
        column.addWidget(buttons)


def about_jobs(pending: Sequence[JobRecord], parent: QWidget) -> CloseQuestion:
    """Whether jobs that are not over, in their order, shall end with the window."""
    translate = QCoreApplication.translate
    waits = translate("CloseQuestion", "{job}: waits, and would not begin")
    running = [one for one in pending if one.state is JobState.RUNNING]
    lines = [
        texts.summary(one) if one in running else waits.format(job=texts.title(one.job))
        for one in pending
    ]
    left = dict.fromkeys(
        error_texts.sentence(one.job.when_ended)
        for one in running
        if one.job.when_ended is not None
    )
    return CloseQuestion(
        translate("CloseQuestion", "Jobs are not done"),
        translate("CloseQuestion", "Close the window and end what is not done?"),
        "\n".join(lines),
        "\n".join(left),
        translate("CloseQuestion", "Go on"),
        parent,
    )


def about_conversations(why: ConversationsError, parent: QWidget) -> CloseQuestion:
    """Whether what could not be saved of the conversations shall be lost with the window."""
    translate = QCoreApplication.translate
    return CloseQuestion(
        translate("CloseQuestion", "Conversations are not saved"),
        translate("CloseQuestion", "Close the window and lose what is not saved?"),
        error_texts.message(why),
        error_texts.hint(why),
        translate("CloseQuestion", "Keep it open"),
        parent,
    )
