"""What the result is called, and in which folder it shall lie."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QWidget

from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme


class ResultFields(QWidget):
    """Proposes both until a person writes something else.

    Signals:
        changed: one of them is another now.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.name, self.folder, self.browse = QLineEdit(), QLineEdit(), QPushButton()
        self.name_label, self.folder_label = plain_label(), plain_label()
        self.name.setMaxLength(MOST_NAME_LETTERS)
        for label, edit in ((self.name_label, self.name), (self.folder_label, self.folder)):
            edit.setObjectName("field")
            label.setBuddy(edit)
            edit.textChanged.connect(self.changed)
        self.browse.setAutoDefault(False)
        self.trouble = plain_label(wraps=True)
        self.trouble.setObjectName("trouble")
        self.trouble.hide()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.name_label, 0, 0)
        self._grid.addWidget(self.name, 0, 1, 1, 2)
        self._grid.addWidget(self.folder_label, 1, 0)
        self._grid.addWidget(self.folder, 1, 1)
        self._grid.addWidget(self.browse, 1, 2)
        self._grid.addWidget(self.trouble, 2, 0, 1, 3)
        self.browse.clicked.connect(self._browse)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def propose(self, name: str, folder: Path) -> None:
        """Show these where a person wrote nothing else."""
        if not self.name.isModified():
            self.name.setText(name)
        if not self.folder.isModified():
            self.folder.setText(str(folder))
            self.folder.setCursorPosition(len(self.folder.text()))

    def show_chosen(self, name: str, folder: Path) -> None:
        """Show what was chosen once: nothing is proposed in its place."""
        for edit, text in ((self.name, name), (self.folder, str(folder))):
            edit.setText(text)
            edit.setModified(True)

    @property
    def path(self) -> Path | None:
        """The folder; None where nothing is written."""
        text = self.folder.text().strip()
        return Path(text).expanduser() if text else None

    def say(self, text: str) -> None:
        """Say what is wrong with the folder; an empty text: nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    @Slot()
    def _browse(self) -> None:
        now = self.path
        parent = choose_folder(
            self,
            self.tr("Choose where the result shall lie"),
            str(now.parent) if now is not None else "",
        )
        if parent is not None:
            self.folder.setText(str(parent / now.name if now is not None else parent))
            self.folder.setModified(True)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._grid.setHorizontalSpacing(px(10))
        self._grid.setVerticalSpacing(px(7))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.name_label.setText(self.tr("Name"))
        self.folder_label.setText(self.tr("New folder"))
        self.name.setAccessibleName(self.tr("Name of the result"))
        self.folder.setAccessibleName(self.tr("New folder of the result"))
        self.browse.setText(self.tr("Browse…"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
