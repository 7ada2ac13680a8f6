"""Asked before the checkpoints of a training are deleted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from backends.printable import one_line
from baichuan_desktop.services.training.runs import UnfinishedRun
from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 400  # pixels


class ForgetQuestion(QDialog):
    """Is accepted where a training shall be forgotten. Shown with `open`."""

    def __init__(self, run: UnfinishedRun, parent: QWidget) -> None:
        super().__init__(parent)
        self.run = run
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Forget a training"))
        heading = self.tr("Delete what was kept of “{name}”?")
        head = plain_label(heading.format(name=one_line(run.name or run.model_name)), wraps=True)
        head.setObjectName("dialogHeading")
        text = self.tr(
            "Its checkpoints in {folder} are deleted, up to step {step} of {total}. It cannot go "
            "on afterwards. The model and the data stay as they are."
        )
        self.text = plain_label(
            text.format(folder=run.folder, step=f"{run.step:,}", total=f"{run.total_steps:,}"),
            wraps=True,
        )
        for label in (head, self.text):
            label.setMinimumWidth(_WIDTH)
        buttons = QDialogButtonBox()
        self.delete, self.keep = QPushButton(self.tr("Delete")), QPushButton(self.tr("Keep"))
        self.delete.setAutoDefault(False)
        self.keep.setDefault(True)
        buttons.addButton(self.delete, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.keep, QDialogButtonBox.ButtonRole.RejectRole)
        self.delete.clicked.connect(self.accept)
        self.keep.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        column.addWidget(head)
        column.addWidget(self.text)
        column.addSpacing(6)
        column.addWidget(buttons)
