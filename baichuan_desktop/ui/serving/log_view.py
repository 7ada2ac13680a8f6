"""The latest requests, a line each; nothing of what was asked or answered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPlainTextEdit

from baichuan_desktop.services.serving.values import JournalLine
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.serving import texts

_HEIGHT = 150  # pixels of the design, at least


class LogView(QPlainTextEdit):
    """Stays at its end as long as somebody does not scroll away from it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: Sequence[JournalLine] = ()
        self.setObjectName("field")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        theme.changed.connect(self._fit)
        self._fit()

    def show_lines(self, lines: Sequence[JournalLine]) -> None:
        """Show these, the oldest first."""
        if lines != self._lines:
            self._lines = lines
            self._write()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setAccessibleName(self.tr("Requests"))
        self.setPlaceholderText(
            self.tr("No request is done yet. What is asked and answered is never written here.")
        )
        self._write()

    def _write(self) -> None:
        text = "\n".join(map(texts.line, self._lines))
        if text == self.toPlainText():
            return
        bar = self.verticalScrollBar()
        is_at_end, place = bar.value() == bar.maximum(), bar.value()
        self.setPlainText(text)
        bar.setValue(bar.maximum() if is_at_end else place)

    @Slot()
    def _fit(self) -> None:
        self.setFont(self._theme.font(NOTE))
        self.setMinimumHeight(self._theme.px(_HEIGHT))
