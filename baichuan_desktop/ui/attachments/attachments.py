"""Joins the documents of messages with the page: attached, shown, looked into, sent, taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QDialog, QToolButton, QWidget

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.documents.kinds import PATTERNS
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.ui.attachments.choosing import Choosing, Question
from baichuan_desktop.ui.attachments.document_dialog import DocumentDialog
from baichuan_desktop.ui.attachments.drafts import MOST, DraftDocuments
from baichuan_desktop.ui.attachments.editing import EditedQuestions
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.attachments.given_dialog import GivenDialog
from baichuan_desktop.ui.attachments.pasting import Pasting
from baichuan_desktop.ui.attachments.sending import SendingDocuments
from baichuan_desktop.ui.attachments.strip import Strip
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.choosing.file_dialogs import choose_files
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.shortcuts.table import Command, with_keys
from baichuan_desktop.workers.document_reader import DocumentReader
from baichuan_desktop.workers.token_counter import TokenCounter

_PAUSE_MS = 400  # after the last key, before passages are chosen for what was written
_UNDO_MS = 12_000  # how long a document that was removed can be taken back
_ICON, _TOOL = 18, 32  # pixels of the design


class Attachments(QObject):
    """What the window knows of documents.

    Signals:
        chat_wanted: a document was attached from elsewhere: the chat shall be seen.
        failed: a UserFacingError to show.
    """

    chat_wanted = Signal()
    failed = Signal(object)

    def __init__(
        self,
        page: ChatPage,
        controller: ChatController,
        switcher: ModelSwitcher,
        counter: TokenCounter,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._page, self._controller = page, controller
        self._theme, self._window = theme, window
        self.dialog: QDialog | None = None  #: the one that is open
        self._reader = DocumentReader(parent=self)
        self.drafts = DraftDocuments(controller, self._reader, counter, self)
        self._choosing = Choosing(self.drafts, controller, switcher, counter, self)
        self.sending = SendingDocuments(
            page, self.drafts, self._choosing, controller, switcher, self
        )
        self._edited = EditedQuestions(controller, self._choosing, counter, self)
        self._pasting = Pasting(self._takes_texts, self)
        self.strip = Strip(theme)
        self.button = QToolButton()
        self.button.setObjectName("tool")
        self._offer: Callable[[], None] | None = None  # of the sentence in the strip
        self._pause, self._undoing = QTimer(self), QTimer(self)
        for timer, wait in ((self._pause, _PAUSE_MS), (self._undoing, _UNDO_MS)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
        self._put_into_page()
        self._connect(switcher)
        self.button.installEventFilter(self)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.retranslate()

    def _put_into_page(self) -> None:
        composer = self._page.composer
        composer.add_tool(self.button, first=True)
        composer.add_above(self.strip)
        composer.input.takes.append(self._pasting.take)
        self._page.preparing += [self._edit_first, self.sending.prepare]
        self._page.previewing.append(self.sending.preview)

    def _connect(self, switcher: ModelSwitcher) -> None:
        page, controller, strip = self._page, self._controller, self.strip
        self.button.clicked.connect(self.choose_files)
        self._pasting.files.connect(self.attach)
        self._pasting.text.connect(self._paste)
        strip.pressed.connect(self.open)
        strip.remove_requested.connect(self.remove)
        strip.offer_taken.connect(self._take_offer)
        self.drafts.changed.connect(self._show)
        self.drafts.failed.connect(self.failed)
        self.drafts.unread.connect(self._refuse)
        self._choosing.chosen.connect(self._on_chosen)
        self.sending.waits.connect(self._say_waiting)
        self.sending.refused.connect(self._refuse)
        self._undoing.timeout.connect(self._say_nothing)
        self._pause.timeout.connect(self._look)
        page.composer.input.textChanged.connect(self._look_soon)
        page.draft_changed.connect(self._look_soon)
        page.draft_opened.connect(self._on_opened)
        page.transcript.overlays.document_requested.connect(self._show_given)
        controller.message_returned.connect(self._on_returned)
        controller.rows_changed.connect(self._look_soon)
        switcher.ready.connect(self._look_soon)

    def _edit_first(self, sending: Sending) -> Sending | None:
        """Do an edit that waits before the next message is sent; that may have to wait then."""
        self._edited.flush()
        return None if self._controller.state is ChatState.QUEUED else sending

    def use_action(self, action: QAction) -> None:
        """Have an entry of a menu, and its keys, choose files."""
        action.triggered.connect(self.choose_files)

    def shut_down(self) -> None:
        """End what is being read; an edit that waits is done."""
        self._edited.flush()
        self._reader.shut_down()

    # --- attaching ----------------------------------------------------------------------------

    @Slot()
    def choose_files(self) -> None:
        """Have the person choose files to attach."""
        if not self._may_attach():
            return
        documents = self.tr("Documents ({patterns})").format(patterns=" ".join(PATTERNS))
        kinds = f"{documents};;{self.tr('All files (*)')}"
        self.attach(choose_files(self._window, self.tr("Attach documents"), kinds))

    @Slot(object)
    def attach(self, paths: Sequence[Path]) -> None:
        """Attach files to the message that is being written."""
        if paths and self._may_attach():
            self.chat_wanted.emit()
            self._say_nothing()
            self.drafts.add_files(paths)
            self._page.composer.setFocus()

    @Slot(str)
    def _paste(self, text: str) -> None:
        entry = self.drafts.add_text(text, self._name_of_paste())
        if entry is None:
            self._page.composer.input.insert(text)
            return
        said = self.tr(
            "The text that you pasted has {count} characters and goes with your message as a "
            "document."
        )
        self._say(
            said.format(count=f"{len(text):,}"),
            self.tr("Write it into the field"),
            partial(self._write_instead, entry, text),
        )

    def _takes_texts(self) -> bool:
        """A base model goes on with what is pasted, and so does a message that is full."""
        return self.sending.text_refusal() is None and len(self.drafts.entries) < MOST

    def _name_of_paste(self) -> str:
        name = self.tr("Pasted text")
        there = {one.name for one in self.drafts.entries}
        names = (name, *(f"{name} {number}" for number in range(2, len(there) + 3)))
        return next(one for one in names if one not in there)

    def _write_instead(self, entry: Entry, text: str) -> None:
        self.drafts.remove(entry)
        self._write(text)

    def _write(self, text: str) -> None:
        before = self._page.composer.text()
        self._page.composer.set_text(f"{before}\n{text}" if before.strip() else text)
        self._page.composer.setFocus()

    def _may_attach(self) -> bool:
        refusal = self.sending.text_refusal()
        if refusal is not None:
            self._refuse(refusal)
        return refusal is None

    # --- removing -----------------------------------------------------------------------------

    @Slot(object)
    def remove(self, entry: Entry) -> None:
        """Take a document from the message; it can be taken back for a while."""
        place = list(self.drafts.entries).index(entry)
        self.sending.stop_waiting()
        self.drafts.remove(entry)
        text = self.tr("“{name}” does not go with your message any more.")
        self._say(
            text.format(name=one_line(entry.name)),
            self.tr("Undo"),
            partial(self.drafts.bring_back, entry, place),
        )
        self._undoing.start()
        if not self.drafts.entries:
            self._page.composer.setFocus()

    @Slot()
    def _take_offer(self) -> None:
        offer = self._offer
        self._say_nothing()
        if offer is not None:
            offer()
        self._page.composer.setFocus()

    # --- what is said -------------------------------------------------------------------------

    def _say(
        self,
        text: str,
        offer: str = "",
        take: Callable[[], None] | None = None,
        *,
        is_trouble: bool = False,
    ) -> None:
        self._undoing.stop()
        self._offer = take
        self.strip.say(text, offer=offer, is_trouble=is_trouble)
        if text:
            self._page.transcript.accessible.say(text)

    @Slot()
    def _say_nothing(self) -> None:
        self._say("")

    @Slot(object)
    def _refuse(self, error: UserFacingError) -> None:
        parts = (error_texts.message(error), error_texts.hint(error))
        self._say(" ".join(part for part in parts if part), is_trouble=True)

    @Slot(str)
    def _say_waiting(self, reason: str) -> None:
        offer = self.tr("Do not send yet") if reason else ""
        self._say(reason, offer, self.sending.stop_waiting)

    # --- what is given ------------------------------------------------------------------------

    @Slot()
    def _look_soon(self) -> None:
        if self.drafts.entries:
            self._pause.start()

    @Slot()
    def _look(self) -> None:
        self._choosing.look(Question.of(self._page.previewed()))

    @Slot()
    def _on_chosen(self) -> None:
        self._show()

    @Slot()
    def _show(self) -> None:
        entries = self.drafts.entries
        self.strip.show_entries(entries)
        self._page.composer.order_above(self.strip, self.strip.stops)
        if isinstance(self.dialog, DocumentDialog):
            last = self._choosing.last
            self.dialog.show_entry(last.room if last is not None else None)
        self._page.draft_changed.emit()

    # --- dialogs --------------------------------------------------------------------------------

    @Slot(object)
    def open(self, entry: Entry) -> None:
        """Show what is in a document of the draft, and what of it is given."""
        if entry.error is not None:
            self.failed.emit(entry.error)
            return
        dialog = DocumentDialog(entry, self._theme, self._window)
        last = self._choosing.last
        dialog.show_entry(last.room if last is not None else None)
        dialog.encoding_chosen.connect(self.drafts.read_again)
        dialog.chosen.connect(self._on_chosen_by_hand)
        dialog.unpacked.connect(self._on_unpacked)
        self._open(dialog)

    @Slot(object, object)
    def _on_chosen_by_hand(self, entry: Entry, by_hand: Attachment | None) -> None:
        entry.given = by_hand
        self.drafts.choose(entry, by_hand)
        self._look()

    @Slot(object)
    def _on_unpacked(self, entry: Entry) -> None:
        if entry.document is not None:
            self._write_instead(entry, entry.document.text)

    @Slot(object, int)
    def _show_given(self, row_id: int, number: int) -> None:
        message = self._controller.tree.message(row_id)
        if message is None or number >= len(message.attachments):
            return
        attachment = message.attachments[number]
        document = self._controller.tree.store.document(attachment.document_id)
        dialog = GivenDialog(attachment, document, self._theme, self._window)
        dialog.again_requested.connect(self._attach_again)
        self._open(dialog)

    @Slot(object)
    def _attach_again(self, attachment: Attachment) -> None:
        if self._may_attach():
            self.drafts.add_again(attachment)

    def _open(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        dialog.finished.connect(self._on_closed)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None

    # --- what the page tells --------------------------------------------------------------------

    @Slot(object)
    def _on_opened(self, conversation: object) -> None:
        self._say_nothing()
        self.drafts.show(self._controller.conversation)
        self._look_soon()

    @Slot()
    def _on_returned(self) -> None:
        """A question came back to the field, and its documents with it."""
        self.drafts.show(self._controller.conversation)
        self._look_soon()

    # --- its look -------------------------------------------------------------------------------

    @Slot()
    def _restyle(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        self.button.setFixedSize(px(_TOOL), px(_TOOL))
        self.button.setIconSize(QSize(px(_ICON), px(_ICON)))
        self.button.setIcon(line_icon("paperclip", QColor(colours.muted), size=px(_ICON)))

    def retranslate(self) -> None:
        """Name the button in the window's language."""
        name = self.tr("Attach documents")
        self.button.setAccessibleName(name)
        self.button.setToolTip(with_keys(name, Command.ATTACH))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the language, as the window does."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        return False
