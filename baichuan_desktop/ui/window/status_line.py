"""The line at the bottom: what happens now, how fast, and how much of the context is used."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStatusBar,
    QToolButton,
    QWidget,
)

from backends.events import Finished, LoadProgress, ModelReady, PrefillProgress, PromptReady
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.chat import answer_notes
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.window.silence_notice import SilenceNotice


class StatusLine(QStatusBar):
    """Keeps its texts as functions of the language, so that it can say them in another one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._job: Callable[[], str] = str
        self._state: Callable[[], str] = str
        self._extra: Callable[[], str] = str
        self._speed: Callable[[], str] = str
        self._ready: ModelReady | None = None
        self._finished: Finished | None = None
        self._context_tokens = 0
        self.setSizeGripEnabled(False)
        self.state_label, self.speed_label = plain_label(), plain_label()
        self.context_label = plain_label()
        self.precision_button, self.job_button = _button(), _button()
        # The arrow stands at the right of the text.
        self.precision_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.engine_notice = SilenceNotice(
            lambda: self.tr("The engine has said nothing for {seconds} s"), self.state_label
        )
        self.job_notice = SilenceNotice(
            lambda: self.tr("The background job has said nothing for {seconds} s"),
            self.speed_label,
        )
        self.progress = _bar(120)
        self.context_bar = _bar(84)
        left = QWidget(self)
        row = QHBoxLayout(left)
        row.setContentsMargins(14, 5, 0, 5)
        row.setSpacing(10)
        row.addWidget(self.state_label)
        row.addWidget(self.progress)
        row.addWidget(self.engine_notice)
        row.addStretch(1)
        right = QWidget(self)
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 5, 14, 5)
        row.setSpacing(12)
        row.addWidget(self.job_notice)
        row.addWidget(self.job_button)
        row.addWidget(self.speed_label)
        row.addWidget(self.precision_button)
        context = QHBoxLayout()
        context.setSpacing(8)
        context.addWidget(self.context_label)
        context.addWidget(self.context_bar)
        row.addLayout(context)
        self.addWidget(left, 1)
        self.addPermanentWidget(right)
        self.progress.hide()
        self.context_bar.hide()
        theme.changed.connect(self._draw_icons)
        self._draw_icons()
        self.retranslate()

    @property
    def precision_place(self) -> QRect:
        """Where on the screen the button of the precisions is."""
        button = self.precision_button
        return QRect(button.mapToGlobal(QPoint(0, 0)), button.size())

    # --- the model ------------------------------------------------------------------------

    @Slot(object)
    def show_loading(self, model: InstalledModel) -> None:
        """Say which model is being loaded."""
        self._ready = None
        self._speed = str
        self._show_progress(0, 0)
        self._say(lambda: self.tr("Loading {name}…").format(name=model_texts.name(model)))

    @Slot(object)
    def show_load_progress(self, event: LoadProgress) -> None:
        """Show how much of its weights is read."""
        total = max(event.total_bytes, 1)
        self._show_progress(event.done_bytes, total)
        percent = 100 * event.done_bytes // total
        self._say(lambda: self.tr("Loading the model: {percent} %").format(percent=percent))

    @Slot(object, object)
    def show_loaded(self, _model: InstalledModel, ready: ModelReady) -> None:
        """Show how a model runs that was loaded."""
        self.show_model(ready)

    @Slot(object)
    def show_model(self, ready: ModelReady) -> None:
        """Show how the model runs, and why so."""
        self._ready, self._finished = ready, None
        self.show_ready()

    @Slot()
    def show_no_model(self) -> None:
        """Say that there is nothing to talk with."""
        self._ready = None
        self.progress.hide()
        self._say(lambda: self.tr("No model is loaded. Choose one at the top."))

    @Slot()
    def show_set_aside(self) -> None:
        """Say that the model makes room, and comes back by itself."""
        self._ready = None
        self._speed = str
        self.progress.hide()
        self._say(lambda: self.tr("The model makes room while precisions are measured"))

    # --- an answer ---------------------------------------------------------------------------

    def show_ready(self) -> None:
        """Say that nothing is going on."""
        self.progress.hide()
        self._extra = str
        self._say(lambda: self.tr("Ready"))

    @Slot(object)
    def show_progress(self, event: object) -> None:
        """Show how far an answer has come."""
        match event:
            case LoadProgress():
                self.show_load_progress(event)
            case PromptReady():
                self._show_prompt(event.prompt_tokens, event.dropped_messages)
            case PrefillProgress():
                self._show_progress(event.done_tokens, event.total_tokens)
                self._say(lambda: answer_notes.prefill_text(event))

    def _show_prompt(self, prompt_tokens: int, dropped_messages: int) -> None:
        self._context_tokens = prompt_tokens
        self._extra = (lambda: answer_notes.dropped(dropped_messages)) if dropped_messages else str
        self._say(lambda: self.tr("Reading the prompt…"))

    @Slot()
    def show_answering(self) -> None:
        """Say that text is coming."""
        self.progress.hide()
        self._say(lambda: self.tr("Answering…"))

    @Slot(object)
    def show_chat_state(self, state: ChatState) -> None:
        """Say that an answer is over, or will be: a stop waits for the step that is computed."""
        match state:
            case ChatState.STOPPING:
                self._say(lambda: self.tr("Stopping…"))
            case ChatState.READY:
                self.show_ready()

    @Slot(object)
    def show_finished(self, finished: Finished) -> None:
        """Show the figures of the last answer."""
        self._finished = finished
        self._context_tokens = finished.context_tokens
        fast = finished.tokens_per_second > 0
        self._speed = (lambda: answer_notes.speed(finished)) if fast else str
        self.retranslate()

    @Slot()
    def clear_context(self) -> None:
        """Show an empty context: the conversation begins anew."""
        self._context_tokens = 0
        self._speed = str
        self.retranslate()

    def notice(self, text: Callable[[], str]) -> None:
        """Add a remark to the state until the state changes."""
        self._extra = text
        self.retranslate()

    @Slot(int)
    def show_broken_lines(self, count: int) -> None:
        """Say how many lines of what was pasted were too long, and were broken."""
        self.notice(
            lambda: self.tr("Long lines of the pasted text were broken: {count}").format(
                count=count
            )
        )

    @Slot(str)
    def show_unkept(self, reason: str) -> None:
        """Say that choices hold until the window is closed, and no longer."""
        self.notice(
            lambda: self.tr("Your choices cannot be kept: {reason}").format(
                reason=error_texts.sentence(reason)
            )
        )

    def show_job(self, text: Callable[[], str]) -> None:
        """Show what a job in the background does, if there is one."""
        self._job = text
        self.retranslate()

    # --- inside ----------------------------------------------------------------------------

    def _say(self, text: Callable[[], str]) -> None:
        self._state = text
        self.retranslate()

    def _show_progress(self, done: int, total: int) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(1000 * done // total if total else 0)
        self.progress.show()

    def retranslate(self) -> None:
        """Say everything again, in the language of the window."""
        parts = [part for part in (self._state(), self._extra()) if part]
        self.state_label.setText(" · ".join(parts))
        self.speed_label.setText(self._speed())
        self.job_button.setText(self._job())
        self.job_button.setVisible(bool(self._job()))
        self.job_button.setToolTip(self.tr("Show what runs in the background"))
        self.progress.setAccessibleName(self.tr("Progress"))
        self.context_bar.setAccessibleName(self.tr("Context used"))
        ready = self._ready
        self.context_bar.setVisible(ready is not None)
        self.precision_button.setVisible(ready is not None)
        if ready is None:
            self.context_label.clear()
            return
        name = precision_texts.in_use(ready)
        self.precision_button.setText(name)
        self.precision_button.setAccessibleName(self.tr("Precision: {name}").format(name=name))
        threads = threads_text(ready, self._finished)
        self.speed_label.setToolTip(as_tooltip(threads))
        reason = error_texts.sentence(ready.reason)
        notes = map(error_texts.sentence, ready.notes)
        about = "\n".join((reason, f"{ready.device_name}, {threads}", *notes))
        self.precision_button.setToolTip(as_tooltip(about))
        used, length = self._context_tokens, ready.context_length
        self.context_label.setText(
            self.tr("Context {used} / {length}").format(used=f"{used:,}", length=f"{length:,}")
        )
        self.context_label.setToolTip(
            self.tr("Tokens of prompt and answer together that the model can read.")
        )
        self.context_bar.setRange(0, length)
        self.context_bar.setValue(min(used, length))

    @Slot()
    def _draw_icons(self) -> None:
        colour = QColor(self._theme.colours.muted)
        self.precision_button.setIcon(line_icon("chevron-up", colour, size=14))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def threads_text(ready: ModelReady, finished: Finished | None) -> str:
    """How many threads compute; of the last answer, where they were fewer than could be."""
    most = ready.threads
    if finished is not None and finished.threads is not None and finished.threads < most:
        return QCoreApplication.translate(
            "StatusLine", "{count} of {most} threads: other programs keep the processor busy"
        ).format(count=finished.threads, most=most)
    if most == 1:
        return QCoreApplication.translate("StatusLine", "1 thread")
    return QCoreApplication.translate("StatusLine", "{count} threads").format(count=most)


def _button() -> QToolButton:
    button = QToolButton()
    button.setObjectName("status")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(14, 14))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _bar(width: int) -> QProgressBar:
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setFixedSize(width, 4)
    return bar
