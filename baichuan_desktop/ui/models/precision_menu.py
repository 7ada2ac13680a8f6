"""The menu of precisions at the top of the window: what each needs here, and which one runs."""

from __future__ import annotations

from collections.abc import Sequence

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
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
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

from backends.choice.values import Verdict
from backends.errors import UserFacingError
from backends.events import ModelReady
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import INTERFACE, NOTE, Theme
from baichuan_desktop.ui.models import precision_texts
from baichuan_desktop.ui.models.model_texts import as_tooltip

_WISH = Qt.ItemDataRole.UserRole
_NOTE = Qt.ItemDataRole.UserRole + 1
_FIGURES = Qt.ItemDataRole.UserRole + 2
_VERDICT = Qt.ItemDataRole.UserRole + 3  # of the row, for its colour
_IS_TICKED = Qt.ItemDataRole.UserRole + 4
# Pixels of the design.
_WIDTH = 500
_TICK = 34  # the column at the left
_RIGHT = 14
_PADDING = 9  # over and under a row
_SCROLL_BAR = 18  # a note is as high beside one as without
_GAP = 6  # between the button and the menu
#: Between words, or within one that is longer than the line.
_WRAPS = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
_Index = QModelIndex | QPersistentModelIndex


class PrecisionMenu(QFrame):
    """The rows of one model, at their button; closes when one is chosen, or with Esc.

    Signals:
        chosen: a LoadWish other than the one that is ticked.
        confirmed: the LoadWish of the row that is ticked.
    """

    chosen = Signal(object)
    confirmed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._wish = LoadWish()
        self._ready: ModelReady | None = None
        self._anchor = QRect()
        self.setObjectName("precisionMenu")
        self.heading, self.why = plain_label(wraps=True), plain_label(wraps=True)
        self.heading.setObjectName("menuHeading")
        self.why.setObjectName("muted")
        self.list = QListWidget()
        self.list.setObjectName("menuList")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setItemDelegate(_Row(theme, self.list))
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self.setFocusProxy(self.list)
        self._texts = texts = QVBoxLayout()
        texts.addWidget(self.heading)
        texts.addWidget(self.why)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(texts)
        column.addWidget(self.list)

    # --- what is shown -------------------------------------------------------------------------

    def open_at(self, anchor: QRect, ready: ModelReady, wish: LoadWish) -> None:
        """Open at a place of the screen, while the rows are still being found."""
        self._anchor, self._ready, self._wish = anchor, ready, wish
        self.setAccessibleName(self.tr("Precision"))
        self.heading.setText(
            self.tr("Precision: {name}").format(name=precision_texts.in_use(ready))
        )
        self.why.setText(error_texts.sentence(ready.reason))
        self.list.clear()
        self._add_remark(self.tr("Looking at this machine…"))
        self._place()
        self.show()
        self.list.setFocus()

    def show_rows(
        self, rows: Sequence[PrecisionRow], full_context: int, remarks: Sequence[str] = ()
    ) -> None:
        """List what there is, and what is left out and why.

        `full_context` is offered where the model runs with less.
        """
        self.list.clear()
        if self._ready is not None:
            reason = precision_texts.as_of_now(self._ready.reason, rows)
            self.why.setText(error_texts.sentence(reason))
        best = next((row for row in rows if row.chosen), None)
        length = self._wish.context_length
        automatic = (
            self.tr("Takes the best that fits: {name}").format(name=precision_texts.title(best))
            if best is not None
            else self.tr("Takes the best that fits")
        )
        self._add(
            LoadWish(context_length=length),
            self.tr("Automatic"),
            automatic,
            is_ticked=self._wish.is_automatic,
        )
        ticked = self._ticked(rows)
        together = precision_texts.refused_together(rows)
        refused = [row for group in together for row in group]
        for row in rows:
            if row not in refused:
                self._add_row(row, is_ticked=row is ticked)
        for group in together:  # below what can be chosen
            self._add_row(*group)
        for remark in remarks:
            self._add_remark(remark)
        now = length
        if now is None and self._ready is not None:  # the app may have shortened it
            now = self._ready.context_length
        if now is not None and now < full_context:
            # What the app shortened is whole only for who asks for that.
            asked = full_context if length is None else None
            whole = LoadWish(self._wish.precision, self._wish.wanted_device, asked)
            note = self.tr("Now {count} tokens, which need less memory").format(count=f"{now:,}")
            title = self.tr("Full context: {count} tokens").format(count=f"{full_context:,}")
            self._add(whole, title, note)
        self._place()

    def show_error(self, error: UserFacingError) -> None:
        """Say why the model cannot be looked at, in place of its rows."""
        self.list.clear()
        self._add_remark(error_texts.message(error))
        self._place()

    def _ticked(self, rows: Sequence[PrecisionRow]) -> PrecisionRow | None:
        """The row that runs, unless “auto” took it.

        Two cards of one name have rows that are told apart by the wish alone, if it names a card.
        """
        if self._wish.is_automatic:
            return None
        wished = [
            row for row in rows if row.runs and row.wish(self._wish.context_length) == self._wish
        ]
        in_use = [row for row in rows if row.runs and self._is_in_use(row)]
        both = [row for row in in_use if row in wished]
        # What runs may not fit any more, were it loaded now.
        grey = [row for row in rows if row.needed_bytes is not None and self._is_in_use(row)]
        return next(iter(both + in_use + grey + wished), None)

    def _add_row(self, row: PrecisionRow, *others: PrecisionRow, is_ticked: bool = False) -> None:
        """Add a row, which stands for `others` as well."""
        figures = " · ".join(
            p for p in (precision_texts.size(row), precision_texts.verdict(row)) if p
        )
        item = self._add(
            row.wish(self._wish.context_length),
            precision_texts.title(row, *others),
            precision_texts.note(row),
            figures,
            row.verdict,
            is_ticked=is_ticked,
        )
        item.setToolTip(as_tooltip(error_texts.sentence(row.sentence)))
        if not row.runs:
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def _is_in_use(self, row: PrecisionRow) -> bool:
        """Whether the row matches both the loaded model and the wish."""
        wish, ready = self._wish, self._ready
        return (
            ready is not None
            and wish.precision in (None, row.precision)
            and row.is_on(wish.wanted_device)
            and (row.backend, row.precision) == (ready.backend, ready.precision)
            and (row.device_kind, row.device_name) == (ready.device_kind, ready.device_name)
        )

    def _add(
        self,
        wish: LoadWish,
        title: str,
        note: str,
        figures: str = "",
        verdict: Verdict | None = None,
        *,
        is_ticked: bool = False,
    ) -> QListWidgetItem:
        item = QListWidgetItem(title)
        item.setData(_WISH, wish)
        item.setData(_NOTE, note)
        item.setData(_FIGURES, figures)
        item.setData(_VERDICT, verdict)
        item.setData(_IS_TICKED, is_ticked)
        state = self.tr("in use") if is_ticked else ""
        spoken = ", ".join(part for part in (title, state, figures, note) if part)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        self.list.addItem(item)
        if is_ticked:
            self.list.setCurrentItem(item)
        return item

    def _add_remark(self, text: str) -> None:
        item = QListWidgetItem("")
        item.setData(_NOTE, text)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _place(self) -> None:
        """Make it as high as its rows, under the anchor; over it where there is more room."""
        px = self._theme.px
        room = self.screen().availableGeometry()
        width = min(px(_WIDTH), room.width())
        self.setFixedWidth(width)
        self._texts.setContentsMargins(px(14), px(10), px(14), px(6))
        self._texts.setSpacing(px(3))
        below = room.bottom() - self._anchor.bottom() - px(_GAP)
        above = self._anchor.top() - room.top() - px(_GAP)
        most = max(below, above)
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        self.list.setFixedHeight(0)
        around = self._column.totalHeightForWidth(width)
        self.list.setFixedHeight(max(min(rows + 2, most - around), px(_PADDING)))
        self._column.activate()
        height = self._column.totalHeightForWidth(width)
        self.setFixedHeight(height)
        left = max(min(self._anchor.left(), room.right() + 1 - width), room.left())
        if height <= below or below >= above:
            self.move(left, self._anchor.bottom() + px(_GAP))
        else:
            self.move(left, self._anchor.top() - px(_GAP) - height)

    # --- what the person does ------------------------------------------------------------------

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        # A click is told of rows that cannot be chosen too, and may activate as well.
        if not item.flags() & Qt.ItemFlag.ItemIsEnabled or not self.isVisible():
            return
        self.close()
        signal = self.confirmed if item.data(_IS_TICKED) else self.chosen
        signal.emit(item.data(_WISH))

    def changeEvent(self, event: QEvent) -> None:
        """Close in another language: the menu has to be opened anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.close()


class _Row(QStyledItemDelegate):
    """Tick, name, figures at the right; under them the note, in as many lines as it takes."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        font: QFont = option.font
        height = 2 * self._theme.px(_PADDING) + self._note_height(font, index)
        if index.data():
            height += self._title_height(font, index) + 2
        return QSize(0, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        px, colours = self._theme.px, self._theme.colours
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        font: QFont = option.font
        is_enabled = bool(state & QStyle.StateFlag.State_Enabled)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
        if is_enabled and state & lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(rect.adjusted(px(5), 1, -px(5), -1), px(7), px(7))
        inner = rect.adjusted(px(_TICK), px(_PADDING), -px(_RIGHT), -px(_PADDING))
        if index.data(_IS_TICKED):
            scale = painter.device().devicePixelRatioF()
            tick = line_pixmap("check", QColor(colours.accent), px(16), scale)
            painter.drawPixmap(rect.left() + px(13), inner.top() + 1, tick)
        if index.data():
            line = QRect(inner.topLeft(), QSize(inner.width(), self._title_height(font, index)))
            self._paint_title(painter, line, font, index, is_enabled)
            inner.setTop(line.bottom() + 3)
        painter.setFont(_small(font))
        painter.setPen(QColor(colours.muted))
        painter.drawText(inner, Qt.TextFlag.TextWordWrap, index.data(_NOTE))
        painter.restore()

    def _paint_title(
        self, painter: QPainter, line: QRect, font: QFont, index: _Index, is_enabled: bool
    ) -> None:
        colours = self._theme.colours
        figures, verdict = index.data(_FIGURES) or "", index.data(_VERDICT)
        inks = {Verdict.FITS: colours.accent, Verdict.TIGHT: colours.caution}
        painter.setFont(_small(font))
        painter.setPen(QColor(inks.get(verdict, colours.muted)))
        first = QRect(line.topLeft(), QSize(line.width(), QFontMetrics(font).height()))
        place = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(first, place, figures)
        painter.setFont(_bold(font))
        painter.setPen(QColor(colours.text if is_enabled else colours.muted))
        painter.drawText(line.adjusted(0, 0, -self._taken(font, index), 0), _WRAPS, index.data())

    def _taken(self, font: QFont, index: _Index) -> int:
        """Pixels that the figures take at the right of the title."""
        figures = index.data(_FIGURES) or ""
        return QFontMetrics(_small(font)).horizontalAdvance(figures) + self._theme.px(_RIGHT)

    def _title_height(self, font: QFont, index: _Index) -> int:
        """In as many lines as it takes: what tells two cards of a name apart stands at its end."""
        width = self._theme.px(_WIDTH - _TICK - _RIGHT - _SCROLL_BAR) - self._taken(font, index)
        room = QRect(0, 0, width, 10_000)
        bold = QFontMetrics(_bold(font))
        height = bold.boundingRect(room, _WRAPS, index.data()).height()
        return max(height, QFontMetrics(font).height())

    def _note_height(self, font: QFont, index: _Index) -> int:
        note = index.data(_NOTE)
        if not note:
            return 0
        width = self._theme.px(_WIDTH - _TICK - _RIGHT - _SCROLL_BAR)
        room = QRect(0, 0, width, 10_000)
        return (
            QFontMetrics(_small(font)).boundingRect(room, Qt.TextFlag.TextWordWrap, note).height()
        )


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(round(font.pixelSize() * NOTE / INTERFACE))
    return small
