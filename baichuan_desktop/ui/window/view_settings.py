"""The language, the panel and the size of the window, as a person chose them, are remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.settings import Language, SettingsFile
from baichuan_desktop.ui.look.i18n import Translations

_FIRST_SIZE = QSize(1060, 760)


class ViewSettings(QObject):
    """Keeps each choice as soon as it is made, and the size when the window is closed.

    Signals:
        panel_shown: whether the settings panel is to be seen.
    """

    panel_shown = Signal(bool)

    def __init__(
        self, settings: SettingsFile, translations: Translations, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._translations = translations

    @property
    def language(self) -> Language:
        """The language that was chosen."""
        return self._settings.current.language

    def restore_panel(self) -> None:
        """Show or hide the settings panel as it was."""
        self.show_panel(self._settings.current.show_panel)

    @Slot(bool)
    def show_panel(self, shown: bool) -> None:
        """Show or hide the settings panel."""
        self.panel_shown.emit(shown)
        if shown != self._settings.current.show_panel:
            self._settings.change(show_panel=shown)

    @Slot(str)
    def use_language(self, language: Language) -> None:
        """Speak another language, at once and from now on."""
        self._translations.use(language)
        self._settings.change(language=language)

    def size_for(self, room: QSize) -> QSize:
        """The size of the window as it was, as far as a screen has room for it."""
        size = self._settings.current.window_size  # remembered on a larger screen, perhaps
        return QSize(*size).boundedTo(room) if size else _FIRST_SIZE

    def keep_size(self, window: QWidget) -> None:
        """Open the next window in this size; one that fills the screen has none of its own."""
        if not window.isMaximized() and not window.isFullScreen():
            self._settings.change(window_size=(window.width(), window.height()))
