"""What a person chose of the window is remembered: how it looks, what it shows, what is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Signal, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.settings import (
    LARGEST_ZOOM,
    SMALLEST_ZOOM,
    Language,
    SettingsFile,
    ThemeChoice,
)
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import ZOOMS, Theme

_FIRST_SIZE = QSize(1280, 820)


class ViewSettings(QObject):
    """Keeps each choice as soon as it is made, and the size when the window is closed.

    Signals:
        panel_shown: whether the settings panel is to be seen.
        sidebar_shown: whether the list of conversations is to be seen.
        zoom_changed: how many times as large as designed everything is.
        language_changed: the `Language` that was chosen.
        theme_changed: the `ThemeChoice` that was chosen.
    """

    panel_shown = Signal(bool)
    sidebar_shown = Signal(bool)
    zoom_changed = Signal(float)
    language_changed = Signal(str)
    theme_changed = Signal(str)

    def __init__(
        self,
        settings: SettingsFile,
        translations: Translations,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._translations = translations
        self._theme = theme

    @property
    def language(self) -> Language:
        """The language that was chosen."""
        return self._settings.current.language

    @property
    def theme(self) -> ThemeChoice:
        """The theme that was chosen."""
        return self._settings.current.theme

    def restore(self) -> None:
        """Have colours, size and what is shown as it was."""
        kept = self._settings.current
        self._theme.use(kept.theme)
        self._theme.set_zoom(kept.zoom)
        self._theme.set_reading_size(kept.reading_size)
        self.zoom_changed.emit(kept.zoom)
        self.show_panel(kept.show_panel)
        self.show_sidebar(kept.sidebar_shown)

    @Slot()
    def follow(self) -> None:
        """Have everything as it is kept now, which something else has changed."""
        self.restore()
        language = self._settings.current.language
        if language != self._translations.choice:
            self._translations.use(language)
            self.language_changed.emit(language)

    @Slot(bool)
    def show_panel(self, shown: bool) -> None:
        """Show or hide the settings panel."""
        self.panel_shown.emit(shown)
        if shown != self._settings.current.show_panel:
            self._settings.change(show_panel=shown)

    @Slot(bool)
    def show_sidebar(self, shown: bool) -> None:
        """Show or hide the list of conversations."""
        self.sidebar_shown.emit(shown)
        if shown != self._settings.current.sidebar_shown:
            self._settings.change(sidebar_shown=shown)

    @Slot(str)
    def use_language(self, language: Language) -> None:
        """Speak another language, at once and from now on."""
        self._translations.use(language)
        self._settings.change(language=language)
        self.language_changed.emit(language)

    @property
    def open_conversation(self) -> int | None:
        """The id of the conversation that was open last; it may be gone."""
        return self._settings.current.open_conversation

    @Slot(object)
    def keep_open(self, conversation: Conversation | None) -> None:
        """Open this conversation at the next start. Of a temporary one nothing is kept."""
        kept = None if conversation is None or conversation.is_temporary else conversation.id
        if kept != self._settings.current.open_conversation:
            self._settings.change(open_conversation=kept)

    @property
    def unfolded(self) -> frozenset[int]:
        """The ids of the folders that were open; some may be gone."""
        return self._settings.current.unfolded

    @Slot(object)
    def keep_unfolded(self, folder_ids: frozenset[int]) -> None:
        """Have these folders open at the next start."""
        if folder_ids != self._settings.current.unfolded:
            self._settings.change(unfolded=folder_ids)

    @Slot(str)
    def use_theme(self, theme: ThemeChoice) -> None:
        """Be light or dark, or as the system is, at once and from now on."""
        self._theme.use(theme)
        self._settings.change(theme=theme)
        self.theme_changed.emit(theme)

    # --- zoom -------------------------------------------------------------------------------

    @Slot()
    def zoom_in(self) -> None:
        """Have everything a step larger."""
        self._zoom(next((one for one in ZOOMS if one > self._theme.zoom), ZOOMS[-1]))

    @Slot()
    def zoom_out(self) -> None:
        """Have everything a step smaller."""
        self._zoom(next((one for one in reversed(ZOOMS) if one < self._theme.zoom), ZOOMS[0]))

    @Slot()
    def zoom_reset(self) -> None:
        """Have everything as large as it is designed."""
        self._zoom(1.0)

    @Slot(float)
    def use_zoom(self, zoom: float) -> None:
        """Have everything this many times as large as it is designed."""
        self._zoom(min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM))

    @Slot(int)
    def use_reading_size(self, pixels: int) -> None:
        """Have messages this large, at once and from now on."""
        self._theme.set_reading_size(pixels)
        self._settings.change(reading_size=pixels)

    def _zoom(self, zoom: float) -> None:
        self._theme.set_zoom(zoom)
        self._settings.change(zoom=zoom)
        self.zoom_changed.emit(zoom)

    # --- size -------------------------------------------------------------------------------

    def size_for(self, room: QSize) -> QSize:
        """The size of the window as it was, as far as a screen has room for it."""
        size = self._settings.current.window_size  # remembered on a larger screen, perhaps
        return (QSize(*size) if size else _FIRST_SIZE).boundedTo(room)

    def keep_size(self, window: QWidget) -> None:
        """Open the next window in this size; one that fills the screen has none of its own."""
        if not window.isMaximized() and not window.isFullScreen():
            self._settings.change(window_size=(window.width(), window.height()))
