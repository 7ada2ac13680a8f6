"""A setting in the dialog: its name, what it does, its control, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import Control
from baichuan_desktop.ui.settings.values import Section, Words

_NARROW = 470  # pixels of the design; below it the control stands under the texts
_BUTTON, _ICON, _BESIDE = 32, 15, 236


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `wide` has its control under its texts, however wide the dialog is."""

    key: str
    section: Section
    words: Words
    control: Control
    wide: bool = False


class SettingRow(QFrame):
    """Shows a setting."""

    def __init__(self, setting: Setting, theme: Theme) -> None:
        super().__init__()
        self.setting = setting
        self._theme = theme
        self.name, self.explanation = plain_label(wraps=True), plain_label(wraps=True)
        self.name.setObjectName("settingName")
        self.explanation.setObjectName("muted")
        self.reset = QToolButton()
        self.reset.setObjectName("tool")
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.clicked.connect(self._reset)
        kept = self.reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(kept)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.explanation)
        self._beside = QWidget()
        beside = QHBoxLayout(self._beside)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        beside.addWidget(setting.control, 1 if setting.wide else 0)
        beside.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignVCenter)
        if not setting.wide:
            beside.addStretch(1)
        if setting.wide:
            self.reset.hide()
            kept.setRetainSizeWhenHidden(False)
            self.reset.setSizePolicy(kept)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.addLayout(texts, 1)
        self._parts.addWidget(self._beside)
        setting.control.changed.connect(self.refresh)
        theme.changed.connect(self._fit)
        self._fit()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show everything as it is now, in the language of the window."""
        words, control = self.setting.words, self.setting.control
        name, explanation = words.shown_name(), words.shown_explanation()
        self.name.setText(name)
        self.explanation.setText(
            ("" if is_chinese() else " ").join(filter(None, (explanation, control.remark)))
        )
        control.take_name(name, explanation)
        had_keyboard = self.reset.hasFocus()
        self.reset.setVisible(control.is_changed)
        if had_keyboard and not control.is_changed and control.first is not None:
            control.first.setFocus()
        again = self.tr("Reset “{name}”").format(name=name)
        self.reset.setToolTip(again)
        self.reset.setAccessibleName(again)

    @Slot()
    def _reset(self) -> None:
        self.setting.control.reset()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._parts.setContentsMargins(0, px(10), 0, px(10))
        self.reset.setFixedSize(px(_BUTTON), px(_BUTTON))
        self.reset.setIconSize(QSize(px(_ICON), px(_ICON)))
        muted = QColor(self._theme.colours.muted)
        self.reset.setIcon(line_icon("regenerate", muted, size=px(_ICON)))
        self._turn()

    def _turn(self) -> None:
        """Have the control beside the texts, or under them."""
        px, ways = self._theme.px, QBoxLayout.Direction
        is_under = self.setting.wide or self.width() < px(_NARROW)
        self._parts.setDirection(ways.TopToBottom if is_under else ways.LeftToRight)
        self._parts.setSpacing(px(8) if is_under else px(20))
        self._beside.setFixedWidth(px(_BESIDE)) if not is_under else self._free()

    def _free(self) -> None:
        self._beside.setMinimumWidth(0)
        self._beside.setMaximumWidth(16_777_215)  # Qt's own largest

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.setting.control.refresh()
            self.refresh()
