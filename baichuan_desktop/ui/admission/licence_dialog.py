"""The licence of a model: to be accepted before it is loaded, or to be read again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.values import Acceptance, LicenceText
from baichuan_desktop.ui.admission import licence_texts
from baichuan_desktop.ui.look.i18n import in_ui_language
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.writing import long_lines

_SIZE, _LEAST = QSize(640, 520), QSize(420, 280)  # pixels


class LicenceDialog(QDialog):
    """Shows texts whole. Where it asks, only the button accepts: Enter alone does not."""

    def __init__(
        self,
        model: InstalledModel,
        variant: Variant | None,
        texts: Sequence[LicenceText],
        acceptances: Sequence[Acceptance] | None,
        parent: QWidget | None,
        *,
        asks: bool,
    ) -> None:
        """`asks` whether the texts shall be accepted; else it says when they were, and by whom.

        Without `acceptances` nobody has to accept them.
        """
        super().__init__(parent)
        self._model, self._variant = model, variant
        self._texts, self._acceptances = texts, acceptances
        self._asks = asks
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.heading, self.explanation, self.summary = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.explanation.setObjectName("muted")
        self.text = QPlainTextEdit()
        self.text.setObjectName("field")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        buttons = QDialogButtonBox()
        self.accept_button, self.close_button = QPushButton(), QPushButton()
        self.accept_button.setObjectName("primary")
        for button in (self.accept_button, self.close_button):
            button.setAutoDefault(False)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        if asks:  # a button of the accepting role would be pressed by Enter
            buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(self.heading)
        column.addWidget(self.explanation)
        column.addWidget(self.text, 1)
        column.addWidget(self.summary)
        column.addWidget(buttons)
        self.setMinimumSize(_LEAST)
        room = self.screen().availableSize()
        self.resize(_SIZE.boundedTo(room))
        self.accept_button.clicked.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.retranslate()
        self.text.setFocus()  # the keys scroll it

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        name = in_ui_language(self._model.shown_name)
        self.setWindowTitle(self.tr("Model licence"))
        self.heading.setText(self.tr("Licence of “{name}”").format(name=name))
        self.explanation.setText(self._explanation())
        self.explanation.setVisible(bool(self.explanation.text()))
        self.text.setAccessibleName(self.tr("Text of the licence"))
        self.text.clear()
        long_lines.insert(self.text.textCursor(), licence_texts.whole(self._texts))
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        said = [licence_texts.commercial_use(self._variant)]
        if not self._asks and self._acceptances is not None:
            said.append(licence_texts.accepted(self._texts, self._acceptances))
        self.summary.setText("\n".join(filter(None, said)))
        self.summary.setVisible(bool(self.summary.text()))
        self.accept_button.setText(self.tr("Accept"))
        self.close_button.setText(self.tr("Do not accept") if self._asks else self.tr("Close"))

    def _explanation(self) -> str:
        if self._asks:
            return self.tr(
                "The model is loaded once you have accepted these conditions. You are asked again "
                "only if they change."
            )
        if not self._texts and self._variant is None:
            return self.tr(
                "This is none of the released models that the app knows, and no licence lies in "
                "its folder. Read the licence under which you received its weights."
            )
        return ""

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
