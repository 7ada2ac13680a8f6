"""The field of a job's dialog that says which adapter a copy is made with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from backends.printable import one_line
from baichuan_desktop.services.jobs.copies import AdapterUse
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.picker.offered import OfferedAdapter


class AdapterChoice(QWidget):
    """Lists the adapters of a model, the one that is on chosen; another folder may be named.

    Signals:
        changed: another one is chosen, or none.
    """

    changed = Signal()

    def __init__(self, use: AdapterUse, offered: Sequence[OfferedAdapter]) -> None:
        super().__init__()
        self._use = use
        adapters = [one for one in offered if one.adapter is not None and one.refusal is None]
        # What each row stands for: an adapter of the list, a folder, or none; but for the last.
        self._rows: list[InstalledAdapter | Path | None] = [one.adapter for one in adapters]
        if use is AdapterUse.OPTIONAL or not adapters:
            self._rows.insert(0, None)
        self.label, self.box = QLabel(), QComboBox()
        self.label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.box, 1)
        self.box.addItems([""] * (len(self._rows) + 1))
        is_on = next((one.adapter for one in adapters if one.is_on), self._rows[0])
        self._chosen = self._rows.index(is_on)
        self.box.setCurrentIndex(self._chosen)
        self.box.activated.connect(self._on_activated)
        self.setVisible(use is not AdapterUse.NONE)
        self.retranslate()

    @property
    def folder(self) -> Path | None:
        """Where the adapter lies; None: the model alone."""
        chosen = self._rows[self._chosen]
        return chosen.path if isinstance(chosen, InstalledAdapter) else chosen

    @property
    def is_complete(self) -> bool:
        """Whether nothing more must be chosen."""
        return self._use is not AdapterUse.REQUIRED or self.folder is not None

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        if index == len(self._rows):
            index = self._ask_for_folder()
        self._chosen = index
        self.box.setCurrentIndex(index)
        self.changed.emit()

    def _ask_for_folder(self) -> int:
        """The row of a folder that is chosen now; the one before, if none is."""
        title = self.tr("Choose the adapter's folder")
        folder = choose_folder(self, title, "" if self.folder is None else str(self.folder.parent))
        if folder is None:
            return self._chosen
        for row, one in enumerate(self._rows):
            if folder == (one.path if isinstance(one, InstalledAdapter) else one):
                return row
        self._rows.append(folder)
        self.box.insertItem(len(self._rows) - 1, one_line(folder.name))
        return len(self._rows) - 1

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.label.setText(self.tr("Adapter"))
        self.box.setAccessibleName(self.tr("Adapter"))
        is_needed = self._use is AdapterUse.REQUIRED
        for row, one in enumerate(self._rows):
            if isinstance(one, InstalledAdapter):
                self.box.setItemText(row, model_texts.name(one))
            elif one is None and is_needed:
                self.box.setItemText(row, self.tr("Choose one"))
            elif one is None:
                self.box.setItemText(row, self.tr("The model without an adapter"))
        self.box.setItemText(len(self._rows), self.tr("Another folder…"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
