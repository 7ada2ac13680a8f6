"""The first page of a search: where it shall look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.library.finding.values import Place
from baichuan_desktop.ui.acquiring.finding import texts
from baichuan_desktop.ui.acquiring.page_parts import scrolled
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label


class PlacesPage(QWidget):
    """Names the places that are known, lets a person leave some out, and add folders.

    Signals:
        wanted: the folders to look through.
        dismissed: the person does not want to look.
    """

    wanted = Signal(object)
    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[QCheckBox] = []
        self._places: list[tuple[Place, Path]] = []  # of each box
        self._is_looking = True
        self.heading, self.explanation, self.remark = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.explanation.setObjectName("muted")
        self.remark.setObjectName("muted")
        body = QWidget()
        body.setObjectName("settingsBody")
        self._rows = QVBoxLayout(body)
        self._rows.setContentsMargins(0, 2, 0, 2)
        self._rows.setSpacing(2)
        self._rows.addStretch(1)
        self.area = scrolled(body)
        self.add_button, self.cancel, self.look = (QPushButton() for _ in range(3))
        self.add_button.setAutoDefault(False)
        self.cancel.setAutoDefault(False)
        self.look.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.look, QDialogButtonBox.ButtonRole.AcceptRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(self.heading)
        column.addWidget(self.explanation)
        column.addWidget(self.area, 1)
        column.addWidget(self.remark)
        column.addSpacing(4)
        column.addWidget(buttons)
        self.add_button.clicked.connect(self._add)
        buttons.accepted.connect(self._want)
        buttons.rejected.connect(self.dismissed)
        self.retranslate()
        self._refresh()

    def show_places(self, places: Sequence[tuple[Place, Path]]) -> None:
        """The places of this machine that are known, each with its kind."""
        self._is_looking = False
        for kind, folder in places:
            self._offer(kind, folder)
        self.retranslate()
        (self.look if self.look.isEnabled() else self.add_button).setFocus()

    def _offer(self, kind: Place, folder: Path) -> None:
        if any(folder == one for _, one in self._places):
            return
        box, note = QCheckBox(), ElidedLabel()
        box.setChecked(True)
        box.toggled.connect(self._refresh)
        note.setObjectName("note")
        note.setText(texts.path(folder))
        note.setToolTip(texts.path(folder))
        note.setContentsMargins(24, 0, 0, 6)
        number = self._rows.count() - 1  # before the stretch
        self._rows.insertWidget(number, box)
        self._rows.insertWidget(number + 1, note)
        self.boxes.append(box)
        self._places.append((kind, folder))
        self._name(box, kind, folder)

    @staticmethod
    def _name(box: QCheckBox, kind: Place, folder: Path) -> None:
        box.setText(_named(kind, folder).replace("&", "&&"))
        box.setAccessibleDescription(texts.path(folder))

    @property
    def _wanted(self) -> list[Path]:
        return [
            folder
            for box, (_, folder) in zip(self.boxes, self._places, strict=True)
            if box.isChecked()
        ]

    @Slot()
    def _add(self) -> None:
        folder = choose_folder(self, self.tr("Choose a folder to look through"))
        if folder is not None:
            self._offer(Place.FOLDER, folder)
            self._refresh()

    @Slot()
    def _want(self) -> None:
        if self._wanted:
            self.wanted.emit(self._wanted)

    @Slot()
    def _refresh(self) -> None:
        self.look.setEnabled(bool(self._wanted))
        self.remark.setText(self._said())
        self.remark.setVisible(bool(self.remark.text()))

    def _said(self) -> str:
        if self._is_looking:
            return self.tr("Looking which of the usual places there are…")
        if not self._places:
            return self.tr(
                "None of the usual places is on this computer, and no drive is connected. Add the "
                "folder in which your models lie."
            )
        return ""

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("Find models on this computer"))
        self.explanation.setText(
            self.tr(
                "The app looks for Baichuan models in these places. It only reads: nothing is "
                "changed, and nothing leaves this computer."
            )
        )
        self.area.setAccessibleName(self.tr("Places"))
        self.add_button.setText(self.tr("Add a folder…"))
        self.cancel.setText(self.tr("Cancel"))
        self.look.setText(self.tr("Look for models"))
        for box, (kind, folder) in zip(self.boxes, self._places, strict=True):
            self._name(box, kind, folder)
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _named(kind: Place, folder: Path) -> str:
    if kind in (Place.HUGGINGFACE, Place.MODELSCOPE) or not folder.name:
        return texts.place(kind)
    return f"{texts.place(kind)} · {texts.path(Path(folder.name))}"
