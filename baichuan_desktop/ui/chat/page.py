"""The page of a conversation: what was said above, what is being written below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QStackedLayout, QVBoxLayout, QWidget

from backends.errors import ConversationsError
from backends.generation.sampling import SamplingParams
from backends.phrases import Phrase
from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.markdown import parser
from baichuan_desktop.ui.chat.composer import Composer
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.deletions import Deletions
from baichuan_desktop.ui.chat.drafts import Drafts
from baichuan_desktop.ui.chat.model_use import Introduction, ModelUse
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.chat.welcome import Welcome
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.transcript.area import Transcript
from baichuan_desktop.ui.transcript.find_bar import FindBar
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from baichuan_desktop.ui.turns.notice_bar import NoticeBar
from baichuan_desktop.ui.turns.row_actions import RowActions
from baichuan_desktop.workers.background_task import BackgroundTask

_DRAFT_MS = 1000  # after the last key, a draft is kept


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is about to be sent, and what it is asked with."""

    text: str
    params: SamplingParams
    system_prompt: str = ""
    attachments: tuple[Attachment, ...] = ()


#: Changes what is about to be sent. None: it cannot be sent, as the person was told; the field
#: keeps its text.
Prepare = Callable[[Sending], Sending | None]
#: What a `Prepare` would make of a draft: asks nothing and changes nothing, however often it is
#: called.
Preview = Callable[[Sending], Sending]


class ChatPage(QFrame):
    """Shows what the controller tells, and gives it what the person writes.

    Signals:
        sent: a message left the field, with all that went with it.
        draft_opened: the Conversation that is open now, or None, whose draft the field has.
        draft_changed: another message would be sent now; whoever has a part in it emits it too.
    """

    sent = Signal()
    draft_opened = Signal(object)
    draft_changed = Signal()

    def __init__(
        self,
        theme: Theme,
        controller: ChatController,
        model_use: ModelUse,
        settings: SettingsPanel,
        actions: RowActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self._actions = actions
        self._introduction = Introduction(None)
        self._model_notes: list[Phrase] = []  # said below the conversation that was open
        self._unsaved: ConversationsError | None = None
        self._is_opening = False  # field and panel are being filled, which is no draft
        self.drafts = Drafts(controller)
        self.preparing: list[Prepare] = []  #: asked in this order before a message is sent
        self.previewing: list[Preview] = []  #: the same for a draft, in the same order
        #: What a person wrote of a question's text, which one of them may have made.
        self.as_written: Callable[[str], str] = str
        self.setObjectName("page")
        self.rendering = RenderServices(self)
        self.transcript = Transcript(theme, self.rendering)
        self.find_bar = FindBar(self.transcript, theme)
        self.find_bar.hide()
        self.welcome = Welcome(theme)
        self.composer = Composer(theme)
        self.unsaved = NoticeBar(theme, is_caution=True)
        self.temporary, self.undo_bar = NoticeBar(theme), NoticeBar(theme)
        self._draft = QTimer(self)
        self._draft.setSingleShot(True)
        self._draft.setInterval(_DRAFT_MS)
        self._draft.timeout.connect(self.keep_draft)
        self._deletions = Deletions(controller, self.undo_bar, self)
        self._lay_out()
        self._connect(controller, model_use)
        self.transcript.show_source(controller.source)
        self.refresh()

    def _lay_out(self) -> None:
        self._stack = QStackedLayout()
        for shown in (self.welcome, self.transcript):
            shown.setMinimumHeight(1)  # both scroll: what lies around them is not squeezed first
            self._stack.addWidget(shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.unsaved)
        column.addWidget(self.temporary)
        column.addWidget(self.find_bar)
        column.addLayout(self._stack, 1)
        column.addWidget(self.undo_bar)
        column.addWidget(self.composer)

    def _connect(self, controller: ChatController, model_use: ModelUse) -> None:
        self.composer.submitted.connect(self.send)
        self.composer.stop_requested.connect(controller.stop)
        self.composer.take_back_requested.connect(controller.take_back_waiting)
        self.composer.input.textChanged.connect(self._on_typed)
        self.composer.input.textChanged.connect(self.draft_changed)
        self._settings.system_prompt_edit.textChanged.connect(self.draft_changed)
        self._settings.system_prompt_edit.textChanged.connect(self._on_typed)
        self.welcome.suggested.connect(self._on_suggested)
        self.undo_bar.pressed.connect(self.composer.setFocus)  # its button is gone
        self.composer.input.undo_requested.connect(self._undo)
        model_use.introduced.connect(self._introduce)
        transcript, actions = self.transcript, self._actions
        transcript.action_requested.connect(actions.do)
        transcript.version_requested.connect(actions.choose_version)
        transcript.edited.connect(actions.edit)
        transcript.link_requested.connect(actions.ask_for_link)
        transcript.quote_requested.connect(self.quote)
        actions.copied.connect(controller.open)
        actions.taken_back.connect(controller.take_back_waiting)
        actions.closed.connect(self.composer.setFocus)
        controller.leaving.connect(self.keep_draft)
        controller.conversation_opened.connect(self._on_opened)
        controller.sought.connect(transcript.go_to)
        controller.rows_changed.connect(self._on_rows)
        controller.row_changed.connect(transcript.refresh_row)
        controller.text_arrived.connect(transcript.refresh_row)
        controller.answer_finished.connect(transcript.finish_row)
        controller.message_returned.connect(self._on_returned)
        controller.unanswered.connect(self._on_unanswered)
        controller.state_changed.connect(self.refresh)

    # --- the model -------------------------------------------------------------------------

    @Slot(object)
    def _introduce(self, introduction: Introduction) -> None:
        """Show a model. What of its folder is not used is said below what was said before."""
        self.welcome.introduce(introduction)
        self._introduction = introduction
        if introduction.is_another:
            knows = introduction.model is not None and self._has_answered(introduction.model)
            self._model_notes = [] if knows else list(introduction.notes)
        self._show_notes()
        self.refresh()

    def _has_answered(self, model: InstalledModel) -> bool:
        """Whether the last answer on the page is this model's: its notes were seen then."""
        conversation, tree = self._controller.conversation, self._controller.tree
        if conversation is None or conversation.head is None:
            return False
        last = tree.message(conversation.head)
        return last is not None and last.model == model.shown_name.en

    def _show_notes(self) -> None:
        self._set_notes()
        self.transcript.refresh_ids()

    def _set_notes(self) -> None:
        """Say below the conversation what the next message meets, where that is another thing."""
        introduction, controller = self._introduction, self._controller
        notes = []
        if controller.begins_another and introduction.model is not None:
            text = self.tr("A new conversation with {name} begins here.")
            notes.append(text.format(name=model_texts.name(introduction.model)))
        conversation = controller.conversation
        if conversation is not None and conversation.head is not None:
            notes += [error_texts.sentence(note) for note in self._model_notes]
        controller.source.set_notes(notes)

    @Slot()
    def refresh(self) -> None:
        """Bring field, button and page up to date with the controller."""
        controller = self._controller
        self.composer.set_completion(
            controller.completes, has_text_above=controller.has_text_to_continue
        )
        self.composer.set_state(controller.state)
        is_empty = self.transcript.is_empty()
        self._stack.setCurrentWidget(self.welcome if is_empty else self.transcript)
        temporary = ""
        if controller.is_temporary:
            temporary = self.tr(
                "Temporary chat: nothing of it is written to the disk. It is gone when the window "
                "is closed."
            )
        self.temporary.say(temporary)

    @Slot(object)
    def show_unsaved(self, error: ConversationsError | None) -> None:
        """Say why new messages are not saved; None: they are."""
        self._unsaved = error
        text = "" if error is None else f"{error_texts.message(error)} {error_texts.hint(error)}"
        self.unsaved.say(text)

    # --- what the person does ---------------------------------------------------------------

    @Slot(str)
    def send(self, text: str) -> None:
        """Take the draft out of the field and have it answered."""
        self._send(text, is_in_field=True)

    def previewed(self) -> Sending:
        """What would be sent now, as far as that is known before."""
        sending = self._as_it_stands(self.composer.text())
        for preview in self.previewing:
            sending = preview(sending)
        return sending

    def _as_it_stands(self, text: str) -> Sending:
        return Sending(text, self._settings.params(), self._settings.system_prompt())

    def _send(self, text: str, *, is_in_field: bool = False) -> None:
        sending: Sending | None = self._as_it_stands(text)
        for prepare in self.preparing:
            if sending is None:
                return
            sending = prepare(sending)
        if sending is None:
            return
        if is_in_field:
            self.composer.clear()
        self._draft.stop()
        if self.transcript.is_empty():
            self._model_notes.clear()  # they were read on the page that goes now
        self._controller.send(
            sending.text, sending.params, sending.system_prompt, sending.attachments
        )
        self.sent.emit()
        self.transcript.go_to_end()

    @Slot(str, bool)
    def _on_suggested(self, text: str, send: bool) -> None:
        if send and self.composer.state is ChatState.READY:
            self._send(text)
        elif not self.composer.text():
            self.composer.set_text(text)
        self.composer.setFocus()

    @Slot(str)
    def quote(self, text: str) -> None:
        """Write a text into the field as a quotation, under what stands there."""
        quoted = "\n".join(f"> {line}" for line in text.strip().splitlines())
        before = self.composer.text().rstrip()
        self.composer.set_text(f"{before}\n\n{quoted}\n\n" if before else f"{quoted}\n\n")
        self.composer.setFocus()

    @Slot()
    def edit_last_question(self) -> bool:
        """Edit the last question in its place; whether there is one that can be."""
        source = self._controller.source
        for row_id in reversed(source.ids()):
            row = source.row(row_id)
            if row.kind is not RowKind.NOTE and RowAction.EDIT in row.actions:
                if row.kind is RowKind.ANSWER:
                    continue
                self.transcript.begin_edit(row_id)
                return True
        return False

    @Slot()
    def _on_typed(self) -> None:
        if not self._is_opening:
            self._deletions.is_next = False
            self._draft.start()

    @Slot()
    def keep_draft(self) -> None:
        """Keep what stands in the field, in the conversation that it is meant for."""
        self._draft.stop()
        self.drafts.keep(self.composer.text(), self._settings.system_prompt())

    def keep_edits(self) -> None:
        """Make drafts of what was written in the place of rows and is not confirmed."""
        tree = self._controller.tree
        for row_id, text in self.transcript.editing.unfinished().items():
            message = tree.message(row_id)
            if message is None:
                continue
            conversation = tree.store.conversation(message.conversation_id)
            if conversation is not None and conversation == self._controller.conversation:
                self.composer.set_text(_below(self.composer.text(), text))
            elif conversation is not None:
                tree.change(conversation.id, draft=_below(conversation.draft, text))

    # --- what the controller tells ------------------------------------------------------------

    @Slot(object)
    def _on_opened(self, conversation: Conversation | None) -> None:
        """Show another conversation; the draft of the one before was kept by then."""
        self._is_opening = True
        self._model_notes.clear()
        self.composer.set_text(conversation.draft if conversation else "")
        if conversation is not None:
            self._settings.system_prompt_edit.setPlainText(conversation.system_prompt)
        self._is_opening = False
        self.draft_opened.emit(conversation)
        self._set_notes()
        self.transcript.show_source(self._controller.source)
        self.refresh()
        self.composer.setFocus()

    @Slot()
    def _on_rows(self) -> None:
        self._show_notes()
        self.refresh()

    @Slot(str)
    def _on_returned(self, question: str) -> None:
        text = self.as_written(question)
        before = self.composer.text()
        self.composer.set_text(f"{text}\n{before}" if before.strip() else text)
        self.composer.setFocus()
        self.refresh()

    @Slot(object)
    def _on_unanswered(self, question_id: int) -> None:
        """Take a question back into the field, unless the next draft is in it already."""
        if not self.composer.text():
            self._controller.take_back(question_id)

    @Slot()
    def _undo(self) -> None:
        """Take back what was done last: a deletion, or else what was written in the field."""
        if not (self._deletions.is_next and self._deletions.undo()):
            self.composer.input.undo()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what is typed beside the field, which nothing else here has a use for, into it."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self._deletions.undo()
            return
        commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.text().isprintable() and event.text() and not event.modifiers() & commands:
            self.composer.setFocus()
            QApplication.sendEvent(self.composer.input, event)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Have the first text shown as fast as those after it."""
        super().showEvent(event)
        BackgroundTask(parser.get_ready, self).start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the field how high it may become."""
        super().resizeEvent(event)
        self.composer.fit_into(self.height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show_notes()
            self.show_unsaved(self._unsaved)
            self.refresh()


def _below(draft: str, text: str) -> str:
    """A text under the draft that is there already."""
    return f"{draft.rstrip()}\n\n{text}" if draft.strip() else text
