"""What the open conversation is asked with and what is done with it, joined with the window."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.acquiring.dropping import Dropping
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.attachments.attachments import Attachments
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.context.context import Context, ContextParts
from baichuan_desktop.ui.exchange.exchanging import Exchanging
from baichuan_desktop.ui.first_run.first_run import FirstRun
from baichuan_desktop.ui.instance.raising import bring_to_front
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.presets.window_presets import WindowPresets
from baichuan_desktop.ui.settings.opening import SettingsOpening
from baichuan_desktop.ui.sidebar.sidebar import Sidebar
from baichuan_desktop.ui.sidebar.window_conversations import WindowConversations
from baichuan_desktop.ui.turns.store_notices import StoreNotices
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.conversation.answer_notice import AnswerNotice
from baichuan_desktop.ui.window.conversation.idle_unload import IdleUnload
from baichuan_desktop.ui.window.conversation.restoring import Restoring
from baichuan_desktop.ui.window.view_settings import ViewSettings
from baichuan_desktop.ui.window.window_pages import WindowPages


@dataclass(frozen=True, slots=True)
class ChatParts:
    """The parts of the window that have to do with the open conversation."""

    page: ChatPage
    controller: ChatController
    switcher: ModelSwitcher
    panel: SettingsPanel
    sidebar: Sidebar
    status: WindowStatus
    menus: Menus
    errors: ErrorPresenter
    view: ViewSettings
    conversations: WindowConversations
    dropping: Dropping
    pages: WindowPages


class AroundChat(QObject):
    """Makes what stands around the conversation, each on its own, and joins it."""

    def __init__(
        self, parts: ChatParts, services: AppServices, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._tokens = services.tokens
        parts.switcher.ready.connect(self._count_for)
        parts.switcher.lost.connect(self._count_for_none)
        self._window, self._switcher = window, parts.switcher
        self._conversations, self._store_watch = services.conversations, services.store_watch
        self.answer_notice = AnswerNotice(parts.controller.desk, window)
        self.answer_notice.wanted.connect(self._come_to_front)
        self.restoring = Restoring(services.conversations, window)
        self._connect_restoring(parts)
        self.exchanging = Exchanging(
            parts.controller,
            lambda: services.settings.current.keep_days,
            lambda: {one.shown_name.en: model_texts.name(one) for one in services.store.models},
            theme,
            window,
        )
        self._connect_exchanging(parts)
        self.settings = SettingsOpening(
            services, parts.view, theme, self.restoring.ask, parts.switcher, window
        )
        parts.menus.settings.triggered.connect(self.settings.open)
        self.settings.keeping_changed.connect(parts.conversations.expire)
        self.settings.restored.connect(parts.sidebar.read_again)
        self.settings.restored.connect(parts.controller.rows_changed)
        self.settings.restored.connect(parts.view.follow)
        self._connect_first_run(parts, services, theme)
        serving = services.serving
        self.idle = IdleUnload(
            parts.controller.desk,
            parts.switcher,
            services.worker,
            services.settings,
            lambda: serving.desk.is_asked,
            window,
        )
        serving.watch.used.connect(self.idle.note_use)
        self.idle.unloaded.connect(parts.status.show_asleep)
        self.attachments = Attachments(
            parts.page, parts.controller, parts.switcher, services.tokens, theme, window
        )
        self._connect_attachments(parts)
        self.presets = WindowPresets(
            services.presets,
            services.settings,
            parts.page,
            parts.panel,
            parts.controller,
            parts.switcher,
            theme,
            window,
        )
        self.settings.restored.connect(self.presets.here.reload)
        self.store_notices = StoreNotices(window)
        self.store_notices.unsaved.connect(parts.page.show_unsaved)
        self.store_notices.failed.connect(parts.errors.show)
        self.store_notices.mended.connect(parts.sidebar.read_again)
        self.store_notices.mended.connect(parts.controller.rows_changed)
        self._connect_context(parts, services, theme)  # last: what the others make of a message

    def watch_store(self) -> None:
        """Tell of what becomes of the store, from what has happened already on."""
        self._store_watch.changed.connect(self.store_notices.show_state)
        self.store_notices.show_state(self._conversations.state)

    def _connect_context(self, parts: ChatParts, services: AppServices, theme: Theme) -> None:
        context_parts = ContextParts(
            parts.page, parts.controller, parts.switcher, services.tokens, services.worker
        )
        self.context = Context(context_parts, theme, self._window)
        self.context.refused.connect(parts.errors.show)
        self.context.closed.connect(parts.page.composer.setFocus)
        parts.menus.exact_prompt.triggered.connect(self.context.show_prompt)
        parts.menus.leave_out.triggered.connect(self.context.choose_left_out)

    def _connect_attachments(self, parts: ChatParts) -> None:
        attachments = self.attachments
        attachments.use_action(parts.menus.attach)
        parts.dropping.documents_dropped.connect(attachments.attach)
        attachments.chat_wanted.connect(parts.pages.show_chat)
        attachments.failed.connect(parts.errors.show)

    def _connect_first_run(self, parts: ChatParts, services: AppServices, theme: Theme) -> None:
        first, menus = FirstRun(services, theme, self._window), parts.menus
        self.first_run = first
        menus.first_steps.triggered.connect(first.begin)
        first.language_chosen.connect(parts.view.use_language)
        first.model_chosen.connect(self._begin_with)
        first.find_requested.connect(menus.find_models.trigger)
        first.get_requested.connect(menus.get_model.trigger)
        first.ended.connect(parts.page.composer.setFocus)

    @Slot(object)
    def _begin_with(self, model: InstalledModel) -> None:
        wanted = self._switcher.wanted
        if wanted is None or wanted.path != model.path:
            self._switcher.load(model)

    def _connect_restoring(self, parts: ChatParts) -> None:
        restoring, menus = self.restoring, parts.menus
        menus.restore.triggered.connect(restoring.ask)
        restoring.possible.connect(menus.restore.setEnabled)
        restoring.restored.connect(parts.status.show_restored)
        restoring.restored.connect(parts.sidebar.read_again)
        restoring.restored.connect(parts.controller.rows_changed)
        restoring.failed.connect(parts.errors.show)

    def _connect_exchanging(self, parts: ChatParts) -> None:
        exchanging, menus = self.exchanging, parts.menus
        menus.export.triggered.connect(exchanging.export)
        menus.print.triggered.connect(exchanging.print_open)
        menus.import_chats.triggered.connect(exchanging.import_some)
        menus.show_export(off_here(Feature.EXPORT_CONVERSATIONS))
        parts.sidebar.export_requested.connect(exchanging.export_these)
        exchanging.failed.connect(parts.errors.show)
        exchanging.added.connect(parts.sidebar.read_again)
        exchanging.added.connect(parts.controller.rows_changed)

    def shut_down(self) -> None:
        """End what runs beside the window."""
        self.exchanging.shut_down()
        self.attachments.shut_down()
        self.context.shut_down()
        self._tokens.shut_down()
        self.settings.own_data.cancel()

    @Slot(object)
    def _count_for(self, model: InstalledModel) -> None:
        self._tokens.use_model(model.path)

    @Slot()
    def _count_for_none(self) -> None:
        self._tokens.use_model(None)

    @Slot()
    def _come_to_front(self) -> None:
        bring_to_front(self._window, "")
