"""What of the list is shown, and in what order: a field, and two buttons with menus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from backends.model_config import Family
from baichuan_desktop.services.library.rows.choosing import Filter, Order, Shown
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.writing.search_field import SearchField


class FilterBar(QWidget):
    """Holds what is wished.

    Signals:
        changed: another Filter or Order is wished.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.filter, self.order = Filter(), Order.NAME
        self._families: Sequence[Family] = ()
        self._drives: Sequence[Path] = ()
        self.search = SearchField(theme, lambda: self.tr("Search models"))
        self.filter_button, self.order_button = QPushButton(), QPushButton()
        self._filters, self._orders = QMenu(self), QMenu(self)
        self.filter_button.setMenu(self._filters)
        self.order_button.setMenu(self._orders)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.search, 1)
        row.addWidget(self.filter_button)
        row.addWidget(self.order_button)
        self._row = row
        self.search.searched.connect(self._on_searched)
        self._filters.aboutToShow.connect(self._fill_filters)
        self._filters.triggered.connect(self._on_filter)
        self._orders.aboutToShow.connect(self._fill_orders)
        self._orders.triggered.connect(self._on_order)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()

    def offer(self, families: Sequence[Family], drives: Sequence[Path]) -> None:
        """Offer these to choose from."""
        self._families, self._drives = families, drives

    @Slot()
    def clear(self) -> None:
        """Show everything."""
        self.search.clear()
        self._wish(Filter())

    @Slot(str)
    def _on_searched(self, text: str) -> None:
        self._wish(replace(self.filter, text=text))

    def _wish(self, wanted: Filter) -> None:
        if wanted != self.filter:
            self.filter = wanted
            self._retranslate()
            self.changed.emit()

    # --- the menus --------------------------------------------------------------------------------

    @Slot()
    def _fill_filters(self) -> None:
        self._filters.clear()
        wanted = self.filter
        for which in Shown:
            self._add(texts.shown(which), replace(wanted, shown=which))
        if len(self._families) > 1:
            self._filters.addSeparator()
            self._add(self.tr("Every family"), replace(wanted, family=None))
            for family in self._families:
                self._add(model_texts.family(family), replace(wanted, family=family))
        if len(self._drives) > 1:
            self._filters.addSeparator()
            self._add(self.tr("Every drive"), replace(wanted, drive=None))
            for drive in self._drives:
                self._add(texts.path(drive), replace(wanted, drive=drive))

    def _add(self, text: str, wanted: Filter) -> None:
        action = self._filters.addAction(text.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(wanted == self.filter)
        action.setData(wanted)

    @Slot(QAction)
    def _on_filter(self, action: QAction) -> None:
        self._wish(action.data())

    @Slot()
    def _fill_orders(self) -> None:
        self._orders.clear()
        for which in Order:
            action = self._orders.addAction(texts.order(which))
            action.setCheckable(True)
            action.setChecked(which is self.order)
            action.setData(which)

    @Slot(QAction)
    def _on_order(self, action: QAction) -> None:
        if action.data() is not self.order:
            self.order = action.data()
            self._retranslate()
            self.changed.emit()

    # --- look -------------------------------------------------------------------------------------

    @Slot()
    def _fit(self) -> None:
        self._row.setSpacing(self._theme.px(8))

    def _retranslate(self) -> None:
        wanted = self.filter
        chosen = [texts.shown(wanted.shown)] if wanted.shown is not Shown.ALL else []
        if wanted.family is not None:
            chosen.append(model_texts.family(wanted.family))
        if wanted.drive is not None:
            chosen.append(texts.path(wanted.drive))
        name = self.tr("Filter: {what}").format(what=", ".join(chosen))
        text = self.tr("Filter") if not chosen else self.tr("Filter ({count})")
        self.filter_button.setText(text.format(count=len(chosen)))
        self.filter_button.setToolTip(model_texts.as_tooltip(name if chosen else ""))
        self.filter_button.setAccessibleName(name if chosen else self.tr("Filter"))
        order = self.tr("Sort: {what}").format(what=texts.order(self.order))
        self.order_button.setText(self.tr("Sort"))
        self.order_button.setToolTip(order)
        self.order_button.setAccessibleName(order)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
