"""What the window shows and how it looks: the panel, the list of conversations, zoom, theme."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from baichuan_desktop.ui.look.side_place import SidePlace
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.commands.menus import Menus
from baichuan_desktop.ui.window.view_settings import ViewSettings


@dataclass(frozen=True, slots=True)
class Sides:
    """What stands beside the pages."""

    panel: SidePlace  #: has the chat and the settings panel
    sidebar: SidePlace  #: has the pages and the list of conversations


class ViewCommands(QObject):
    """Joins menus and top bar with the sides, and both with what is remembered of the window."""

    def __init__(
        self, menus: Menus, bar: TopBar, view: ViewSettings, sides: Sides, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view, self._sides = view, sides
        menus.show_language(view.language)
        menus.show_theme(view.theme)
        view.language_changed.connect(menus.show_language)
        view.theme_changed.connect(menus.show_theme)
        for panel_wanted in (menus.panel.triggered, bar.panel.clicked):
            panel_wanted.connect(self.show_panel)
        menus.sidebar.triggered.connect(self.show_sidebar)
        bar.sidebar.clicked.connect(menus.sidebar.trigger)
        view.panel_shown.connect(sides.panel.restore_side)
        view.sidebar_shown.connect(sides.sidebar.restore_side)
        for panel_seen in (menus.panel.setChecked, bar.panel.setChecked):
            sides.panel.side_seen.connect(panel_seen)
        for sidebar_seen in (menus.sidebar.setChecked, bar.show_sidebar_button):
            sides.sidebar.side_seen.connect(sidebar_seen)
        menus.zoom_in.triggered.connect(view.zoom_in)
        menus.zoom_out.triggered.connect(view.zoom_out)
        menus.zoom_reset.triggered.connect(view.zoom_reset)
        view.zoom_changed.connect(menus.show_zoom)
        menus.theme_chosen.connect(view.use_theme)
        menus.language_chosen.connect(view.use_language)

    @Slot(bool)
    def show_panel(self, shown: bool) -> None:
        """Show or hide the settings panel, and remember it."""
        self._view.show_panel(shown)
        self._sides.panel.show_side(shown)

    @Slot(bool)
    def show_sidebar(self, shown: bool) -> None:
        """Show or hide the list of conversations, and remember it."""
        self._view.show_sidebar(shown)
        self._sides.sidebar.show_side(shown)
