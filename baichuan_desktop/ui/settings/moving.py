"""Shown at a start while the data folder is moved; nothing in it is open meanwhile."""

from __future__ import annotations

import threading
from functools import partial

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QProgressBar, QPushButton, QVBoxLayout
from typing_extensions import override

from backends.errors import UserFacingError
from baichuan_desktop.services.data_folder.moving import Folders, Moved, move
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_SIZE = QSize(440, 150)  # pixels of the design
_BAR = 6  # its height
_STEPS = 1000


class _Told(QObject):
    """Carries how far the move has come out of its thread.

    Signals:
        came: a Moved.
    """

    came = Signal(object)


def _move(folders: Folders, cancel: threading.Event, told: _Told) -> None:
    for moved in move(folders, cancel):
        told.came.emit(moved)


class MovingDialog(QDialog):
    """Moves the folder while it is shown, and closes itself; `error` is why that failed."""

    def __init__(self, folders: Folders, theme: Theme) -> None:
        super().__init__()
        self.error: UserFacingError | None = None
        self._cancel = threading.Event()
        told = _Told(theme)
        told.came.connect(self._on_moved)
        self.setWindowTitle(QGuiApplication.applicationDisplayName())
        heading = plain_label(self.tr("Your data is moved to another folder"), wraps=True)
        heading.setObjectName("dialogHeading")
        self.label = plain_label(self.tr("Looking at what there is…"), wraps=True)
        self.label.setObjectName("muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.px(_BAR))
        self.bar.setAccessibleName(self.tr("Progress"))
        self.stop_button = QPushButton(self.tr("Leave it where it is"))
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(self.reject)
        buttons = QDialogButtonBox()
        buttons.addButton(self.stop_button, QDialogButtonBox.ButtonRole.RejectRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(12)
        for widget in (heading, self.label, self.bar):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(buttons, 0, Qt.AlignmentFlag.AlignRight)
        self.resize(theme.px(_SIZE.width()), theme.px(_SIZE.height()))
        # The thread holds nothing of the dialog, or it could be the last to, and be where it ends;
        # the theme is there when the dialog is gone.
        task = BackgroundTask(partial(_move, folders, self._cancel, told), theme)
        task.destroyed.connect(told.deleteLater)
        task.succeeded.connect(self._on_done)
        task.failed.connect(self._on_failed)
        task.start_alone()

    @Slot(object)
    def _on_moved(self, moved: Moved) -> None:
        self.bar.setRange(0, _STEPS)
        self.bar.setValue(round(_STEPS * moved.done_bytes / max(moved.total_bytes, 1)))
        text = self.tr("{done} of {total} are copied and compared.")
        self.label.setText(
            text.format(done=size_text(moved.done_bytes), total=size_text(moved.total_bytes))
        )

    @override
    @Slot()
    def reject(self) -> None:
        """Stop after the file that is being copied; the dialog closes when that is so."""
        self._cancel.set()
        self.stop_button.setEnabled(False)

    @Slot(object, int)
    def _on_done(self, _nothing: object, _task_id: int) -> None:
        self.accept()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self.error = error
        self.accept()
