"""What the model was given of a document with a question that was asked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.printable import one_line
from baichuan_desktop.services.chat.given import given_parts
from baichuan_desktop.services.documents.values import Attachment, Document
from baichuan_desktop.ui.attachments.parts_view import PartsView, Shown
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.turns import document_notes

_SIZE = (820, 520)  # pixels of the design; never more than the window has
_SHARE = 0.94  # of the window


class GivenDialog(QDialog):
    """Lists the parts with file and place, and shows each as it stood in the prompt.

    Signals:
        again_requested: the Attachment whose document shall go with the next message too.
    """

    again_requested = Signal(object)

    def __init__(
        self, attachment: Attachment, document: Document | None, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._attachment = attachment
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Given to the model"))
        self.heading = ElidedLabel(elide=Qt.TextElideMode.ElideMiddle)
        self.heading.setObjectName("dialogHeading")
        self.heading.setText(one_line(attachment.name))
        self.heading.setToolTip(as_tooltip(one_line(attachment.name)))
        self.summary = plain_label(wraps=True)
        self.view = PartsView(theme, can_tick=False)
        self.view.set_names(self.tr("What was given"), self.tr("Text of the passage"))
        self.again = QPushButton(self.tr("Attach it to my next message"))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setObjectName("primary")
        self.again.clicked.connect(self._on_again)
        self.close_button.clicked.connect(self.accept)
        self._show(document)
        self._lay_out(theme, parent.window())
        self.view.list.setFocus()

    def _show(self, document: Document | None) -> None:
        if document is None:
            text = self.tr(
                "The document is gone: of this question the model is given nothing of it."
            )
            self.summary.setText(text)
            self.again.setEnabled(False)
            return
        given = document_notes.given(self._attachment)
        self.summary.setText(self.tr("Given: {what}.").format(what=given))
        passages = self._attachment.given or (None,)
        parts = given_parts(self._attachment, document)
        shown = [Shown(one, passage, True) for one, passage in zip(parts, passages, strict=False)]
        self.view.show_parts(shown, self.tr("Whole text"))

    def _lay_out(self, theme: Theme, window: QWidget) -> None:
        px = theme.px
        buttons = QHBoxLayout()
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        for button in (self.again, self.close_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(18), px(16), px(18), px(14))
        column.setSpacing(px(8))
        for widget in (self.heading, self.summary):
            column.addWidget(widget)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)
        width, height = (px(length) for length in _SIZE)
        self.resize(
            min(width, int(_SHARE * window.width())), min(height, int(_SHARE * window.height()))
        )

    @Slot()
    def _on_again(self) -> None:
        self.again_requested.emit(self._attachment)
        self.accept()
