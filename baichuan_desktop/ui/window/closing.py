"""Whether the window can be closed: a person is asked first where something would be lost."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.window import close_question
from baichuan_desktop.ui.window.close_question import CloseQuestion

_LAST_TRY_SECONDS = 0.5  # until the person is asked; a drive that takes anything takes it sooner


class Closing(QObject):
    """Asks for each kind of loss once; then the window closes."""

    def __init__(
        self, jobs: JobController, conversations: ConversationStore, window: QWidget
    ) -> None:
        super().__init__(window)
        self._jobs, self._conversations, self._window = jobs, conversations, window
        self._is_about_jobs = False  # the question that is open
        self._may_end_jobs = False  # the person said so
        self._may_lose = False  # what is not saved; the person said so
        self.question: CloseQuestion | None = None  #: while it is asked

    def may_close(self) -> bool:
        """Whether the window can be closed now; else the person is asked, and it closes later."""
        if self.question is not None:
            return False
        pending = self._jobs.desk.pending
        is_lost = len(pending) > 1 or any(one.job.when_ended is not None for one in pending)
        if is_lost and not self._may_end_jobs:
            self._ask(close_question.about_jobs(pending, self._window), about_jobs=True)
            return False
        if self._may_lose or self._conversations.flush(_LAST_TRY_SECONDS):
            return True
        why = self._conversations.state.unsaved
        if why is None:  # the drive is slow, and the store waits for it
            return True
        self._ask(close_question.about_conversations(why, self._window), about_jobs=False)
        return False

    def _ask(self, question: CloseQuestion, *, about_jobs: bool) -> None:
        self.question, self._is_about_jobs = question, about_jobs
        question.finished.connect(self._on_answered)
        question.open()

    @Slot(int)
    def _on_answered(self, answer: int) -> None:
        self.question = None
        if answer == CloseQuestion.DialogCode.Accepted:
            if self._is_about_jobs:
                self._may_end_jobs = True
            else:
                self._may_lose = True
            self._window.close()
