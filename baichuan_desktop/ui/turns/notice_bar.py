"""A line over or under the conversation that says one thing, with at most one button."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_WIDTH = 776  # pixels; as wide as the composer


class NoticeBar(QWidget):
    """In the column of the conversation; hidden while it has nothing to say.

    Signals:
        pressed: the button was.
    """

    pressed = Signal()

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, is_caution: bool = False
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.label = plain_label(wraps=True)
        self._inside = QFrame()
        if is_caution:
            self._inside.setObjectName("remark")
        else:
            self.label.setObjectName("muted")
        self.button = QPushButton()
        self.button.setObjectName("quiet")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._press)
        self._row = QHBoxLayout(self._inside)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.button)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(self._inside, 1000)
        around.addStretch(1)
        theme.changed.connect(self._fit)
        self._fit()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        self.hide()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._inside.setMaximumWidth(px(_WIDTH))
        self._row.setContentsMargins(px(14), px(6), px(14), px(6))

    def say(self, text: str, *, button: str = "", seconds: int = 0) -> None:
        """Show a sentence; it goes after so many seconds, 0 is never. An empty one hides it."""
        self._timer.stop()
        self.label.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.setVisible(bool(text))
        if text and seconds:
            self._timer.start(1000 * seconds)

    @Slot()
    def clear(self) -> None:
        """Say nothing any more."""
        self.say("")

    @Slot()
    def _press(self) -> None:
        self.clear()
        self.pressed.emit()
