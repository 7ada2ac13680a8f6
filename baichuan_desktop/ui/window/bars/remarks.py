"""The rows under the top bar: an engine that is silent, and remarks that a person may close."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.bars.silence_notice import SilenceNotice


class Remarks(QWidget):
    """Has no height as long as there is nothing to say.

    Signals:
        closed: the person has read the remark.
    """

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.engine_notice = SilenceNotice(
            lambda: self.tr("The engine has said nothing for {seconds} s"), theme
        )
        self.job_notice = SilenceNotice(
            lambda: self.tr("The background job has said nothing for {seconds} s"), theme
        )
        self.served_notice = SilenceNotice(
            lambda: self.tr(
                "The engine has said nothing for {seconds} s to the program that asked it"
            ),
            theme,
        )
        self.label = plain_label(wraps=True)
        self.close_button = QToolButton()
        self.close_button.setObjectName("tool")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QFrame()
        self._row.setObjectName("remark")
        self._inside = row = QHBoxLayout(self._row)
        row.addWidget(self.label, 1)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        for one in (self.engine_notice, self.job_notice, self.served_notice, self._row):
            self._column.addWidget(one)
        self._row.hide()
        self.close_button.clicked.connect(self.closed)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()

    def show_remark(self, text: str) -> None:
        """Show a remark; an empty one hides its row."""
        self.label.setText(text)
        self._row.setVisible(bool(text))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self.close_button.setIcon(
            line_icon("close", QColor(self._theme.colours.muted), size=px(14))
        )
        self.close_button.setIconSize(QSize(px(14), px(14)))
        self._inside.setContentsMargins(px(12), px(5), px(6), px(5))
        self._column.setSpacing(px(4))
        self._column.setContentsMargins(px(16), 0, px(16), 0)

    def _retranslate(self) -> None:
        self.close_button.setToolTip(self.tr("Close this remark"))
        self.close_button.setAccessibleName(self.tr("Close this remark"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
