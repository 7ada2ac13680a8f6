"""The menu bar: every command with its name and its keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from baichuan_desktop.services.jobs.copies import ModelFiles
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.jobs.entry import JobEntry
from baichuan_desktop.ui.window.job_entries import COPIES, MEASUREMENTS


class Menus(QMenuBar):
    """Holds the actions; the window connects them.

    Signals:
        language_chosen: a `Language`.
        job_requested: a `JobEntry`.
    """

    language_chosen = Signal(str)
    job_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file, self._edit, self._view, self._help = (QMenu(self) for _ in range(4))
        for menu in (self._file, self._edit, self._view, self._help):
            self.addMenu(menu)
        self._language = QMenu(self._view)
        self.open_folder = self._action(self._file, "Ctrl+O")
        self.new_chat = self._action(self._file, "Ctrl+N")
        self._file.addSeparator()
        self.jobs: list[tuple[JobEntry, QAction]] = []
        jobs = QActionGroup(self)
        jobs.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)
        jobs.triggered.connect(self._on_job)
        for entries in (COPIES, MEASUREMENTS):
            for entry in entries:
                action = self._action(self._file, "")
                action.setEnabled(False)
                action.setData(entry)
                jobs.addAction(action)
                self.jobs.append((entry, action))
            self._file.addSeparator()
        self.quit = self._action(self._file, "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.stop = self._action(self._edit, "Esc")
        self.stop.setEnabled(False)
        self.as_chat = self._action(self._edit, "")
        self.as_chat.setCheckable(True)
        self.as_chat.setEnabled(False)
        self._edit.addSeparator()
        self.copy = self._action(self._edit, "Ctrl+C")
        self.select_all = self._action(self._edit, "Ctrl+A")
        self.panel = self._action(self._view, "F9")
        self.panel.setCheckable(True)
        self.jobs_page = self._action(self._view, "Ctrl+J")
        self.jobs_page.setCheckable(True)
        self._view.addMenu(self._language)
        self._languages: dict[Language, QAction] = {}
        group = QActionGroup(self)
        group.triggered.connect(self._on_language)
        for language in ("system", "en", "zh_CN"):
            action = self._action(self._language, "")
            action.setCheckable(True)
            action.setData(language)
            group.addAction(action)
            self._languages[language] = action
        self.licence = self._action(self._help, "")
        self.licence.setEnabled(False)
        self._help.addSeparator()
        self.about = self._action(self._help, "")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.retranslate()

    def _action(self, menu: QMenu, keys: str) -> QAction:
        action = QAction(self)
        if keys:
            action.setShortcut(QKeySequence(keys))
        menu.addAction(action)
        return action

    def show_language(self, language: Language) -> None:
        """Tick the language that was chosen."""
        self._languages[language].setChecked(True)

    @Slot(bool, bool)
    def show_as_chat(self, can_change: bool, as_chat: bool) -> None:
        """Offer to chat with a base model, ticked if that is so."""
        self.as_chat.setEnabled(can_change)
        self.as_chat.setChecked(as_chat)

    @Slot(object)
    def show_chat_state(self, state: ChatState) -> None:
        """Offer to stop an answer that is on its way."""
        self.stop.setEnabled(state is ChatState.ANSWERING)

    @Slot()
    def show_loaded(self) -> None:
        """Offer what can be done with a model that is loaded."""
        self.licence.setEnabled(True)

    @Slot()
    def show_no_model(self) -> None:
        """Offer nothing that needs a model."""
        self.licence.setEnabled(False)

    def show_jobs(self, files: ModelFiles | None) -> None:
        """Offer the jobs that a model with these files has; None is no model."""
        for entry, action in self.jobs:
            action.setEnabled(files is not None and entry.is_for(files))

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self._file.setTitle(self.tr("&File"))
        self._edit.setTitle(self.tr("&Edit"))
        self._view.setTitle(self.tr("&View"))
        self._help.setTitle(self.tr("&Help"))
        self._language.setTitle(self.tr("&Language"))
        self.open_folder.setText(self.tr("&Open a model folder…"))
        self.new_chat.setText(self.tr("&New chat"))
        for entry, action in self.jobs:
            action.setText(entry.text())
        self.quit.setText(self.tr("&Quit"))
        self.stop.setText(self.tr("&Stop the answer"))
        self.as_chat.setText(self.tr("&Use as chat model"))
        self.copy.setText(self.tr("&Copy"))
        self.select_all.setText(self.tr("Select &all"))
        self.panel.setText(self.tr("&Settings panel"))
        self.jobs_page.setText(self.tr("&Jobs"))
        self._languages["system"].setText(self.tr("&System"))
        self._languages["en"].setText("English")
        self._languages["zh_CN"].setText("中文")
        self.licence.setText(self.tr("Model &licence"))
        self.about.setText(self.tr("&About Baichuan Desktop"))

    @Slot(QAction)
    def _on_job(self, action: QAction) -> None:
        self.job_requested.emit(action.data())

    @Slot(QAction)
    def _on_language(self, action: QAction) -> None:
        self.language_chosen.emit(action.data())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
