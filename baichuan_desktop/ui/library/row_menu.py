"""What is offered for a row, in words, and its menu."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from baichuan_desktop.services.library.rows.actions import Action, actions_of
from baichuan_desktop.services.library.rows.values import AdapterRow, Row

_KEYS = {Action.LOAD: "Ctrl+Return", Action.RENAME: "F2", Action.REMOVE: "Del"}


def action_text(action: Action, row: Row | None = None) -> str:
    """An action as a button and a menu name it; of an adapter as it is for that."""
    if action is Action.LOAD and isinstance(row, AdapterRow):
        return QCoreApplication.translate("LibraryActions", "Use this adapter")
    return {
        Action.LOAD: QCoreApplication.translate("LibraryActions", "Use this model"),
        Action.GET: QCoreApplication.translate("LibraryActions", "How to get it…"),
        Action.FIND: QCoreApplication.translate("LibraryActions", "Find it…"),
        Action.RENAME: QCoreApplication.translate("LibraryActions", "Rename…"),
        Action.OPEN_FOLDER: QCoreApplication.translate("LibraryActions", "Show folder"),
        Action.COPY_PATH: QCoreApplication.translate("LibraryActions", "Copy path"),
        Action.VERIFY: QCoreApplication.translate("LibraryActions", "Verify"),
        Action.REMOVE: QCoreApplication.translate("LibraryActions", "Remove…"),
    }[action]


class RowMenu(QMenu):
    """The menu of one row.

    Signals:
        asked: an Action and its Row.
    """

    asked = Signal(object, object)

    def __init__(self, row: Row, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = row
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in actions_of(row):
            if action is Action.REMOVE:
                self.addSeparator()
            entry = self.addAction(action_text(action, row))
            entry.setData(action)
            if action in _KEYS:
                entry.setShortcut(_KEYS[action])
                entry.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # only shown
        self.triggered.connect(self._on_triggered)

    @Slot(QAction)
    def _on_triggered(self, entry: QAction) -> None:
        self.asked.emit(entry.data(), self._row)
