"""What is selected, across rows: two places and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

from baichuan_desktop.ui.transcript.rows.flow import Flow, Key

#: A position behind all text of an entry.
END = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the document of an entry, in UTF-16 units."""

    key: Key
    position: int


@dataclass(frozen=True, slots=True)
class Span:
    """Two places, the first one first."""

    begin: Place
    end: Place


class Selection:
    """What is selected; it lasts as long as both entries where it begins and ends."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._kept: Span | None = None  # what was selected first, and stays while it is extended
        self.anchor: Place | None = None  #: where it began
        self.caret: Place | None = None  #: where it was extended to

    def clear(self) -> None:
        """Select nothing."""
        self._kept = self.anchor = self.caret = None

    def start(self, begin: Place, end: Place) -> None:
        """Select anew, a word or a paragraph perhaps, which stays when it is extended."""
        self._kept = Span(begin, end)
        self.anchor, self.caret = begin, end

    def extend(self, begin: Place, end: Place) -> None:
        """Select up to here: to the end of a word behind the anchor, to its beginning before."""
        if self._kept is None:
            self.start(begin, end)
        elif self._order(begin) < self._order(self._kept.begin):
            self.anchor, self.caret = self._kept.end, begin
        else:
            end = max(end, self._kept.end, key=self._order)
            self.anchor, self.caret = self._kept.begin, end

    def span(self) -> Span | None:
        """What is selected in reading order; None if it is nothing."""
        if self.anchor is None or self.caret is None or self.anchor == self.caret:
            return None
        if self._order(self.anchor)[0] < 0 or self._order(self.caret)[0] < 0:
            return None  # a row where it ended is gone
        begin, end = sorted((self.anchor, self.caret), key=self._order)
        return Span(begin, end)

    def part(self, number: int) -> tuple[int, int] | None:
        """From where to where an entry is selected; None if it is not."""
        span = self.span()
        if span is None:
            return None
        first, last = self._order(span.begin)[0], self._order(span.end)[0]
        if not first <= number <= last:
            return None
        begin = span.begin.position if number == first else 0
        end = span.end.position if number == last else END
        return (begin, end) if begin < end else None

    def _order(self, place: Place) -> tuple[int, int]:
        number = self._flow.index(place.key)
        return (-1 if number is None else number, place.position)
