"""The page of a copy that is complete."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from baichuan_desktop.services.jobs.copies import MadeCopy
from baichuan_desktop.services.jobs.job import JobResult
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.page_parts import page_column
from baichuan_desktop.ui.look.labels import plain_label


class CopyDonePage(QWidget):
    """Where the copy lies.

    Signals:
        dismissed: it shall not be loaded.
    """

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._result: JobResult | None = None
        self.heading, self.text = plain_label(wraps=True), plain_label(wraps=True)
        self.notes = plain_label(wraps=True)
        self.heading.setObjectName("dialogHeading")
        self.notes.setObjectName("muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.load, self.close_button = (
            QPushButton(),
            buttons.button(QDialogButtonBox.StandardButton.Close),
        )
        self.load.setDefault(True)
        buttons.addButton(self.load, QDialogButtonBox.ButtonRole.AcceptRole)
        column = page_column(self)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addWidget(self.notes)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        buttons.rejected.connect(self.dismissed)

    def show_result(self, result: JobResult) -> None:
        """The copy is listed."""
        self._result = result
        self.retranslate()
        self.load.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("The copy is complete"))
        self.load.setText(self.tr("Load it"))
        if self._result is not None and isinstance(self._result.found, MadeCopy):
            ready = self._result.found.ready
            self.text.setText(
                self.tr("{done} It takes {size} in {folder}").format(
                    done=texts.result(self._result),
                    size=size_text(ready.bytes_on_disk),
                    folder=ready.folder,
                )
            )
            self.notes.setText("\n".join(map(error_texts.sentence, ready.notes)))
            self.notes.setVisible(bool(ready.notes))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
