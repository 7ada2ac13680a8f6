"""The dialog that writes conversations to files: which, in what form, with what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange.forms.sheet import Options
from baichuan_desktop.services.exchange.writing import (
    Form,
    Manner,
    Written,
    write_each,
    write_everything,
    write_one,
)
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder, choose_target
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.exchange import told
from baichuan_desktop.ui.exchange.busy_page import Advance, BusyPage, scrolled
from baichuan_desktop.ui.exchange.pdf import PdfExport, PdfFiles
from baichuan_desktop.ui.library.folder_opening import FolderOpening
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_SIZE, _LEAST = QSize(560, 400), QSize(400, 260)  # pixels of the design
_FORMS = (Form.MARKDOWN, Form.HTML, Form.PDF, Form.TEXT, Form.JSON)
_ALL_NAME = "baichuan-conversations.zip"


@dataclass(frozen=True, slots=True)
class Scope:
    """Conversations that can be exported together."""

    text: str
    ids: Sequence[int]
    stem: str  #: of the file's name; empty where it is not about one conversation

    @property
    def is_one(self) -> bool:
        """Whether it is one conversation, and so one file."""
        return bool(self.stem)


class ExportDialog(QDialog):
    """Leaves the window usable; closing it while it writes stops that.

    Signals:
        failed: the UserFacingError that nothing here can mend.
    """

    failed = Signal(object)

    def __init__(
        self,
        store: ConversationStore,
        scopes: Callable[[], Sequence[Scope]],
        manner: Callable[[Options], Manner],
        theme: Theme,
        parent: QWidget,
    ) -> None:
        """`scopes` are what can be exported, in the language of the window; the first is chosen."""
        super().__init__(parent)
        self._store, self._scopes_of, self._manner = store, scopes, manner
        self._scopes = scopes()
        self._cancel = threading.Event()
        self._pdf: PdfExport | None = None
        self._written: Written | None = None
        self.is_busy = False  #: something is being written
        self.opening = FolderOpening(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.scope, self.form = QComboBox(), QComboBox()
        for box in (self.scope, self.form):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(16)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.details, self.documents = QCheckBox(), QCheckBox()
        self.details.setChecked(True)
        self._scope_label, self._form_label = plain_label(), plain_label()
        self._scope_label.setBuddy(self.scope)
        self._form_label.setBuddy(self.form)
        self.note, self.warning = plain_label(wraps=True), plain_label(wraps=True)
        self.note.setObjectName("muted")
        self.warning.setObjectName("muted")
        self.export_button, self.cancel_button = QPushButton(), QPushButton()
        self.busy = BusyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self._asking())
        self.pages.addWidget(self.busy)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self.setMinimumSize(_LEAST)
        room = parent.screen().availableSize()
        self.resize(QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height())).boundedTo(room))
        self.scope.currentIndexChanged.connect(self._offer_forms)
        self.form.currentIndexChanged.connect(self._show_form)
        self.busy.stop_requested.connect(self._stop)
        self.busy.close_requested.connect(self.close)
        self.busy.show_requested.connect(self._show_folder)
        self.retranslate()
        self.form.setFocus()

    def _asking(self) -> QWidget:
        body, page = QWidget(), QWidget()
        form = QFormLayout()
        form.addRow(self._scope_label, self.scope)
        form.addRow(self._form_label, self.form)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        inside = QVBoxLayout(body)
        inside.setContentsMargins(24, 22, 24, 8)
        inside.setSpacing(10)
        inside.addLayout(form)
        for widget in (self.note, self.details, self.documents, self.warning):
            inside.addWidget(widget)
        inside.addStretch(1)
        buttons = QDialogButtonBox()
        self.cancel_button.setAutoDefault(False)
        self.export_button.setDefault(True)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._choose_place)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(24, 0, 24, 18)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled(body), 1)
        column.addWidget(buttons)
        return page

    # --- what is chosen -----------------------------------------------------------------------

    @property
    def _scope(self) -> Scope:
        return self._scopes[max(self.scope.currentIndex(), 0)]

    @property
    def _form(self) -> Form | None:
        chosen = self.form.currentData()
        return Form(chosen) if chosen else None

    @Slot()
    def _offer_forms(self) -> None:
        """Several conversations can be one zip too, which is what is meant most."""
        before = self.form.currentData()
        self.form.blockSignals(True)
        self.form.clear()
        forms = _FORMS if self._scope.is_one else (None, *_FORMS)
        for form in forms:
            self.form.addItem(told.form_name(form), form.value if form else "")
        place = self.form.findData(before)
        self.form.setCurrentIndex(max(place, 0) if before else 0)
        self.form.blockSignals(False)
        self._show_form()

    @Slot()
    def _show_form(self) -> None:
        form = self._form
        self.note.setText(told.form_note(form))
        is_for_readers = form not in (None, Form.JSON)
        self.details.setEnabled(is_for_readers)
        self.documents.setEnabled(is_for_readers)
        self.export_button.setEnabled(bool(self._scope.ids))

    @Slot()
    def _choose_place(self) -> None:
        scope, form = self._scope, self._form
        title = self.tr("Export conversations")
        if form is None or scope.is_one:
            name = _ALL_NAME if form is None else f"{scope.stem}{form.suffix}"
            place = choose_target(self, title, name, told.file_kinds(form))
        else:
            place = choose_folder(self, title)
        if place is not None:
            self._write(scope, form, place)

    # --- writing ------------------------------------------------------------------------------

    def _write(self, scope: Scope, form: Form | None, place: Path) -> None:
        self._cancel.clear()
        self.is_busy = True
        manner = self._manner(Options(self.details.isChecked(), self.documents.isChecked()))
        self.pages.setCurrentWidget(self.busy)
        total = 0 if scope.is_one else len(scope.ids)
        self.busy.begin(self.tr("Exporting conversations"), total)
        if form is Form.PDF:
            files = PdfFiles(scope.ids, place, scope.is_one)
            self._pdf = PdfExport(self._store, files, manner, self)
            self._pdf.progressed.connect(self._on_advanced)
            self._pdf.finished.connect(self._on_written)
            self._pdf.failed.connect(self._on_failed)
            self._pdf.start()
            return
        store, ids = self._store, list(scope.ids)
        advance = Advance()
        advance.advanced.connect(self._on_advanced)
        if form is None:
            work: Callable[[], Written] = partial(
                write_everything, store, ids, place,
                cancel=self._cancel, progress=advance.tell,
            )  # fmt: skip
        elif scope.is_one:
            work = partial(write_one, store, ids[0], form, place, manner)
        else:
            work = partial(
                write_each, store, ids, form, place, manner,
                cancel=self._cancel, progress=advance.tell,
            )  # fmt: skip
        task = BackgroundTask(work, self)
        task.succeeded.connect(self._on_written)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(int)
    def _on_advanced(self, done: int) -> None:
        if self.is_busy:
            text = self.tr("{done} of {count} conversations")
            count = f"{len(self._scope.ids):,}"
            self.busy.show_done(done, text.format(done=f"{done:,}", count=count))

    @Slot(object)
    def _on_written(self, written: Written) -> None:
        self.is_busy, self._written = False, written
        self.busy.heading.setText(self.tr("Export conversations"))
        self.busy.end(told.written(written), can_show=bool(written.conversations))

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self.is_busy = False
        self.busy.heading.setText(self.tr("Export conversations"))
        message, hint = error_texts.message(error), error_texts.hint(error)
        self.busy.end("", trouble=f"{message} {hint}".rstrip())

    @Slot()
    def _stop(self) -> None:
        self._cancel.set()
        self.busy.stop.setEnabled(False)
        if self._pdf is not None:
            self._pdf.stop()

    @Slot()
    def _show_folder(self) -> None:
        if self._written is not None:
            place = self._written.place
            self.opening.open(place if place.is_dir() else place.parent)

    # --- Qt's own -----------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setWindowTitle(self.tr("Export conversations"))
        chosen = max(self.scope.currentIndex(), 0)
        self._scopes = self._scopes_of()
        self.scope.blockSignals(True)
        self.scope.clear()
        self.scope.addItems([one.text for one in self._scopes])
        self.scope.setCurrentIndex(min(chosen, len(self._scopes) - 1))
        self.scope.blockSignals(False)
        self._scope_label.setText(self.tr("&What"))
        self._form_label.setText(self.tr("&Form"))
        self.scope.setAccessibleName(self.tr("What is exported"))
        self.form.setAccessibleName(self.tr("Form of the files"))
        self.details.setText(self.tr("With times, &models and the system prompt"))
        self.documents.setText(self.tr("With the &texts of attached documents"))
        self.warning.setText(
            self.tr("Files are not encrypted: whoever can open them reads the conversations.")
        )
        self.export_button.setText(self.tr("Export…"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.busy.retranslate()
        self._offer_forms()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def done(self, result: int) -> None:
        """Closed: what is being written ends, and nothing half is left."""
        if self.is_busy:
            self._stop()
        super().done(result)
