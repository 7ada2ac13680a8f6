"""The page of models: the list, what is known of the one that is chosen, and what can be done."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.rows import choosing
from baichuan_desktop.services.library.rows.actions import Action, actions_of
from baichuan_desktop.services.library.rows.disk_use import disk_use
from baichuan_desktop.services.library.rows.values import (
    AdapterLooked,
    AdapterRow,
    Looked,
    ModelRow,
    ReleasedRow,
    Row,
)
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.library.details import Details
from baichuan_desktop.ui.library.drive_bars import DriveBars
from baichuan_desktop.ui.library.filter_bar import FilterBar
from baichuan_desktop.ui.library.folder_opening import FolderOpening
from baichuan_desktop.ui.library.list_view import ListView
from baichuan_desktop.ui.library.row_menu import RowMenu
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.side_place import SidePlace
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

# Pixels of the design.
_DETAILS_WIDTH = 320
_LEAST_WITH_BARS = 320  # of height

_OF_IMPORT = (Action.FIND, Action.REMOVE)  # what is off where importing is


class LibraryPage(QWidget):
    """Shows what it is told of the models, and tells what a person asks for.

    Signals:
        find_requested: models shall be looked for.
        get_requested: the id of a released model, or None: how to get one shall be said.
        import_requested: a folder shall be brought here; None: which one is asked for.
        verify_requested, remove_requested, load_requested, rename_requested: an InstalledModel,
            or an InstalledAdapter.
        adapter_requested: an adapter's folder shall be added.
        left: the person wants to go back to the chat.
    """

    find_requested = Signal()
    get_requested = Signal(object)
    import_requested = Signal(object)
    verify_requested = Signal(object)
    remove_requested = Signal(object)
    load_requested = Signal(object)
    rename_requested = Signal(object)
    adapter_requested = Signal()
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._models: Sequence[InstalledModel] = ()
        self._variants: Sequence[Variant] = ()
        self._adapters: Sequence[InstalledAdapter] = ()
        self._looked: dict[
            str, tuple[Path, Looked | AdapterLooked]
        ] = {}  # by id, with the folder that was seen
        self._last_used: Mapping[str, datetime.datetime] = {}
        self._rows: Sequence[Row] = ()
        self._refusal: UserFacingError | None = None  # of what brings models here or removes them
        self.setObjectName("libraryPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.heading, self.trouble = QLabel(), plain_label(wraps=True)
        self.heading.setObjectName("pageHeading")
        self.trouble.setObjectName("trouble")
        self.trouble.hide()
        self.add_button, self.back = QPushButton(), QPushButton()
        self.add_menu = QMenu(self)
        self.find_action, self.import_action = QAction(self), QAction(self)
        self.get_action, self.adapter_action = QAction(self), QAction(self)
        self.add_menu.addActions([self.find_action, self.import_action, self.get_action])
        self.add_menu.addAction(self.adapter_action)
        self.add_menu.setToolTipsVisible(True)
        self.add_button.setMenu(self.add_menu)
        self.filter_bar, self.list = FilterBar(theme), ListView(theme)
        self.drive_bars, self.details = DriveBars(theme), Details(theme)
        self.opening = FolderOpening(self)
        self._column = self._lay_out()
        self._connect()
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()
        self.place.restore_side(True)

    def _lay_out(self) -> QVBoxLayout:
        side, main = QWidget(), QWidget()
        column = QVBoxLayout(main)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.add_button)
        head.addWidget(self.back)
        column.addLayout(head)
        for widget in (self.filter_bar, self.trouble, self.list, self.drive_bars):
            column.addWidget(widget, 1 if widget is self.list else 0)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.details)
        self.place = SidePlace(self._theme, main, side, _DETAILS_WIDTH)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.place)
        return column

    def _connect(self) -> None:
        self.find_action.triggered.connect(self.find_requested)
        self.import_action.triggered.connect(self._ask_for_import)
        self.get_action.triggered.connect(self._ask_how_to_get)
        self.adapter_action.triggered.connect(self.adapter_requested)
        self.back.clicked.connect(self.left)
        self.filter_bar.changed.connect(self._show_rows)
        search = self.filter_bar.search
        search.down_pressed.connect(self.list.enter)
        search.entered.connect(self.list.enter)
        search.left.connect(self.left)
        self.list.up_pressed.connect(search.setFocus)
        self.list.row_changed.connect(self._show_details)
        self.list.opened.connect(self.open_details)
        self.list.menu_requested.connect(self._open_menu)
        self.list.action_requested.connect(self.ask_for)
        self.details.action_requested.connect(self.ask_for)
        self.details.left.connect(self.close_details)
        self.place.side_seen.connect(self._on_side_seen)
        self.opening.failed.connect(self._on_not_opened)

    # --- what it is told --------------------------------------------------------------------------

    def set_models(
        self,
        models: Sequence[InstalledModel],
        variants: Sequence[Variant],
        adapters: Sequence[InstalledAdapter] = (),
    ) -> None:
        """Show these models and adapters, and of the released ones those of which none is listed.

        What was seen of those that stay is shown until they are seen again.
        """
        self._models, self._variants, self._adapters = list(models), list(variants), list(adapters)
        there = self._folders()
        self._looked = {
            id_: seen for id_, seen in self._looked.items() if there.get(id_) == seen[0]
        }
        self._make_rows()

    def _folders(self) -> Mapping[str, Path]:
        listed: Sequence[Listed] = (*self._models, *self._adapters)
        return {one.id: one.path for one in listed}

    @Slot(object)
    def set_states(self, looked: Sequence[tuple[Listed, Looked | AdapterLooked]]) -> None:
        """Show what was seen; of what lies elsewhere by now it is nothing."""
        there = self._folders()
        for one, seen in looked:
            if there.get(one.id) == one.path:
                self._looked[one.id] = (one.path, seen)
        self._make_rows()

    def set_last_used(self, last_used: Mapping[str, datetime.datetime]) -> None:
        """Show when models were used last, by their ids."""
        self._last_used = last_used
        self._make_rows()

    def set_loaded(self, model: InstalledModel | None, adapter: Path | None = None) -> None:
        """Mark the model that is loaded, and its adapter by its folder; None: none is."""
        keys = set() if model is None else {("model", model.id)}
        keys |= {("adapter", one.id) for one in self._adapters if one.path == adapter}
        self.list.rows.show_loaded(frozenset(keys))
        self.details.show_loaded(frozenset(keys))

    def show_policy(self, refusal: UserFacingError | None) -> None:
        """Offer to bring models here and to remove them, or say why that is turned off."""
        self._refusal = refusal
        why = "" if refusal is None else error_texts.message(refusal)
        for action in (self.find_action, self.import_action, self.adapter_action):
            action.setEnabled(refusal is None)
            action.setToolTip(as_tooltip(why))
            action.setStatusTip(why)
        self.details.show_off(dict.fromkeys(_OF_IMPORT, why) if refusal is not None else {})

    def _make_rows(self) -> None:
        seen = [(id_, one) for id_, (_, one) in self._looked.items()]
        self._rows = choosing.rows_of(
            self._models,
            self._variants,
            {id_: one for id_, one in seen if isinstance(one, Looked)},
            self._last_used,
            self._adapters,
            {id_: one for id_, one in seen if isinstance(one, AdapterLooked)},
        )
        self.filter_bar.offer(choosing.families(self._rows), choosing.drives(self._rows))
        self.drive_bars.show_uses(disk_use(self._rows))
        self._show_bars()
        self._show_rows()

    @Slot()
    def _show_rows(self) -> None:
        bar = self.filter_bar
        entries = choosing.shown(self._rows, bar.filter, bar.order, texts.name_of)
        self.list.show_entries(entries, self.tr("No model is as you look for it."))

    # --- what a person does -----------------------------------------------------------------------

    @Slot()
    def focus_search(self) -> None:
        """Give the keyboard to the search."""
        self.close_details()
        self.filter_bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_bar.search.selectAll()

    @Slot(object, object)
    def ask_for(self, action: Action, row: Row) -> None:
        """Tell what is asked for, if it is offered for this row."""
        self.trouble.hide()
        if action not in actions_of(row):
            return
        if self._refusal is not None and action in _OF_IMPORT:
            self._say(error_texts.message(self._refusal))
            return
        match row:
            case ModelRow(model):
                self._ask_of(action, model)
            case AdapterRow(adapter):
                self._ask_of(action, adapter)
            case ReleasedRow(variant) if action is Action.GET:
                self.get_requested.emit(variant.id)
            case _:
                self.find_requested.emit()

    def _ask_of(self, action: Action, model: Listed) -> None:
        match action:
            case Action.OPEN_FOLDER:
                self.opening.open(model.path)
            case Action.COPY_PATH:
                QGuiApplication.clipboard().setText(str(model.path))
            case Action.FIND:
                self.find_requested.emit()
            case Action.LOAD:
                self.load_requested.emit(model)
            case Action.RENAME:
                self.rename_requested.emit(model)
            case Action.VERIFY:
                self.verify_requested.emit(model)
            case Action.REMOVE:
                self.remove_requested.emit(model)

    @Slot()
    def _ask_for_import(self) -> None:
        self.import_requested.emit(None)

    @Slot()
    def _ask_how_to_get(self) -> None:
        row = self.list.current_row
        self.get_requested.emit(row.variant.id if isinstance(row, ReleasedRow) else None)

    @Slot(object, QPoint)
    def _open_menu(self, row: Row | None, place: QPoint) -> None:
        if row is None:
            self.add_menu.popup(place)
            return
        menu = RowMenu(row, self)
        menu.asked.connect(self.ask_for)
        menu.popup(place)

    @Slot(object)
    def _on_not_opened(self, folder: Path) -> None:
        text = self.tr("“{folder}” cannot be shown: it is not there now, or is no folder.")
        self._say(text.format(folder=texts.path(folder)))

    def _say(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.show()

    # --- the details ------------------------------------------------------------------------------

    @Slot(object)
    def _show_details(self, row: Row | None) -> None:
        self.details.show_row(row)
        self.details.show_loaded(self.list.rows.loaded)

    @Slot()
    def open_details(self) -> None:
        """Show what is known of the row that is chosen; in the list's place where it is narrow."""
        if self.place.is_narrow:
            self.place.show_side(True)
            self.details.enter()

    @Slot(result=bool)
    def close_details(self) -> bool:
        """Show the list, where the details stand in its place; whether they did."""
        was_alone = self.place.give_page_back()
        if was_alone:
            self.list.enter()
        return was_alone

    @Slot(bool)
    def _on_side_seen(self, seen: bool) -> None:
        self.details.show_back(seen and self.place.is_narrow)

    # --- look -------------------------------------------------------------------------------------

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(20), px(14), px(16), px(10))
        self._column.setSpacing(px(8))
        self._show_bars()

    def _show_bars(self) -> None:
        """Leave the room of a low window to the list; the details tell of the drive, too."""
        has_room = self.height() >= self._theme.px(_LEAST_WITH_BARS)
        self.drive_bars.setVisible(has_room and bool(self.drive_bars.bars))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out again whether there is room for the bars."""
        super().resizeEvent(event)
        self._show_bars()

    def _retranslate(self) -> None:
        self.heading.setText(self.tr("Models"))
        self.add_button.setText(self.tr("Add models"))
        self.back.setText(self.tr("Back to the chat"))
        self.list.setAccessibleName(self.tr("Models"))
        self.find_action.setText(self.tr("&Find models on this computer…"))
        self.import_action.setText(self.tr("&Import a folder…"))
        self.get_action.setText(self.tr("How to &get a model…"))
        self.adapter_action.setText(self.tr("&Add an adapter…"))
        self.show_policy(self._refusal)
        self._show_rows()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self.list.viewport().update()
