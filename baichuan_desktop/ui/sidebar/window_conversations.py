"""Joins the sidebar with the conversation that is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.sidebar.retention import Retention
from baichuan_desktop.ui.sidebar.sidebar import Sidebar


class WindowConversations(QObject):
    """Opens what is chosen in the sidebar, and has it show what becomes of conversations.

    Signals:
        left: the keyboard shall go to where messages are written.
        sidebar_wanted: True; the sidebar shall be seen.
    """

    left = Signal()
    sidebar_wanted = Signal(bool)

    def __init__(
        self,
        sidebar: Sidebar,
        chat: ChatController,
        own_days: Callable[[], int | None],
        parent: QObject,
    ) -> None:
        """`own_days` is for how long the person wants conversations kept; None: for ever."""
        super().__init__(parent)
        self._sidebar, self._chat = sidebar, chat
        self._open_id: int | None = None
        self._closed_id: int | None = None  # was open when it was deleted
        sidebar.new_chat_requested.connect(self._begin)
        sidebar.temporary_chat_requested.connect(self.begin_temporary)
        sidebar.open_requested.connect(self._open)
        sidebar.duplicate_requested.connect(self._duplicate)
        sidebar.left.connect(self.left)
        sidebar.controller.deleted.connect(self._close_deleted)
        sidebar.controller.touched.connect(self._reopen)
        chat.open_changed.connect(self._show_open)
        chat.conversations_changed.connect(sidebar.refresh)
        chat.generating_changed.connect(sidebar.show_generating)
        self._show_open(chat.conversation)
        self._retention = Retention(chat, self, own_days=own_days)
        self._retention.deleted.connect(sidebar.controller.reload)
        self._retention.look_at_the_clock()

    @Slot()
    def expire(self) -> None:
        """Delete at once what is not kept any longer; how long was chosen anew."""
        self._retention.look_again()

    @Slot()
    def _begin(self) -> None:
        self._chat.new_chat()
        self.left.emit()

    @Slot()
    def begin_temporary(self) -> None:
        """Begin a conversation that is never written to the disk."""
        self._chat.new_temporary_chat()
        self.left.emit()

    @Slot()
    def search(self) -> None:
        """Give the keyboard to the search, in a sidebar that is seen."""
        self._show_sidebar()
        self._sidebar.focus_search()

    @Slot()
    def rename(self) -> None:
        """Have the title of the open conversation written anew, in a sidebar that is seen."""
        if self._open_id is not None:
            self._show_sidebar()
            self._sidebar.rename_open()

    def _show_sidebar(self) -> None:
        if not self._sidebar.isVisible():
            self.sidebar_wanted.emit(True)

    @Slot(object, object, str)
    def _open(self, conversation_id: int, message_id: int | None, phrase: str) -> None:
        self._chat.open(conversation_id, message_id, phrase)
        self.left.emit()

    @Slot(object)
    def _duplicate(self, conversation_id: int) -> None:
        copy = self._chat.turns.duplicate(conversation_id)
        if copy is not None:
            self._open(copy, None, "")

    @Slot(object)
    def _close_deleted(self, conversation_id: int) -> None:
        """Nothing goes on in what was deleted, and it is not looked at any more."""
        desk = self._chat.desk
        desk.forget(conversation_id)
        if desk.running_in(conversation_id) is not None:
            desk.stop()
        if conversation_id == self._open_id:
            self._chat.new_chat()
            self._closed_id = conversation_id
            self._sidebar.list.setFocus()  # for Ctrl+Z, and for the next row

    @Slot(object)
    def _reopen(self, conversation_id: int) -> None:
        """Open what was closed by deleting it, once it is back and nothing else was begun."""
        conversation = self._chat.tree.store.conversation(conversation_id)
        if conversation_id == self._closed_id and conversation and conversation.trashed is None:
            self._chat.open(conversation_id)

    @Slot(object)
    def _show_open(self, conversation: Conversation | None) -> None:
        before, self._open_id = self._open_id, conversation.id if conversation else None
        self._closed_id = None
        if before is not None:
            self._sidebar.refresh(before)  # of its draft
        if self._open_id is not None:
            self._sidebar.refresh(self._open_id)
        self._sidebar.show_open(self._open_id)
