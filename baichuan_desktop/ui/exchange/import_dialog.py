"""The dialog that adds conversations of a file: what was found is shown before it is added."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange.adding import add, look_at
from baichuan_desktop.services.exchange.values import Added, Found
from baichuan_desktop.ui.choosing.file_dialogs import choose_file, choose_folder
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.exchange import told
from baichuan_desktop.ui.exchange.busy_page import Advance, BusyPage, scrolled
from baichuan_desktop.ui.exchange.found_list import FoundList, FoundModel
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_SIZE, _LEAST = QSize(620, 520), QSize(400, 260)  # pixels of the design


class ImportDialog(QDialog):
    """Leaves the window usable. Closed while it adds, it stops after the conversation it is at.

    Signals:
        added: the Added that came of it, also of an import that was stopped.
    """

    added = Signal(object)

    def __init__(
        self,
        store: ConversationStore,
        since: Callable[[], float | None],
        theme: Theme,
        parent: QWidget,
    ) -> None:
        """`since` tells the time before which nothing is kept here; None: all is."""
        super().__init__(parent)
        self._store, self._since_of = store, since
        self._cancel = threading.Event()
        self._found: Found | None = None
        self._added: Added | None = None
        self._adding = 0  #: conversations that are being added
        self.is_busy = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.model = FoundModel(self)
        self.list = FoundList(self.model, theme)
        self.explanation, self.trouble = plain_label(wraps=True), plain_label(wraps=True)
        self.trouble.setObjectName("trouble")
        self.trouble.hide()
        self.heading, self.summary, self.left_out = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.left_out.setObjectName("muted")
        self.all_box = QCheckBox()
        self.all_box.setTristate(True)
        self.file_button, self.folder_button, self.close_button = (QPushButton() for _ in range(3))
        self.add_button, self.cancel_button = QPushButton(), QPushButton()
        self.busy = BusyPage()
        self.pages = QStackedWidget()
        self._asking, self._showing = self._asking_page(), self._found_page()
        for page in (self._asking, self._showing, self.busy):
            self.pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self.setMinimumSize(_LEAST)
        room = parent.screen().availableSize()
        self.resize(QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height())).boundedTo(room))
        self.model.ticked.connect(self._show_chosen)
        self.all_box.clicked.connect(self._tick_all)
        self.busy.stop_requested.connect(self._stop)
        self.busy.close_requested.connect(self.close)
        self.retranslate()
        self.file_button.setFocus()

    def _asking_page(self) -> QWidget:
        body, page = QWidget(), QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(24, 22, 24, 8)
        inside.setSpacing(10)
        for widget in (self.explanation, self.trouble):
            inside.addWidget(widget)
        inside.addStretch(1)
        self.file_button.setDefault(True)
        for button in (self.folder_button, self.close_button):
            button.setAutoDefault(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.folder_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.file_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.file_button.clicked.connect(self._choose_file)
        self.folder_button.clicked.connect(self._choose_folder)
        return _page(page, scrolled(body), buttons)

    def _found_page(self) -> QWidget:
        body, page = QWidget(), QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(24, 22, 24, 8)
        inside.setSpacing(8)
        for widget in (self.heading, self.summary, self.left_out, self.all_box):
            inside.addWidget(widget)
        self.list.setMinimumHeight(110)
        inside.addWidget(self.list, 1)
        self.cancel_button.setAutoDefault(False)
        self.add_button.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._add)
        buttons.rejected.connect(self.reject)
        return _page(page, scrolled(body), buttons)

    # --- reading ------------------------------------------------------------------------------

    @Slot()
    def _choose_file(self) -> None:
        kinds = self.tr("Exports of conversations") + " (*.json *.zip)"
        everything = self.tr("All files") + " (*)"
        file = choose_file(self, self.tr("Import conversations"), f"{kinds};;{everything}")
        if file is not None:
            self.read(file)

    @Slot()
    def _choose_folder(self) -> None:
        folder = choose_folder(self, self.tr("Import conversations"))
        if folder is not None:
            self.read(folder)

    def read(self, file: Path) -> None:
        """Look what a file, a zip or a folder holds."""
        self._begin(self.tr("Reading {name}").format(name=file.name))
        advance = Advance()
        advance.advanced.connect(self._on_read)
        work = partial(
            look_at, file, self._store, since=self._since_of(),
            cancel=self._cancel, progress=advance.tell,
        )  # fmt: skip
        task = BackgroundTask(work, self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_refused)
        task.start()

    def _begin(self, heading: str, total: int = 0) -> None:
        self._cancel = threading.Event()
        self.is_busy = True
        self.trouble.hide()
        self.pages.setCurrentWidget(self.busy)
        self.busy.begin(heading, total)

    @Slot(int)
    def _on_read(self, count: int) -> None:
        if self.is_busy and self._found is None:
            self.busy.text.setText(
                self.tr("{count} conversations were found").format(count=f"{count:,}")
            )

    @Slot(object, int)
    def _on_found(self, found: Found, _task_id: int) -> None:
        self.is_busy = False
        if self._cancel.is_set():
            self.pages.setCurrentWidget(self._asking)
            self.file_button.setFocus()
            return
        self._found = found
        self.model.show_found(found.conversations)
        self.pages.setCurrentWidget(self._showing)
        self.retranslate()
        (self.add_button if self.model.most else self.cancel_button).setFocus()

    @Slot(object, int)
    def _on_refused(self, error: UserFacingError, _task_id: int) -> None:
        self.is_busy = False
        self.trouble.setText(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())
        self.trouble.show()
        self.pages.setCurrentWidget(self._asking)
        self.file_button.setFocus()

    # --- choosing and adding ------------------------------------------------------------------

    @Slot()
    def _show_chosen(self) -> None:
        count, most = len(self.model.chosen), self.model.most
        self.add_button.setEnabled(count > 0)
        self.add_button.setText(
            self.tr("Add one conversation")
            if count == 1
            else self.tr("Add {count} conversations").format(count=f"{count:,}")
        )
        state = Qt.CheckState.PartiallyChecked
        if count in (0, most):
            state = Qt.CheckState.Checked if count else Qt.CheckState.Unchecked
        self.all_box.setCheckState(state)
        self.all_box.setEnabled(most > 0)

    @Slot()
    def _tick_all(self) -> None:
        self.model.tick_all(len(self.model.chosen) < self.model.most)

    @Slot()
    def _add(self) -> None:
        assert self._found is not None
        chosen = self.model.chosen
        self._adding = len(chosen)
        self._begin(self.tr("Adding conversations"), self._adding)
        advance = Advance()
        advance.advanced.connect(self._on_advanced)
        work = partial(
            add, self._found.file, chosen, self._store, since=self._since_of(),
            cancel=self._cancel, progress=advance.tell,
        )  # fmt: skip
        task = BackgroundTask(work, self)
        task.succeeded.connect(self._on_added)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(int)
    def _on_advanced(self, done: int) -> None:
        text = self.tr("{done} of {count} conversations")
        self.busy.show_done(done, text.format(done=f"{done:,}", count=f"{self._adding:,}"))

    @Slot(object, int)
    def _on_added(self, added: Added, _task_id: int) -> None:
        self.is_busy, self._added = False, added
        self.busy.heading.setText(self.tr("Import conversations"))
        self.busy.end(told.added(added))
        self.added.emit(added)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self.is_busy = False
        self.busy.heading.setText(self.tr("Import conversations"))
        message, hint = error_texts.message(error), error_texts.hint(error)
        self.busy.end("", trouble=f"{message} {hint}".rstrip())

    @Slot()
    def _stop(self) -> None:
        self._cancel.set()
        self.busy.stop.setEnabled(False)

    # --- Qt's own -----------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setWindowTitle(self.tr("Import conversations"))
        self.explanation.setText(
            self.tr(
                "Choose what another program exported: the zip or conversations.json of ChatGPT, "
                "the chats of Open WebUI as JSON, the folder of conversations of LM Studio, the "
                "folder of threads of Jan; or a zip or JSON that this app exported.\n\nWhat is "
                "found is shown first. Nothing that is here is overwritten, and what is here "
                "already is not added again."
            )
        )
        self.file_button.setText(self.tr("Choose a file…"))
        self.folder_button.setText(self.tr("Choose a folder…"))
        self.close_button.setText(self.tr("Close"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.list.setAccessibleName(self.tr("Conversations that were found"))
        self.all_box.setText(self.tr("All that can be added"))
        if self._found is not None:
            self.heading.setText(told.heading(self._found))
            self.summary.setText(told.summary(self._found))
            left_out = told.left_out(self._found)
            self.left_out.setText(left_out)
            self.left_out.setVisible(bool(left_out))
        if self._added is not None:
            self.busy.text.setText(told.added(self._added))
        self._show_chosen()
        self.busy.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def done(self, result: int) -> None:
        """Closed: what goes on ends, and what was added stays."""
        if self.is_busy:
            self._stop()
        super().done(result)


def _page(page: QWidget, inside: QWidget, buttons: QDialogButtonBox) -> QWidget:
    buttons.setContentsMargins(24, 0, 24, 18)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(inside, 1)
    column.addWidget(buttons)
    return page
