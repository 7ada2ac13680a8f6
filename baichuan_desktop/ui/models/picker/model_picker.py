"""The list of models at the top of the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QStandardItemModel,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from backends.events import ModelKind, ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.rows.values import Looked
from baichuan_desktop.services.library.told_apart import told_apart
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.theme import INTERFACE, Theme
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.models.picker.entries import (
    Data,
    adapter_entry,
    command_entry,
    model_entry,
)
from baichuan_desktop.ui.models.picker.offered import AdaptersOffered
from baichuan_desktop.ui.models.picker.painting import POPUP_WIDTH, EntryPainter

# Pixels of the design, of the field: its icon, what is left and right of the name, the least.
_ICON, _LEFT, _RIGHT, _LEAST = 18, 38, 22, 96
_LEFT_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_NAME_SHARE = 0.55  # of the room that a model's name has at least beside an adapter's


class ModelPicker(QComboBox):
    """Shows the model in use. Only a choice in the open list counts, never a wheel or a key.

    Signals:
        chosen: an InstalledModel other than the one shown.
        adapter_chosen: an InstalledModel, and the folder of the adapter that it shall answer with;
            None: it shall be without one.
        precision_requested: the precisions of the model in use shall be shown.
        open_requested: a model folder shall be opened.
        library_requested: the page of all models shall be shown.
        rename_requested: a model shall have another name.
        list_opening: the list is about to be shown; it may be filled anew while it is.
    """

    chosen = Signal(object)
    adapter_chosen = Signal(object, object)
    precision_requested = Signal()
    open_requested = Signal()
    library_requested = Signal()
    rename_requested = Signal()
    list_opening = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._models: list[InstalledModel] = []
        self._away: dict[Path, Phrase] = {}  # by folder: why nothing could be loaded of it
        self._shown: InstalledModel | None = None
        self._shown_name = ""  # told apart from the others of the list
        self._shown_adapter = ""  # its name
        self._ready: ModelReady | None = None
        self.adapters = AdaptersOffered()  #: what is listed under models
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(EntryPainter(theme, self))
        self.setMaxVisibleItems(12)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(self._on_activated)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @Slot()
    def _fit(self) -> None:
        self.view().setMinimumWidth(self._theme.px(POPUP_WIDTH))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        px = self._theme.px
        name = QFontMetrics(self._name_font()).horizontalAdvance(self._name())
        if self._shown_adapter:
            metrics = QFontMetrics(self._adapter_font())
            name += metrics.horizontalAdvance(f" · {self._shown_adapter}")
        return QSize(px(_LEFT) + name + px(_RIGHT) + 4, px(32))

    def minimumSizeHint(self) -> QSize:
        """With a name that is elided."""
        return QSize(self._theme.px(_LEAST), 0)

    def _name_font(self) -> QFont:
        return self._theme.font(INTERFACE, QFont.Weight.DemiBold)

    def _adapter_font(self) -> QFont:
        return self._theme.font(INTERFACE)

    def _name(self) -> str:
        return self._shown_name if self._shown else self.tr("Choose a model")

    @Slot(object)
    def set_models(self, models: Sequence[InstalledModel]) -> None:
        """List these models to choose from; a list that is open stays open."""
        self._models = list(models)
        was_open = self.view().isVisible()
        self._fill()
        if was_open:
            super().showPopup()  # as high as it has to be now

    @Slot(object)
    def set_states(self, looked: Sequence[tuple[InstalledModel, Looked]]) -> None:
        """Show which models are away, as far as it was seen; the others look as ever."""
        away = dict(self._away)
        for model, one in looked:
            away.pop(model.path, None)
            if one.state.condition.is_away and one.state.sentence is not None:
                away[model.path] = one.state.sentence
        if away != self._away:
            self._away = away
            self._mark_away()

    def _mark_away(self) -> None:
        """In place: a list that is open shows it, and what is marked in it stays."""
        for row in range(self._items.rowCount()):
            item = self._items.item(row)
            model = item.data(Data.MODEL)
            if isinstance(model, InstalledModel) and item.data(Data.OFFERED) is None:
                why = self._away.get(model.path)
                said = "" if why is None else error_texts.sentence(why)
                item.setToolTip(model_texts.as_tooltip(said or str(model.path)))
                item.setData(said, Data.AWAY)

    @Slot(object)
    def show_loading(self, model: InstalledModel) -> None:
        """Show what is about to be in use."""
        self._show(model, None)

    @Slot(object, object)
    def show_loaded(self, model: InstalledModel, ready: ModelReady) -> None:
        """Show what is in use."""
        self._show(model, ready)

    @Slot()
    def show_no_model(self) -> None:
        """Show that there is nothing to use."""
        self._show(None, None)

    def _show(self, model: InstalledModel | None, ready: ModelReady | None) -> None:
        self._shown, self._ready = model, ready
        self._fill()

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self.setAccessibleName(self.tr("Model"))
        self._fill()

    def _fill(self) -> None:
        self._items.clear()
        listed = list(self._models)
        if self._shown is not None and all(one.path != self._shown.path for one in listed):
            listed.append(self._shown)  # opened by its path, and not in the registry
        current = -1
        self._shown_name = self._shown_adapter = ""
        for model, apart in zip(listed, told_apart(listed), strict=True):
            is_shown = self._shown is not None and model.path == self._shown.path
            name = model_texts.name(apart)
            if is_shown:
                current, self._shown_name = self._items.rowCount(), name
                in_use = self.adapters.in_use(model)
                self._shown_adapter = model_texts.name(in_use) if in_use else ""
            precision = self._ready.precision.label if is_shown and self._ready else ""
            self._items.appendRow(model_entry(model, name, precision))
            for offered in self.adapters.of(model):
                self._items.appendRow(adapter_entry(model, offered, is_in_use=is_shown))
        self._mark_away()
        if self._ready is not None:
            name = precision_texts.in_use(self._ready)
            title = self.tr("Precision: {name}").format(name=name)
            details = self.tr("What the others need and how fast they are")
            self._add_command("precision", title, details)
        details = self.tr("Where they lie, what is known of them, and the released ones")
        self._add_command("library", self.tr("All models…"), details)
        details = self.tr("A Baichuan checkpoint on this machine")
        self._add_command("folder", self.tr("Open a model folder…"), details)
        if any(not model.bundled for model in self._models):
            details = self.tr("The name that is shown here; nothing of its folder changes")
            self._add_command("rename", self.tr("Rename a model…"), details)
        self.setCurrentIndex(current)
        self.setToolTip(model_texts.as_tooltip(str(self._shown.path)) if self._shown else "")
        described = self.tr("Adapter: {name}").format(name=self._shown_adapter)
        self.setAccessibleDescription(described if self._shown_adapter else "")
        self.updateGeometry()
        self.update()

    def _add_command(self, command: str, title: str, details: str) -> None:
        self._items.appendRow(command_entry(command, title, details))

    @Slot(int)
    def _on_activated(self, row: int) -> None:
        item = self._items.item(row)
        command, model = item.data(Data.COMMAND), item.data(Data.MODEL)
        offered = item.data(Data.OFFERED)
        self._fill()  # the choice shows when it is made, not before; the item is gone
        if command == "folder":
            self.open_requested.emit()
        elif command == "library":
            self.library_requested.emit()
        elif command == "rename":
            self.rename_requested.emit()
        elif command == "precision":
            self.precision_requested.emit()
        elif offered is not None:
            self.adapter_chosen.emit(model, offered.folder)
        elif self._shown is None or model.path != self._shown.path:
            self.chosen.emit(model)

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list, after whoever fills it had a chance to look for models."""
        self.list_opening.emit()
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore the wheel: loading a model takes minutes, and a turn must not begin it."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list instead of walking through it unseen."""
        opening = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Return)
        if event.key() in (*opening, Qt.Key.Key_Enter):
            self.showPopup()
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a quiet part of the chip: icon, name, chevron."""
        px, colours = self._theme.px, self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(1, 1, -2, -2)
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() or self.hasFocus():
            painter.setBrush(QColor(colours.hover))
        painter.drawRoundedRect(area, px(7), px(7))
        scale, size = self.devicePixelRatioF(), px(_ICON)
        top = area.center().y() - size // 2 + 1
        icon = "text" if self._shown is not None and self._shown.kind is ModelKind.BASE else "chip"
        painter.drawPixmap(px(11), top, line_pixmap(icon, QColor(colours.accent), size, scale))
        chevron = line_pixmap("chevron", QColor(colours.muted), px(14), scale)
        painter.drawPixmap(area.right() - px(14), area.center().y() - px(14) // 2 + 1, chevron)
        self._draw_names(painter, area.adjusted(px(_LEFT) - 1, 0, 1 - px(_RIGHT - 4), 0))
        painter.end()

    def _draw_names(self, painter: QPainter, room: QRect) -> None:
        """The model and its adapter; where there is no room for both, both are elided."""
        colours, middle = self._theme.colours, Qt.TextElideMode.ElideMiddle
        adapter = f" · {self._shown_adapter}" if self._shown_adapter else ""
        wanted = QFontMetrics(self._adapter_font()).horizontalAdvance(adapter)
        least = round(_NAME_SHARE * room.width())
        name_room = max(room.width() - wanted, least) if adapter else room.width()
        painter.setPen(QColor(colours.text if self._shown else colours.muted))
        painter.setFont(self._name_font())
        name = painter.fontMetrics().elidedText(self._name(), middle, name_room)
        painter.drawText(room, _LEFT_MIDDLE, name)
        rest = room.adjusted(painter.fontMetrics().horizontalAdvance(name), 0, 0, 0)
        painter.setPen(QColor(colours.muted))
        painter.setFont(self._adapter_font())
        shown = painter.fontMetrics().elidedText(adapter, middle, rest.width())
        painter.drawText(rest, _LEFT_MIDDLE, shown)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
