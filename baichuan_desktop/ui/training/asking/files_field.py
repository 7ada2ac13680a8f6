"""The files that are learnt from: chosen, dropped, taken out again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.printable import one_line
from baichuan_desktop.ui.choosing.file_dialogs import choose_files
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_LINES = 2  # of the list, before it scrolls


class FilesField(QWidget):
    """A list of files, each once, in the order in which they are learnt.

    Signals:
        changed: there are others now.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.list = _List()
        self.list.setObjectName("presetList")
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.hint, self.trouble = plain_label(wraps=True), plain_label(wraps=True)
        self.hint.setObjectName("note")
        self.trouble.setObjectName("trouble")
        self.trouble.hide()
        self.add_button, self.remove_button = QPushButton(), QPushButton()
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 0, 0)
        for button in (self.add_button, self.remove_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        column.addLayout(buttons)
        column.addWidget(self.hint)
        column.addWidget(self.trouble)
        self.add_button.clicked.connect(self._choose)
        self.remove_button.clicked.connect(self._remove)
        self.list.remove_pressed.connect(self._remove)
        self.list.itemSelectionChanged.connect(self._refresh)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @property
    def files(self) -> Sequence[Path]:
        """The files, the first one first."""
        rows = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(Qt.ItemDataRole.UserRole) for item in rows]

    def add(self, files: Sequence[Path]) -> None:
        """Learn from these, too."""
        known = set(self.files)
        new = [file for file in dict.fromkeys(files) if file not in known]
        for file in new:
            item = QListWidgetItem(one_line(file.name))
            item.setData(Qt.ItemDataRole.UserRole, file)
            item.setToolTip(as_tooltip(str(file)))
            self.list.addItem(item)
        if new:
            self._refresh()
            self.changed.emit()

    def show_chosen(self, files: Sequence[Path]) -> None:
        """Show what was chosen once, and nothing else."""
        self.list.clear()
        self.add(files)

    def say(self, text: str) -> None:
        """Say what is wrong with them; an empty text: nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    @Slot()
    def _choose(self) -> None:
        kinds = self.tr("Conversations and instructions (*.json *.jsonl);;All files (*)")
        begin = str(self.files[-1].parent) if self.files else ""
        self.add(choose_files(self, self.tr("Choose data to learn from"), kinds, begin))

    @Slot()
    def _remove(self) -> None:
        chosen = self.list.selectedItems()
        for item in chosen:
            self.list.takeItem(self.list.row(item))
        if chosen:
            self._refresh()
            self.changed.emit()

    @Slot()
    def _refresh(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))
        self.hint.setVisible(not self.list.count())

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(6))
        line = self.fontMetrics().height() + px(14)
        self.list.setFixedHeight(_LINES * line + px(10))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.list.setAccessibleName(self.tr("Files to learn from"))
        self.add_button.setText(self.tr("Add files…"))
        self.remove_button.setText(self.tr("Take out"))
        self.hint.setText(
            self.tr(
                "JSON or JSONL: conversations, instructions with their outputs, or conversations "
                "that this app exported. Files can be dropped here."
            )
        )
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class _List(QListWidget):
    """A list of which Delete takes the chosen rows out.

    Signals:
        remove_pressed: the key was pressed.
    """

    remove_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hear of Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_pressed.emit()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """As small as there is room."""
        return QSize(60, 40)
