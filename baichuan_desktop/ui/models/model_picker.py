"""The list of models at the top of the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QStandardItem,
    QStandardItemModel,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from backends.events import ModelKind, ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.rows.values import Looked
from baichuan_desktop.services.library.told_apart import told_apart
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.models import model_texts, precision_texts

_DETAILS = Qt.ItemDataRole.UserRole + 1
_ICON_NAME = Qt.ItemDataRole.UserRole + 2
_COMMAND = Qt.ItemDataRole.UserRole + 3  # of an entry that is no model
_AWAY = Qt.ItemDataRole.UserRole + 4  # of a model whose folder is not here: the sentence
_COMMAND_ICONS = {"library": "chip", "rename": "text"}  # the others are named as their icons
_ROW, _POPUP_WIDTH = 50, 460  # pixels of the design
_ICON, _LEFT, _RIGHT, _LEAST = 18, 38, 22, 96  # of the field: icon, what is left of the name, right
_Index = QModelIndex | QPersistentModelIndex


class ModelPicker(QComboBox):
    """Shows the model in use. Only a choice in the open list counts, never a wheel or a key.

    Signals:
        chosen: an InstalledModel other than the one shown.
        precision_requested: the precisions of the model in use shall be shown.
        open_requested: a model folder shall be opened.
        library_requested: the page of all models shall be shown.
        rename_requested: a model shall have another name.
        list_opening: the list is about to be shown; it may be filled anew while it is.
    """

    chosen = Signal(object)
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
        self._ready: ModelReady | None = None
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(_TwoLines(theme, self))
        self.setMaxVisibleItems(12)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(self._on_activated)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @Slot()
    def _fit(self) -> None:
        self.view().setMinimumWidth(self._theme.px(_POPUP_WIDTH))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        px = self._theme.px
        name = QFontMetrics(self._name_font()).horizontalAdvance(self._name())
        return QSize(px(_LEFT) + name + px(_RIGHT) + 4, px(32))

    def minimumSizeHint(self) -> QSize:
        """With a name that is elided."""
        return QSize(self._theme.px(_LEAST), 0)

    def _name_font(self) -> QFont:
        return self._theme.font(INTERFACE, QFont.Weight.DemiBold)

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
            model = item.data(Qt.ItemDataRole.UserRole)
            if isinstance(model, InstalledModel):
                why = self._away.get(model.path)
                said = "" if why is None else error_texts.sentence(why)
                item.setToolTip(model_texts.as_tooltip(said or str(model.path)))
                item.setData(said, _AWAY)

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
        self._shown_name = ""
        for row, model in enumerate(told_apart(listed)):
            is_shown = self._shown is not None and model.path == self._shown.path
            name = model_texts.name(model)
            if is_shown:
                current, self._shown_name = row, name
            item = QStandardItem(name)
            item.setData(listed[row], Qt.ItemDataRole.UserRole)
            precision = self._ready.precision.label if is_shown and self._ready else ""
            item.setData(model_texts.details(model, precision), _DETAILS)
            item.setData("chat" if model.kind is ModelKind.CHAT else "text", _ICON_NAME)
            self._items.appendRow(item)
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
        self.updateGeometry()
        self.update()

    def _add_command(self, command: str, title: str, details: str) -> None:
        item = QStandardItem(title)
        item.setData(details, _DETAILS)
        item.setData(_COMMAND_ICONS.get(command, command), _ICON_NAME)
        item.setData(command, _COMMAND)
        self._items.appendRow(item)

    @Slot(int)
    def _on_activated(self, row: int) -> None:
        item = self._items.item(row)
        command, model = item.data(_COMMAND), item.data(Qt.ItemDataRole.UserRole)
        self._fill()  # the choice shows when it is made, not before; the item is gone
        if command == "folder":
            self.open_requested.emit()
        elif command == "library":
            self.library_requested.emit()
        elif command == "rename":
            self.rename_requested.emit()
        elif command == "precision":
            self.precision_requested.emit()
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
        painter.setPen(QColor(colours.text if self._shown else colours.muted))
        painter.setFont(self._name_font())
        room = area.adjusted(px(_LEFT) - 1, 0, 1 - px(_RIGHT - 4), 0)
        elided = painter.fontMetrics().elidedText(
            self._name(), Qt.TextElideMode.ElideMiddle, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class _TwoLines(QStyledItemDelegate):
    """Draws an entry as a name over its details."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(self._theme.px(_POPUP_WIDTH), self._theme.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        px, colours = self._theme.px, self._theme.colours
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        font: QFont = option.font
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(rect.adjusted(px(4), px(2), -px(4), -px(2)), px(7), px(7))
        above = index.sibling(index.row() - 1, 0)
        if index.data(_COMMAND) and above.isValid() and not above.data(_COMMAND):
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.left() + px(10), rect.top(), rect.right() - px(10), rect.top())
        icon = line_pixmap(
            index.data(_ICON_NAME),
            QColor(colours.muted),
            px(20),
            painter.device().devicePixelRatioF(),
        )
        painter.drawPixmap(rect.left() + px(16), rect.center().y() - px(10), icon)
        room = rect.adjusted(px(48), px(7), -px(14), -px(7))
        upper, lower = QRect(room), QRect(room)
        upper.setBottom(room.center().y())
        lower.setTop(room.center().y() + 1)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        title = QFont(font)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(QColor(colours.muted if index.data(_AWAY) else colours.text))
        elide = Qt.TextElideMode.ElideMiddle
        painter.drawText(
            upper, left, painter.fontMetrics().elidedText(index.data(), elide, room.width())
        )
        painter.setFont(self._theme.font(NOTE))
        painter.setPen(QColor(colours.muted))
        details = index.data(_AWAY) or index.data(_DETAILS)
        painter.drawText(
            lower, left, painter.fontMetrics().elidedText(details, elide, room.width())
        )
        painter.restore()
