"""A line under the top bar that says one thing, with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_WIDTH = 776  # pixels; as wide as the composer
_MOST_BUTTONS = 2
_NARROW = 700  # pixels; below it the buttons stand under the sentence


class OfferBar(QWidget):
    """Is hidden while it offers nothing, or has no room, and takes the keyboard from nobody.

    Signals:
        chosen: the number of the button that was pressed.
        closed: the person wants none of it.
    """

    chosen = Signal(int)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.label = plain_label(wraps=True)
        self.label.setObjectName("muted")
        self.buttons: list[QPushButton] = []
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self.chosen)
        self.close_button = QToolButton()
        self.close_button.setObjectName("tool")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.closed)
        self._has_room = True
        self._inside = QFrame()
        self._beside = QHBoxLayout()
        self._beside.addStretch(1)
        for number in range(_MOST_BUTTONS):
            button = QPushButton()
            button.setObjectName("quiet")
            button.setAutoDefault(False)
            self.buttons.append(button)
            self._group.addButton(button, number)
            self._beside.addWidget(button)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.addWidget(self.label, 1)
        self._parts.addLayout(self._beside)
        self._row = QHBoxLayout(self._inside)
        self._row.addLayout(self._parts, 1)
        self._row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(self._inside, 1000)
        around.addStretch(1)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()
        self.hide()

    def offer(self, text: str, buttons: Sequence[str]) -> None:
        """Show a sentence, and a button for each of at most two ways; no sentence hides it."""
        self.label.setText(text)
        for number, button in enumerate(self.buttons):
            button.setText(buttons[number].replace("&", "&&") if number < len(buttons) else "")
            button.setVisible(number < len(buttons))
        self.setVisible(bool(text) and self._has_room)

    @property
    def tab_order(self) -> Sequence[QWidget]:
        """What can have the keyboard, as one reads."""
        return (*self.buttons, self.close_button)

    def give_room(self, has_room: bool) -> None:
        """Be seen only where there is room for it."""
        self._has_room = has_room
        self.setVisible(bool(self.label.text()) and has_room)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._turn()
        self._parts.setSpacing(px(8))
        self._beside.setSpacing(px(8))
        self._inside.setMaximumWidth(px(_WIDTH))
        self._row.setContentsMargins(px(14), px(6), px(8), px(6))
        self._row.setSpacing(px(8))
        icon = line_icon("close", QColor(self._theme.colours.muted), size=px(14))
        self.close_button.setIcon(icon)
        self.close_button.setIconSize(QSize(px(14), px(14)))

    def _turn(self) -> None:
        """Put the buttons where there is room for them."""
        ways = QBoxLayout.Direction
        is_narrow = self.width() < self._theme.px(_NARROW)
        way = ways.TopToBottom if is_narrow else ways.LeftToRight
        if way is not self._parts.direction():
            self._parts.setDirection(way)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._turn()

    def _retranslate(self) -> None:
        self.close_button.setToolTip(self.tr("Close this remark"))
        self.close_button.setAccessibleName(self.tr("Close this remark"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
