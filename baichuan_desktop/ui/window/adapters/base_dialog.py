"""Asks for which model an adapter is that fits several, and does not say it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 460  # pixels


class BaseDialog(QDialog):
    """Lets a person choose the model; one that the adapter does not fit is refused in place.

    Signals:
        added: the InstalledAdapter; the dialog is closed.
    """

    added = Signal(object)

    def __init__(self, store: ModelStore, folder: Path, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._store, self._folder = store, folder
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.question, self.problem = plain_label(wraps=True), plain_label(wraps=True)
        self.problem.setObjectName("trouble")
        self.problem.hide()
        self.models = QComboBox()
        for model in store.models:
            if model.export_of is None:
                self.models.addItem(model_texts.name(model), model)
        self.add_button, self.cancel_button = QPushButton(), QPushButton()
        self.add_button.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.AcceptRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(14)
        for widget in (self.question, self.models, self.problem, buttons):
            column.addWidget(widget)
        self.models.currentIndexChanged.connect(self._on_chosen)
        buttons.accepted.connect(self._add)
        buttons.rejected.connect(self.reject)
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self.setWindowTitle(self.tr("Add an adapter"))
        question = self.tr(
            "“{name}” does not say for which model it was made. For which one shall it be listed?"
        )
        self.question.setText(question.format(name=one_line(self._folder.name)))
        self.models.setAccessibleName(self.tr("Model of the adapter"))
        self.add_button.setText(self.tr("Add"))
        self.cancel_button.setText(self.tr("Cancel"))

    @Slot()
    def _on_chosen(self) -> None:
        self.problem.hide()
        self.add_button.setEnabled(True)

    @Slot()
    def _add(self) -> None:
        model = self.models.currentData()
        if not isinstance(model, InstalledModel):
            return
        self.add_button.setEnabled(False)
        task = BackgroundTask(partial(self._store.add_adapter, self._folder, model.id), self)
        task.succeeded.connect(self._on_added)
        task.failed.connect(self._on_refused)
        task.start()

    @Slot(object)
    def _on_added(self, adapter: object) -> None:
        self.accept()
        self.added.emit(adapter)

    @Slot(object)
    def _on_refused(self, error: UserFacingError) -> None:
        self.problem.setText(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())
        self.problem.show()
        self.add_button.setEnabled(True)
        self.models.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
