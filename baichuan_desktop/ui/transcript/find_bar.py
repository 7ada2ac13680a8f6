"""The field over the transcript that finds a phrase in the conversation."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.area import Transcript
from baichuan_desktop.ui.transcript.finding import Finder, Hit
from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.style import row_style

_TYPING_MS = 150  # after the last key, before it is looked for
_FIELD_WIDTH = 200  # pixels at a zoom of 1
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Field(QLineEdit):
    """Enter goes on, Shift+Enter back, Esc leaves."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step from hit to hit."""
        key, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in _ENTER or key == Qt.Key.Key_F3:
            self.stepped.emit(-1 if shift else 1)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FindBar(QFrame):
    """Finds a phrase in all messages, marks it, and steps through where it stands."""

    def __init__(self, transcript: Transcript, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transcript = transcript
        self._theme = theme
        self._at: int | None = None  # the hit that is shown, by its number
        self._finder = Finder(transcript.rows, self)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self.setObjectName("findBar")
        self.field = _Field(self)
        self.field.setFrame(False)
        self.count = plain_label()
        self.count.setObjectName("muted")
        self.before = IconButton("chevron-up", self)
        self.after = IconButton("chevron", self)
        self.leave = IconButton("close", self)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 6, 4)
        line.setSpacing(4)
        for part in (self.field, self.count, self.before, self.after, self.leave):
            line.addWidget(part)
        for button in (self.before, self.after, self.leave):
            button.set_reachable(True)
        self.field.textChanged.connect(self._on_typed)
        self.field.stepped.connect(self._step)
        self.field.left.connect(self.close_bar)
        self.before.clicked.connect(self._on_before)
        self.after.clicked.connect(self._on_after)
        self.leave.clicked.connect(self.close_bar)
        self._typing.timeout.connect(self._look)
        self._finder.progressed.connect(self._on_progressed)
        transcript.source_changed.connect(self._look_again)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.retranslate()
        self.hide()

    @Slot()
    def open(self) -> None:
        """Show the field with what was looked for last, and give it the keyboard."""
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if self.field.text():
            self._look()

    def close_if_open(self) -> bool:
        """Close the field; whether it was open."""
        was_open = not self.isHidden()
        if was_open:
            self.close_bar()
        return was_open

    @Slot()
    def close_bar(self) -> None:
        """Hide the field; the keyboard goes to the conversation, where the last hit was."""
        had_focus = self.isAncestorOf(self.window().focusWidget() or self)
        self._finder.look_for("")
        self._transcript.mark("")
        self.hide()
        if had_focus:
            self._transcript.setFocus()

    # --- what is found -------------------------------------------------------------------------

    @Slot()
    def _on_typed(self) -> None:
        self._typing.start()

    @Slot()
    def _look(self) -> None:
        self._at = None
        phrase = self.field.text()
        self._transcript.mark(phrase)
        self._finder.look_for(phrase)

    @Slot()
    def _look_again(self) -> None:
        if not self.isHidden():
            self._look()

    @Slot()
    def _on_progressed(self) -> None:
        hits = self._finder.hits
        if self._at is None and hits:
            number = self._first_from_here(hits)
            if number is not None or self._finder.is_done:
                self._show_hit(number or 0)
        self._show_count()

    def _first_from_here(self, hits: list[Hit]) -> int | None:
        """The first hit at or after what is in sight; None if it has not been found yet."""
        rows = self._transcript.rows
        placed = self._transcript.placed
        here = rows.position(placed[0].view.key.row_id) if placed else 0
        return next((n for n, hit in enumerate(hits) if rows.position(hit.row_id) >= here), None)

    @Slot()
    def _on_before(self) -> None:
        self._step(-1)

    @Slot()
    def _on_after(self) -> None:
        self._step(1)

    @Slot(int)
    def _step(self, step: int) -> None:
        if self._typing.isActive():
            self._typing.stop()
            self._look()
        elif self._finder.hits:
            at = 0 if self._at is None else self._at + step
            self._show_hit(at % len(self._finder.hits))
            self._show_count()

    def _show_hit(self, number: int) -> None:
        self._at = number
        hit = self._finder.hits[number]
        self._transcript.show_hit(hit.row_id, hit.nth)

    def _show_count(self) -> None:
        hits = len(self._finder.hits)
        self.before.setEnabled(hits > 0)
        self.after.setEnabled(hits > 0)
        if not self.field.text():
            self.count.setText("")
        elif hits:
            text = self.tr("{number} of {count}")
            self.count.setText(text.format(number=f"{(self._at or 0) + 1:,}", count=f"{hits:,}"))
        elif self._finder.is_done:
            self.count.setText(self.tr("Not found"))

    # --- look ----------------------------------------------------------------------------------

    @Slot()
    def _restyle(self) -> None:
        style = row_style(self._theme)
        self.field.setMinimumWidth(self._theme.px(_FIELD_WIDTH))
        for button in (self.before, self.after, self.leave):
            button.set_style(style)

    def retranslate(self) -> None:
        """Name everything in the window's language."""
        self.field.setPlaceholderText(self.tr("Find in this chat"))
        self.field.setAccessibleName(self.tr("Find in this chat"))
        self.before.set_name(self.tr("Hit before"))
        self.after.set_name(self.tr("Hit after"))
        self.leave.set_name(self.tr("Close"))
        self._show_count()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
