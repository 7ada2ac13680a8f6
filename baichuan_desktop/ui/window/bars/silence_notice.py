"""The remark that an engine says nothing any more, and the button that ends the engine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from baichuan_desktop.ui.jobs.controller import JobController
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.engine_worker import EngineWorker


class SilenceNotice(QFrame):
    """A remark that is hidden as long as the engine goes on.

    Signals:
        end_requested: the person wants the engine ended.
    """

    end_requested = Signal()

    def __init__(
        self, text: Callable[[], str], theme: Theme, parent: QWidget | None = None
    ) -> None:
        """`text` is the sentence in the language of the window, with a place for `{seconds}`."""
        super().__init__(parent)
        self._text = text
        self._theme = theme
        self._seconds = 0
        self.setObjectName("remark")
        self.label = plain_label(wraps=True)
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.button)
        self.button.clicked.connect(self._on_clicked)
        theme.changed.connect(self._fit)
        self._fit()
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
        self.show()

    @Slot()
    def clear(self) -> None:
        """Hide: the engine goes on, or there is none."""
        self.hide()
        self.button.setEnabled(True)

    @Slot()
    def _on_clicked(self) -> None:
        self.button.setEnabled(False)
        self.end_requested.emit()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._row.setContentsMargins(px(12), px(5), px(6), px(5))
        self._row.setSpacing(px(8))

    def _retranslate(self) -> None:
        self.label.setText(self._text().format(seconds=self._seconds))
        self.button.setText(self.tr("End it"))
        self.button.setToolTip(self.tr("End the engine; the text so far is kept"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
