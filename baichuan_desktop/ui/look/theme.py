"""Colours, sizes and fonts of the window: light, dark or as the system is, and how large."""

from __future__ import annotations

from PySide6.QtCore import QDir, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.settings import (
    LARGEST_READING,
    LARGEST_ZOOM,
    SMALLEST_READING,
    SMALLEST_ZOOM,
    USUAL_READING,
    ThemeChoice,
)
from baichuan_desktop.ui.look import fonts
from baichuan_desktop.ui.look.colours import DARK, LIGHT, Colours
from baichuan_desktop.ui.look.stylesheet import scaled, stylesheet

_MIDDLE = 128  # of a lightness from 0 to 255

#: How many times as large everything can be had, one step after the other.
ZOOMS = (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)

#: Sizes of text in pixels, before the zoom.
READING, CODE, INTERFACE, NOTE = USUAL_READING, 13, 13, 12


class Theme(QObject):
    """How the window looks now.

    Signals:
        changed: colours or sizes are others now; palette, font and style sheet are set already.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._began_dark = app.palette().window().color().lightness() < _MIDDLE
        self._zoom = 1.0
        self._reading = READING
        self.choice: ThemeChoice = "system"
        QDir.setSearchPaths("icons", [str(resource("icons"))])  # for the style sheet
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.colours = self._chosen()
        self._apply()

    # --- colours --------------------------------------------------------------------------

    def use(self, choice: ThemeChoice) -> None:
        """Be light or dark from now on, or as the system is."""
        self.choice = choice
        self._follow()

    def _chosen(self) -> Colours:
        match self.choice:
            case "light":
                return LIGHT
            case "dark":
                return DARK
        scheme = self._app.styleHints().colorScheme()
        if scheme is Qt.ColorScheme.Unknown:  # a desktop that only has a palette to tell by
            return DARK if self._began_dark else LIGHT
        return DARK if scheme is Qt.ColorScheme.Dark else LIGHT

    @Slot()
    def _follow(self) -> None:
        colours = self._chosen()
        if colours is not self.colours:
            self.colours = colours
            self._apply()

    # --- sizes ----------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """How many times as large as designed everything is."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Have everything this many times as large; what is beyond the limits is the limit."""
        zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        if zoom != self._zoom:
            self._zoom = zoom
            self._apply()

    @property
    def reading_size(self) -> int:
        """How large messages are, in pixels before the zoom."""
        return self._reading

    def set_reading_size(self, pixels: int) -> None:
        """Have messages, and what is in them, this large; beyond the limits is the limit."""
        pixels = min(max(pixels, SMALLEST_READING), LARGEST_READING)
        if pixels != self._reading:
            self._reading = pixels
            self._apply()

    @property
    def reading_zoom(self) -> float:
        """How many times as large as designed messages are."""
        return self._zoom * self._reading / READING

    def px(self, pixels: float) -> int:
        """A length of the design, as large as it is now; what is there stays at least a pixel."""
        return scaled(pixels, self._zoom)

    def font(self, pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """A font for text, of this size before the zoom."""
        return fonts.text_font(self.px(pixels), weight)

    def reading_font(self) -> QFont:
        """The font of messages, and of the field they are written in."""
        return self.font(self._reading)

    def code_font(self) -> QFont:
        """The font of code, in proportion to the messages that it stands in."""
        return fonts.code_font(scaled(CODE, self.reading_zoom))

    # --- the application ------------------------------------------------------------------

    def _apply(self) -> None:
        self._app.setFont(self.font(INTERFACE))
        self._app.setPalette(_palette(self.colours))
        self._app.setStyleSheet(stylesheet(self.colours, self._zoom))
        self.changed.emit()


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, colours.window),
        (roles.WindowText, colours.text),
        (roles.Base, colours.page),
        (roles.AlternateBase, colours.hover),
        (roles.Text, colours.text),
        (roles.PlaceholderText, colours.muted),
        (roles.Button, colours.window),
        (roles.ButtonText, colours.text),
        (roles.BrightText, colours.danger),
        (roles.Highlight, colours.accent),
        (roles.HighlightedText, colours.on_accent),
        (roles.Accent, colours.accent),
        (roles.Link, colours.accent),
        (roles.ToolTipBase, colours.page),
        (roles.ToolTipText, colours.text),
        (roles.Light, colours.page),
        (roles.Midlight, colours.hover),
        (roles.Mid, colours.border),
        (roles.Dark, colours.border),
        (roles.Shadow, colours.border),
    ):
        palette.setColor(role, QColor(name))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(colours.disabled))
    return palette
