"""Why a model is not loaded whose verifying failed, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backends.errors import FailedVerificationError
from backends.printable import one_line
from baichuan_desktop.services.library.integrity.values import FileFault, Verification
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.admission.licence_texts import moment
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import in_ui_language
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.writing import long_lines

_SIZE, _LEAST = QSize(620, 380), QSize(420, 260)  # pixels


class FailedVerificationDialog(QDialog):
    """Names the files, and offers to verify them again, or to load the model in spite of them.

    Signals:
        verify_requested: the model shall be verified again; the dialog is closed.
        overridden: it shall be loaded all the same; the dialog is closed.
    """

    verify_requested = Signal()
    overridden = Signal()

    def __init__(
        self,
        error: FailedVerificationError,
        model: InstalledModel,
        verification: Verification,
        parent: QWidget | None,
        *,
        can_override: bool,
    ) -> None:
        """`can_override`: not where the files are other ones than those that were verified."""
        super().__init__(parent)
        self._error, self._model, self._verification = error, model, verification
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pages = QStackedWidget()
        self.heading, self.when = plain_label(wraps=True), plain_label(wraps=True)
        self.question, self.warning = plain_label(wraps=True), plain_label(wraps=True)
        for label in (self.heading, self.question):
            label.setObjectName("dialogHeading")
        self.when.setObjectName("muted")
        self.faults = QPlainTextEdit()
        self.faults.setObjectName("field")
        self.faults.setReadOnly(True)
        self.faults.setTabChangesFocus(True)
        self.override, self.close_button, self.verify = (QPushButton() for _ in range(3))
        self.back, self.load = QPushButton(), QPushButton()
        for button in (self.override, self.close_button, self.back, self.load):
            button.setAutoDefault(False)
        self.verify.setDefault(True)
        ways_out = (self.override, QDialogButtonBox.ButtonRole.ResetRole)
        self._add_page(
            (self.heading, self.when, self.faults),
            *((ways_out,) if can_override else ()),
            (self.close_button, QDialogButtonBox.ButtonRole.RejectRole),
            (self.verify, QDialogButtonBox.ButtonRole.ActionRole),
        )
        self._add_page(
            (self.question, self.warning),
            (self.back, QDialogButtonBox.ButtonRole.ResetRole),
            (self.load, QDialogButtonBox.ButtonRole.ActionRole),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))
        self.override.clicked.connect(self._ask)
        self.close_button.clicked.connect(self.reject)
        self.verify.clicked.connect(self._verify)
        self.back.clicked.connect(self._go_back)
        self.load.clicked.connect(self._override)
        self.retranslate()
        self.verify.setFocus()

    def _add_page(
        self,
        widgets: Sequence[QWidget],
        *buttons: tuple[QPushButton, QDialogButtonBox.ButtonRole],
    ) -> None:
        page, box = QWidget(), QDialogButtonBox()
        for button, role in buttons:
            box.addButton(button, role)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        for widget in widgets:
            column.addWidget(widget, int(widget is self.faults))
        if self.faults not in widgets:
            column.addStretch(1)
        column.addWidget(box)
        self.pages.addWidget(page)

    # --- what is done -----------------------------------------------------------------------------

    @Slot()
    def _ask(self) -> None:
        self.pages.setCurrentIndex(1)
        self.back.setFocus()

    @Slot()
    def _go_back(self) -> None:
        self.pages.setCurrentIndex(0)
        self.verify.setFocus()

    @Slot()
    def _verify(self) -> None:
        self.accept()
        self.verify_requested.emit()

    @Slot()
    def _override(self) -> None:
        self.accept()
        self.overridden.emit()

    # --- what is said -----------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        name = in_ui_language(self._model.shown_name)
        self.setWindowTitle(self.tr("Verifying failed"))
        self.heading.setText(error_texts.message(self._error))
        when = moment(self._verification.when)
        self.when.setText(
            self.tr("Model: {name} · verified on {when}").format(name=name, when=when)
        )
        self.faults.setAccessibleName(self.tr("What is wrong with its files"))
        self.faults.clear()
        lines = [_line(fault) for fault in self._verification.faults]
        long_lines.insert(self.faults.textCursor(), "\n".join(lines))
        self.faults.moveCursor(QTextCursor.MoveOperation.Start)
        self.override.setText(self.tr("Load all the same…"))
        self.close_button.setText(self.tr("Close"))
        self.verify.setText(self.tr("Verify again"))
        self.question.setText(self.tr("Load “{name}” with damaged files?").format(name=name))
        self.warning.setText(
            self.tr(
                "Its answers may be wrong or senseless, and somebody may have meant them to be. "
                "Better get the files again from where they came.\n\nYour decision is remembered "
                "with your account's name. You are asked again as soon as a file changes, or "
                "verifying finds something else."
            )
        )
        self.back.setText(self.tr("Back"))
        self.load.setText(self.tr("Load all the same"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _line(fault: FileFault) -> str:
    return "• " + one_line(error_texts.sentence(fault.sentence))
