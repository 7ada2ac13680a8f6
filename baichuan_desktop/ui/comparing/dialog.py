"""A question, and two models that answer it at the same time."""

from __future__ import annotations

from enum import Enum
from itertools import pairwise

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.printable import one_line
from baichuan_desktop.ui.comparing.column import AnswerColumn
from baichuan_desktop.ui.comparing.side import Side
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.models import model_texts

_SIZE = (1160, 760)  # pixels of the design; never more than the window has
_SHARE = 0.94  # of the window


class Kept(Enum):
    """Which of two answers stay."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class ComparisonDialog(QDialog):
    """Two columns. Closing it stops what is still written; both answers stay then.

    Signals:
        chosen: a Kept; comes once, and nothing is being written any more for the dialog.
    """

    chosen = Signal(object)

    def __init__(
        self,
        question: str,
        left: Side,
        right: Side,
        theme: Theme,
        rendering: RenderServices,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._sides = (left, right)
        self._is_left = False  # the person has seen enough
        self._is_stopping = False  # Esc was pressed
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Side by side"))
        for side in self._sides:
            side.setParent(self)
        self.question = ElidedLabel()
        self.question.setText(one_line(" ".join(question.split())))
        self.question.setToolTip(model_texts.as_tooltip(question))
        self.left = AnswerColumn(left, theme, rendering)
        self.right = AnswerColumn(right, theme, rendering)
        self.remark = plain_label(wraps=True)
        self.remark.setObjectName("muted")
        self.stop_button = QPushButton(self.tr("Stop both"))
        self.keep_left = QPushButton(self.tr("Keep left"))
        self.keep_right = QPushButton(self.tr("Keep right"))
        self.keep_both = QPushButton()
        self.keep_both.setObjectName("primary")
        self._lay_out(theme, parent.window())
        self._connect()
        self._show()
        self.stop_button.setFocus()

    def _lay_out(self, theme: Theme, window: QWidget) -> None:
        columns, buttons = QHBoxLayout(), QHBoxLayout()
        columns.setSpacing(theme.px(12))
        columns.addWidget(self.left, 1)
        columns.addWidget(self.right, 1)
        order = (self.stop_button, self.keep_left, self.keep_right, self.keep_both)
        for button in order:
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.insertStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(edge) for edge in (18, 16, 18, 14)])
        column.setSpacing(theme.px(10))
        column.addWidget(self.question)
        column.addLayout(columns, 1)
        column.addWidget(self.remark)
        column.addLayout(buttons)
        for before, after in pairwise((self.left.transcript, self.right.transcript, *order)):
            QWidget.setTabOrder(before, after)
        width, height = (theme.px(length) for length in _SIZE)
        self.resize(
            min(width, int(_SHARE * window.width())), min(height, int(_SHARE * window.height()))
        )

    def _connect(self) -> None:
        for side in self._sides:
            side.changed.connect(self._show)
            side.ended.connect(self._show)
        self.stop_button.clicked.connect(self.stop)
        self.keep_left.clicked.connect(self._keep_left)
        self.keep_right.clicked.connect(self._keep_right)
        self.keep_both.clicked.connect(self._keep_both)

    # --- what is shown ------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether both answers have ended."""
        return all(side.is_over for side in self._sides)

    @Slot()
    def _show(self) -> None:
        is_over = self.is_over
        have_come = all(side.answer is not None for side in self._sides)
        self.keep_both.setEnabled(is_over)
        self.keep_both.setText(
            self.tr("Keep both") if have_come or not is_over else self.tr("Close")
        )
        if is_over and self.stop_button.hasFocus():
            self.keep_both.setFocus()  # before the keyboard is given to whatever follows
        self.stop_button.setEnabled(not is_over)
        for button, side in zip((self.keep_left, self.keep_right), self._sides, strict=True):
            button.setEnabled(is_over and have_come)
            name = self.tr("Keep only the answer of {name}").format(name=side.title)
            button.setAccessibleName(name)
            button.setToolTip(model_texts.as_tooltip(name))
        if not is_over:
            text = self.tr("If you close this, both are stopped; what came so far stays.")
        elif have_come:
            text = self.tr(
                "Both answers are in the conversation: the arrows under them step from one to the "
                "other. “Keep left” and “Keep right” take the other one away."
            )
        else:
            text = self.tr("What came is in the conversation.")
        if text != self.remark.text():
            self.remark.setText(text)

    # --- what the person wants ------------------------------------------------------------------

    @Slot()
    def stop(self) -> None:
        """End both answers; what there is of them stays."""
        for side in self._sides:
            if not side.is_over:
                side.stop()

    def reject(self) -> None:
        """Esc: stop first, and close with the next press."""
        if self.is_over or self._is_stopping:
            self._leave(Kept.BOTH)
        else:
            self._is_stopping = True
            self.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop, and close at once."""
        event.accept()
        self._leave(Kept.BOTH)

    @Slot()
    def _keep_left(self) -> None:
        self._leave(Kept.LEFT)

    @Slot()
    def _keep_right(self) -> None:
        self._leave(Kept.RIGHT)

    @Slot()
    def _keep_both(self) -> None:
        self._leave(Kept.BOTH)

    def _leave(self, kept: Kept) -> None:
        if self._is_left:
            return
        self._is_left = True
        for side in self._sides:
            if not side.is_over:
                side.leave()
        self.chosen.emit(kept)
        self.done(QDialog.DialogCode.Accepted)

    def abandon(self) -> None:
        """Close for the end of the window, in which nobody chooses any more."""
        self._is_left = True
        self.done(QDialog.DialogCode.Rejected)
