"""The answer of the model that is loaded: an ordinary one of the open conversation."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from typing_extensions import override

from backends.errors import UserFacingError
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.values import ChatMessage
from baichuan_desktop.ui.comparing.side import Side
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.turns.commands import TurnCommands
from baichuan_desktop.ui.turns.desk import AnswerDesk, Running


class FirstAnswer(Side):
    """Has the desk make it, which keeps it as any other; waits where another answer is written."""

    def __init__(
        self,
        desk: AnswerDesk,
        conversation_id: int,
        title: str,
        *,
        is_text: bool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(is_text=is_text, parent=parent)
        self._desk = desk
        self._conversation_id = conversation_id
        self._title = title
        self._error: UserFacingError | None = None

    def start(self, commands: TurnCommands, row_id: int, params: SamplingParams) -> None:
        """Ask for an answer at this row."""
        desk = self._desk
        desk.begun.connect(self._on_begun)
        desk.progressed.connect(self.changed)
        desk.text_arrived.connect(self._on_text)
        desk.ended.connect(self._on_ended)
        desk.dropped.connect(self._on_dropped)
        desk.failed.connect(self._on_failed)
        commands.regenerate(row_id, params)
        desk.queued.connect(self._on_queued)

    @property
    @override
    def title(self) -> str:
        return self._title

    @property
    @override
    def waiting(self) -> str:
        if self.answer is not None:
            return ""
        return self.tr("Waits until the answer before it has ended")

    @property
    @override
    def trouble(self) -> str:
        return error_texts.message(self._error) if self._error is not None else ""

    @property
    @override
    def running(self) -> Running | None:
        running = self._desk.running_in(self._conversation_id)
        if running is None or self.answer is None or running.answer.id != self.answer.id:
            return None
        return running

    @override
    def stop(self) -> None:
        if self.running is not None:
            self._desk.stop()
        elif not self.is_over:
            self._desk.forget(self._conversation_id)  # which is told as queued

    @override
    def leave(self) -> None:
        self.blockSignals(True)
        self.stop()

    # --- from the desk ------------------------------------------------------------------------

    def _is_mine(self, answer_id: int) -> bool:
        return self.answer is not None and self.answer.id == answer_id

    @Slot(object)
    def _on_begun(self, answer: ChatMessage) -> None:
        if self.answer is None and answer.conversation_id == self._conversation_id:
            self.answer = answer
            self.changed.emit()

    @Slot(object, str)
    def _on_text(self, answer_id: int, _text: str) -> None:
        running = self.running
        if self._is_mine(answer_id) and running is not None:
            self.answer = running.answer
            self.changed.emit()

    @Slot(object)
    def _on_ended(self, answer: ChatMessage) -> None:
        if self._is_mine(answer.id) and not self.is_over:
            self.answer = answer
            self._end()

    @Slot(object)
    def _on_dropped(self, conversation_id: int) -> None:
        """Nothing came of the answer; an error for which that is comes after this."""
        if conversation_id == self._conversation_id and self.answer and not self.is_over:
            self.answer = None
            self._end()

    @Slot(object)
    def _on_queued(self, conversation_id: int) -> None:
        waits = self._conversation_id in self._desk.busy
        if conversation_id == self._conversation_id and not waits and not self.is_over:
            self._end()

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        if self.is_over and self.answer is None and self._error is None:
            self._error = error
            self.changed.emit()

    def _end(self) -> None:
        self.is_over = True
        self.ended.emit()
