"""The remark that an input method's text does not reach the window."""

from __future__ import annotations

import os

from PySide6.QtCore import QEvent, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.input_methods import Unreached, installed_plugins, unreached
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.turns.notice_bar import NoticeBar


class InputNotice(NoticeBar):
    """Is shown until the person has read it, and then never again."""

    def __init__(self, theme: Theme, settings: SettingsFile, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._settings = settings
        self._missing: Unreached | None = None
        self.pressed.connect(self._on_read)
        if not settings.current.input_method_told:
            self._missing = unreached(os.environ, installed_plugins())
        self._say()

    def _say(self) -> None:
        if self._missing is not None:
            sentence = error_texts.sentence(self._missing.sentence)
            hint = error_texts.sentence(self._missing.hint)
            self.say(f"{sentence} {hint}", button=self.tr("Understood"))

    @Slot()
    def _on_read(self) -> None:
        self._missing = None
        self._settings.change(input_method_told=True)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()
