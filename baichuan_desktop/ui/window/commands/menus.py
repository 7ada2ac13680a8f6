"""Every command with its name and its keys: folded into one menu, and as a menu bar.

The bar is shown only where the system shows it outside of the window, as macOS does.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.jobs.copies import ModelFiles
from baichuan_desktop.services.settings import LARGEST_ZOOM, SMALLEST_ZOOM, Language, ThemeChoice
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs.entry import JobEntry
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.shortcuts.binding import bind
from baichuan_desktop.ui.shortcuts.table import Command, keys_text
from baichuan_desktop.ui.window.commands.job_entries import COPIES, MEASUREMENTS, TRAININGS


class Menus(QMenuBar):
    """Holds the actions; the window connects them.

    Signals:
        language_chosen: a `Language`.
        theme_chosen: a `ThemeChoice`.
        job_requested: a `JobEntry`.
    """

    language_chosen = Signal(str)
    theme_chosen = Signal(str)
    job_requested = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.folded = QMenu(window)  #: all commands, behind one button
        self._chat, self._file, self._edit = (QMenu(self) for _ in range(3))
        self.models = QMenu(self)  #: what is done with models; also of the folded menu
        self._view, self._zoom, self._help = (QMenu(self) for _ in range(3))
        self._zoom_percent = 100
        self._import_refusal: UserFacingError | None = None
        self._export_refusal: UserFacingError | None = None
        self._serve_refusal: UserFacingError | None = None
        self._files: ModelFiles | None = None  # of the model that is loaded
        self._make_actions()
        self._make_jobs()
        languages, self._language, self._languages = self._choices(("system", "en", "zh_CN"))
        languages.triggered.connect(self._on_language)
        themes, self._theme, self._themes = self._choices(("system", "light", "dark"))
        themes.triggered.connect(self._on_theme)
        self._fill()
        for menu in (self.folded, self._file):  # of the bar, only the second is opened
            menu.aboutToShow.connect(self._refresh_jobs)
        self.retranslate()

    def _make_actions(self) -> None:
        self.new_chat = self._action(Command.NEW_CHAT)
        self.temporary_chat = self._action(Command.TEMPORARY_CHAT)
        self.search = self._action(Command.SEARCH)
        self.rename = self._action(Command.RENAME)
        self.export = self._action(Command.EXPORT)
        self.print = self._action(Command.PRINT)
        self.import_chats = self._action(None)
        self.attach = self._action(Command.ATTACH)
        self.restore = self._action(None)
        self.open_folder = self._action(Command.OPEN_FOLDER)
        self.quit = self._action(Command.QUIT)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.stop = self._action(None)  # Esc closes what lies over the page first
        self.stop.setEnabled(False)
        self.exact_prompt = self._action(Command.EXACT_PROMPT)
        self.leave_out = self._action(None)
        self.as_chat = self._action(None)
        self.as_chat.setCheckable(True)
        self.as_chat.setEnabled(False)
        self.copy = self._action(Command.COPY)
        self.select_all = self._action(Command.SELECT_ALL)
        self.settings = self._action(Command.SETTINGS)
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.panel = self._action(Command.PANEL)
        self.jobs_page = self._action(Command.JOBS)
        self.models_page = self._action(Command.MODELS)
        self.sidebar = self._action(Command.SIDEBAR)
        for shown in (self.panel, self.jobs_page, self.models_page, self.sidebar):
            shown.setCheckable(True)
        self.zoom_in = self._action(Command.ZOOM_IN)
        self.zoom_out = self._action(Command.ZOOM_OUT)
        self.zoom_reset = self._action(Command.ZOOM_RESET)
        self.shortcuts = self._action(Command.SHORTCUTS)
        self.find_models = self._action(None)
        self.import_model = self._action(None)
        self.get_model = self._action(None)
        self.add_adapter = self._action(None)
        self.verify = self._action(None)
        self.licence = self._action(None)
        self.serve = self._action(None)
        for of_a_model in (self.verify, self.licence):
            of_a_model.setEnabled(False)
        self.first_steps = self._action(None)
        self.about = self._action(None)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def _make_jobs(self) -> None:
        self.jobs: list[tuple[JobEntry, QAction]] = []
        group = QActionGroup(self)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)
        group.triggered.connect(self._on_job)
        for entry in (*COPIES, *TRAININGS, *MEASUREMENTS):
            action = self._action(None)
            action.setEnabled(False)
            action.setData(entry)
            group.addAction(action)
            self.jobs.append((entry, action))

    def _choices(self, names: Sequence[str]) -> tuple[QActionGroup, QMenu, dict[str, QAction]]:
        """A menu of which one entry is ticked: who tells of a choice, the menu, its entries."""
        menu, group = QMenu(self), QActionGroup(self)
        actions = {}
        for name in names:
            action = self._action(None)
            action.setCheckable(True)
            action.setData(name)
            group.addAction(action)
            menu.addAction(action)
            actions[name] = action
        return group, menu, actions

    def _action(self, command: Command | None) -> QAction:
        """An action of the window: its keys work while the menu is closed."""
        action = QAction(self)
        self._window.addAction(action)
        return bind(action, command) if command is not None else action

    def _fill(self) -> None:
        others = self.jobs[len(COPIES) :]
        copies, measurements = self.jobs[: len(COPIES)], others[len(TRAININGS) :]
        self._file.addActions([self.open_folder, self.as_chat])
        self._file.addSeparator()
        self._file.setToolTipsVisible(True)
        for jobs in (copies, others[: len(TRAININGS)], measurements):
            self._file.addActions([action for _, action in jobs])
            self._file.addSeparator()
        self._file.addAction(self.quit)
        self.models.setToolTipsVisible(True)
        self.models.addActions([self.models_page, self.find_models])
        self.models.addActions([self.import_model, self.get_model, self.add_adapter])
        self.models.addSeparator()
        self.models.addActions([self.verify, self.licence])
        self.models.addSeparator()
        self.models.addAction(self.serve)
        self._edit.addActions([self.stop, self.copy, self.select_all])
        self._zoom.addActions([self.zoom_in, self.zoom_out, self.zoom_reset])
        view = [self.sidebar, self.panel, self.models_page, self.jobs_page]
        looks = (self._theme, self._zoom, self._language)
        folded = self.folded
        chats = [self.new_chat, self.temporary_chat, self.search, self.rename]
        chats += [self.attach, self.exact_prompt, self.leave_out]
        kept = [self.export, self.print, self.import_chats, self.restore]
        for menu in (folded, self._chat):
            menu.setToolTipsVisible(True)
            menu.addActions(chats)
            menu.addSeparator()
            menu.addActions(kept)
        folded.addSeparator()
        folded.addMenu(self._file)
        folded.addMenu(self.models)
        folded.addMenu(self._edit)
        folded.addSeparator()
        folded.addActions(view)
        folded.addSeparator()
        for menu in looks:
            folded.addMenu(menu)
        folded.addAction(self.settings)
        folded.addSeparator()
        folded.addActions([self.shortcuts, self.first_steps, self.about])
        self._view.addActions(view)
        self._view.addSeparator()
        for menu in looks:
            self._view.addMenu(menu)
        self._view.addAction(self.settings)
        self._help.addActions([self.shortcuts, self.first_steps, self.about])
        for menu in (self._chat, self._file, self.models, self._edit, self._view, self._help):
            self.addMenu(menu)

    # --- what is offered ---------------------------------------------------------------------

    @Slot(str)
    def show_language(self, language: Language) -> None:
        """Tick the language that was chosen."""
        self._languages[language].setChecked(True)

    @Slot(str)
    def show_theme(self, theme: ThemeChoice) -> None:
        """Tick the theme that was chosen."""
        self._themes[theme].setChecked(True)

    @Slot(float)
    def show_zoom(self, zoom: float) -> None:
        """Name the zoom, and offer what can still be chosen."""
        self._zoom_percent = round(100 * zoom)
        self.zoom_in.setEnabled(zoom < LARGEST_ZOOM)
        self.zoom_out.setEnabled(zoom > SMALLEST_ZOOM)
        self.retranslate()

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
        self.verify.setEnabled(True)

    @Slot()
    def show_no_model(self) -> None:
        """Offer nothing that needs a model."""
        self.licence.setEnabled(False)
        self.verify.setEnabled(False)

    def show_export(self, refusal: UserFacingError | None) -> None:
        """Offer to write conversations to files; a refusal says why that is turned off."""
        self._export_refusal = refusal
        for action in (self.export, self.print):
            action.setEnabled(refusal is None)
        self._explain()

    def show_import(self, refusal: UserFacingError | None) -> None:
        """Offer to bring models here; a refusal says why that is turned off."""
        self._import_refusal = refusal
        for action in self._of_import():
            action.setEnabled(refusal is None)
        self._explain()

    def show_serve(self, refusal: UserFacingError | None) -> None:
        """Offer to serve other programs; a refusal says why that is turned off."""
        self._serve_refusal = refusal
        self.serve.setEnabled(refusal is None)
        self._explain()

    def _of_import(self) -> Sequence[QAction]:
        """What brings models and adapters here."""
        return (self.find_models, self.import_model, self.open_folder, self.add_adapter)

    def _explain(self) -> None:
        """Say of what is turned off why it is."""
        for refusal, actions in (
            (self._import_refusal, self._of_import()),
            (self._export_refusal, (self.export, self.print)),
            (self._serve_refusal, (self.serve,)),
        ):
            why = "" if refusal is None else error_texts.message(refusal)
            for action in actions:
                action.setToolTip(as_tooltip(why))
                action.setStatusTip(why)

    def show_jobs(self, files: ModelFiles | None) -> None:
        """Offer the jobs that a model with these files has; None is no model."""
        self._files = files
        self._refresh_jobs()

    @Slot()
    def _refresh_jobs(self) -> None:
        """The same once more: what is allowed and installed may be another now."""
        files = self._files
        for entry, action in self.jobs:
            error = entry.refusal(files)
            action.setEnabled(files is not None and entry.is_for(files) and error is None)
            why = "" if error is None else f"{error_texts.message(error)} {error_texts.hint(error)}"
            action.setToolTip(as_tooltip(why.rstrip()))
            action.setStatusTip(why.rstrip())

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self._chat.setTitle(self.tr("&Chat"))
        self._file.setTitle(self.tr("&File"))
        self.models.setTitle(self.tr("Mo&dels"))
        self._edit.setTitle(self.tr("&Edit"))
        self._view.setTitle(self.tr("&View"))
        self._help.setTitle(self.tr("&Help"))
        self._language.setTitle(self.tr("&Language"))
        self._theme.setTitle(self.tr("T&heme"))
        zoom = self.tr("&Zoom ({percent} %)")
        self._zoom.setTitle(zoom.format(percent=self._zoom_percent))
        self.temporary_chat.setText(self.tr("New &temporary chat"))
        self.search.setText(self.tr("Sea&rch conversations"))
        self.rename.setText(self.tr("Rename the &conversation"))
        self.export.setText(self.tr("E&xport…"))
        self.print.setText(self.tr("&Print…"))
        self.import_chats.setText(self.tr("&Import conversations…"))
        self.attach.setText(self.tr("Attach doc&uments…"))
        self.restore.setText(self.tr("Restore from a &backup…"))
        self.open_folder.setText(self.tr("&Open a model folder…"))
        self.new_chat.setText(self.tr("&New chat"))
        for entry, action in self.jobs:
            action.setText(entry.text())
        self._refresh_jobs()
        self.quit.setText(self.tr("&Quit"))
        self.stop.setText(self.tr("&Stop the answer") + "\t" + keys_text(Command.STOP))
        self.exact_prompt.setText(self.tr("Sho&w the exact prompt…"))
        self.leave_out.setText(self.tr("Leave &messages out…"))
        self.as_chat.setText(self.tr("&Use as chat model"))
        self.copy.setText(self.tr("&Copy"))
        self.select_all.setText(self.tr("Select &all"))
        self.panel.setText(self.tr("&Settings panel"))
        self.settings.setText(self.tr("Settin&gs…"))
        self.jobs_page.setText(self.tr("&Jobs"))
        self.models_page.setText(self.tr("All m&odels"))
        self.sidebar.setText(self.tr("Con&versations at the left"))
        self.zoom_in.setText(self.tr("&Larger"))
        self.zoom_out.setText(self.tr("&Smaller"))
        self.zoom_reset.setText(self.tr("&Usual size"))
        self.shortcuts.setText(self.tr("&Keyboard shortcuts"))
        self._languages["system"].setText(self.tr("&System"))
        self._languages["en"].setText("English")
        self._languages["zh_CN"].setText("中文")
        self._themes["system"].setText(self.tr("As the &system"))
        self._themes["light"].setText(self.tr("&Light"))
        self._themes["dark"].setText(self.tr("&Dark"))
        self.find_models.setText(self.tr("&Find models on this computer…"))
        self.import_model.setText(self.tr("&Import a model folder…"))
        self.get_model.setText(self.tr("&How to get a model…"))
        self.add_adapter.setText(self.tr("&Add an adapter…"))
        self.verify.setText(self.tr("&Verify this model"))
        self.licence.setText(self.tr("Model &licence"))
        self.serve.setText(self.tr("&Serve other programs…"))
        self.first_steps.setText(self.tr("First steps…"))
        self.about.setText(self.tr("&About Baichuan Desktop"))
        self._explain()

    @Slot(QAction)
    def _on_job(self, action: QAction) -> None:
        self.job_requested.emit(action.data())

    @Slot(QAction)
    def _on_language(self, action: QAction) -> None:
        self.language_chosen.emit(action.data())

    @Slot(QAction)
    def _on_theme(self, action: QAction) -> None:
        self.theme_chosen.emit(action.data())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
