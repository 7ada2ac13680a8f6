"""Stands over the list while it shows what was deleted; and asks before anything is gone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.sidebar.rows.arrangement import RETENTION_DAYS
from baichuan_desktop.ui.sidebar.rows.measures import ICON

_WIDTH = 360  # pixels, of the question


class TrashHead(QWidget):
    """The way back, how long what is here is kept, and a button that empties the trash.

    Signals:
        back_requested, empty_requested: their buttons were pressed.
    """

    back_requested = Signal()
    empty_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.back_button = QToolButton()
        self.back_button.setObjectName("sidebarTool")
        self.back_button.clicked.connect(self.back_requested)
        self.heading, self.note = plain_label(), plain_label(wraps=True)
        self.note.setObjectName("muted")
        self.empty_button = QPushButton()
        self.empty_button.clicked.connect(self.empty_requested)
        row = QHBoxLayout()
        row.addWidget(self.back_button)
        row.addWidget(self.heading, 1)
        row.addWidget(self.empty_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.note)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._retranslate()

    def show_count(self, count: int) -> None:
        """Offer to delete so many conversations."""
        self.empty_button.setEnabled(count > 0)

    @Slot()
    def _restyle(self) -> None:
        size = self._theme.px(ICON)
        colour = QColor(self._theme.colours.muted)
        self.back_button.setIcon(line_icon("back", colour, size=size))
        self.back_button.setIconSize(QSize(size, size))
        self.heading.setFont(self._theme.font(INTERFACE))
        self.note.setFont(self._theme.font(NOTE))
        self.note.setIndent(self._theme.px(10))

    def _retranslate(self) -> None:
        self.heading.setText(self.tr("Trash"))
        self.back_button.setToolTip(self.tr("Back to the conversations"))
        self.back_button.setAccessibleName(self.tr("Back to the conversations"))
        self.empty_button.setText(self.tr("Empty"))
        self.empty_button.setAccessibleName(self.tr("Empty the trash"))
        kept = self.tr("Kept for {days} days, then deleted for good.")
        self.note.setText(kept.format(days=RETENTION_DAYS))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()


class ForGoodQuestion(QDialog):
    """Asks before conversations are gone. Shown with `open`, which does not block.

    Signals:
        confirmed: the ids that shall be deleted for good.
    """

    confirmed = Signal(object)

    def __init__(self, ids: frozenset[int], parent: QWidget) -> None:
        super().__init__(parent)
        self._ids = ids
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Delete for good"))
        question = (
            self.tr("Delete this conversation for good?")
            if len(ids) == 1
            else self.tr("Delete {count} conversations for good?").format(count=f"{len(ids):,}")
        )
        heading = plain_label(question, wraps=True)
        heading.setObjectName("dialogHeading")
        note = plain_label(self.tr("Nothing can bring them back."), wraps=True)
        note.setObjectName("muted")
        buttons = QDialogButtonBox()
        self.delete_button = QPushButton(self.tr("Delete for good"))
        self.delete_button.setAutoDefault(False)
        self.keep_button = QPushButton(self.tr("Keep"))
        self.keep_button.setDefault(True)
        buttons.addButton(self.delete_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.keep_button, QDialogButtonBox.ButtonRole.RejectRole)
        self.delete_button.clicked.connect(self._confirm)
        self.keep_button.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(12)
        for label in (heading, note):
            label.setMinimumWidth(_WIDTH)
            column.addWidget(label)
        column.addSpacing(6)
        column.addWidget(buttons)

    @Slot()
    def _confirm(self) -> None:
        self.confirmed.emit(self._ids)
        self.accept()
