"""Tells the window what the store says on a thread of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from baichuan_desktop.services.chat.store.state import StoreState


class StoreWatch(QObject):
    """Hands the state of the store on.

    Signals:
        changed: the StoreState; heard in the thread of who hears it.
    """

    changed = Signal(object)

    def tell(self, state: StoreState) -> None:
        """Any thread may call this."""
        self.changed.emit(state)
