"""The offer to go on with imports that were ended or killed on their way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.printable import one_line
from baichuan_desktop.services.library.importing.values import Unfinished
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.acquiring.offer_bar import OfferBar
from baichuan_desktop.ui.look.theme import Theme


class UnfinishedNotice(OfferBar):
    """Offers one import after the other; one that is left alone is offered at the next start.

    Signals:
        continue_requested: the Unfinished that shall go on.
        delete_requested: the Unfinished of which what was copied shall be taken away.
    """

    continue_requested = Signal(object)
    delete_requested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._waiting: list[Unfinished] = []
        self.chosen.connect(self._on_chosen)
        self.closed.connect(self._next)

    @Slot(object)
    def show_unfinished(self, found: Sequence[Unfinished]) -> None:
        """These were found at the start."""
        self._waiting = list(found)
        self._say()

    def _say(self) -> None:
        if not self._waiting:
            self.offer("", ())
            return
        one = self._waiting[0]
        if one.is_whole:
            text = self.tr("“{name}” is copied, but not listed yet: the app ended before that.")
        else:
            text = self.tr("The import of “{name}” was not finished: {done} of {total} are here.")
        self.offer(
            text.format(
                name=one_line(one.name),
                done=size_text(one.done_bytes),
                total=size_text(one.total_bytes),
            ),
            # What is whole may be the only copy there is: it is listed, and can be removed then.
            (self.tr("Continue"),)
            if one.is_whole
            else (self.tr("Continue"), self.tr("Delete what is here")),
        )

    @Slot(int)
    def _on_chosen(self, number: int) -> None:
        one = self._waiting[0]
        self._next()
        (self.continue_requested if number == 0 else self.delete_requested).emit(one)

    @Slot()
    def _next(self) -> None:
        self._waiting = self._waiting[1:]
        self._say()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()
