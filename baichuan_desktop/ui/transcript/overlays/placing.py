"""Which buttons lie over the rows in sight, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.markdown.document import is_card
from baichuan_desktop.ui.markdown.style import CODE_HEAD
from baichuan_desktop.ui.transcript.overlays import action_texts
from baichuan_desktop.ui.transcript.overlays.action_bar import ActionBar
from baichuan_desktop.ui.transcript.overlays.block_button import BlockButton
from baichuan_desktop.ui.transcript.overlays.document_chip import DocumentChip
from baichuan_desktop.ui.transcript.overlays.fold_button import FoldButton
from baichuan_desktop.ui.transcript.overlays.icon_button import NoteButton
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from baichuan_desktop.ui.transcript.rows.row_layout import DOCUMENT_GAP, DOCUMENT_HEIGHT
from baichuan_desktop.ui.transcript.rows.row_view import RowView
from baichuan_desktop.ui.transcript.rows.shown_rows import Placed
from baichuan_desktop.ui.transcript.rows.style import RowStyle

_TABLE_BUTTON_GAP = 4
_MOST_ROUNDS = 4  # should what is placed and where the mouse is ever chase each other


@dataclass(frozen=True, slots=True)
class Sight:
    """What the places of buttons depend on besides the rows in sight."""

    column: QRect
    height: int  #: of the viewport
    style: RowStyle
    hovered: int | None
    current: int | None


class Overlays(QObject):
    """Keeps a bar for each row that shows one, and a button for each block that can be copied.

    Signals:
        triggered: a RowAction, and the id of the row.
        menu_requested: the id of a row.
        version_requested: the id of a row, and -1 or +1.
        copy_requested: the key of an entry, and the number of a block in it.
        fold_requested: the id of a row whose long text is to be shown whole, or no longer.
        document_requested: the id of a row, and the number of one of its documents.
        focus_lost: the button that had the keyboard is gone.
    """

    triggered = Signal(object, object)
    menu_requested = Signal(object)
    version_requested = Signal(object, int)
    copy_requested = Signal(object, int)
    fold_requested = Signal(object)
    document_requested = Signal(object, int)
    focus_lost = Signal()

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.bars: dict[int, ActionBar] = {}
        self.blocks: dict[tuple[Key, int], BlockButton] = {}
        self.folds: dict[Key, FoldButton] = {}
        self.notes: dict[int, NoteButton] = {}
        self._free_bars: list[ActionBar] = []
        self._free_blocks: list[BlockButton] = []
        self._free_folds: list[FoldButton] = []
        self._free_notes: list[NoteButton] = []
        self.documents: dict[tuple[int, int], DocumentChip] = {}  #: by row and number
        self._free_documents: list[DocumentChip] = []
        self._is_placing = False
        self._next: tuple[Sequence[Placed], Sight, frozenset[int]] | None = None

    def place(self, placed: Sequence[Placed], sight: Sight, unfolded: frozenset[int]) -> None:
        """Put everything where it belongs now.

        A button that goes from under the mouse has Qt tell at once what the mouse is over now. What
        is wanted then is done when the first is, not in the middle of it.
        """
        self._next = placed, sight, unfolded
        if self._is_placing:
            return
        self._is_placing = True
        try:
            for _ in range(_MOST_ROUNDS):
                if self._next is None:
                    break
                now, self._next = self._next, None
                self._place(*now)
        finally:
            self._is_placing = False

    def _place(self, placed: Sequence[Placed], sight: Sight, unfolded: frozenset[int]) -> None:
        focused = self._focused()
        self._place_bars([p for p in placed if _has_bar(p.view, sight)], sight)
        self._place_blocks(_blocks_in_sight(placed, sight), sight)
        self._place_folds([p for p in placed if p.view.at.fold.isValid()], sight, unfolded)
        self._place_notes([p for p in placed if p.view.at.button.isValid()], sight)
        self._place_documents([p for p in placed if p.view.at.documents.isValid()], sight)
        if focused is not None and not focused.isVisibleTo(self._viewport):
            self.focus_lost.emit()

    def stops(self, row_id: int | None) -> list[QWidget]:
        """Where Tab stops in a row, in reading order."""
        blocks = [
            b for (key, _), b in sorted(self.blocks.items(), key=_order) if key.row_id == row_id
        ]
        folds = [fold for key, fold in self.folds.items() if key.row_id == row_id]
        notes = [note for key, note in self.notes.items() if key == row_id]
        bar = self.bars.get(row_id) if row_id is not None else None
        documents = [chip for (row, _), chip in sorted(self.documents.items()) if row == row_id]
        buttons = bar.stops() if bar is not None else []
        return [*documents, *blocks, *folds, *notes, *buttons]

    def show_done(self, action: RowAction, row_id: int) -> None:
        """Show for a moment that an action of a row was done."""
        if row_id in self.bars and action in self.bars[row_id].buttons:
            self.bars[row_id].buttons[action].show_done()

    # --- bars ----------------------------------------------------------------------------------

    def _place_bars(self, placed: Sequence[Placed], sight: Sight) -> None:
        wanted = {p.view.key.row_id for p in placed}
        for row_id in [row_id for row_id in self.bars if row_id not in wanted]:
            bar = self.bars.pop(row_id)
            bar.hide()
            self._free_bars.append(bar)
        for p in placed:
            row = p.view.row
            bar = self.bars.get(row.id) or self._new_bar()
            self.bars[row.id] = bar
            bar.show_row(row, sight.style)
            bar.set_reachable(row.id == sight.current)
            room = p.view.at.bar.translated(sight.column.left(), p.top)
            size = bar.sizeHint()
            x = room.left() - sight.style.px(6)  # the drawing stands at the edge, not the button
            if row.kind is RowKind.PERSON:
                x = room.right() + 1 - size.width() + sight.style.px(6)
            y = room.top() + (room.height() - size.height()) // 2
            _put(bar, QRect(QPoint(x, y), size))

    def _new_bar(self) -> ActionBar:
        if self._free_bars:
            return self._free_bars.pop()
        bar = ActionBar(self._viewport)
        bar.triggered.connect(self.triggered)
        bar.menu_requested.connect(self.menu_requested)
        bar.version_requested.connect(self.version_requested)
        return bar

    # --- what can be copied in a text --------------------------------------------------------

    def _place_blocks(self, blocks: Sequence[_Block], sight: Sight) -> None:
        wanted = {(block.key, block.number) for block in blocks}
        for name in [name for name in self.blocks if name not in wanted]:
            button = self.blocks.pop(name)
            button.hide()
            self._free_blocks.append(button)
        for block in blocks:
            name = (block.key, block.number)
            button = self.blocks.get(name) or self._new_block_button()
            self.blocks[name] = button
            button.set_style(sight.style)
            button.show_block(block.key, block.number, is_table=block.is_table)
            button.set_reachable(block.key.row_id == sight.current)
            _put(button, self._beside(button, block, sight))

    def _beside(self, button: BlockButton, block: _Block, sight: Sight) -> QRect:
        """In the head of a code card; right of a table, as far as there is room beside the column.

        Nothing of a table may be covered: without room its button is a drawing alone.
        """
        button.set_compact(False)
        size = button.sizeHint()
        x = block.rect.right() + 1 - size.width()
        if block.is_table:
            gap = sight.style.px(_TABLE_BUTTON_GAP)
            x = sight.column.right() + 1 + gap
            if x + size.width() > self._viewport.width():
                button.set_compact(True)
                size = button.sizeHint()
                x = min(sight.column.right() + 1, self._viewport.width() - size.width())
        y = block.rect.top() + (sight.style.px(CODE_HEAD) - size.height()) // 2
        return QRect(QPoint(x, y), size)

    def _new_block_button(self) -> BlockButton:
        if self._free_blocks:
            return self._free_blocks.pop()
        button = BlockButton(self._viewport)
        button.copy_requested.connect(self.copy_requested)
        return button

    # --- long texts ------------------------------------------------------------------------------

    def _place_folds(
        self, placed: Sequence[Placed], sight: Sight, unfolded: frozenset[int]
    ) -> None:
        wanted = {p.view.key for p in placed}
        for key in [key for key in self.folds if key not in wanted]:
            button = self.folds.pop(key)
            button.hide()
            self._free_folds.append(button)
        for p in placed:
            key = p.view.key
            button = self.folds.get(key) or self._new_fold()
            self.folds[key] = button
            button.set_style(sight.style)
            button.show_row(p.view.row, is_unfolded=key.row_id in unfolded)
            button.set_reachable(key.row_id == sight.current)
            room = p.view.at.fold.translated(sight.column.left(), p.top)
            _put(button, QRect(room.topLeft(), button.sizeHint()))

    def _new_fold(self) -> FoldButton:
        if self._free_folds:
            return self._free_folds.pop()
        button = FoldButton(self._viewport)
        button.fold_requested.connect(self.fold_requested)
        return button

    # --- notes ---------------------------------------------------------------------------------

    def _place_notes(self, placed: Sequence[Placed], sight: Sight) -> None:
        wanted = {p.view.key.row_id for p in placed}
        for row_id in [row_id for row_id in self.notes if row_id not in wanted]:
            button = self.notes.pop(row_id)
            button.hide()
            self._free_notes.append(button)
        for p in placed:
            row_id = p.view.key.row_id
            button = self.notes.get(row_id) or self._new_note()
            self.notes[row_id] = button
            button.set_style(sight.style)
            name = action_texts.action_text(RowAction.LEAVE_OUT)
            button.show_action(RowAction.LEAVE_OUT, name, row_id)
            button.set_reachable(row_id == sight.current)
            room = p.view.at.button.translated(sight.column.left(), p.top)
            size = button.sizeHint().boundedTo(room.size())
            corner = QPoint(room.center().x() - size.width() // 2, room.top())
            _put(button, QRect(corner, size))

    def _new_note(self) -> NoteButton:
        if self._free_notes:
            return self._free_notes.pop()
        button = NoteButton(action_texts.ICONS[RowAction.LEAVE_OUT], self._viewport)
        button.triggered.connect(self.triggered)
        return button

    # --- what a question was asked with ----------------------------------------------------------

    def _place_documents(self, placed: Sequence[Placed], sight: Sight) -> None:
        wanted = {(p.view.row.id, n) for p in placed for n in range(len(p.view.row.documents))}
        for name in [name for name in self.documents if name not in wanted]:
            chip = self.documents.pop(name)
            chip.hide()
            self._free_documents.append(chip)
        height, gap = sight.style.px(DOCUMENT_HEIGHT), sight.style.px(DOCUMENT_GAP)
        for p in placed:
            row, room = p.view.row, p.view.at.documents.translated(sight.column.left(), p.top)
            for number in range(len(row.documents)):
                chip = self.documents.get((row.id, number)) or self._new_document()
                self.documents[row.id, number] = chip
                chip.set_style(sight.style)
                chip.show_document(row, number)
                chip.set_reachable(row.id == sight.current)
                size = chip.fitting(room.width(), height)
                at = QPoint(room.right() + 1 - size.width(), room.top() + number * (height + gap))
                _put(chip, QRect(at, size))

    def _new_document(self) -> DocumentChip:
        if self._free_documents:
            return self._free_documents.pop()
        chip = DocumentChip(self._viewport)
        chip.document_requested.connect(self.document_requested)
        return chip

    def _focused(self) -> QWidget | None:
        focused = self._viewport.window().focusWidget()
        return focused if focused is not None and self._viewport.isAncestorOf(focused) else None


@dataclass(frozen=True, slots=True)
class _Block:
    """A code card or a table in sight; its place is in the viewport."""

    key: Key
    number: int
    is_table: bool
    rect: QRect


def _has_bar(view: RowView, sight: Sight) -> bool:
    row = view.row
    if not view.at.bar.isValid() or row.is_writing or view.part.editor:
        return False
    is_near = row.id in (sight.hovered, sight.current)
    return is_near or row.kind is not RowKind.PERSON or row.versions > 1


def _blocks_in_sight(placed: Sequence[Placed], sight: Sight) -> list[_Block]:
    """The code cards in sight, and the tables of the rows that mouse or keyboard are at."""
    found: list[_Block] = []
    for p in placed:
        view = p.view
        is_near = view.row.id in (sight.hovered, sight.current)
        at = view.at.origin + QPoint(sight.column.left(), p.top)
        for number, block in enumerate(view.blocks()):
            is_table = not is_card(block.block)
            if block.kind == "formula" or (is_table and not is_near):
                continue
            rect = block.rectangle.toRect().translated(at)
            if rect.bottom() >= 0 and rect.top() < sight.height:
                found.append(_Block(view.key, number, is_table, rect))
    return found


def _order(named: tuple[tuple[Key, int], BlockButton]) -> tuple[int, int]:
    (key, number), _ = named
    return key.piece, number


def _put(widget: QWidget, place: QRect) -> None:
    if widget.geometry() != place:
        widget.setGeometry(place)
    if widget.isHidden():
        widget.show()
