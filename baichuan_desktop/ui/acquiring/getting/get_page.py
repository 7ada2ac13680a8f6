"""All about getting one released model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from baichuan_desktop.services.getting.values import Getting, Way
from baichuan_desktop.ui.acquiring.getting import get_texts
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme


class GetPage(QWidget):
    """Shows what a model takes, its licence, the commands that fetch it, and its files."""

    def __init__(self, getting: Getting, theme: Theme) -> None:
        super().__init__()
        self._getting = getting
        self.setObjectName("settingsBody")
        self._titles = [plain_label(wraps=True) for _ in range(4)]
        for title in self._titles:
            title.setObjectName("sectionTitle")
        self.heading, self.facts, self.runs = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.facts.setObjectName("muted")
        self.memory, self.licence, self.files, self.nowhere = (
            _readable(plain_label(wraps=True)) for _ in range(4)
        )
        self.boxes = [CommandBox(way, theme) for way in getting.ways]
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 14, 8)
        column.setSpacing(6)
        for widget in (self.heading, self.facts, self.runs):
            column.addWidget(widget)
        sections: Sequence[Sequence[QWidget]] = (
            (self.memory,),
            (*self.boxes, self.nowhere),
            (self.files,),
            (self.licence,),
        )
        for title, widgets in zip(self._titles, sections, strict=True):
            column.addSpacing(8)
            column.addWidget(title)
            for part in widgets:
                column.addWidget(part)
        column.addStretch(1)
        self.nowhere.setVisible(not getting.ways)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        getting = self._getting
        titles = (
            self.tr("Memory that it takes on this machine"),
            self.tr("On another computer, one with a network"),
            self.tr("What must be in the folder then"),
            self.tr("Licence"),
        )
        for label, title in zip(self._titles, titles, strict=True):
            label.setText(title)
        self.heading.setText(get_texts.name(getting))
        self.facts.setText(get_texts.facts(getting))
        self.runs.setText(self._why())
        self.memory.setText("\n".join(map(get_texts.precision, getting.memory)))
        self.nowhere.setText(self.tr("No place is known at which these weights were published."))
        self.files.setText("\n".join(map(get_texts.expected, getting.files)))
        self.licence.setText(get_texts.licence(getting))

    def _why(self) -> str:
        """Why it runs here, or why it does not."""
        memory = self._getting.memory
        chosen = next((one for one in memory if one.is_chosen), None)
        if chosen is not None:
            text = self.tr("It runs here: {why}")
            return text.format(why=error_texts.sentence(chosen.sentence))
        if not memory:
            return get_texts.runs_here(self._getting)
        text = self.tr("It does not fit this machine now: {why}")
        return text.format(why=error_texts.sentence(memory[-1].sentence))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class CommandBox(QFrame):
    """The lines of one way to download, with a button that copies them."""

    def __init__(self, way: Way, theme: Theme) -> None:
        super().__init__()
        self._way, self._theme = way, theme
        self.setObjectName("jobRow")
        self.title = plain_label(get_texts.way(way), wraps=True)
        self.title.setObjectName("jobTitle")
        self.lines = _readable(plain_label("\n".join(way.lines), wraps=True))
        self.copy_button = QPushButton()
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 10, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.lines)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @Slot()
    def _fit(self) -> None:
        self.lines.setFont(self._theme.code_font())

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self._way.lines))
        self.copy_button.setText(self.tr("Copied"))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.copy_button.setText(self.tr("Copy"))
        self.copy_button.setAccessibleName(
            self.tr("Copy the commands: {way}").format(way=self.title.text())
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _readable(label: QLabel) -> QLabel:
    """A label whose text can be selected."""
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
