"""The remark that an engine says nothing any more, and the button that ends the engine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.workers.engine_worker import EngineWorker


class SilenceNotice(QWidget):
    """A remark that is hidden as long as the engine goes on.

    Signals:
        end_requested: the person wants the engine ended.
    """

    end_requested = Signal()

    def __init__(
        self, text: Callable[[], str], in_place_of: QWidget, parent: QWidget | None = None
    ) -> None:
        """`text` is the sentence in the language of the window, with a place for `{seconds}`.

        `in_place_of` is hidden meanwhile: a narrow window has no room for both.
        """
        super().__init__(parent)
        self._text = text
        self._in_place_of = in_place_of
        self._seconds = 0
        self.label = plain_label()
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.button)
        self.button.clicked.connect(self._on_clicked)
        self.hide()

    def watch(self, engine: EngineWorker | JobController) -> None:
        """Show when this engine is silent, and end it where that is wanted."""
        engine.silent.connect(self.show_silent)
        engine.heard.connect(self.clear)
        self.end_requested.connect(engine.end_engine)

    @Slot(int)
    def show_silent(self, seconds: int) -> None:
        """Say for how long the engine has not gone on."""
        self._seconds = seconds
        self._retranslate()
        self._in_place_of.hide()
        self.show()

    @Slot()
    def clear(self) -> None:
        """Hide: the engine goes on, or there is none."""
        self.hide()
        self._in_place_of.show()
        self.button.setEnabled(True)

    @Slot()
    def _on_clicked(self) -> None:
        self.button.setEnabled(False)
        self.end_requested.emit()

    def _retranslate(self) -> None:
        self.label.setText(self._text().format(seconds=self._seconds))
        self.button.setText(self.tr("End it"))
        self.button.setToolTip(self.tr("End the engine; the text so far is kept"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
