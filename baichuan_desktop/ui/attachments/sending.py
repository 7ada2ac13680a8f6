"""A message goes with its documents: at once if all is known, else as soon as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.chat.attaching.errors import (
    TextTakesNoDocumentsError,
    UnreadDocumentError,
)
from baichuan_desktop.ui.attachments.choosing import Choosing, Question
from baichuan_desktop.ui.attachments.drafts import DraftDocuments
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher


class SendingDocuments(QObject):
    """Puts into a message what is given of the documents.

    A message that has to wait stays in the field, where writing on takes it back.

    Signals:
        waits: why the message is not sent yet; empty: it does not wait any more.
        refused: a UserFacingError for which it was not sent.
    """

    waits = Signal(str)
    refused = Signal(object)

    def __init__(
        self,
        page: ChatPage,
        drafts: DraftDocuments,
        choosing: Choosing,
        controller: ChatController,
        switcher: ModelSwitcher,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._drafts = drafts
        self._choosing = choosing
        self._controller = controller
        self._is_waiting = False
        self._sent: tuple[int, Sequence[Entry]] | None = None
        page.sent.connect(self._on_sent)
        page.composer.input.textChanged.connect(self.stop_waiting)
        page.draft_opened.connect(self.stop_waiting)
        drafts.changed.connect(self._go_on)
        choosing.chosen.connect(self._go_on)
        switcher.ready.connect(self._go_on)

    def prepare(self, sending: Sending) -> Sending | None:
        """The message with what is given of its documents; None: not now, or not so."""
        entries, self._sent = self._drafts.entries, None  # the one before may have been refused
        if not entries:
            return sending
        if (refusal := self._refusal(entries)) is not None:
            self._refuse(refusal)
            return None
        question = Question.of(sending)
        choice = self._choosing.choice_for(question)
        if choice is None:
            self._is_waiting = True
            self._choosing.look(question)
            self.waits.emit(self._reason(entries))
            return None
        if choice.refusal is not None:
            self._refuse(choice.refusal)
            return None
        conversation = self._controller.conversation
        if conversation is not None:
            self._sent = conversation.id, tuple(entries)
        self._is_waiting = False
        return replace(sending, attachments=choice.attachments)

    def preview(self, sending: Sending) -> Sending:
        """The message with what would be given as far as that is known."""
        if self._controller.completes:
            return sending
        given = (one.given for one in self._drafts.entries)
        return replace(sending, attachments=tuple(one for one in given if one is not None))

    def text_refusal(self) -> UserFacingError | None:
        """Why no document can be attached now; None: it can."""
        return TextTakesNoDocumentsError() if self._controller.completes else None

    def _refusal(self, entries: Sequence[Entry]) -> UserFacingError | None:
        unread = next((one for one in entries if one.error is not None), None)
        if unread is not None:
            return UnreadDocumentError(unread.name)
        return self.text_refusal() or self._choosing.uncountable()

    def _refuse(self, error: UserFacingError) -> None:
        self._is_waiting = False
        self.refused.emit(error)

    def _reason(self, entries: Sequence[Entry]) -> str:
        unread = next((one for one in entries if one.document is None), None)
        if unread is not None:
            text = self.tr("Your message is sent as soon as “{name}” is read.")
            return text.format(name=one_line(unread.name))
        if self._choosing.model is None:
            return self.tr(
                "Your message is sent as soon as a model is loaded: how much of the documents fits "
                "depends on it."
            )
        return self.tr("Your message is sent as soon as the tokens of the documents are counted.")

    @Slot()
    def stop_waiting(self) -> None:
        """Do not send by itself what stands in the field."""
        if self._is_waiting:
            self._is_waiting = False
            self.waits.emit("")

    @Slot()
    def _go_on(self) -> None:
        """Try again once every document is read and counted, or cannot be."""
        entries = self._drafts.entries
        if not self._is_waiting or any(one.wish is None and one.error is None for one in entries):
            return
        if self._choosing.model is not None:
            self._is_waiting = False
            self.waits.emit("")
            self._page.send(self._page.composer.text())

    @Slot()
    def _on_sent(self) -> None:
        if self._sent is not None:
            conversation_id, entries = self._sent
            self._sent = None
            self._drafts.clear(conversation_id, entries)
