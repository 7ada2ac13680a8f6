"""What the window says of its model: what happens now, memory and speed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import Finished, LoadProgress, ModelReady, PrefillProgress, PromptReady
from baichuan_desktop.services.chat.store.copies.merging import Restored
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.freed_memory import memory_for
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.models.load_progress import LoadNotice
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.turns import answer_notes
from baichuan_desktop.ui.window.bars.remarks import Remarks
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.workers.background_task import BackgroundTask

_MOST_KEPT = 3  # remarks; more would push the page away
Words = Callable[[], str]  # in the language of the window


class WindowStatus(QObject):
    """Tells the top bar and the remarks under it what to show.

    It keeps texts as functions of the language, so that it can say them in another one.
    """

    def __init__(
        self,
        top_bar: TopBar,
        remarks: Remarks,
        load: LoadNotice,
        precisions: Precisions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._bar, self._remarks = top_bar, remarks
        self._load, self._precisions = load, precisions
        self._state: Words = str  #: what goes on; empty when nothing does
        self._job: Words = str
        self._remark: Words = str
        self._kept: list[Words] = []  #: remarks that stay until a person closes them
        self._ready: ModelReady | None = None
        self._finished: Finished | None = None
        self._memory_bytes: int | None = None  #: that the model's device has
        self._looking = 0  # id of the task that looks how much that is
        self._before = 0  # requests of other programs that come first
        remarks.closed.connect(self.clear_remark)
        load.changed.connect(self._show_load)
        self.retranslate()

    @property
    def precision_place(self) -> QRect:
        """Where on the screen the button of the precisions is."""
        button = self._bar.precision
        return QRect(button.mapToGlobal(QPoint(0, 0)), button.size())

    # --- the model ------------------------------------------------------------------------

    @Slot()
    def show_loading(self) -> None:
        """Say that a model is being loaded, and how far it is."""
        self._forget_model()
        self._remark = str
        self._show_load()

    @Slot()
    def _show_load(self) -> None:
        if self._load.is_loading:
            self._bar.show_progress(self._load.share)
            self._say(self._load.text)

    def _show_load_progress(self, event: LoadProgress) -> None:
        """Show how much is read of a model that is loaded again for an answer."""
        total = max(event.total_bytes, 1)
        self._bar.show_progress(event.done_bytes / total)
        percent = 100 * event.done_bytes // total
        self._say(lambda: self.tr("Loading the model: {percent} %").format(percent=percent))

    @Slot(object, object)
    def show_loaded(self, _model: InstalledModel, ready: ModelReady) -> None:
        """Show how a model runs that was loaded."""
        self.show_model(ready)

    @Slot(object)
    def show_model(self, ready: ModelReady) -> None:
        """Show how the model runs, and why so."""
        self._ready, self._finished, self._memory_bytes = ready, None, None
        task = BackgroundTask(partial(_memory, self._precisions, ready), self)
        task.succeeded.connect(self._on_memory)
        self._looking = task.start()
        self._show_idle()

    @Slot(object, int)
    def _on_memory(self, memory_bytes: int | None, task_id: int) -> None:
        if task_id == self._looking:
            self._memory_bytes = memory_bytes
            self.retranslate()

    @Slot()
    def show_no_model(self) -> None:
        """Say that there is nothing to talk with."""
        self._forget_model()
        self._bar.hide_progress()
        self._say(lambda: self.tr("No model is loaded. Choose one at the top."))

    @Slot()
    def show_set_aside(self) -> None:
        """Say that the model makes room, and comes back by itself."""
        self._forget_model()
        self._bar.hide_progress()
        self._say(lambda: self.tr("The model makes room while precisions are measured"))

    @Slot(int)
    def show_asleep(self, minutes: int) -> None:
        """Say that the model left the memory, and what brings it back."""
        self._say(lambda: self._asleep(minutes))

    def _asleep(self, minutes: int) -> str:
        text = self.tr(
            "The model left the memory after {minutes} minutes without an answer; your next "
            "message loads it again"
        )
        return text.format(minutes=minutes)

    def _forget_model(self) -> None:
        self._ready = self._finished = self._memory_bytes = None
        self._looking = 0

    # --- an answer ---------------------------------------------------------------------------

    def _show_idle(self) -> None:
        self._bar.hide_progress()
        self._remark = str
        self._say(str)

    @Slot(object)
    def show_progress(self, event: object) -> None:
        """Show how far an answer has come."""
        match event:
            case LoadProgress():
                self._show_load_progress(event)
            case PromptReady():
                self._show_dropped(event.dropped_messages)
                self._say(lambda: self.tr("Reading the prompt…"))
            case PrefillProgress():
                self._bar.show_progress(event.done_tokens / max(event.total_tokens, 1))
                self._say(lambda: answer_notes.prefill_text(event))

    def _show_dropped(self, messages: int) -> None:
        self._remark = (lambda: answer_notes.dropped(messages)) if messages else str

    @Slot(int)
    def show_in_line(self, before: int) -> None:
        """Say how many requests of others are before what the window waits for; 0: none is."""
        self._before = before
        self.retranslate()

    def _goes_on(self) -> str:
        """What goes on; as long as the window waits its turn, nothing of its own does."""
        if self._before == 0:
            return self._state()
        if self._before == 1:
            return self.tr("Waiting for a request of another program")
        text = self.tr("Waiting for {count} requests of other programs")
        return text.format(count=self._before)

    @Slot()
    def show_answering(self) -> None:
        """Say that text is coming."""
        self._bar.hide_progress()
        self._say(lambda: self.tr("Answering…"))

    @Slot(object)
    def show_chat_state(self, state: ChatState) -> None:
        """Say that an answer is over, or will be: a stop waits for the step that is computed."""
        match state:
            case ChatState.STOPPING:
                self._say(lambda: self.tr("Stopping…"))
            case ChatState.READY:
                self._show_idle()

    @Slot(object)
    def show_finished(self, finished: Finished) -> None:
        """Show the figures of the last answer."""
        self._finished = finished
        self.retranslate()

    @Slot()
    def forget_figures(self) -> None:
        """Say nothing of the last answer any more: another conversation was opened."""
        self._finished = None
        self.retranslate()

    # --- remarks -----------------------------------------------------------------------------

    def notice(self, text: Words) -> None:
        """Add a remark until the state changes, or the person closes it."""
        self._remark = text
        self.retranslate()

    def notice_until_read(self, text: Words) -> None:
        """Add a remark until the person closes it: it is of something that nobody saw happen."""
        self._kept = [*self._kept, text][-_MOST_KEPT:]
        self.retranslate()

    @Slot(object, object)
    def show_failed_load(self, error: UserFacingError, wanted: WantedModel) -> None:
        """Say of a model that it could not be loaded, though another one is being loaded now."""
        self.notice_until_read(
            lambda: self.tr("“{name}” could not be loaded: {what}").format(
                name=model_texts.name(wanted.model), what=error_texts.message(error)
            )
        )

    @Slot()
    def clear_remark(self) -> None:
        """Take the remarks away."""
        self._remark = str
        self._kept = []
        self.retranslate()

    @Slot(str)
    def show_unkept(self, reason: str) -> None:
        """Say that choices hold until the window is closed, and no longer."""
        self.notice(
            lambda: self.tr("Your choices cannot be kept: {reason}").format(
                reason=error_texts.sentence(reason)
            )
        )

    @Slot(object)
    def show_restored(self, restored: Restored) -> None:
        """Say what came from a backup."""
        if not restored.messages and not restored.conversations:
            self.notice(lambda: self.tr("Nothing of the backup was missing here"))
            return
        self.notice(
            lambda: self.tr(
                "Added from the backup: {messages} messages, in {conversations} conversations"
            ).format(messages=f"{restored.messages:,}", conversations=f"{restored.conversations:,}")
        )

    def show_job(self, text: Words) -> None:
        """Show what a job in the background does, if there is one."""
        self._job = text
        self.retranslate()

    # --- inside ----------------------------------------------------------------------------

    def _say(self, text: Words) -> None:
        self._state = text
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything again, in the language of the window."""
        self._bar.show_job(self._job())
        remarks = (*(text() for text in self._kept), self._remark())
        self._remarks.show_remark("\n".join(filter(None, remarks)))
        usage = " · ".join(
            filter(None, (self._memory_text(), self._goes_on() or self._speed_text()))
        )
        self._bar.show_usage(usage, self._explanation())
        ready = self._ready
        if ready is None:
            self._bar.show_precision("", "", "")
            return
        name = precision_texts.in_use(ready)
        reason = error_texts.sentence(ready.reason)
        notes = map(error_texts.sentence, ready.notes)
        threads = threads_text(ready, self._finished)
        about = "\n".join((name, reason, f"{ready.device_name}, {threads}", *notes))
        self._bar.show_precision(
            ready.precision.label,
            self.tr("Precision: {name}").format(name=name),
            as_tooltip(about),
        )

    def _memory_text(self) -> str:
        ready, memory = self._ready, self._memory_bytes
        if ready is None:
            return ""
        needed = size_text(ready.needed_bytes)
        if memory is None:
            return needed
        return self.tr("{needed} of {memory}").format(needed=needed, memory=size_text(memory))

    def _speed_text(self) -> str:
        finished = self._finished
        if finished is None or finished.tokens_per_second <= 0:
            return ""
        return answer_notes.speed(finished)

    def _explanation(self) -> str:
        """What the figures mean, for who rests the pointer on them."""
        ready = self._ready
        if ready is None:
            return as_tooltip(self._goes_on())
        lines = [
            self.tr("The memory that the model takes, of what its device has."),
            threads_text(ready, self._finished),
        ]
        if state := self._goes_on():
            lines.insert(0, state)
        return as_tooltip("\n".join(lines))


def _memory(precisions: Precisions, ready: ModelReady) -> int | None:
    return memory_for(precisions.now(), ready)


def threads_text(ready: ModelReady, finished: Finished | None) -> str:
    """How many threads compute; of the last answer, where they were fewer than could be."""
    most = ready.threads
    if finished is not None and finished.threads is not None and finished.threads < most:
        return QCoreApplication.translate(
            "WindowStatus", "{count} of {most} threads: other programs keep the processor busy"
        ).format(count=finished.threads, most=most)
    if most == 1:
        return QCoreApplication.translate("WindowStatus", "1 thread")
    return QCoreApplication.translate("WindowStatus", "{count} threads").format(count=most)
