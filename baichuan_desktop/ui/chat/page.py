"""The page of a conversation: what was said above, what is being written below."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from backends.events import PrefillProgress
from baichuan_desktop.ui.chat import answer_notes
from baichuan_desktop.ui.chat.answer_notes import prefill_text
from baichuan_desktop.ui.chat.composer import Composer
from baichuan_desktop.ui.chat.controller import AnswerEnd, ChatController
from baichuan_desktop.ui.chat.model_use import Introduction, ModelUse
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.chat.welcome import Welcome
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.transcript.view import ChatTranscript

_COMPOSER_WIDTH = 800  # pixels; the transcript's column and the bubbles' padding


class ChatPage(QFrame):
    """Shows what the controller tells, and gives it what the person writes."""

    def __init__(
        self,
        theme: Theme,
        controller: ChatController,
        model_use: ModelUse,
        settings: SettingsPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = settings
        self.setObjectName("page")
        self.transcript = ChatTranscript(theme)
        self.welcome = Welcome()
        self.composer = Composer(theme)
        self.composer.setMaximumWidth(_COMPOSER_WIDTH)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self.transcript)
        below = QHBoxLayout()
        below.setContentsMargins(20, 0, 20, 16)
        below.addStretch(1)
        below.addWidget(self.composer, 1000)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._stack, 1)
        column.addLayout(below)
        self.composer.submitted.connect(self.send)
        self.composer.stop_requested.connect(controller.stop)
        self.welcome.suggested.connect(self._on_suggested)
        model_use.introduced.connect(self._introduce)
        controller.person_said.connect(self._on_person_said)
        controller.completion_began.connect(self._on_completion_began)
        controller.progressed.connect(self._on_progressed)
        controller.text_arrived.connect(self.transcript.append)
        controller.answer_ended.connect(self._on_answer_ended)
        controller.unanswered.connect(self._on_unanswered)
        controller.cleared.connect(self._on_cleared)
        controller.state_changed.connect(self.refresh)
        self.refresh()

    # --- the model -------------------------------------------------------------------------

    @Slot(object)
    def _introduce(self, introduction: Introduction) -> None:
        """Show a model. What was said with one before stays on the page, but apart."""
        self.welcome.introduce(introduction)
        model = introduction.model
        if introduction.is_another and model is not None and not self.transcript.is_empty():
            text = self.tr("A new conversation with {name} begins here.")
            self.transcript.add_divider(text.format(name=model_texts.name(model)))
            for note in introduction.notes:
                self.transcript.add_divider(error_texts.sentence(note))
        self.refresh()

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

    # --- what the person does ---------------------------------------------------------------

    @Slot(str)
    def send(self, text: str) -> None:
        """Take the draft out of the field and have it answered."""
        self.composer.clear()
        self._controller.send(text, self._settings.params(), self._settings.system_prompt())

    @Slot(str, bool)
    def _on_suggested(self, text: str, send: bool) -> None:
        if send and self.composer.state is ChatState.READY:
            self._controller.send(text, self._settings.params(), self._settings.system_prompt())
        elif not self.composer.text():
            self.composer.set_text(text)
        self.composer.setFocus()

    # --- what the controller tells ------------------------------------------------------------

    @Slot(str)
    def _on_person_said(self, text: str) -> None:
        self.transcript.add_person(text)
        self.transcript.begin_answer(self._speaker())
        self.transcript.show_waiting("…")

    @Slot(str)
    def _on_completion_began(self, text: str) -> None:
        if text:
            self.transcript.begin_completion(text, self._speaker())
        else:
            self.transcript.resume_completion()

    @Slot(object)
    def _on_progressed(self, event: object) -> None:
        if isinstance(event, PrefillProgress) and event.done_tokens < event.total_tokens:
            self.transcript.show_waiting(prefill_text(event))

    @Slot(object)
    def _on_answer_ended(self, end: AnswerEnd) -> None:
        self.transcript.end_answer(answer_notes.note(end))

    @Slot(str, object)
    def _on_unanswered(self, text: str, end: AnswerEnd) -> None:
        if text and not self.composer.text():
            self.transcript.take_back_turn()
            self.composer.set_text(text)
        else:  # the next draft is in the field already: the message stays where it can be copied
            self.transcript.end_answer(answer_notes.unanswered(end))

    @Slot()
    def _on_cleared(self) -> None:
        self.transcript.clear_all()
        self.refresh()
        self.composer.setFocus()

    def _speaker(self) -> str:
        model = self._controller.model
        return model_texts.name(model) if model is not None else ""
