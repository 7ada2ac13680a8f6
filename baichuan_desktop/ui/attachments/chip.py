"""A document over the field: its name, how much of it is given, and the button that removes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from backends.printable import one_line
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import ElidedButton
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.turns import document_notes

_HEIGHT, _ICON, _CLOSE = 32, 16, 22  # pixels of the design


class Chip(QFrame):
    """Shows one Entry; pressed, it shows what is in it.

    Signals:
        pressed: the Entry.
        remove_requested: the Entry.
    """

    pressed = Signal(object)
    remove_requested = Signal(object)

    def __init__(self, entry: Entry, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self._theme = theme
        self.setObjectName("documentFrame")
        self.button = _ChipButton(self)
        self.button.setObjectName("documentName")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.close_button = QToolButton(self)
        self.close_button.setObjectName("tool")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.button, 1)
        self._row.addWidget(self.close_button)
        self.button.clicked.connect(self._on_pressed)
        self.button.remove_requested.connect(self._on_remove)
        self.close_button.clicked.connect(self._on_remove)
        self.restyle()

    def stops(self) -> list[QWidget]:
        """Where Tab stops, in order."""
        return [self.button, self.close_button]

    def restyle(self) -> None:
        """Take sizes and colours from the theme."""
        px, colours = self._theme.px, self._theme.colours
        self._row.setContentsMargins(px(4), 0, px(4), 0)
        self._row.setSpacing(px(2))
        self.setFixedHeight(px(_HEIGHT))
        self.close_button.setFixedSize(px(_CLOSE), px(_CLOSE))
        self.button.setFont(self._theme.font(NOTE))
        muted = QColor(colours.muted)
        for button, icon in ((self.button, "document"), (self.close_button, "close")):
            button.setIconSize(QSize(px(_ICON), px(_ICON)))
            button.setIcon(line_icon(icon, muted, size=px(_ICON)))
        self.show_entry()

    def show_entry(self) -> None:
        """Say what is known of the document now."""
        entry = self.entry
        is_trouble = entry.error is not None
        if self.property("trouble") != is_trouble:
            self.setProperty("trouble", is_trouble)
            self.style().unpolish(self.button)
            self.style().polish(self.button)
        name, state = one_line(entry.name), self._state()
        text = f"{name} · {state}"
        if entry.error is not None:
            unread = self.tr("not read")
            text = f"{name} · {unread}"
            state = error_texts.message(entry.error)
        self.button.setText(text.replace("&", "&&"))
        self.button.setAccessibleName(text if entry.error is None else f"{name}: {state}")
        self.button.setToolTip(as_tooltip(f"{name}\n{state}"))
        remove = self.tr("Remove {name}").format(name=name)
        self.close_button.setAccessibleName(remove)
        self.close_button.setToolTip(as_tooltip(remove))
        self.updateGeometry()

    def _state(self) -> str:
        entry = self.entry
        if entry.reading is not None:
            if entry.progress is not None:
                done, total = (f"{count:,}" for count in entry.progress)
                return self.tr("read: {done} of {all}").format(done=done, all=total)
            return self.tr("is being read…")
        if entry.document is None:
            return self.tr("is being opened…")
        length = document_notes.length(entry.document)
        if entry.given is not None:
            return f"{length} · {document_notes.given(entry.given)}"
        if entry.counted is None:
            return length
        tokens = self.tr("{count} tokens").format(count=f"{entry.counted.all_tokens:,}")
        return f"{length} · {tokens}"

    @Slot()
    def _on_pressed(self) -> None:
        self.pressed.emit(self.entry)

    @Slot()
    def _on_remove(self) -> None:
        self.remove_requested.emit(self.entry)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.show_entry()


class _ChipButton(ElidedButton):
    """The name of a document; Delete and Backspace remove it.

    Signals:
        remove_requested: one of them was pressed.
    """

    remove_requested = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_requested.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.animateClick()
        else:
            super().keyPressEvent(event)
