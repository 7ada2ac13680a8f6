"""The window: it puts the parts together, and joins them with the services."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from backends.events import LoadProgress, ModelReady, PrefillProgress, PromptReady
from backends.machine.hardware import usable_cores
from baichuan_desktop.services.jobs.copies import ModelFiles, model_files
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.precisions.fallback import LoadChoice
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.chat.controller import AnswerEnd, ChatController
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.errors.dialog import MessageDialog
from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.precision_control import PrecisionControl
from baichuan_desktop.ui.models.request_queue import RequestQueue
from baichuan_desktop.ui.window.about import AboutDialog, LicenceDialog
from baichuan_desktop.ui.window.menus import Menus
from baichuan_desktop.ui.window.status_line import StatusLine
from baichuan_desktop.ui.window.top_bar import TopBar
from baichuan_desktop.ui.window.window_jobs import WindowJobs
from baichuan_desktop.workers.background_task import BackgroundTask

log = logging.getLogger(__name__)

_FIRST_SIZE = QSize(1060, 760)


class MainWindow(QMainWindow):
    """Used from the window's thread; whoever makes it shuts the worker down by closing it."""

    def __init__(self, services: AppServices, theme: Theme, translations: Translations) -> None:
        super().__init__()
        self._store = services.store
        self._settings = services.settings
        self._measurements = services.measurements
        self._worker = services.worker
        self._translations = translations
        self._queue = queue = RequestQueue(services.worker, self)
        self.switcher = ModelSwitcher(queue, services.measurements, services.settings, self)
        self.errors = ErrorPresenter(services, theme, self)
        self.precision = PrecisionControl(
            self.switcher, services.measurements, services.look, theme, self
        )
        self.jobs = JobController(services, self.switcher, theme, self)
        self._unkept_was_told = False
        self.controller = ChatController(queue, self)
        self.menus = Menus(self)
        self.top_bar = TopBar(theme, self)
        self.panel = SettingsPanel(usable_cores(), self)
        self.page = ChatPage(theme, self.controller, self.panel, self)
        self.status = StatusLine(theme, self)
        self.pages, self._chat_area = QStackedWidget(), QWidget()
        self._lay_out()
        self.window_jobs = WindowJobs(
            self.jobs,
            self._store,
            self.switcher,
            self.menus,
            self.status,
            self.top_bar,
            self.pages,
            self._chat_area,
            self,
        )
        self._connect()
        self.menus.show_language(self._settings.current.language)
        self.retranslate()

    def _lay_out(self) -> None:
        self.setMenuBar(self.menus)
        self.setStatusBar(self.status)
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.page, 1)
        row.addWidget(self.panel)
        self._chat_area.setLayout(row)
        self.pages.addWidget(self._chat_area)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(central)
        self.setMinimumSize(640, 480)
        size = self._settings.current.window_size
        # It was remembered on a larger screen, perhaps.
        room = self.screen().availableSize()
        self.resize(QSize(*size).boundedTo(room) if size else _FIRST_SIZE)
        self.show_panel(self._settings.current.show_panel)
        QWidget.setTabOrder(self.top_bar.picker, self.top_bar.new_chat)
        QWidget.setTabOrder(self.top_bar.new_chat, self.top_bar.panel)
        QWidget.setTabOrder(self.top_bar.panel, self.page.transcript)
        QWidget.setTabOrder(self.page.transcript, self.page.composer.input)
        QWidget.setTabOrder(self.page.composer.input, self.page.composer.button)
        self.page.composer.setFocus()

    def _connect(self) -> None:
        menus, bar = self.menus, self.top_bar
        menus.open_folder.triggered.connect(self.ask_for_folder)
        menus.new_chat.triggered.connect(self.controller.new_chat)
        menus.quit.triggered.connect(self.close)
        menus.stop.triggered.connect(self.controller.stop)
        menus.as_chat.triggered.connect(self.use_as_chat)
        self.page.welcome.as_chat_requested.connect(self.menus.as_chat.trigger)
        menus.copy.triggered.connect(self._copy)
        self.page.transcript.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.page.transcript.addActions([menus.copy, menus.select_all])
        menus.select_all.triggered.connect(self._select_all)
        menus.panel.triggered.connect(self.show_panel)
        menus.language_chosen.connect(self.use_language)
        menus.licence.triggered.connect(self._show_licence)
        menus.about.triggered.connect(self._show_about)
        bar.picker.chosen.connect(self.load)
        bar.picker.open_requested.connect(self.ask_for_folder)
        bar.new_chat.clicked.connect(self.controller.new_chat)
        bar.panel.clicked.connect(self.show_panel)
        self.switcher.began.connect(self._on_loading)
        self.switcher.progressed.connect(self._on_progressed)
        self.switcher.ready.connect(self._on_ready)
        self.switcher.failed.connect(self._on_load_failed)
        self.switcher.lost.connect(self._on_lost)
        self.controller.progressed.connect(self._on_progressed)
        self.controller.text_arrived.connect(self._on_text)
        self.controller.answer_ended.connect(self._on_answer_ended)
        self.controller.cleared.connect(self.status.clear_context)
        self.controller.state_changed.connect(self._on_state)
        self.controller.failed.connect(self._on_answer_failed)
        self.errors.load_requested.connect(self._load_choice)
        self.errors.closed.connect(self.page.composer.setFocus)
        self.status.precision_button.clicked.connect(self.show_precisions)
        bar.picker.precision_requested.connect(self.show_precisions)
        self.panel.threads_chosen.connect(self._use_threads)
        self.jobs.load_requested.connect(self._load_choice)
        self.jobs.set_aside.connect(self._on_set_aside)
        self.jobs.failed.connect(self.show_error)
        notice = self.status.engine_notice
        self._queue.silent.connect(notice.show_silent)
        self._queue.heard.connect(notice.clear)
        notice.end_requested.connect(self._queue.end_engine)
        self.page.composer.long_lines_broken.connect(self._on_long_lines)
        bar.picker.set_models(self._store.models)
        self._on_state()

    def show_problems(self) -> None:
        """Show what is wrong with a registry; the models that it would add are not offered."""
        for problem in self._store.problems:
            log.warning("%s", problem)
        if self._store.problems:
            self.errors.show(self._store.problems[0])

    # --- models -------------------------------------------------------------------------------

    def load_first(self, name: str | None) -> None:
        """Load what was asked for at the start, else what was used last, else the guide."""
        if name is None:
            self._load_last()
            return
        task = BackgroundTask(partial(self._store.model, name), self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self.show_error)
        task.failed.connect(self._load_last)
        task.start()

    @Slot()
    def _load_last(self) -> None:
        guide = self._store.model(GUIDE_ID)
        try:
            last = self._store.model(self._settings.current.last_model or GUIDE_ID)
        except UserFacingError:  # it was removed in the meantime
            last = guide
        self.switcher.load(last, otherwise=guide)

    @Slot(object)
    def load(self, model: InstalledModel) -> None:
        """Change to a model."""
        self.switcher.load(model)
        self.page.composer.setFocus()

    @Slot(object)
    def _load_choice(self, choice: LoadChoice) -> None:
        wish, current = choice.wish, self.switcher.current
        if current is not None and current.path == choice.model.path:
            wish = replace(wish, threads=self.switcher.wish.threads)
        self.switcher.load(choice.model, wish, keep=choice.is_kept)

    @Slot(object)
    def _use_threads(self, threads: int | None) -> None:
        """Load the model again with another number of threads; None: what the app chooses."""
        model, wish = self.switcher.current, self.switcher.wish
        if model is not None and threads != wish.threads:
            self.switcher.load(model, replace(wish, threads=threads), keep=True)

    @Slot()
    def show_precisions(self) -> None:
        """Open the menu of precisions over its button."""
        button = self.status.precision_button
        self.precision.open(QRect(button.mapToGlobal(QPoint(0, 0)), button.size()))

    @Slot()
    def ask_for_folder(self) -> None:
        """Let the person choose a checkpoint folder."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Open a model folder"))
        if folder:
            self.open_folder(Path(folder))

    def open_folder(self, folder: Path) -> None:
        """Link a checkpoint folder, then load it."""
        task = BackgroundTask(partial(self._store.add, folder), self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self.show_error)
        task.start()

    @Slot(object)
    def _on_found(self, model: InstalledModel) -> None:
        self.top_bar.picker.set_models(self._store.models)
        wanted = self.switcher.wanted
        if wanted is None or wanted.path != model.path:
            self.load(model)

    @Slot(object)
    def _on_loading(self, model: InstalledModel) -> None:
        self.top_bar.picker.show_model(model)
        self.menus.show_jobs(None)
        self.panel.show_threads(None, can_change=False)
        self.status.show_loading(partial(model_texts.name, model))
        self.page.show_loading()
        if self.controller.model is None or self.page.transcript.is_empty():
            as_chat = self._is_chatted_with(model)
            self.page.welcome.show_model(model, loaded=False, as_chat=as_chat)
        self._offer_as_chat()

    @Slot(object, object)
    def _on_ready(self, model: InstalledModel, ready: ModelReady) -> None:
        self._use_model(model, ready)
        self.panel.show_threads(self.switcher.wish.threads, can_change=True)
        self.top_bar.picker.show_model(model, ready)
        self.status.show_model(ready)
        if not self.switcher.is_fallback:
            self._settings.change(last_model=model.id)
            self._tell_what_is_not_kept()
        task = BackgroundTask(partial(model_files, model.path), self)
        task.succeeded.connect(self._on_model_files)  # a model that is gone has no jobs
        task.start()
        self.retranslate()

    def _is_chatted_with(self, model: InstalledModel) -> bool:
        """Whether it is a base model that is used as a chat model."""
        return model.kind == "base" and model.path in self._settings.current.as_chat

    def _offer_as_chat(self) -> None:
        model = self.switcher.current
        may_change = not self.controller.is_answering
        self.menus.show_as_chat(
            is_base=model is not None and model.kind == "base" and may_change,
            as_chat=model is not None and self._is_chatted_with(model),
        )

    def _use_model(self, model: InstalledModel, ready: ModelReady) -> None:
        """Talk with a model that is loaded, in the way in which it is used."""
        as_chat = self._is_chatted_with(model)
        is_another = self.controller.use_model(model, as_chat=as_chat)
        if is_another:
            self.panel.set_model("chat" if as_chat else model.kind, ready.defaults)
            self.status.clear_context()
        self.page.welcome.show_model(model, loaded=True, as_chat=as_chat, notes=ready.notes)
        self.page.show_model(is_another=is_another, notes=ready.notes)
        self._offer_as_chat()

    @Slot(bool)
    def use_as_chat(self, as_chat: bool) -> None:
        """Chat with the base model that is loaded from now on, or have it continue text again."""
        model, ready = self.switcher.current, self.switcher.running
        if model is not None and ready is not None:
            self._settings.keep_as_chat(model.path, as_chat)
            self._use_model(model, ready)

    def _tell_what_is_not_kept(self) -> None:
        """Say once that choices hold until the window is closed, and no longer."""
        reason = self._settings.unkept
        if reason is not None and not self._unkept_was_told:
            self._unkept_was_told = True
            self.status.notice(
                lambda: self.tr("Your choices cannot be kept: {reason}").format(
                    reason=error_texts.sentence(reason)
                )
            )

    @Slot(object)
    def _on_model_files(self, files: ModelFiles) -> None:
        self.menus.show_jobs(files if self.switcher.current is not None else None)

    @Slot(object, object)
    def _on_load_failed(self, error: UserFacingError, choice: LoadChoice) -> None:
        self.errors.show(error, choice)

    @Slot()
    def _on_lost(self) -> None:
        self.top_bar.picker.show_model(None)
        self.status.show_no_model()
        self.page.welcome.show_model(None, loaded=False)
        self._offer_as_chat()

    # --- answers --------------------------------------------------------------------------

    @Slot(object)
    def _on_progressed(self, event: object) -> None:
        match event:
            case LoadProgress():
                self.status.show_load_progress(event)
            case ModelReady():  # a fresh engine after a crash
                self.switcher.reloaded(event)
                self.status.show_model(event)
            case PromptReady():
                self.status.show_prompt(event.prompt_tokens, event.dropped_messages)
            case PrefillProgress():
                self.status.show_prefill(event)

    @Slot(str)
    def _on_text(self, _text: str) -> None:
        if not self.controller.is_stopping:
            self.status.show_answering()

    @Slot(object)
    def _on_answer_ended(self, end: AnswerEnd) -> None:
        if end.finished is not None:
            if self.switcher.running is not None:
                self._measurements.answered(self.switcher.running, end.finished)
            self.status.show_finished(end.finished)

    @Slot()
    def _on_state(self) -> None:
        controller = self.controller
        self.menus.stop.setEnabled(controller.is_answering and not controller.is_stopping)
        self._offer_as_chat()
        if controller.is_stopping:
            self.status.show_stopping()
        elif not controller.is_answering and self.switcher.current is not None:
            self.status.show_ready()

    @Slot(int)
    def _on_long_lines(self, count: int) -> None:
        self.status.notice(
            lambda: self.tr("Long lines of the pasted text were broken: {count}").format(
                count=count
            )
        )

    @Slot(object)
    def _on_answer_failed(self, error: UserFacingError) -> None:
        model = self.switcher.current
        choice = LoadChoice(model, self.switcher.wish) if model is not None else None
        self.errors.show(error, choice, self.switcher.running)

    @Slot()
    def _on_set_aside(self) -> None:
        self.menus.show_jobs(None)
        self._offer_as_chat()
        self.panel.show_threads(None, can_change=False)
        self.status.show_set_aside()
        self.page.show_loading()

    # --- dialogs ----------------------------------------------------------------------------------

    @property
    def error(self) -> MessageDialog | None:
        """The error that is shown."""
        return self.errors.dialog

    @Slot(object)
    def show_error(self, error: UserFacingError) -> None:
        """Show an error, in place of one that is still open."""
        self.errors.show(error)

    @Slot()
    def _show_about(self) -> None:
        AboutDialog(self).open()

    @Slot()
    def _show_licence(self) -> None:
        model = self.switcher.current
        if model is not None:
            LicenceDialog(model, self._store.variant_of(model), self).open()

    # --- view -------------------------------------------------------------------------------------

    @Slot(bool)
    def show_panel(self, shown: bool) -> None:
        """Show or hide the settings panel."""
        self.panel.setVisible(shown)
        self.menus.panel.setChecked(shown)
        self.top_bar.panel.setChecked(shown)
        if shown != self._settings.current.show_panel:
            self._settings.change(show_panel=shown)

    @Slot(str)
    def use_language(self, language: Language) -> None:
        """Speak another language, at once and from now on."""
        self._translations.use(language)
        self._settings.change(language=language)

    @Slot()
    def _copy(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, QPlainTextEdit | QLineEdit):
            focused.copy()
        else:
            self.page.transcript.copy()

    @Slot()
    def _select_all(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, QPlainTextEdit | QLineEdit | QTextEdit):
            focused.selectAll()
        else:
            self.page.transcript.selectAll()

    def retranslate(self) -> None:
        """Name the window after its model."""
        model = self.switcher.current
        app = QApplication.applicationDisplayName()
        self.setWindowTitle(f"{model_texts.name(model)} — {app}" if model else app)
        self.menus.licence.setEnabled(model is not None)

    # --- Qt's own ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the engines and remember the window; a job that runs is asked about first."""
        if not self.window_jobs.may_close():
            event.ignore()
            return
        if not self.isMaximized() and not self.isFullScreen():
            self._settings.change(window_size=(self.width(), self.height()))
        self.jobs.shut_down()
        self._worker.shut_down()
        super().closeEvent(event)
