"""The context of the open conversation: shown at the field and in the transcript, and changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from backends.errors import ContextLengthExceededError, UserFacingError
from backends.text.chat_template import too_long
from baichuan_desktop.services.chat.context.errors import NothingToLeaveOutError
from baichuan_desktop.services.chat.context.use import ContextUse, Limits, chat_use, text_use
from baichuan_desktop.services.chat.given import with_documents
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending
from baichuan_desktop.ui.context import texts
from baichuan_desktop.ui.context.asking import asked_prompt
from baichuan_desktop.ui.context.leave_out_dialog import LeaveOutDialog
from baichuan_desktop.ui.context.popover import ContextPopover
from baichuan_desktop.ui.context.prompt_dialog import PromptDialog
from baichuan_desktop.ui.context.watch import ContextWatch
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.rows import DROP_LINE
from baichuan_desktop.workers.engine_worker import EngineWorker
from baichuan_desktop.workers.token_counter import TokenCounter


@dataclass(frozen=True, slots=True)
class ContextParts:
    """What the context is shown at, and what it is known from."""

    page: ChatPage
    controller: ChatController
    switcher: ModelSwitcher
    counter: TokenCounter
    worker: EngineWorker  #: of the chat's engine


class Context(QObject):
    """Joins what is known of the next prompt with what shows it, and with what changes it.

    Signals:
        refused: the UserFacingError of a message that is too long to be sent.
        closed: a dialog is gone.
    """

    refused = Signal(object)
    closed = Signal()

    def __init__(self, parts: ContextParts, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._theme, self._window = parts, theme, window
        self._page, self._controller = parts.page, parts.controller
        self.dialog: QDialog | None = None  #: the one that is open
        self.watch = ContextWatch(parts.page, parts.controller, parts.switcher, parts.counter, self)
        self.popover = ContextPopover(theme, window)
        self.popover.leave_out_requested.connect(self.choose_left_out)
        self.popover.prompt_requested.connect(self.show_prompt)
        self.watch.changed.connect(self._show)
        parts.page.composer.context_requested.connect(self.open_popover)
        parts.page.transcript.action_requested.connect(self._on_action)
        parts.page.preparing.append(self._require_room)  # what the others made of a message
        self.popover.language_changed.connect(self._show_drop_line)

    # --- what is shown ------------------------------------------------------------------------

    @Slot(object)
    def _show(self, use: ContextUse | None) -> None:
        self._page.composer.show_context(use)
        if self.popover.isVisible():
            self.popover.show_use(use)
        self._show_drop_line()

    @Slot()
    def _show_drop_line(self) -> None:
        use = self.watch.use
        before = use.given[0].first if use is not None and use.given else None
        if self._controller.source.set_drop_line(before, texts.drop_line(use)):
            self._page.transcript.refresh_ids()
            self._page.transcript.refresh_row(DROP_LINE)

    @Slot()
    def open_popover(self) -> None:
        """Name the numbers of the gauge."""
        button = self._page.composer.context_button
        if self.watch.use is not None:
            place = QRect(button.mapToGlobal(QPoint(0, 0)), button.size())
            self.popover.open_at(place, self.watch.use)

    def shut_down(self) -> None:
        """Close what is open over the window: it must not outlive it."""
        self.popover.close()
        if self.dialog is not None:
            self.dialog.close()

    # --- what is too long ---------------------------------------------------------------------

    def _require_room(self, sending: Sending) -> Sending | None:
        """Refuse a message that cannot be read, as far as that is known: the field keeps it.

        What nobody has counted yet the engine refuses, and the message comes back.
        """
        error = self._refusal(sending)
        if error is None:
            return sending
        self.refused.emit(error)
        return None

    def _refusal(self, sending: Sending) -> UserFacingError | None:
        ready, counter = self._parts.switcher.running, self._parts.counter
        if ready is None or self._parts.switcher.current is None:
            return None
        limits = Limits(ready.context_length, sending.params.max_new_tokens)
        text = with_documents(
            sending.text, sending.attachments, self._controller.tree.store.document
        )
        draft = counter.known(text)
        if draft is None or not text:
            return None
        if self._controller.completes:
            if text_use(limits, above=0, draft=draft).fits:
                return None
            return ContextLengthExceededError(
                what="The text", prompt_tokens=draft + 1, context_length=limits.context_length
            )
        prompt = sending.system_prompt if sending.system_prompt.strip() else ""
        system = counter.known(prompt) if prompt else 0
        if system is None:
            return None
        use = chat_use([], limits, system=system, draft=draft)
        if use is None or use.fits:
            return None
        return too_long(use.prompt, system, context_length=limits.context_length)

    # --- dialogs ------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_action(self, action: RowAction, _row_id: int) -> None:
        if action is RowAction.LEAVE_OUT:
            self.choose_left_out()

    @Slot()
    def choose_left_out(self) -> None:
        """Let the person choose which rounds the model is not given."""
        conversation = self._controller.conversation
        if conversation is None or not self.watch.rounds:
            self._parts.switcher.wake()  # one that sleeps says what it would be given
            self.refused.emit(NothingToLeaveOutError())
            return
        dialog = LeaveOutDialog(
            self.watch,
            self._parts.counter,
            conversation.settings.left_out,
            self._theme,
            self._window,
        )
        dialog.chosen.connect(self._leave_out)
        self._open(dialog)

    @Slot(object)
    def _leave_out(self, left_out: frozenset[int]) -> None:
        self._page.drafts.change_settings(left_out=left_out)
        conversation = self._controller.conversation
        if conversation is not None:
            self._controller.turns.changed.emit(conversation.id)

    @Slot()
    def show_prompt(self) -> None:
        """Show every id that the model gets. One that sleeps is loaded for that."""
        self._parts.switcher.wake()
        make = partial(asked_prompt, self._page, self._controller, self._parts.switcher.running)
        self._open(PromptDialog(self._parts.worker, make, self._theme, self._window))

    def _open(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        dialog.finished.connect(self._on_closed)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self.closed.emit()
