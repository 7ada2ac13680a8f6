"""Gives a model or an adapter another name."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import in_ui_language
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 460  # pixels


class RenameDialog(QDialog):
    """Lets a person choose a listed model and write its name; what is no name is said in place.

    For an adapter it is adapters that can be chosen.

    Signals:
        renamed: the InstalledModel or InstalledAdapter under its new name; the dialog is closed.
    """

    renamed = Signal(object)

    def __init__(self, store: ModelStore, model: Listed | None, parent: QWidget | None) -> None:
        """`model` is chosen at first, if it can be renamed."""
        super().__init__(parent)
        self._store = store
        self._is_of_adapters = isinstance(model, InstalledAdapter)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.models, self.name = QComboBox(), QLineEdit()
        self.name.setMaxLength(MOST_NAME_LETTERS)
        self.path, self.problem = plain_label(wraps=True), plain_label(wraps=True)
        self.path.setObjectName("muted")
        self.problem.setObjectName("trouble")
        self.problem.hide()
        self.model_label, self.name_label = plain_label(), plain_label()
        self.model_label.setBuddy(self.models)
        self.name_label.setBuddy(self.name)
        self.rename_button, self.cancel_button = QPushButton(), QPushButton()
        self.rename_button.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.rename_button, QDialogButtonBox.ButtonRole.AcceptRole)
        form = QFormLayout()
        form.addRow(self.model_label, self.models)
        form.addRow(QWidget(), self.path)
        form.addRow(self.name_label, self.name)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(14)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        for one in store.adapters if self._is_of_adapters else renamable(store):
            self.models.addItem(model_texts.name(one), one)
            if model is not None and one.id == model.id:
                self.models.setCurrentIndex(self.models.count() - 1)
        self.models.currentIndexChanged.connect(self._show_model)
        self.name.textChanged.connect(self._on_edited)
        buttons.accepted.connect(self._rename)
        buttons.rejected.connect(self.reject)
        self.retranslate()
        self._show_model()
        self.name.setFocus()

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        title, label, spoken = self.tr("Rename a model"), self.tr("&Model"), self.tr("Model")
        if self._is_of_adapters:
            title, label = self.tr("Rename an adapter"), self.tr("&Adapter")
            spoken = self.tr("Adapter")
        self.setWindowTitle(title)
        self.model_label.setText(label)
        self.name_label.setText(self.tr("&Name"))
        self.models.setAccessibleName(spoken)
        self.name.setAccessibleName(self.tr("Name"))
        self.rename_button.setText(self.tr("Rename"))
        self.cancel_button.setText(self.tr("Cancel"))

    @property
    def _model(self) -> Listed | None:
        model = self.models.currentData()
        return model if isinstance(model, Listed) else None

    @Slot()
    def _show_model(self) -> None:
        model = self._model
        if model is not None:
            self.path.setText(str(model.path))
            self.name.setText(in_ui_language(model.name))
            self.name.selectAll()

    @Slot()
    def _on_edited(self) -> None:
        self.problem.hide()
        self.rename_button.setEnabled(bool(self.name.text().strip()))

    @Slot()
    def _rename(self) -> None:
        model = self._model
        if model is None:
            return
        if self.name.text() == in_ui_language(model.name):  # else it would lose the other language
            self.reject()
            return
        self.rename_button.setEnabled(False)
        store = self._store
        rename = store.rename_adapter if isinstance(model, InstalledAdapter) else store.rename
        task = BackgroundTask(partial(rename, model.id, self.name.text()), self)
        task.succeeded.connect(self._on_renamed)
        task.failed.connect(self._on_refused)
        task.start()

    @Slot(object)
    def _on_renamed(self, model: Listed) -> None:
        self.accept()
        self.renamed.emit(model)

    @Slot(object)
    def _on_refused(self, error: UserFacingError) -> None:
        self.problem.setText(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())
        self.problem.show()
        self.rename_button.setEnabled(True)
        self.name.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def renamable(store: ModelStore) -> list[InstalledModel]:
    """The models that a person may rename: all but the one that is a part of the app."""
    return [model for model in store.models if not model.bundled]
