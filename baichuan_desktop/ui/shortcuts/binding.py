"""Gives actions their keys, and tells which commands somebody has bound."""

from __future__ import annotations

from PySide6.QtCore import QMetaMethod
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.shortcuts.table import Command, keys_of

_COMMAND = "shortcutCommand"  # the property of an action that says which command it is


def bind(action: QAction, command: Command) -> QAction:
    """Give an action the keys of a command, and return it. It must belong to the window."""
    action.setShortcuts(keys_of(command))
    action.setProperty(_COMMAND, command.value)
    return action


def window_action(window: QWidget, command: Command) -> QAction:
    """A new action of the window that stands in no menu, with the keys of a command."""
    action = QAction(window)
    window.addAction(action)
    return bind(action, command)


def bound_commands(window: QWidget) -> frozenset[Command]:
    """The commands of the actions of a window that do something when they are given."""
    return frozenset(
        Command(action.property(_COMMAND))
        for action in window.findChildren(QAction)
        if action.property(_COMMAND) is not None and _is_heard(action)
    )


def _is_heard(action: QAction) -> bool:
    return any(
        action.isSignalConnected(QMetaMethod.fromSignal(signal))
        for signal in (action.triggered, action.toggled)
    )
