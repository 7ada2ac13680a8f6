"""The style sheet of the sidebar."""

from __future__ import annotations

import dataclasses
from string import Template

from baichuan_desktop.ui.look.theme import Theme

_SHEET = Template("""
#sidebar QListView { background: transparent; border: none; outline: none; }
#newChat {
    background: $page; border: 1px solid $border; border-radius: ${radius}px;
    padding: 0 ${pad}px; text-align: left; font-weight: 500;
}
#newChat:hover { background: $hover; }
#newChat:focus { border-color: $accent; }
#rename {
    background: $page; border: 1px solid $accent; border-radius: ${small_radius}px;
    padding: 0 ${pad_small}px; selection-background-color: $accent; selection-color: $on_accent;
}
QToolButton#sidebarTool {
    border: 1px solid transparent; border-radius: ${small_radius}px; background: transparent;
}
QToolButton#sidebarTool:hover { background: $hover; }
QToolButton#sidebarTool:checked { background: $hover; border-color: $border; }
QToolButton#sidebarTool:focus { border-color: $accent; }
#undoToast { background: $page; border: 1px solid $border; border-radius: ${radius}px; }
#undo { border: 1px solid transparent; background: transparent; color: $accent; padding: 4px 8px; }
#undo:hover { background: $hover; }
#undo:focus { border-color: $accent; }
""")


def stylesheet(theme: Theme) -> str:
    """The style sheet in the colours and at the zoom of the window."""
    px = theme.px
    return _SHEET.substitute(
        dataclasses.asdict(theme.colours),
        radius=px(8),
        small_radius=px(6),
        pad=px(12),
        pad_small=px(8),
    )
