"""The rows in sight, and the documents that are kept of those that were."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.transcript.rows import pieces
from baichuan_desktop.ui.transcript.rows.flow import Flow, Key
from baichuan_desktop.ui.transcript.rows.row import Row, RowSource
from baichuan_desktop.ui.transcript.rows.row_layout import Part
from baichuan_desktop.ui.transcript.rows.row_view import Look, RowView
from baichuan_desktop.ui.transcript.rows.shown_text import is_always_plain
from baichuan_desktop.ui.transcript.rows.style import RowStyle

_KEPT = 80  # documents; about two screens of short rows


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in sight; `top` is its place in the viewport, in pixels."""

    number: int
    top: int
    view: RowView


class ShownRows(QObject):
    """Asks for the rows in sight, lays them out, and keeps the newest documents.

    Signals:
        disturbed: an entry in sight has another height by itself; arrange again.
    """

    disturbed = Signal()

    def __init__(
        self, style: RowStyle, flow: Flow, services: RenderServices | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.flow = flow
        self._services = services
        self.source: RowSource | None = None
        self._style = style
        self._width = 0
        self._ids: list[int] = []
        self._positions: dict[int, int] = {}
        self._views: OrderedDict[Key, RowView] = OrderedDict()
        self._stale: set[Key] = set()
        self._bounds: dict[int, list[tuple[int, int]]] = {}  # of long rows that are shown whole
        self._plain: set[int] = set()  # rows that the person wants to see without formats
        self._unfolded: set[int] = set()
        self._editor: tuple[int, int] | None = None  # the row that is edited, the field's height

    # --- what there is -----------------------------------------------------------------------

    def show_source(self, source: RowSource) -> None:
        """Show other rows."""
        self.source = source
        self._drop_views()
        self._bounds.clear()
        self.flow.clear()
        self.refresh_ids()

    def refresh_ids(self) -> None:
        """Take note of rows that came, went or moved."""
        if self.source is None:
            return
        self._ids = list(self.source.ids())
        self._positions = {row_id: number for number, row_id in enumerate(self._ids)}
        self._stale.update(self._views)
        self._show_keys()

    def ids(self) -> list[int]:
        """All rows from the first to the last."""
        return list(self._ids)

    def count(self) -> int:
        """How many rows there are."""
        return len(self._ids)

    def id_at(self, number: int) -> int | None:
        """A row by its number; None if there are not so many."""
        return self._ids[number] if 0 <= number < len(self._ids) else None

    def position(self, row_id: int) -> int:
        """The number of a row; -1 if it is none."""
        return self._positions.get(row_id, -1)

    def refresh_row(self, row_id: int) -> None:
        """Have a row asked for again, if it is in sight, when it is next arranged."""
        self._stale.update(key for key in self._views if key.row_id == row_id)

    def _show_keys(self) -> None:
        bounds = self._bounds
        self.flow.show(
            [
                Key(row_id, piece)
                for row_id in self._ids
                for piece in range(len(bounds[row_id]) if row_id in bounds else 1)
            ]
        )
        for key in [key for key in self._views if self.flow.index(key) is None]:
            self._drop(key)

    # --- arranging ---------------------------------------------------------------------------

    def arrange(self) -> list[Placed]:
        """Make exact what is in sight, and say where it is."""
        while (number := self._inexact()) is not None:
            self._make_exact(number)
        placed = [self._placed(number) for number in self._in_sight()]
        self._forget_old(len(placed))
        return placed

    def _in_sight(self) -> range:
        flow = self.flow
        if not flow.keys:
            return range(0)
        first = flow.index_at(flow.offset)
        last = flow.index_at(max(flow.offset + flow.viewport - 1, flow.offset))
        return range(first, last + 1)

    def _inexact(self) -> int | None:
        """The next entry in sight that is to be laid out: from the end on, if that is followed."""
        sight = self._in_sight()
        for number in reversed(sight) if self.flow.follows else sight:
            key = self.flow.keys[number]
            if key in self._stale or key not in self._views or not self.flow.is_exact(number):
                return number
        return None

    def _make_exact(self, number: int) -> None:
        key = self.flow.keys[number]
        row = self.asked(key.row_id)
        if self._cut(row):
            self._show_keys()
            return
        part = self._part(key, row)
        view = self._views.get(key)
        grew = False
        if view is None:
            view = RowView(key, row, part, Look(self._style, self._services, self._width), self)
            view.height_changed.connect(self._on_height_changed)
            self._views[key] = view
        else:
            view.show(row, part)
            view.resize(self._width)
            grew = self.flow.is_exact(number)
        self._stale.discard(key)
        self.flow.measure(number, view.height, grew=grew)

    def _placed(self, number: int) -> Placed:
        key = self.flow.keys[number]
        self._views.move_to_end(key)
        return Placed(number, self.flow.top(number) - self.flow.offset, self._views[key])

    def view(self, key: Key) -> RowView | None:
        """An entry's view, made if it is not there; None if the entry is none."""
        number = self.flow.index(key)
        if number is None:
            return None
        while key not in self._views or key in self._stale:
            self._make_exact(number)
            found = self.flow.index(key)
            if found is None:
                return None
            number = found
        return self._views[key]

    def asked(self, row_id: int) -> Row:
        """A row of the source as it is now."""
        assert self.source is not None
        return self.source.row(row_id)

    # --- long texts --------------------------------------------------------------------------

    def _cut(self, row: Row) -> bool:
        """Whether the row has other pieces than are shown; then these are its pieces now."""
        is_whole = row.id in self._unfolded or row.is_writing
        wanted = pieces.piece_bounds(row.text) if pieces.is_long(row.text) and is_whole else None
        had = self._bounds.get(row.id)
        if wanted is None:
            self._bounds.pop(row.id, None)
        else:
            self._bounds[row.id] = wanted
        return len(wanted or (0,)) != len(had or (0,))

    def _part(self, key: Key, row: Row) -> Part:
        if self._editor is not None and self._editor[0] == row.id:
            return Part(row.text, is_plain=True, editor=self._editor[1])
        is_plain = self.shows_plain(row)
        if not pieces.is_long(row.text):
            return Part(row.text, is_plain)
        bounds = self._bounds.get(row.id)
        if bounds is None:
            text = row.text[: pieces.FOLDED_LENGTH]
            return Part(text, is_plain=True, folds=True)
        begin, end = bounds[key.piece]
        is_last = key.piece == len(bounds) - 1
        text = row.text[begin:end]
        return Part(
            text if is_last else text.removesuffix("\n"),
            is_plain=True,
            first=key.piece == 0,
            last=is_last,
            folds=is_last and not row.is_writing,
            begin=begin,
            line_end="\n" if text.endswith("\n") and not is_last else "",
        )

    def is_unfolded(self, row_id: int) -> bool:
        """Whether all of a long text is shown."""
        return row_id in self._bounds

    def unfolded(self) -> frozenset[int]:
        """The rows of which all of a long text is shown."""
        return frozenset(self._bounds)

    def unfold(self, row_id: int, unfolds: bool) -> None:
        """Show all of a long text, or its beginning alone."""
        (self._unfolded.add if unfolds else self._unfolded.discard)(row_id)
        if self.source is not None and self._cut(self.asked(row_id)):
            self._show_keys()
        self.refresh_row(row_id)

    def is_plain(self, row_id: int) -> bool:
        """Whether the person wants to see a row without formats."""
        return row_id in self._plain

    def shows_plain(self, row: Row) -> bool:
        """Whether a row is shown as it was written."""
        return row.id in self._plain or is_always_plain(row)

    def show_plain(self, row_id: int, plain: bool) -> None:
        """Show a row without formats, or with them."""
        (self._plain.add if plain else self._plain.discard)(row_id)
        self.refresh_row(row_id)

    def make_room_for_editor(self, row_id: int, height: int) -> None:
        """Show a field of this height in place of a row's text; none if it has no height."""
        self._editor = (row_id, height) if height else None
        self.refresh_row(row_id)

    # --- width, style, memory --------------------------------------------------------------

    def set_width(self, width: int) -> None:
        """Lay out for another column; what is read stays in sight."""
        if width == self._width:
            return
        if self._width:
            self.flow.estimate_again(self._width, width)
        self._width = width

    def set_style(self, style: RowStyle) -> None:
        """Draw with other colours, fonts or sizes."""
        self._style = style
        self._drop_views()
        self.flow.estimate_again(1, 1)

    def _forget_old(self, in_sight: int) -> None:
        while len(self._views) > max(_KEPT, in_sight):
            self._drop(next(iter(self._views)))

    def _drop_views(self) -> None:
        for key in list(self._views):
            self._drop(key)

    def _drop(self, key: Key) -> None:
        view = self._views.pop(key)
        self._stale.discard(key)
        view.height_changed.disconnect(self._on_height_changed)
        view.deleteLater()

    @Slot(object)
    def _on_height_changed(self, key: Key) -> None:
        if key in self._views:
            self._stale.add(key)
            self.disturbed.emit()
