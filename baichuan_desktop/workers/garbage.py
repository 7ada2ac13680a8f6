"""Python's search for garbage in the window's thread, and in no other.

Python searches in whichever thread makes something at that moment. What it finds there may be an
object of Qt's that lives in the window's thread, as with all that refers to one another, and Qt has
such objects end there: a timer that runs and ends elsewhere ends the app, and one of two threads
that wait for each other, the one with Python's lock and the other with Qt's, ends never.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QAbstractEventDispatcher, QObject, Slot

_WHOLE = 5  # times as seldom as Python does it, which looks at fewer objects then


class WindowGarbage(QObject):
    """Searches when the window's thread has nothing else to do. Made in that thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._dispatcher = QAbstractEventDispatcher.instance()
        self._dispatcher.aboutToBlock.connect(self.search)
        gc.disable()

    @Slot()
    def search(self) -> None:
        """Search if it is time, by Python's own measure: by what was made since."""
        young, middle, old = gc.get_threshold()
        made, searched, searched_more = gc.get_count()
        if young and made > young:
            if searched_more > _WHOLE * old:
                gc.collect()
            else:
                gc.collect(1 if searched > middle else 0)

    def shut_down(self) -> None:
        """Let Python search by itself again, where nothing of the window is left to be found."""
        self._dispatcher.aboutToBlock.disconnect(self.search)
        gc.enable()
