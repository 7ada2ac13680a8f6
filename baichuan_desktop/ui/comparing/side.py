"""One of two answers that are written at the same time, as it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from baichuan_desktop.services.chat.values import ChatMessage
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind
from baichuan_desktop.ui.turns import answer_notes
from baichuan_desktop.ui.turns.desk import Running
from baichuan_desktop.ui.turns.rows import progress_text

_ROW_ID = 1


class Side(QObject):
    """What both answers have in common. It is a RowSource of one row.

    Signals:
        changed: there is more text, or something else to say of it.
        ended: nothing more comes.
    """

    changed = Signal()
    ended = Signal()

    def __init__(self, *, is_text: bool, parent: QObject | None = None) -> None:
        """`is_text`: a base model continues a text, and does not answer."""
        super().__init__(parent)
        self._kind = RowKind.CONTINUATION if is_text else RowKind.ANSWER
        self.answer: ChatMessage | None = None  #: as far as it has come; None: nothing came
        self.is_over = False

    # --- what each of the two says for itself -------------------------------------------------
    # (A QObject cannot be an ABC: its metaclass is another one.)

    @property
    def title(self) -> str:
        """Who answers, and in which precision."""
        raise NotImplementedError

    @property
    def waiting(self) -> str:
        """Why no answer has begun yet."""
        raise NotImplementedError

    @property
    def trouble(self) -> str:
        """The sentence for which no answer came; empty where there is one, or it was stopped."""
        raise NotImplementedError

    @property
    def running(self) -> Running | None:
        """The answer that is being written."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the answer; what there is of it stays."""
        raise NotImplementedError

    def leave(self) -> None:
        """End the answer, and listen no more: nobody looks at it."""
        raise NotImplementedError

    # --- what is shown ------------------------------------------------------------------------

    @property
    def note(self) -> str:
        """The line under the answer: its figures, or why there are none."""
        if not self.is_over:
            return ""
        if self.answer is None:
            return self.trouble or self.tr("Stopped before an answer began")
        return answer_notes.note(self.answer)

    @property
    def caution(self) -> str:
        """What of the conversation the model did not read."""
        return answer_notes.caution(self.answer.details) if self.answer is not None else ""

    def ids(self) -> Sequence[int]:
        """The row of the answer."""
        return [_ROW_ID]

    def row(self, row_id: int, /) -> Row:
        """The answer as far as it has come."""
        text = self.answer.text if self.answer is not None else ""
        if self.is_over and not text:  # the line below says why
            return Row(row_id, RowKind.NOTE, "")
        running = self.running
        waiting = progress_text(running) if running is not None else self.waiting
        return Row(
            row_id,
            self._kind,
            text,
            caution=self.caution,
            is_writing=not self.is_over,
            waiting=waiting,
            continued=((0, len(text)),) if self._kind is RowKind.CONTINUATION else (),
        )
