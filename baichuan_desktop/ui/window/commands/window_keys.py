"""The keys of the window that no menu has, and what Esc closes before it stops an answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.shortcuts.binding import bound_commands, window_action
from baichuan_desktop.ui.shortcuts.enter_key import EnterKey
from baichuan_desktop.ui.shortcuts.escape import EscapeKey
from baichuan_desktop.ui.shortcuts.sheet import ShortcutSheet
from baichuan_desktop.ui.shortcuts.table import Command
from baichuan_desktop.ui.transcript.rows.row import RowKind
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.commands.menus import Menus

#: What the field itself does.
_OF_THE_FIELD = frozenset({Command.SEND, Command.NEW_LINE, Command.EDIT_LAST, Command.UNDO})


class WindowKeys(QObject):
    """Joins keys with the page and the bar; after a dialog, the keyboard is the composer's."""

    def __init__(
        self,
        page: ChatPage,
        bar: TopBar,
        menus: Menus,
        controller: ChatController,
        leave_page: Callable[[], bool],
        window: QWidget,
    ) -> None:
        """`leave_page` shows the chat, and says whether another page stood in its place."""
        super().__init__(window)
        self._page, self._bar, self._leave_page = page, bar, leave_page
        self._controller, self._window = controller, window
        self.sheet: ShortcutSheet | None = None  #: while it is open
        #: Begins to find on another page, if one with a search is shown; whether it is.
        self.find_elsewhere: Callable[[], bool] = lambda: False
        self.escape = EscapeKey(window, controller.stop)
        EnterKey(window)
        self.escape.first(leave_page)
        self.escape.first(page.find_bar.close_if_open)
        for command, slot in (
            (Command.MODEL_PICKER, self.open_picker),
            (Command.MENU, bar.menu.showMenu),
            (Command.FIND, self.find),
            (Command.COPY_ANSWER, self.copy_last_answer),
        ):
            window_action(window, command).triggered.connect(slot)
        menus.shortcuts.triggered.connect(self.show_sheet)
        page.composer.input.edit_last_requested.connect(page.edit_last_question)
        self._after_dialog = QTimer(self)
        self._after_dialog.setSingleShot(True)
        self._after_dialog.timeout.connect(self._go_to_composer)
        window.installEventFilter(self)

    @Slot()
    def open_picker(self) -> None:
        """Show the list of models."""
        self._bar.picker.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._bar.picker.showPopup()

    @Slot()
    def find(self) -> None:
        """Find in what is shown: among the models, else in the conversation."""
        if not self.find_elsewhere():
            self._leave_page()
            self._page.find_bar.open()

    @Slot()
    def copy_last_answer(self) -> None:
        """Copy the last answer as its button does, as far as it came."""
        source = self._controller.source
        for row_id in reversed(source.ids()):
            if source.row(row_id).kind in (RowKind.ANSWER, RowKind.CONTINUATION):
                self._page.transcript.copy_row(row_id)
                return

    @Slot()
    def show_sheet(self) -> None:
        """List the shortcuts that do something in this window."""
        if self.sheet is None:
            commands = bound_commands(self._window) | _OF_THE_FIELD
            self.sheet = ShortcutSheet(commands, self._window)
            self.sheet.finished.connect(self._on_sheet_closed)
            self.sheet.open()

    @Slot()
    def _on_sheet_closed(self) -> None:
        self.sheet = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that a dialog is gone; Qt gives the keyboard back to what had it before first."""
        if event.type() == QEvent.Type.WindowUnblocked:
            self._after_dialog.start(0)
        return super().eventFilter(watched, event)

    @Slot()
    def _go_to_composer(self) -> None:
        if self._page.composer.isVisible():
            self._page.composer.setFocus()
