"""The button in the card of the message: which preset it is written with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import ElidedButton
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.presets import preset_texts
from baichuan_desktop.ui.shortcuts.table import Command, with_keys

_ICON, _HEIGHT, _MOST_WIDTH = 16, 32, 220  # pixels of the design


class PresetButton(ElidedButton):
    """Shows the name of the preset; opens the menu.

    Signals:
        retranslated: the language of the window is another one.
    """

    retranslated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._preset: Preset | None = None
        self.setObjectName("tool")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self._fit)
        self._fit()

    @Slot(object)
    def show_preset(self, preset: Preset | None) -> None:
        """Name this one; None: no preset."""
        self._preset = preset
        self._fit()

    def place(self) -> QRect:
        """Where it is on the screen."""
        return QRect(self.mapToGlobal(self.rect().topLeft()), self.size())

    @Slot()
    def _fit(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        self.setFont(self._theme.font(NOTE))
        is_set = self._preset is not None
        ink = QColor(colours.accent if is_set else colours.muted)
        self.setIcon(line_icon("text", ink, size=px(_ICON)))
        self.setIconSize(QSize(px(_ICON), px(_ICON)))
        self.setFixedHeight(px(_HEIGHT))
        self.setMaximumWidth(px(_MOST_WIDTH))
        self._retranslate()

    def _retranslate(self) -> None:
        name = preset_texts.name(self._preset)
        self.setText(f" {name}".replace("&", "&&"))  # a name has no key
        self.setAccessibleName(self.tr("Preset: {name}").format(name=name))
        said = self.tr("What the message is asked with: {name}").format(name=name)
        self.setToolTip(as_tooltip(with_keys(said, Command.PRESETS)))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self.retranslated.emit()
