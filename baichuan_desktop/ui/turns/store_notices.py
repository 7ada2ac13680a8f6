"""What the store of the conversations says of itself, and how loudly it is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import (
    ConversationsInUseError,
    ConversationsNewerError,
)
from baichuan_desktop.services.chat.store.state import StoreState

#: Do not pass by themselves while the app is open: somebody has to do something.
_ASKING = (ConversationsInUseError, ConversationsNewerError)


class StoreNotices(QObject):
    """Has what needs a person told in a dialog, once; everything else for as long as it lasts.

    Signals:
        unsaved: why new messages are not saved now; None: they are.
        failed: a UserFacingError to show.
        mended: the file is another one now, and what is in it is to be read again.
    """

    unsaved = Signal(object)
    failed = Signal(object)
    mended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: set[str] = set()  # sentences; each try to save raises an error of its own

    @Slot(object)
    def show_state(self, state: StoreState) -> None:
        """Tell what is new in a state of the store."""
        self.unsaved.emit(state.unsaved)
        asks = [state.unsaved] if isinstance(state.unsaved, _ASKING) else []
        for error in (state.mended, *asks):
            if error is not None and error.message not in self._told:
                self._told.add(error.message)
                if error is state.mended:
                    self.mended.emit()
                self.failed.emit(error)
