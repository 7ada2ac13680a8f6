"""The answers of one side of a trial, as rows of a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from backends.errors import UserFacingError
from backends.events import Finished
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.numbers import speed_text
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind


@dataclass(slots=True)
class _Answer:
    question: str
    text: str = ""
    waiting: str = ""
    note: str = ""
    is_over: bool = False


class TrialAnswers(QObject):
    """Questions and their answers by one side. It is a RowSource.

    Signals:
        added: there are more rows.
        changed: the id of a row that says something else.
        finished: the id of a row of which nothing more comes.
    """

    added = Signal()
    changed = Signal(int)
    finished = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: list[_Answer] = []

    # --- what comes ---------------------------------------------------------------------------

    def ask(self, question: str, waiting: str) -> None:
        """A question is asked; until its answer begins, this is said."""
        self._answers.append(_Answer(question, waiting=waiting))
        self.added.emit()

    def wait(self, waiting: str) -> None:
        """Say why the last answer has not begun."""
        if self._answers and not self._answers[-1].is_over:
            self._answers[-1].waiting = waiting
            self.changed.emit(self._last_row)

    def write(self, text: str) -> None:
        """More of the last answer came."""
        answer = self._answers[-1]
        answer.text += text
        answer.waiting = ""
        self.changed.emit(self._last_row)

    def end(self, finished: Finished | None, error: UserFacingError | None = None) -> None:
        """Nothing more of the last answer comes; None of both: it was stopped."""
        if not self._answers or self._answers[-1].is_over:
            return
        answer = self._answers[-1]
        answer.is_over, answer.waiting = True, ""
        if error is not None:
            answer.note = error_texts.message(error)
        elif finished is None:
            answer.note = self.tr("Stopped")
        else:
            answer.note = speed_text(finished.tokens_per_second)
        self.finished.emit(self._last_row)

    @property
    def is_waiting(self) -> bool:
        """Whether the last question has not been answered whole."""
        return bool(self._answers) and not self._answers[-1].is_over

    @property
    def text(self) -> str:
        """The last answer as far as it has come."""
        return self._answers[-1].text if self._answers else ""

    # --- what is shown ------------------------------------------------------------------------

    @property
    def _last_row(self) -> int:
        return 2 * len(self._answers)

    def ids(self) -> Sequence[int]:
        """Two rows for each question: itself, and its answer."""
        return range(1, 2 * len(self._answers) + 1)

    def row(self, row_id: int, /) -> Row:
        """A question, or an answer as far as it has come."""
        answer = self._answers[(row_id - 1) // 2]
        if row_id % 2:
            return Row(row_id, RowKind.PERSON, answer.question)
        return Row(
            row_id,
            RowKind.ANSWER,
            answer.text,
            footer=answer.note,
            is_writing=not answer.is_over,
            waiting=answer.waiting,
        )
