"""Colours and shapes of the window, light or dark as the system is."""

from __future__ import annotations

from PySide6.QtCore import QDir, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.ui.look.colours import DARK, LIGHT, Colours
from baichuan_desktop.ui.look.stylesheet import stylesheet

_MIDDLE = 128  # of a lightness from 0 to 255


class Theme(QObject):
    """Follows the system's colour scheme.

    Signals:
        changed: the colours are others now; palette and style sheet are set already.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._began_dark = app.palette().window().color().lightness() < _MIDDLE
        QDir.setSearchPaths("icons", [str(resource("icons"))])  # for the style sheet
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self._follow()

    def show(self, colours: Colours) -> None:
        """Paint everything in these colours."""
        self.colours = colours
        self._app.setPalette(_palette(colours))
        self._app.setStyleSheet(stylesheet(colours))
        self.changed.emit()

    @Slot()
    def _follow(self) -> None:
        scheme = self._app.styleHints().colorScheme()
        if scheme is Qt.ColorScheme.Unknown:  # a desktop that only has a palette to tell by
            dark = self._began_dark
        else:
            dark = scheme is Qt.ColorScheme.Dark
        self.show(DARK if dark else LIGHT)


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
