"""Takes a model from the list, and its copy to the trash; what happens is told and asked before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.services.library.importing.removing import plan_removal, remove
from baichuan_desktop.services.library.importing.values import Removal
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 440  # pixels


class Removing(QObject):
    """Looks what a removal would do, asks, and does just that.

    Signals:
        removed: the InstalledModel or InstalledAdapter that is not listed any more.
        failed: a UserFacingError to show.
    """

    removed = Signal(object)
    failed = Signal(object)

    def __init__(
        self, store: ModelStore, to_trash: Callable[[Path], None], window: QWidget
    ) -> None:
        super().__init__(window)
        self._store, self._to_trash, self._window = store, to_trash, window
        self.dialog: RemovalDialog | None = None  #: while it is asked

    @Slot(object)
    def ask(self, model: Listed) -> None:
        """Ask whether a model shall be removed."""
        task = BackgroundTask(partial(plan_removal, self._store, model), self)
        task.succeeded.connect(self._on_planned)
        task.failed.connect(self.failed)
        task.start_alone()  # its drive may not answer

    @Slot(object)
    def _on_planned(self, removal: Removal) -> None:
        if self.dialog is None:
            self.dialog = RemovalDialog(removal, self._window)
            self.dialog.finished.connect(self._on_answered)
            self.dialog.open()

    @Slot(int)
    def _on_answered(self, answer: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None or answer != QDialog.DialogCode.Accepted:
            return
        op = partial(remove, self._store, dialog.removal, self._to_trash)
        task = BackgroundTask(op, self)
        task.succeeded.connect(self._on_removed)
        task.failed.connect(self.failed)
        task.start_alone()

    @Slot(object)
    def _on_removed(self, model: Listed) -> None:
        self.removed.emit(model)


class RemovalDialog(QDialog):
    """Says what goes where, and what stays; is accepted where that shall be."""

    def __init__(self, removal: Removal, parent: QWidget) -> None:
        super().__init__(parent)
        self.removal = removal
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Remove a model"))
        name = title_line(texts.name_of(removal.model.shown_name))
        heading = plain_label(self.tr("Remove “{name}”?").format(name=name), wraps=True)
        heading.setObjectName("dialogHeading")
        self.text = plain_label("\n\n".join(removal_sentences(removal)), wraps=True)
        for label in (heading, self.text):
            label.setMinimumWidth(_WIDTH)
        buttons = QDialogButtonBox()
        self.remove_button = QPushButton(
            self.tr("Move to the trash") if removal.trashed else self.tr("Take from the list")
        )
        self.keep_button = QPushButton(self.tr("Keep it"))
        self.remove_button.setAutoDefault(False)
        self.keep_button.setDefault(True)
        buttons.addButton(self.remove_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.keep_button, QDialogButtonBox.ButtonRole.RejectRole)
        self.remove_button.clicked.connect(self.accept)
        self.keep_button.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addWidget(self.text)
        column.addSpacing(6)
        column.addWidget(buttons)


def removal_sentences(removal: Removal) -> Sequence[str]:
    """What a removal does to the folder of a model, and to its exports."""
    translate, model = QCoreApplication.translate, removal.model
    folder = texts.path(model.path)
    said = []
    if removal.trashed:
        text = translate(
            "LibraryRemoval",
            "Its copy goes into the trash: {folder}. The {size} are free once the trash is "
            "emptied.",
        )
        said.append(text.format(folder=folder, size=size_text(removal.freed_bytes)))
    elif not model.is_copied:
        text = translate(
            "LibraryRemoval",
            "It is only taken from the list. Its folder is not touched: {folder}.",
        )
        said.append(text.format(folder=folder))
    elif removal.kept_for:
        text = translate(
            "LibraryRemoval",
            "It is only taken from the list. Its folder stays, for other models of the list use "
            "it: {ids}.",
        )
        said.append(text.format(ids=", ".join(removal.kept_for)))
    elif removal.kept_because is not None:
        text = translate(
            "LibraryRemoval",
            "It is only taken from the list. Its folder stays, for {why}: {folder}.",
        )
        said.append(text.format(why=error_texts.sentence(removal.kept_because), folder=folder))
    else:
        said.append(
            translate("LibraryRemoval", "It is only taken from the list. Its folder is not here.")
        )
    if removal.exports:
        text = translate(
            "LibraryRemoval", "Its exports stay, and are listed as models of their own: {ids}."
        )
        said.append(text.format(ids=", ".join(removal.exports)))
    if removal.adapters:
        text = translate(
            "LibraryRemoval",
            "Its adapters stay in the list, though no other model is for them: {ids}.",
        )
        said.append(text.format(ids=", ".join(removal.adapters)))
    return said
