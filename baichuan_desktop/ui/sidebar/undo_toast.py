"""Says what was deleted, and takes it back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.sidebar.rows import row_texts
from baichuan_desktop.ui.sidebar.shelf import Deletion

_SHOWN_MS = 10_000
_NAME_WIDTH = 120  # pixels


class UndoToast(QFrame):
    """Is read out, stays for ten seconds, and as long as the mouse or the keyboard is on it.

    Signals:
        undo_requested: the button was pressed.
    """

    undo_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("undoToast")
        self._theme = theme
        self._deletion: Deletion | None = None
        self.text = plain_label(wraps=True)
        self.undo_button = QPushButton()
        self.undo_button.setObjectName("undo")
        self.undo_button.clicked.connect(self.undo_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.undo_button)
        self._timer = QTimer(self)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self._hide_unless_used)
        self._say()
        self.hide()

    @Slot(object)
    def show_deletion(self, deletion: Deletion | None) -> None:
        """Offer to take this back; nothing for None."""
        self._deletion = deletion
        self._say()
        self.setVisible(deletion is not None)
        if deletion is not None:
            self._timer.start()
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.text.text()))

    def _say(self) -> None:
        self.undo_button.setText(self.tr("Undo"))
        if self._deletion is None:
            return
        self.text.setFont(self._theme.font(NOTE))
        conversation, folder = self._deletion.conversation, self._deletion.folder
        if conversation is not None:
            said = self.tr("“{name}” is in the trash.")
            name = row_texts.title(conversation)
        elif folder is not None:
            said = self.tr("The folder “{name}” is deleted.")
            name = row_texts.folder_name(folder)
        else:
            return
        shown = QFontMetrics(self.text.font()).elidedText(
            name, Qt.TextElideMode.ElideRight, self._theme.px(_NAME_WIDTH)
        )
        self.text.setText(said.format(name=shown))
        self.undo_button.setAccessibleName(self.tr("Undo: {what}").format(what=self.text.text()))

    @Slot()
    def _hide_unless_used(self) -> None:
        if not (self.underMouse() or self.undo_button.hasFocus()):
            self._timer.stop()
            self.hide()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()
