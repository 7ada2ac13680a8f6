"""The field in which a question or an answer is edited in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind
from baichuan_desktop.ui.transcript.rows.style import RowStyle
from baichuan_desktop.ui.writing.text_field import TextField

_PADDING = 10  # pixels at a zoom of 1


class _Field(TextField):
    """Enter confirms; Esc leaves, before it can stop an answer."""

    left = Signal()

    def event(self, event: QEvent) -> bool:
        """Take Esc from whoever has it for a shortcut."""
        is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_key and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Esc, unless it ends what an input method has."""
        super().keyPressEvent(event)
        if event.key() == Qt.Key.Key_Escape and not event.isAccepted():
            event.accept()
            self.left.emit()


class RowEditor(QFrame):
    """Lies over a row while it is edited.

    Signals:
        confirmed: the id of the row, and its new text.
        left: nothing is to be changed.
        height_changed: the field needs another height.
    """

    confirmed = Signal(object, str)
    left = Signal()
    height_changed = Signal()

    def __init__(self, row: Row, text: str, style: RowStyle, parent: QWidget) -> None:
        super().__init__(parent)
        self.row_id = row.id
        self._old_text = row.text
        self._kind = row.kind
        self._may_confirm = True
        self.setObjectName("rowEditor")
        self.field = _Field(self)
        self.field.set_text(text)
        self.hint = plain_label(wraps=True)
        self.hint.setObjectName("muted")
        self.save = QPushButton()
        self.save.setObjectName("primary")
        self.cancel = QPushButton()
        below = QHBoxLayout()
        below.addWidget(self.hint, 1)
        below.addWidget(self.cancel)
        below.addWidget(self.save)
        self._column = column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addLayout(below)
        self.setFocusProxy(self.field)
        self.set_style(style)
        self.field.entered.connect(self.confirm)
        self.field.left.connect(self.left)
        self.save.clicked.connect(self.confirm)
        self.cancel.clicked.connect(self.left)
        self.field.document().documentLayout().documentSizeChanged.connect(self._on_size)
        self.field.textChanged.connect(self._on_text)
        self.retranslate()
        self._on_text()

    def set_style(self, style: RowStyle) -> None:
        """Draw it in these sizes."""
        self._style = style
        padding = style.px(_PADDING)
        self._column.setContentsMargins(padding, padding, padding, padding)
        self.field.setFont(style.text.reading)

    def text(self) -> str:
        """What is written."""
        return self.field.text()

    def is_changed(self) -> bool:
        """Whether anything is written that is not in the row."""
        return not self.field.is_blank() and self.text() != self._old_text

    def let_confirm(self, may_confirm: bool) -> None:
        """Whether the text is taken now: not while an answer is written or waits."""
        if may_confirm != self._may_confirm:
            self._may_confirm = may_confirm
            self.retranslate()
            self._on_text()
            self.height_changed.emit()

    def needed_height(self) -> int:
        """The height at which the field and its buttons are seen."""
        hint = self.hint.heightForWidth(max(self.width() // 2, 1))
        below = max(self.save.sizeHint().height(), hint)
        padding = 2 * self._style.px(_PADDING) + 2
        return self.field.height() + self._column.spacing() + below + padding

    def retranslate(self) -> None:
        """Name everything in the window's language."""
        self.cancel.setText(self.tr("Cancel"))
        self._name_the_field()
        if not self._may_confirm:
            self.hint.setText(self.tr("This can be taken when the answer on its way has ended."))

    def _name_the_field(self) -> None:
        if self._kind is RowKind.PERSON:
            self.save.setText(self.tr("Send"))
            self.hint.setText(self.tr("The answers to the old question stay as another version."))
            self.field.setAccessibleName(self.tr("Edit the question"))
            return
        self.save.setText(self.tr("Save"))
        if self._kind is RowKind.CONTINUATION:
            self.hint.setText(self.tr("The old text stays as another version."))
            self.field.setAccessibleName(self.tr("Edit the text"))
        else:
            self.hint.setText(self.tr("The old answer stays as another version."))
            self.field.setAccessibleName(self.tr("Edit the answer"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.height_changed.emit()

    @Slot()
    def confirm(self) -> None:
        """Take the text, if it is one and another one, and can be taken now."""
        if self.field.is_blank() or not self._may_confirm:
            return
        text = self.text()
        if text == self._old_text:
            self.left.emit()
        else:
            self.confirmed.emit(self.row_id, text)

    @Slot()
    def _on_size(self) -> None:
        self.height_changed.emit()

    @Slot()
    def _on_text(self) -> None:
        self.save.setEnabled(self._may_confirm and not self.field.is_blank())
