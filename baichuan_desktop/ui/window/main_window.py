"""The window: it puts the parts together, and joins them with the services."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QSize, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from backends.events import ModelReady
from backends.machine.hardware import usable_cores
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.model_use import ModelUse
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.comparing.comparing import Comparing
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.side_place import SidePlace
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.load_progress import LoadNotice
from baichuan_desktop.ui.models.model_library import ModelLibrary
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.precision_control import PrecisionControl
from baichuan_desktop.ui.sidebar.sidebar import Sidebar
from baichuan_desktop.ui.sidebar.window_conversations import WindowConversations
from baichuan_desktop.ui.turns.row_actions import RowActions
from baichuan_desktop.ui.window.adapters.window_adapters import AdapterParts, WindowAdapters
from baichuan_desktop.ui.window.bars.card_notice import CardNotice
from baichuan_desktop.ui.window.bars.input_notice import InputNotice
from baichuan_desktop.ui.window.bars.remarks import Remarks
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.closing import Closing
from baichuan_desktop.ui.window.commands.edit_commands import EditCommands
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.commands.view_commands import Sides, ViewCommands
from baichuan_desktop.ui.window.commands.window_keys import WindowKeys
from baichuan_desktop.ui.window.conversation.around_chat import AroundChat, ChatParts
from baichuan_desktop.ui.window.dialogs import Dialogs
from baichuan_desktop.ui.window.view_settings import ViewSettings
from baichuan_desktop.ui.window.window_jobs import WindowJobs
from baichuan_desktop.ui.window.window_library import LibraryParts, WindowLibrary
from baichuan_desktop.ui.window.window_models import ModelParts, WindowModels
from baichuan_desktop.ui.window.window_pages import WindowPages
from baichuan_desktop.ui.window.window_serving import ServingParts, WindowServing
from baichuan_desktop.ui.window.window_training import WindowTraining

_SIDEBAR_WIDTH, _PANEL_WIDTH = 264, 312  # pixels of the design
_LEAST_SIZE = QSize(480, 300)  # pixels; 960x600 of a screen that shows everything twice as large


class MainWindow(QMainWindow):
    """The main window; whoever makes it shuts the worker down by closing it.

    Controllers decide, and tell what they decided; the window joins them with what shows it.
    """

    def __init__(self, services: AppServices, theme: Theme, translations: Translations) -> None:
        super().__init__()
        store, settings, worker = services.store, services.settings, services.worker
        precisions = services.precisions
        self._worker = worker
        self._store = store
        self._conversations = services.conversations
        self.switcher = ModelSwitcher(worker, precisions, settings, self)
        self.library = ModelLibrary(store, self.switcher, settings, self)
        self.load_notice = LoadNotice(self.switcher, self)
        self.controller = ChatController(services.conversations, worker, self.switcher, self)
        self.model_use = ModelUse(self.controller, self.switcher, settings, self)
        self.precision = PrecisionControl(self.switcher, precisions, theme, self)
        self.jobs = JobController(services, self.switcher, theme, self)
        self.view = ViewSettings(settings, translations, theme, self)
        self.menus = Menus(self)
        self.top_bar = TopBar(theme, self)
        self.panel = SettingsPanel(theme, usable_cores(), self)
        self.turns = self._row_actions(precisions)
        self.page = ChatPage(
            theme, self.controller, self.model_use, self.panel, self.turns, parent=self
        )
        self.comparing = Comparing(
            services, self.controller, self.switcher, self.turns, self.page, theme, self
        )
        self.remarks = Remarks(theme)
        self.status = WindowStatus(
            self.top_bar,
            self.remarks,
            self.load_notice,
            precisions,
            self,
        )
        self.sidebar = Sidebar(services.conversations, theme)
        self.conversations = WindowConversations(
            self.sidebar, self.controller, lambda: settings.current.keep_days, self
        )
        self.pages = WindowPages(self)
        self._chat = SidePlace(theme, self.page, self.panel, _PANEL_WIDTH)
        self._column = QWidget()
        self._shell = SidePlace(theme, self._column, self.sidebar, -_SIDEBAR_WIDTH)
        self.edit_commands = EditCommands(self.page.transcript, self)
        self.dialogs = Dialogs(store, self.switcher, self)
        self.keys = WindowKeys(
            self.page, self.top_bar, self.menus, self.controller, self.pages.leave, self
        )
        self.input_notice = InputNotice(theme, settings)
        self.card_notice = CardNotice(theme, settings, precisions)
        parts = ModelParts(
            self.switcher,
            self.library,
            self.top_bar.picker,
            self.jobs,
            self.dialogs,
            self.menus,
            self.status,
            self.pages,
        )
        self.models = WindowModels(parts, services, theme, self)
        self.errors = self.models.errors
        adapter_parts = AdapterParts(
            self.switcher,
            self.library,
            self.controller,
            self.top_bar.picker,
            self.menus,
            self.status,
            self.errors,
            self.models.dropping,
            self.models.acquiring,
        )
        self.adapters = WindowAdapters(adapter_parts, store, self)
        chat_parts = ChatParts(
            self.page,
            self.controller,
            self.switcher,
            self.panel,
            self.sidebar,
            self.status,
            self.menus,
            self.errors,
            self.view,
            self.conversations,
            self.models.dropping,
            self.pages,
        )
        self.around_chat = AroundChat(chat_parts, services, theme, self)
        self.training = WindowTraining(parts, self.models, services, self.page.rendering, self)
        self.around_chat.settings.relocation_requested.connect(self.models.relocate)
        self._lay_out()
        self._connect_commands()
        self._connect_sidebar()
        self._connect_models()
        self._connect_chat()
        self.around_chat.watch_store()
        self.window_jobs = WindowJobs(
            self.jobs,
            store,
            self.switcher,
            self.pages,
            self.menus,
            self.status,
            self.remarks,
            self.top_bar,
            self,
        )
        self.precision.left_out.connect(self.errors.show_of_load)
        self.errors.export_requested.connect(self.window_jobs.export_with_adapter)
        library_parts = LibraryParts(
            self.library,
            self.switcher,
            self.jobs,
            self.dialogs,
            self.pages,
            self.menus,
            self.top_bar,
        )
        self.window_library = WindowLibrary(library_parts, services, theme, self)
        self.window_library.failed.connect(self.errors.show)
        serving_parts = ServingParts(
            self.switcher, self.model_use, self.menus, self.top_bar, self.remarks, self.status
        )
        self.serving = WindowServing(serving_parts, services, theme, self)
        self.pages.shown.connect(self.models.lists.look)
        self.models.listen_to(self.window_library.page)
        self.window_library.page.adapter_requested.connect(self.adapters.adding.choose_folder)
        self.keys.find_elsewhere = self.window_library.find
        self.keys.escape.first(self.window_library.page.close_details)
        self.conversations.left.connect(self.pages.show_chat)
        self.closing = Closing(self.jobs, services.conversations, self)
        self.remarks.engine_notice.watch(worker)
        self.top_bar.picker.set_models(store.models)
        self.view.restore()
        self._show_title()
        before = self.view.open_conversation
        self.controller.open_changed.connect(self.view.keep_open)
        self.controller.restore(before)

    def _row_actions(self, precisions: Precisions) -> RowActions:
        """What is done at a row of the conversation, with the panel's sampling."""
        controller = self.controller
        actions = RowActions(controller.turns, controller.tree, self.switcher, precisions, self)
        actions.sampling = self.panel.params
        actions.models = self._models_that_could_answer
        actions.adapters_of = self._store.adapters_of
        controller.source.shown_name = self._shown_name
        return actions

    def _models_that_could_answer(self) -> list[InstalledModel]:
        kind = self.controller.desk.by.kind
        return [one for one in self._store.models if self.model_use.kind_with(one) is kind]

    def _shown_name(self, kept: str) -> str:
        """A model's name in the language of the window; as it was kept where the model is gone."""
        names = {one.shown_name.en: model_texts.name(one) for one in self._store.models}
        return names.get(kept, kept)

    def _lay_out(self) -> None:
        if self.menus.isNativeMenuBar():  # it is shown outside of the window
            self.setMenuBar(self.menus)
        else:
            self.menus.hide()
        self.top_bar.menu.setMenu(self.menus.folded)
        # From the outside in: whatever gets another parent tells all that is in it of its style.
        self.setCentralWidget(self._shell)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        for bar in (self.remarks, self.input_notice, self.card_notice, *self.models.bars):
            column.addWidget(bar)
        column.addWidget(self.pages.stack, 1)
        self.pages.add_chat(self._chat, self.page.composer)
        self.setMinimumSize(_LEAST_SIZE)
        self.resize(self.view.size_for(self.screen().availableSize()))
        bar, page = self.top_bar, self.page
        order = (
            self.sidebar.settings,
            bar.sidebar,
            bar.picker,
            bar.precision,
            bar.job_button,
            bar.serving,
            bar.search,
            bar.panel,
            bar.menu,
        )
        writing = (page.transcript, page.composer.before_input, page.composer.input)
        for before, after in pairwise((*order, *self.models.tab_order, *writing)):
            QWidget.setTabOrder(before, after)
        page.composer.order_tabs()
        self.page.composer.setFocus()

    def _connect_commands(self) -> None:
        """Join what a person asks for with who does it."""
        menus, bar = self.menus, self.top_bar
        menus.new_chat.triggered.connect(self.controller.new_chat)
        for of_the_chat in (menus.new_chat.triggered, menus.panel.triggered, bar.panel.clicked):
            of_the_chat.connect(self.pages.show_chat)
        menus.stop.triggered.connect(self.controller.stop)
        menus.quit.triggered.connect(self.close)
        menus.copy.triggered.connect(self.edit_commands.copy)
        menus.select_all.triggered.connect(self.edit_commands.select_all)
        menus.as_chat.triggered.connect(self.model_use.use_as_chat)
        self.page.welcome.as_chat_requested.connect(menus.as_chat.trigger)
        bar.search.clicked.connect(self.page.find_bar.open)
        menus.about.triggered.connect(self.dialogs.show_about)
        sides = Sides(self._chat, self._shell)
        self.view_commands = ViewCommands(menus, bar, self.view, sides, self)
        for close in (
            self._chat.give_page_back,
            self._shell.give_page_back,
            self.sidebar.close_search,
        ):
            self.keys.escape.first(close)

    def _connect_sidebar(self) -> None:
        """Join the list of conversations with its commands and with its place."""
        menus, conversations = self.menus, self.conversations
        menus.temporary_chat.triggered.connect(conversations.begin_temporary)
        menus.search.triggered.connect(conversations.search)
        menus.rename.triggered.connect(conversations.rename)
        self.sidebar.controller.unfold(self.view.unfolded)
        self.sidebar.controller.unfolded.connect(self.view.keep_unfolded)
        self.sidebar.collapse_requested.connect(menus.sidebar.trigger)
        self.sidebar.settings_requested.connect(menus.settings.trigger)
        conversations.sidebar_wanted.connect(self.view_commands.show_sidebar)
        conversations.left.connect(self._shell.show_page)
        conversations.left.connect(self.page.composer.setFocus)

    def _connect_models(self) -> None:
        """Join which model is loaded, and how, with what shows it."""
        switcher, library, picker = self.switcher, self.library, self.top_bar.picker
        picker.chosen.connect(self.page.composer.setFocus)
        switcher.began.connect(self.page.composer.show_model)
        switcher.ready.connect(self.page.composer.show_model)
        switcher.described.connect(self.page.composer.show_model)
        switcher.described.connect(self._show_title)
        switcher.adapter_changed.connect(self._show_title)
        switcher.lost.connect(self.page.composer.show_no_model)
        library.opened.connect(self.page.composer.setFocus)
        library.listed.connect(self._show_title)
        switcher.began.connect(self._hide_threads)
        switcher.ready.connect(self._show_threads)
        switcher.ready.connect(self._show_title)
        switcher.ready.connect(self._on_ready)
        switcher.ready.connect(self.card_notice.look)
        switcher.stepped_aside.connect(self._hide_threads)
        self.panel.threads_chosen.connect(switcher.use_threads)
        self.top_bar.precision.clicked.connect(self._open_precisions)
        picker.precision_requested.connect(self._open_precisions)
        switcher.failed.connect(self.card_notice.look_after)
        self.errors.closed.connect(self.page.composer.setFocus)

    def _connect_chat(self) -> None:
        """Join what becomes of a conversation with what shows it beside the page."""
        chat = self.controller
        self.model_use.talk_began.connect(self.panel.set_model)
        self.model_use.talk_began.connect(self._forget_figures)
        self.model_use.as_chat_changed.connect(self.menus.show_as_chat)
        chat.state_changed.connect(self.menus.show_chat_state)
        chat.state_changed.connect(self.status.show_chat_state)
        chat.progressed.connect(self.status.show_progress)
        chat.answering.connect(self.status.show_answering)
        self.comparing.finished_alone.connect(self.switcher.answered)
        self.comparing.refused.connect(self.errors.ask)
        chat.context_known.connect(self.status.show_finished)
        chat.reloaded.connect(self.switcher.reloaded)
        chat.reloaded.connect(self.status.show_model)
        chat.conversation_opened.connect(self._forget_figures)
        chat.rows_changed.connect(self._forget_figures)
        chat.failed.connect(self.errors.show_of_answer)

    # --- view -------------------------------------------------------------------------------------

    @Slot()
    def _forget_figures(self) -> None:
        if self.controller.state not in (ChatState.ANSWERING, ChatState.STOPPING):
            self.status.forget_figures()

    @Slot()
    def _show_title(self) -> None:
        desk, source = self.controller.desk, self.controller.source
        adapter = source.shown_adapter(desk.adapter) if desk.adapter else ""
        self.setWindowTitle(model_texts.window_title(self.switcher.current, adapter))

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
            self.status.retranslate()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the engines and remember the window; what would be lost is asked about first."""
        self.page.keep_draft()
        event.setAccepted(self.closing.may_close())
        if event.isAccepted():
            self.view.keep_size(self)
            self.shut_down()

    def shut_down(self) -> None:
        """End the server and every engine, at once, and keep what was written until then."""
        self.serving.shut_down()
        self.page.keep_edits()
        self.page.keep_draft()
        self.comparing.shut_down()
        self.training.shut_down()
        self.page.rendering.shut_down()
        self.around_chat.shut_down()
        self.controller.shut_down()
        self.jobs.shut_down()
        self._worker.shut_down()
        self._conversations.close()
