"""The menu of a row: what can be done with it, with what is selected, and its links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from backends.printable import one_line
from baichuan_desktop.ui.transcript.overlays import action_texts
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction

_LONGEST_ADDRESS = 90  # characters in the menu; the question before it is opened shows all


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the menu depends on besides the row."""

    is_plain: bool
    has_selection: bool
    links: Sequence[str] = ()


class RowMenu(QMenu):
    """Offers everything that can be done with one row.

    Signals:
        triggered_action: a RowAction, and the id of the row.
        copy_selection_requested: what is selected is to be copied.
        quote_selection_requested: what is selected is to be quoted.
        select_all_requested: all rows are to be selected.
        link_requested: an address.
    """

    triggered_action = Signal(object, object)
    copy_selection_requested = Signal()
    quote_selection_requested = Signal()
    select_all_requested = Signal()
    link_requested = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row_id: int | None = None
        self.triggered.connect(self._on_triggered)

    def show_row(self, row: Row, facts: RowFacts) -> None:
        """Fill the menu for this row."""
        self.clear()
        self._row_id = row.id
        if facts.has_selection:
            selected = self.addAction(self.tr("Copy the selection"))
            selected.triggered.connect(self.copy_selection_requested)
            quoted = self.addAction(self.tr("Quote the selection"))
            quoted.triggered.connect(self.quote_selection_requested)
            self.addSeparator()
        offered = action_texts.offered(row)
        for action in (*action_texts.BUTTONS, *action_texts.MENU):
            if action in offered:
                entry = self._add(action)
                if action is RowAction.SHOW_PLAIN:
                    entry.setCheckable(True)
                    entry.setChecked(facts.is_plain)
        self._add_links(facts.links)
        self.addSeparator()
        self.addAction(self.tr("Select all")).triggered.connect(self.select_all_requested)
        self.addSeparator()
        for action in action_texts.DELETING:
            if action in offered:
                self._add(action)

    def _add(self, action: RowAction) -> QAction:
        entry = self.addAction(action_texts.action_text(action))
        entry.setData(action)
        return entry

    def _add_links(self, links: Sequence[str]) -> None:
        if not links:
            return
        submenu = self.addMenu(self.tr("Open a link"))
        for address in links:
            name = one_line(address)
            if len(name) > _LONGEST_ADDRESS:
                name = name[:_LONGEST_ADDRESS] + "…"
            submenu.addAction(name.replace("&", "&&")).setData(address)

    @Slot(QAction)
    def _on_triggered(self, entry: QAction) -> None:
        chosen = entry.data()
        if isinstance(chosen, RowAction):
            self.triggered_action.emit(chosen, self._row_id)
        elif isinstance(chosen, str):
            self.link_requested.emit(chosen)
