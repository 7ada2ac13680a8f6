"""Which text precisions are compared on: the app's own sample, or a person's file or folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from baichuan_desktop.ui.choosing.file_dialogs import choose_file, choose_folder

_NAME_WIDTH = 420  # pixels, at most


class TextPicker(QWidget):
    """Holds `path`; None is the sample."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.name = QLabel()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        menu = QMenu(self.button)
        self.sample, self.file, self.folder = (menu.addAction("") for _ in range(3))
        self.button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.name)
        row.addWidget(self.button)
        row.addStretch(1)
        self.sample.triggered.connect(self._take_sample)
        self.file.triggered.connect(self._ask_for_file)
        self.folder.triggered.connect(self._ask_for_folder)
        self.retranslate()

    def choose(self, path: Path | None) -> None:
        """Take a text."""
        self.path = path
        self.retranslate()

    @Slot()
    def _take_sample(self) -> None:
        self.choose(None)

    @Slot()
    def _ask_for_file(self) -> None:
        kinds = self.tr("Texts (*.txt *.md);;All files (*)")
        file = choose_file(self, self.tr("Choose a text"), kinds)
        if file is not None:
            self.choose(file)

    @Slot()
    def _ask_for_folder(self) -> None:
        folder = choose_folder(self, self.tr("Choose a folder of texts"))
        if folder is not None:
            self.choose(folder)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        name = self.path.name if self.path is not None else self.tr("the sample of the app")
        text = self.tr("Text: {name}").format(name=name)
        metrics = self.name.fontMetrics()
        self.name.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH))
        self.name.setToolTip(str(self.path) if self.path is not None else "")
        self.button.setText(self.tr("Another text"))
        self.sample.setText(self.tr("The sample of the app"))
        self.file.setText(self.tr("A text file…"))
        self.folder.setText(self.tr("A folder of text files…"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
