"""The bar over the page: which model, a new chat, the settings."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_picker import ModelPicker


class TopBar(QFrame):
    """Has the model picker at the left, two buttons at the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("topBar")
        self.picker = ModelPicker(theme, self)
        self.new_chat = _button(self)
        self.panel = _button(self)
        self.panel.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(6)
        row.addWidget(self.picker)
        row.addStretch(1)
        row.addWidget(self.new_chat)
        row.addWidget(self.panel)
        theme.changed.connect(self._draw_icons)
        self._draw_icons()
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self.new_chat.setText(self.tr("New chat"))
        self.new_chat.setToolTip(self.tr("Clear the conversation (Ctrl+N)"))
        self.panel.setText(self.tr("Settings"))
        self.panel.setToolTip(self.tr("System prompt and sampling (F9)"))

    @Slot()
    def _draw_icons(self) -> None:
        colour = QColor(self._theme.colours.text)
        self.new_chat.setIcon(line_icon("new-chat", colour))
        self.panel.setIcon(line_icon("settings", colour))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setObjectName("bar")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(18, 18))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
