"""The pages of the window: which one is shown, by its name."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget


class Page(Enum):
    """What the middle of the window can show."""

    CHAT = "chat"
    JOBS = "jobs"
    MODELS = "models"


class WindowPages(QObject):
    """Holds the pages. Each but the chat has an action that is ticked while it is shown.

    Signals:
        shown: the Page that is shown now.
    """

    shown = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stack = QStackedWidget()
        self._widgets: dict[Page, QWidget] = {}
        self._first: dict[Page, QWidget] = {}  # what has the keyboard when a page is shown
        self._actions: dict[Page, QAction] = {}

    def add_chat(self, widget: QWidget, first: QWidget) -> None:
        """Add the page to which the others are left."""
        self._add(Page.CHAT, widget, first)

    def add(self, page: Page, widget: QWidget, first: QWidget, action: QAction) -> None:
        """Add a page, what gets the keyboard with it, and the action that shows and leaves it."""
        self._add(page, widget, first)
        self._actions[page] = action
        action.toggled.connect(self._on_toggled)

    def _add(self, page: Page, widget: QWidget, first: QWidget) -> None:
        self._widgets[page], self._first[page] = widget, first
        self.stack.addWidget(widget)

    @property
    def current(self) -> Page:
        """The page that is shown."""
        shown = self.stack.currentWidget()
        return next(page for page, widget in self._widgets.items() if widget is shown)

    def show(self, page: Page) -> None:
        """Show a page, and give it the keyboard."""
        if page is not self.current:
            self.stack.setCurrentWidget(self._widgets[page])
            self._first[page].setFocus()
            self.shown.emit(page)
        for one, action in self._actions.items():
            action.setChecked(one is page)

    @Slot()
    def show_chat(self) -> None:
        """Show the chat."""
        self.show(Page.CHAT)

    def leave(self) -> bool:
        """Show the chat; whether another page stood in its place."""
        was_left = self.current is not Page.CHAT
        self.show_chat()
        return was_left

    @Slot()
    def _on_toggled(self) -> None:
        """An action was ticked: its page is shown. The one that is shown was unticked: the chat."""
        ticked = [page for page, action in self._actions.items() if action.isChecked()]
        others = [page for page in ticked if page is not self.current]
        if others:
            self.show(others[0])
        elif not ticked:
            self.show_chat()
