"""Finding a phrase in all messages of a conversation, a few at a time."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.pieces import is_long, piece_bounds
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind
from baichuan_desktop.ui.transcript.rows.shown_rows import ShownRows
from baichuan_desktop.ui.transcript.rows.shown_text import shown_text

_SLICE_SECONDS = 0.008  # of work between two looks at the window's events
_MARKS = str.maketrans("", "", "*_`~\\")  # what may stand inside of a word that is shown whole


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the phrase stands: the row, and which one of its places, from 0."""

    row_id: int
    nth: int


class Finder(QObject):
    """Looks through the rows of the open conversation, from the first to the last.

    Signals:
        progressed: there are more hits, or all rows have been looked through.
    """

    progressed = Signal()

    def __init__(self, rows: ShownRows, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows
        self.hits: list[Hit] = []
        self.is_done = True
        self._phrase = ""
        self._left: list[int] = []  # ids, the next one at the end
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._look)

    def look_for(self, phrase: str) -> None:
        """Begin to look for another phrase; none if it is empty."""
        self.hits = []
        self._phrase = phrase
        self._left = [] if not phrase else self._rows.ids()[::-1]
        self.is_done = not self._left
        if self.is_done:
            self._next.stop()
            self.progressed.emit()
        else:
            self._next.start()

    @Slot()
    def _look(self) -> None:
        until = time.perf_counter() + _SLICE_SECONDS
        while self._left and time.perf_counter() < until:
            row_id = self._left.pop()
            if self._rows.position(row_id) >= 0:
                count = occurrences(self._rows.asked(row_id), self._phrase)
                self.hits += (Hit(row_id, nth) for nth in range(count))
        if not self._left:
            self._next.stop()
            self.is_done = True
        self.progressed.emit()


def occurrences(row: Row, phrase: str) -> int:
    """How often a phrase stands in a row as it is shown, whatever the case."""
    if row.kind is RowKind.NOTE or not _may_hold(row.text, phrase):
        return 0
    return len(re.findall(re.escape(phrase), shown_text(row), re.IGNORECASE))


def _may_hold(text: str, phrase: str) -> bool:
    """Whether it is worth to read the Markdown: the longest word of the phrase is there."""
    words = "".join(char if char.isalnum() else " " for char in phrase).split()
    longest = max(words, key=len, default="")
    if longest.casefold() in text.casefold():
        return True
    return longest.casefold() in text.translate(_MARKS).casefold() or "&" in text


def place_of(hit: Hit, phrase: str, rows: ShownRows) -> tuple[Key, tuple[int, int]] | None:
    """The entry that a hit is in, and from where to where; all of a long text is shown for it."""
    row = rows.asked(hit.row_id)
    if is_long(row.text):
        return _place_in_pieces(hit, row, phrase, rows)
    key = Key(hit.row_id)
    view = rows.view(key)
    found = view.occurrences(phrase) if view is not None else []
    return (key, found[min(hit.nth, len(found) - 1)]) if found else None


def _place_in_pieces(
    hit: Hit, row: Row, phrase: str, rows: ShownRows
) -> tuple[Key, tuple[int, int]] | None:
    found = list(re.finditer(re.escape(phrase), row.text, re.IGNORECASE))
    if not found:
        return None
    rows.unfold(row.id, True)
    at = found[min(hit.nth, len(found) - 1)]
    for piece, (begin, end) in enumerate(piece_bounds(row.text)):
        if begin <= at.start() < end:
            key = Key(row.id, piece)
            view = rows.view(key)
            if view is not None:
                last = min(at.end(), end) - begin
                return key, view.positions_of(at.start() - begin, last)
    return None
