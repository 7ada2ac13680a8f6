"""The conversation on screen, with all that a person does in it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolButton, QWidget

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.clipboard import block_mime
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.transcript import clipboard
from baichuan_desktop.ui.transcript.accessibility import Accessible
from baichuan_desktop.ui.transcript.finding import Hit, place_of
from baichuan_desktop.ui.transcript.keyboard import Keyboard
from baichuan_desktop.ui.transcript.overlays.address_hint import AddressHint
from baichuan_desktop.ui.transcript.overlays.editing import Editing
from baichuan_desktop.ui.transcript.overlays.placing import Overlays, Sight
from baichuan_desktop.ui.transcript.overlays.row_menus import RowMenus
from baichuan_desktop.ui.transcript.pointer import Pointer
from baichuan_desktop.ui.transcript.rows.flow import Key
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowSource
from baichuan_desktop.ui.transcript.rows_area import RowsArea
from baichuan_desktop.ui.transcript.selection import Place

_JUMP_SIZE, _JUMP_ICON, _JUMP_GAP = 34, 18, 12  # pixels at a zoom of 1
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_JUMP_FROM = 60  # pixels to the end from which the button shows


class Transcript(RowsArea):
    """Shows the rows of a source; stays at the newest text unless the reader has scrolled away.

    Signals:
        action_requested: a RowAction that is not the transcript's own, and the id of the row.
        version_requested: a row's id, and -1 or +1 for the version before or after.
        link_requested: an address, http, https or mailto, that the person wants to open.
        quote_requested: the text that is to be quoted.
        edited: a row's id, and the text that it is to have.
        source_changed: another conversation is shown.
    """

    action_requested = Signal(object, object)
    version_requested = Signal(object, int)
    link_requested = Signal(str)
    quote_requested = Signal(str)
    edited = Signal(object, str)
    source_changed = Signal()

    def __init__(
        self, theme: Theme, services: RenderServices | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, services, parent)
        self._keyboard = Keyboard(self)
        self.pointer = Pointer(self)
        self.overlays = Overlays(self.viewport())
        self.editing = Editing(self)
        self.accessible = Accessible(self, self.overlays)
        self.hint = AddressHint(self.viewport())
        self.menus = RowMenus(self, self.overlays)
        self.jump = QToolButton(self)
        self.jump.setObjectName("jump")
        self.jump.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.jump.hide()
        self.jump.clicked.connect(self.go_to_end)
        self._connect()
        theme.changed.connect(self._restyle)
        self._restyle()
        self.retranslate()

    def _connect(self) -> None:
        self.arranged.connect(self._place_overlays)
        self.current_changed.connect(self._on_current)
        self.pointer.hovered.connect(self._on_hovered)
        self.pointer.link_hovered.connect(self._on_link_hovered)
        self.pointer.link_clicked.connect(self.link_requested)
        over, menu = self.overlays, self.menus.menu
        over.triggered.connect(self._act)
        over.menu_requested.connect(self.menus.show_for)
        over.version_requested.connect(self.version_requested)
        over.copy_requested.connect(self._copy_block)
        over.fold_requested.connect(self._on_fold)
        over.focus_lost.connect(self._take_focus)
        menu.triggered_action.connect(self._act)
        menu.copy_selection_requested.connect(self.copy)
        menu.quote_selection_requested.connect(self._quote_selection)
        menu.select_all_requested.connect(self.select_all)
        menu.link_requested.connect(self.link_requested)
        self.editing.edited.connect(self.edited)

    # --- what is shown -----------------------------------------------------------------------

    def show_source(self, source: RowSource, *, at: int | None = None, phrase: str = "") -> None:
        """Show another conversation, at its end or at one of its rows."""
        self.editing.put_away()
        self.selection.clear()
        self.mark("")
        self.set_current(None, ring=False)
        self.rows.show_source(source)
        self.arrange()
        self.editing.resume()
        if at is not None:
            self.go_to(at, phrase)
        self.source_changed.emit()

    def refresh_ids(self) -> None:
        """Take note of rows that came, went or moved; what is read stays where it is."""
        self.rows.refresh_ids()
        if self.current is not None and self.flow.index(Key(self.current)) is None:
            self.set_current(None, ring=False)
        self.editing.follow_rows()
        self.arrange()

    def refresh_row(self, row_id: int) -> None:
        """Show what a row is now, with the next frame."""
        self.rows.refresh_row(row_id)
        self.next_frame()

    def finish_row(self, row_id: int) -> None:
        """Show an answer that is complete, and announce it."""
        self.rows.refresh_row(row_id)
        self.arrange()
        row = self._row(row_id)
        if row is not None and row.speaker:
            self.accessible.say(self.tr("{name} has answered.").format(name=row.speaker))
        elif row is not None:
            self.accessible.say(self.tr("The answer is complete."))

    def go_to(self, row_id: int, phrase: str = "") -> None:
        """Bring a row into sight, and what is looked for in it."""
        if self.flow.index(Key(row_id)) is None:
            return
        self.flow.follows = False
        self.set_current(row_id, ring=self.shows_ring)
        self.show_row(row_id)
        if phrase:
            self.mark(phrase)
            self.show_hit(row_id, 0)

    def mark(self, phrase: str) -> None:
        """Mark a phrase wherever it stands; nothing if it is empty."""
        self.phrase, self.found = phrase, None
        self.viewport().update()

    def show_hit(self, row_id: int, nth: int) -> None:
        """Bring one place of the marked phrase into sight: the `nth` of a row, from 0."""
        if self.rows.position(row_id) < 0:
            return
        self.found = place_of(Hit(row_id, nth), self.phrase, self.rows)
        self.set_current(row_id, ring=False)
        if self.found is None:
            self.show_row(row_id)
        else:
            self.bring_into_sight(Place(self.found[0], self.found[1][0]))
        self.viewport().update()

    @Slot()
    def go_to_end(self) -> None:
        """Show the newest text, and follow it from now on."""
        self.flow.follows = True
        self.arrange()

    def is_empty(self) -> bool:
        """Whether there is no row."""
        return not self.flow.keys

    def begin_edit(self, row_id: int) -> None:
        """Let the person edit a row in its place."""
        row = self._row(row_id)
        if row is not None:
            self.editing.begin(row)

    # --- what is copied ------------------------------------------------------------------------

    def has_selection(self) -> bool:
        """Whether something is selected."""
        return self.selection.span() is not None

    @Slot()
    def select_all(self) -> None:
        """Select every row."""
        self._keyboard.select_all()

    @Slot()
    def copy(self) -> None:
        """Copy what is selected: clean text, names only where several people speak."""
        parts = clipboard.selected(self)
        if parts:
            QGuiApplication.clipboard().setMimeData(clipboard.mime(parts))

    def copy_row(self, row_id: int) -> None:
        """Copy a whole row as it is shown: with its formats, or as it was written."""
        row = self._row(row_id)
        if row is None:
            return
        is_plain = self.rows.shows_plain(row)
        QGuiApplication.clipboard().setMimeData(clipboard.row_mime(row, is_plain=is_plain))
        self.overlays.show_done(RowAction.COPY, row_id)

    def plain_text(self) -> str:
        """The text of all rows, with who speaks over each and the figures under it."""
        lines: list[str] = []
        for row_id in dict.fromkeys(key.row_id for key in self.flow.keys):
            row = self._row(row_id)
            if row is not None:
                lines += [row.caution, row.speaker, row.text or row.waiting, row.footer]
        return "\n".join(line for line in lines if line)

    @Slot()
    def _quote_selection(self) -> None:
        parts = clipboard.selected(self)
        if parts:
            self.quote_requested.emit("\n\n".join(part.text for part in parts))

    @Slot(object, int)
    def _copy_block(self, key: Key, number: int) -> None:
        """Copy a code card or a table, which is there: its button was pressed."""
        view = self.rows.view(key)
        if view is not None and number < len(view.blocks()):
            QGuiApplication.clipboard().setMimeData(block_mime(view.blocks()[number]))

    # --- actions -----------------------------------------------------------------------------

    @Slot(object, object)
    def _act(self, action: RowAction, row_id: int) -> None:
        row = self._row(row_id)
        if row is None:
            return
        match action:
            case RowAction.COPY:
                self.copy_row(row_id)
            case RowAction.QUOTE:
                self._quote(row)
            case RowAction.SHOW_PLAIN:
                self.rows.show_plain(row_id, not self.rows.is_plain(row_id))
                self.arrange()
            case RowAction.EDIT:
                self.begin_edit(row_id)
            case _:
                self.action_requested.emit(action, row_id)

    def _quote(self, row: Row) -> None:
        """Quote what is selected in a row, or all of it."""
        parts = [part for part in clipboard.selected(self) if part.row.id == row.id]
        self.quote_requested.emit(parts[0].text if parts else row.text)

    def _row(self, row_id: int) -> Row | None:
        source = self.rows.source
        if source is None or self.flow.index(Key(row_id)) is None:
            return None
        return source.row(row_id)

    @Slot(object)
    def _on_fold(self, row_id: int) -> None:
        self.rows.unfold(row_id, not self.rows.is_unfolded(row_id))
        self.flow.follows = False
        self.arrange()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the row under the mouse, or where the keyboard is."""
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            self.menus.show_at(event.pos())
        else:
            self.menus.show_by_key()

    # --- what lies over the rows -------------------------------------------------------------

    @Slot()
    def _place_overlays(self) -> None:
        sight = Sight(
            self.column(),
            self.viewport().height(),
            self.style_of_rows,
            self.pointer.row,
            self.current,
        )
        self.overlays.place(self.placed, sight, self.rows.unfolded())
        self.editing.place()
        below = self.jump.height() + self.style_of_rows.px(_JUMP_GAP)
        self.jump.move((self.width() - self.jump.width()) // 2, self.height() - below)
        self.jump.setVisible(self.flow.distance_to_end() > _JUMP_FROM)
        self.jump.raise_()

    @Slot()
    def _on_current(self) -> None:
        """Have Tab go from here through what lies over the current row."""
        self._place_overlays()
        before: QWidget = self
        for stop in [*self.overlays.stops(self.current), self.jump]:
            QWidget.setTabOrder(before, stop)
            before = stop
        self.accessible.tell_current()

    @Slot(object)
    def _on_hovered(self, _row_id: object) -> None:
        self._place_overlays()

    @Slot(object)
    def _on_link_hovered(self, address: str | None) -> None:
        self.hint.show_address(address, self.viewport().rect())

    @Slot()
    def _take_focus(self) -> None:
        self.setFocus()

    @Slot()
    def _restyle(self) -> None:
        self.editing.restyle()
        style = self.style_of_rows
        size, icon = style.px(_JUMP_SIZE), style.px(_JUMP_ICON)
        self.jump.setFixedSize(size, size)
        self.jump.setIconSize(QSize(icon, icon))
        self.jump.setIcon(line_icon("down", QColor(style.colours.muted), size=icon))

    def retranslate(self) -> None:
        """Set the names that a screen reader reads."""
        self.setAccessibleName(self.tr("Conversation"))
        self.jump.setToolTip(self.tr("To the newest text"))
        self.jump.setAccessibleName(self.jump.toolTip())

    # --- Qt's own ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the hint."""
        super().resizeEvent(event)
        self.hint.show_address(None, self.viewport().rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, scroll and select; copy; show the menu of the row."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() == Qt.Key.Key_Menu or (
            event.key() == Qt.Key.Key_F10 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.menus.show_by_key()
        elif not self._keyboard.press(event):
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Mark the row that the keyboard is at, if it came by Tab."""
        super().focusInEvent(event)
        by_key = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        if by_key and self.placed:
            row_id = self.placed[-1].view.key.row_id
            is_there = any(p.view.key.row_id == self.current for p in self.placed)
            self.set_current(self.current if is_there else row_id, ring=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Mark no row any longer."""
        super().focusOutEvent(event)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select."""
        self.pointer.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        self.pointer.double_click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection, or show what is under the mouse."""
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End selecting, or follow a link."""
        self.pointer.release(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Take note of where the mouse came in."""
        super().enterEvent(event)
        self.pointer.enter(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Take note that the mouse is elsewhere."""
        super().leaveEvent(event)
        if not self.menus.menu.isVisible():  # it lies over the row that it is of
            self.pointer.leave()
