"""A training that was stopped, or failed: what is kept of it, and how it goes on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.curves.chart import LossChart

_CHART = 220  # pixels of the design


class StoppedPage(QWidget):
    """Says at which step it ended and what can be resumed.

    Signals:
        resume_requested: it shall go on from its checkpoint.
        forget_requested: its checkpoints shall be deleted.
        change_requested: the settings shall be looked at again.
        dismissed: nothing shall be done with it now.
    """

    resume_requested = Signal()
    forget_requested = Signal()
    change_requested = Signal()
    dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._step = 0
        self._kept_step: int | None = None
        self._error: UserFacingError | None = None  # for which it ended
        self._refusal: UserFacingError | None = None  # of what was asked for here
        self.heading, self.text, self.trouble = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.trouble.setObjectName("trouble")
        self.chart = LossChart(theme, height=_CHART)
        self.forget, self.change, self.close_button, self.resume = (QPushButton() for _ in range(4))
        for button in (self.forget, self.change, self.close_button, self.resume):
            button.setAutoDefault(False)
        self.resume.setObjectName("primary")
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.forget)
        self._foot.addWidget(self.change)
        self._foot.addStretch(1)
        self._foot.addWidget(self.close_button)
        self._foot.addWidget(self.resume)
        self._column = QVBoxLayout(self)
        for widget in (self.heading, self.trouble, self.text):
            self._column.addWidget(widget)
        self._column.addWidget(self.chart, 1)
        self._column.addLayout(self._foot)
        self.resume.clicked.connect(self.resume_requested)
        self.forget.clicked.connect(self.forget_requested)
        self.change.clicked.connect(self.change_requested)
        self.close_button.clicked.connect(self.dismissed)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def show_end(self, step: int, kept_step: int | None, error: UserFacingError | None) -> None:
        """It ended at a step; None of an error: the person stopped it."""
        self._step, self._kept_step, self._error, self._refusal = step, kept_step, error, None
        self.retranslate()
        (self.resume if kept_step else self.change).setFocus()

    def say(self, error: UserFacingError) -> None:
        """Something could not be done with it."""
        self._refusal = error
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        step, kept = f"{self._step:,}", f"{self._kept_step or 0:,}"
        is_stop = self._error is None
        heading = self.tr("Stopped at step {step}") if is_stop else self.tr("Ended at step {step}")
        self.heading.setText(heading.format(step=step))
        error = self._refusal or self._error
        if error is not None:
            text = f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip()
            self.trouble.setText(text)
        self.trouble.setVisible(error is not None)
        if self._kept_step:
            text = self.tr(
                "The checkpoint of step {kept} is kept: the training can go on from there, now or "
                "after the app was closed."
            )
        else:
            text = self.tr("No checkpoint was kept before that: it can only begin anew.")
        self.text.setText(text.format(kept=kept))
        for button in (self.resume, self.forget):
            button.setVisible(bool(self._kept_step))
        self.resume.setText(self.tr("Resume"))
        self.forget.setText(self.tr("Forget it…"))
        self.change.setText(self.tr("Settings…"))
        self.close_button.setText(self.tr("Close"))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(24), px(20), px(24), px(16))
        self._column.setSpacing(px(10))
        self._foot.setSpacing(px(8))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
