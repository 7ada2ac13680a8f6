"""The window: it puts the parts together, and joins them with the services."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from backends.events import ModelReady
from backends.machine.hardware import usable_cores
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.model_use import ModelUse
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.precision_control import PrecisionControl
from baichuan_desktop.ui.window.dialogs import Dialogs
from baichuan_desktop.ui.window.edit_commands import EditCommands
from baichuan_desktop.ui.window.menus import Menus
from baichuan_desktop.ui.window.status_line import StatusLine
from baichuan_desktop.ui.window.top_bar import TopBar
from baichuan_desktop.ui.window.view_settings import ViewSettings
from baichuan_desktop.ui.window.window_jobs import WindowJobs


class MainWindow(QMainWindow):
    """The main window; whoever makes it shuts the worker down by closing it.

    Controllers decide, and tell what they decided; the window joins them with what shows it.
    """

    def __init__(self, services: AppServices, theme: Theme, translations: Translations) -> None:
        super().__init__()
        store, settings, worker = services.store, services.settings, services.worker
        precisions = services.precisions
        self._worker = worker
        self.switcher = ModelSwitcher(worker, precisions, settings, self)
        self.library = ModelLibrary(store, self.switcher, settings, self)
        self.controller = ChatController(worker, self.switcher, self)
        self.model_use = ModelUse(self.controller, self.switcher, settings, self)
        self.errors = ErrorPresenter(self.switcher, precisions, theme, self)
        self.precision = PrecisionControl(self.switcher, precisions, theme, self)
        self.jobs = JobController(services, self.switcher, theme, self)
        self.view = ViewSettings(settings, translations, self)
        self.menus = Menus(self)
        self.top_bar = TopBar(theme, self)
        self.panel = SettingsPanel(usable_cores(), self)
        self.page = ChatPage(theme, self.controller, self.model_use, self.panel, self)
        self.status = StatusLine(theme, self)
        self.pages = QStackedWidget()
        self.edit_commands = EditCommands(self.page.transcript, self)
        self.dialogs = Dialogs(store, self.switcher, self)
        self._lay_out()
        self._connect_commands()
        self._connect_models()
        self._connect_chat()
        self.window_jobs = WindowJobs(
            self.jobs,
            store,
            self.switcher,
            self.pages,
            self.menus,
            self.status,
            self.top_bar,
            self,
        )
        self.status.engine_notice.watch(worker)
        self.top_bar.picker.set_models(store.models)
        self.menus.show_language(self.view.language)
        self.view.restore_panel()
        self._show_title()

    def _lay_out(self) -> None:
        self.setMenuBar(self.menus)
        self.setStatusBar(self.status)
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.page, 1)
        row.addWidget(self.panel)
        chat = QWidget()
        chat.setLayout(row)
        self.pages.addWidget(chat)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(central)
        self.setMinimumSize(640, 480)
        self.resize(self.view.size_for(self.screen().availableSize()))
        self.page.transcript.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.page.transcript.addActions([self.menus.copy, self.menus.select_all])
        QWidget.setTabOrder(self.top_bar.picker, self.top_bar.new_chat)
        QWidget.setTabOrder(self.top_bar.new_chat, self.top_bar.panel)
        QWidget.setTabOrder(self.top_bar.panel, self.page.transcript)
        QWidget.setTabOrder(self.page.transcript, self.page.composer.input)
        QWidget.setTabOrder(self.page.composer.input, self.page.composer.button)
        self.page.composer.setFocus()

    def _connect_commands(self) -> None:
        """Join what a person asks for with who does it."""
        menus, bar = self.menus, self.top_bar
        menus.new_chat.triggered.connect(self.controller.new_chat)
        bar.new_chat.clicked.connect(self.controller.new_chat)
        menus.stop.triggered.connect(self.controller.stop)
        menus.quit.triggered.connect(self.close)
        menus.copy.triggered.connect(self.edit_commands.copy)
        menus.select_all.triggered.connect(self.edit_commands.select_all)
        menus.as_chat.triggered.connect(self.model_use.use_as_chat)
        self.page.welcome.as_chat_requested.connect(menus.as_chat.trigger)
        menus.panel.triggered.connect(self.view.show_panel)
        bar.panel.clicked.connect(self.view.show_panel)
        for shows_panel in (self.panel.setVisible, menus.panel.setChecked, bar.panel.setChecked):
            self.view.panel_shown.connect(shows_panel)
        menus.language_chosen.connect(self.view.use_language)
        menus.open_folder.triggered.connect(self.dialogs.ask_for_folder)
        bar.picker.open_requested.connect(self.dialogs.ask_for_folder)
        self.dialogs.folder_chosen.connect(self.library.open_folder)
        menus.licence.triggered.connect(self.dialogs.show_licence)
        menus.about.triggered.connect(self.dialogs.show_about)

    def _connect_models(self) -> None:
        """Join which model is loaded, and how, with what shows it."""
        switcher, library, picker = self.switcher, self.library, self.top_bar.picker
        picker.chosen.connect(switcher.load)
        picker.chosen.connect(self.page.composer.setFocus)
        library.opened.connect(self.page.composer.setFocus)
        library.listed.connect(picker.set_models)
        library.unkept.connect(self.status.show_unkept)
        switcher.began.connect(picker.show_loading)
        switcher.began.connect(self.status.show_loading)
        switcher.began.connect(self._hide_threads)
        switcher.progressed.connect(self.status.show_load_progress)
        switcher.ready.connect(picker.show_loaded)
        switcher.ready.connect(self._show_threads)
        switcher.ready.connect(self.menus.show_loaded)
        switcher.ready.connect(self._show_title)
        switcher.ready.connect(self._on_ready)
        switcher.lost.connect(picker.show_no_model)
        switcher.lost.connect(self.status.show_no_model)
        switcher.lost.connect(self.menus.show_no_model)
        switcher.stepped_aside.connect(self.status.show_set_aside)
        switcher.stepped_aside.connect(self._hide_threads)
        self.panel.threads_chosen.connect(switcher.use_threads)
        self.status.precision_button.clicked.connect(self._open_precisions)
        picker.precision_requested.connect(self._open_precisions)
        switcher.failed.connect(self.errors.show_of_load)
        library.failed.connect(self.errors.show)
        library.problems_found.connect(self.errors.show_all)
        self.jobs.failed.connect(self.errors.show)
        self.errors.load_requested.connect(switcher.load_wanted)
        self.jobs.load_requested.connect(switcher.load_wanted)
        self.errors.closed.connect(self.page.composer.setFocus)

    def _connect_chat(self) -> None:
        """Join what becomes of a conversation with what shows it beside the page."""
        chat = self.controller
        self.model_use.talk_began.connect(self.panel.set_model)
        self.model_use.talk_began.connect(self.status.clear_context)
        self.model_use.as_chat_changed.connect(self.menus.show_as_chat)
        chat.state_changed.connect(self.menus.show_chat_state)
        chat.state_changed.connect(self.status.show_chat_state)
        chat.progressed.connect(self.status.show_progress)
        chat.answering.connect(self.status.show_answering)
        chat.finished.connect(self.switcher.answered)
        chat.finished.connect(self.status.show_finished)
        chat.reloaded.connect(self.switcher.reloaded)
        chat.reloaded.connect(self.status.show_model)
        chat.cleared.connect(self.status.clear_context)
        chat.failed.connect(self.errors.show_of_answer)
        self.page.composer.long_lines_broken.connect(self.status.show_broken_lines)

    # --- view -------------------------------------------------------------------------------------

    @Slot()
    def _show_title(self) -> None:
        self.setWindowTitle(model_texts.window_title(self.switcher.current))

    @Slot(object, object)
    def _on_ready(self, model: InstalledModel, ready: ModelReady) -> None:
        self.status.show_loaded(model, ready)
        self.library.remember(model)  # after it: the remark of settings that are not kept stays

    @Slot()
    def _show_threads(self) -> None:
        self.panel.show_threads(self.switcher.wish.threads, can_change=True)

    @Slot()
    def _hide_threads(self) -> None:
        self.panel.show_threads(None, can_change=False)

    @Slot()
    def _open_precisions(self) -> None:
        self.precision.open(self.status.precision_place)

    # --- Qt's own ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show_title()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the engines and remember the window; a job that runs is asked about first."""
        event.setAccepted(self.window_jobs.may_close())
        if event.isAccepted():
            self.view.keep_size(self)
            self.shut_down()

    def shut_down(self) -> None:
        """End every engine, at once."""
        self.jobs.shut_down()
        self._worker.shut_down()
