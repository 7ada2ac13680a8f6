"""The list of presets at the message: searched as one types, chosen by Enter or a click."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

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
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.presets import preset_texts
from baichuan_desktop.ui.writing.search_field import SearchField

_WHAT = Qt.ItemDataRole.UserRole
_NOTE = Qt.ItemDataRole.UserRole + 1
_IS_TICKED = Qt.ItemDataRole.UserRole + 2
_HAS_LINE = Qt.ItemDataRole.UserRole + 3  # over it
# Pixels of the design.
_WIDTH, _ROW, _LOW, _TICK, _RIGHT, _GAP = 400, 48, 34, 34, 14, 6
_MOST_HEIGHT = 460
_Index = QModelIndex | QPersistentModelIndex


class PresetCommand(Enum):
    """What the menu offers beside the presets."""

    NONE = auto()  #: no preset
    DEFAULT = auto()  #: new conversations with the model begin so, or not any more
    SAVE = auto()  #: what is set now, as a new preset
    MANAGE = auto()


class PresetMenu(QFrame):
    """Closes when something is chosen, or with Esc.

    Signals:
        chosen: a Preset, or a PresetCommand.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._presets: Sequence[Preset] = ()
        self._current: Preset | None = None
        self._model_name = ""
        self._is_default = False
        self._anchor = QRect()
        self.setObjectName("precisionMenu")
        self.search = SearchField(theme, lambda: self.tr("Search presets"))
        self.list = QListWidget()
        self.list.setObjectName("menuList")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setItemDelegate(_Row(theme, self.list))
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self.search.searched.connect(self._fill)
        self.search.down_pressed.connect(self._go_down)
        self.search.entered.connect(self._choose_first)
        self.search.left.connect(self.close)
        self.setFocusProxy(self.search)
        self._column = column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.list)

    def open_at(
        self,
        anchor: QRect,
        presets: Sequence[Preset],
        current: Preset | None,
        *,
        model_name: str,
        is_default: bool,
    ) -> None:
        """Open over a place of the screen. `model_name` may be empty: there is no model."""
        self._anchor, self._presets, self._current = anchor, presets, current
        self._model_name, self._is_default = model_name, is_default
        self.setAccessibleName(self.tr("Presets"))
        self.list.setAccessibleName(self.tr("Presets"))
        self.search.clear()
        self._fill("")
        self.show()
        self.search.setFocus()

    @Slot(str)
    def _fill(self, phrase: str) -> None:
        wanted = phrase.casefold().split()
        self.list.clear()
        if not wanted:
            self._add(
                PresetCommand.NONE,
                self.tr("No preset"),
                self.tr("The message as it is written"),
                is_ticked=self._current is None,
            )
        was_built_in = False
        for one in self._presets:
            text = f"{one.name} {one.system_prompt} {one.template}".casefold()
            if all(word in text for word in wanted):
                is_ticked = self._current is not None and one.id == self._current.id
                has_line = one.is_built_in and not was_built_in and self.list.count() > 1
                self._add(
                    one, one.name, preset_texts.summary(one), is_ticked=is_ticked, has_line=has_line
                )
                was_built_in = one.is_built_in
        if not wanted:
            self._add_commands()
        elif not self.list.count():
            item = QListWidgetItem(self.tr("No preset has these words."))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self._mark()
        self._place()

    def _add_commands(self) -> None:
        if self._model_name:
            title = self.tr("Begin new chats with {name} like this").format(name=self._model_name)
            self._add(PresetCommand.DEFAULT, title, is_ticked=self._is_default, has_line=True)
        self._add(
            PresetCommand.SAVE,
            self.tr("Save what is set now as a preset…"),
            has_line=not self._model_name,
        )
        self._add(PresetCommand.MANAGE, self.tr("Manage presets…"))

    def _add(
        self,
        what: Preset | PresetCommand,
        title: str,
        note: str = "",
        *,
        is_ticked: bool = False,
        has_line: bool = False,
    ) -> None:
        item = QListWidgetItem(title)
        item.setData(_WHAT, what)
        item.setData(_NOTE, note)
        item.setData(_IS_TICKED, is_ticked)
        item.setData(_HAS_LINE, has_line)
        item.setToolTip(as_tooltip("" if isinstance(what, Preset) else title))
        state = self.tr("in use") if is_ticked else ""
        spoken = ", ".join(part for part in (title, state, note) if part)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        self.list.addItem(item)

    def _mark(self) -> None:
        """Mark what is in use; what was found first, where something is searched for."""
        ticked = [
            row
            for row in range(self.list.count())
            if self.list.item(row).data(_IS_TICKED)
            and self.list.item(row).data(_WHAT) is not PresetCommand.DEFAULT
        ]
        self.list.setCurrentRow(next(iter(ticked), 0))

    def _place(self) -> None:
        """Make it as high as its rows, over the anchor; under it where there is more room."""
        px = self._theme.px
        room = self.screen().availableGeometry()
        width = min(px(_WIDTH), room.width())
        self._column.setContentsMargins(px(6), px(6), px(6), px(6))
        self._column.setSpacing(px(4))
        self.setFixedWidth(width)
        above = self._anchor.top() - room.top() - px(_GAP)
        below = room.bottom() - self._anchor.bottom() - px(_GAP)
        around = self.search.height() + px(6) * 2 + px(4) + 2
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count())) + 2
        height = max(min(rows, max(above, below) - around, px(_MOST_HEIGHT)), px(_LOW))
        self.list.setFixedHeight(height)
        height += around
        self.setFixedHeight(height)
        left = max(min(self._anchor.left(), room.right() + 1 - width), room.left())
        if height <= above or above >= below:
            self.move(left, self._anchor.top() - px(_GAP) - height)
        else:
            self.move(left, self._anchor.bottom() + px(_GAP))

    # --- what the person does ------------------------------------------------------------------

    @Slot()
    def _go_down(self) -> None:
        self.list.setFocus()
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)

    @Slot()
    def _choose_first(self) -> None:
        if (item := self.list.currentItem()) is not None:
            self._choose(item)

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        # A click may activate as well, and is told of rows that cannot be chosen too.
        if not item.flags() & Qt.ItemFlag.ItemIsEnabled or not self.isVisible():
            return
        what = item.data(_WHAT)
        self.close()
        self.chosen.emit(what)

    def changeEvent(self, event: QEvent) -> None:
        """Close in another language: the menu has to be opened anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.close()


class _Row(QStyledItemDelegate):
    """Tick, name, and under it in one line what it does."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, self._theme.px(_ROW if index.data(_NOTE) else _LOW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        px, colours = self._theme.px, self._theme.colours
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        is_enabled = bool(state & QStyle.StateFlag.State_Enabled)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(_HAS_LINE):
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.left() + px(10), rect.top(), rect.right() - px(10), rect.top())
        lit = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
        if is_enabled and state & lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(rect.adjusted(0, px(2), 0, -px(2)), px(7), px(7))
        inner = rect.adjusted(px(_TICK), 0, -px(_RIGHT), 0)
        if index.data(_IS_TICKED):
            scale = painter.device().devicePixelRatioF()
            tick = line_pixmap("check", QColor(colours.accent), px(16), scale)
            painter.drawPixmap(rect.left() + px(10), rect.center().y() - px(8), tick)
        note = index.data(_NOTE)
        middle = Qt.AlignmentFlag.AlignVCenter
        if note:
            half = inner.height() // 2
            self._write(painter, inner.adjusted(0, half, 0, -px(5)), note, NOTE, colours.muted)
            inner = inner.adjusted(0, px(5), 0, -half)
            painter.setFont(self._theme.font(INTERFACE, QFont.Weight.DemiBold))
        else:
            painter.setFont(self._theme.font(INTERFACE))
        painter.setPen(QColor(colours.text if is_enabled else colours.muted))
        text = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideRight, inner.width()
        )
        painter.drawText(inner, middle, text)
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, text: str, size: int, ink: str) -> None:
        painter.setFont(self._theme.font(size))
        painter.setPen(QColor(ink))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
