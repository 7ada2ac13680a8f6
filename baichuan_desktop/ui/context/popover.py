"""What takes the context, part by part, at the gauge; and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.chat.context.use import ContextUse
from baichuan_desktop.ui.context import texts
from baichuan_desktop.ui.look.gauge import Gauge, tone
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

# Pixels of the design.
_WIDTH, _SIDE, _GAP, _SWATCH = 380, 16, 8, 10


class ContextPopover(QFrame):
    """Names the numbers of the gauge; closes with Esc, or by a click beside it.

    Signals:
        leave_out_requested: the person wants to choose what the model is not given.
        prompt_requested: the exact prompt shall be shown.
        language_changed: the window speaks another one.
    """

    leave_out_requested = Signal()
    prompt_requested = Signal()
    language_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self._use: ContextUse | None = None
        self._anchor = QRect()
        self.setObjectName("precisionMenu")
        self.heading, self.remark = plain_label(wraps=True), plain_label(wraps=True)
        self.heading.setObjectName("menuHeading")
        self.gauge = Gauge(theme, width=0)
        self.rows: list[tuple[QLabel, QLabel, QLabel]] = []
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self.leave_out, self.prompt = QPushButton(), QPushButton()
        for button in (self.leave_out, self.prompt):
            button.setAutoDefault(False)
        self.leave_out.clicked.connect(self._leave_out)
        self.prompt.clicked.connect(self._show_prompt)
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self.leave_out)
        self._buttons.addWidget(self.prompt)
        self._buttons.addStretch(1)
        column = self._column = QVBoxLayout(self)
        for widget in (self.heading, self.gauge):
            column.addWidget(widget)
        column.addLayout(self._grid)
        column.addWidget(self.remark)
        column.addLayout(self._buttons)

    def open_at(self, anchor: QRect, use: ContextUse) -> None:
        """Open over a place of the screen."""
        self._anchor = anchor
        self.show_use(use)
        self.show()
        (self.prompt if self.leave_out.isHidden() else self.leave_out).setFocus()

    @Slot(object)
    def show_use(self, use: ContextUse | None) -> None:
        """Show these numbers; without any there is nothing to be open for."""
        self._use = use
        if use is None:
            self.hide()
            return
        self.setAccessibleName(self.tr("Context"))
        self.heading.setText(
            self.tr("Context: {used} of {length} tokens are taken by the next prompt").format(
                used=f"{use.prompt:,}", length=f"{use.length:,}"
            )
        )
        named = texts.parts(use)
        shown = [0, use.history, use.draft, use.reserved]
        shown[0] = use.system
        self.gauge.show_parts(shown, use.length)
        self.gauge.setAccessibleName(self.heading.text())
        self._show_parts(named, first=1 if use.is_text else 0)
        self.remark.setText(texts.remark(use))
        self.remark.setVisible(bool(self.remark.text()))
        self.remark.setObjectName("trouble" if not use.fits else "muted")
        self.style().polish(self.remark)
        self.leave_out.setText(self.tr("Leave messages out…"))
        self.leave_out.setVisible(bool(use.given or use.dropped) and not use.is_text)
        self.prompt.setText(self.tr("Exact prompt…"))
        self._place()

    def _show_parts(self, named: list[tuple[str, int]], first: int) -> None:
        """Name the parts; `first` is the tone of the first one. What is free has the last row."""
        while len(self.rows) < len(named):
            row = QLabel(), plain_label(), plain_label()
            row[2].setAlignment(Qt.AlignmentFlag.AlignRight)
            for column, label in enumerate(row):
                self._grid.addWidget(label, len(self.rows), column)
            self.rows.append(row)
        for number, row in enumerate(self.rows):
            for label in row:
                label.setVisible(number < len(named))
            if number < len(named):
                name, tokens = named[number]
                is_free = number == len(named) - 1
                row[0].setPixmap(self._swatch(None if is_free else first + number))
                row[1].setText(name)
                row[2].setText(f"{tokens:,}")

    def _swatch(self, number: int | None) -> QPixmap:
        """A square of a part's tone; None: of the track."""
        ratio, side = self.devicePixelRatioF(), self._theme.px(_SWATCH)
        made = QPixmap(round(side * ratio), round(side * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        colours = self._theme.colours
        colour = QColor(colours.border) if number is None else tone(colours, number)
        painter.fillRect(0, 0, side, side, colour)
        painter.end()
        return made

    def _place(self) -> None:
        """Over the gauge, inside of the screen."""
        px = self._theme.px
        self._column.setContentsMargins(px(_SIDE), px(_SIDE), px(_SIDE), px(_SIDE))
        self._column.setSpacing(px(_GAP + 2))
        self._grid.setHorizontalSpacing(px(_GAP))
        self._grid.setVerticalSpacing(px(_GAP - 2))
        room = self.screen().availableGeometry()
        self.setFixedWidth(min(px(_WIDTH), room.width()))
        self.adjustSize()
        height = self._column.heightForWidth(self.width())
        self.setFixedHeight(min(height, room.height()))
        left = min(
            max(self._anchor.right() - self.width(), room.left()), room.right() - self.width()
        )
        top = max(self._anchor.top() - self.height() - px(_GAP), room.top())
        self.move(QPoint(left, top))

    @Slot()
    def _leave_out(self) -> None:
        self.hide()
        self.leave_out_requested.emit()

    @Slot()
    def _show_prompt(self) -> None:
        self.hide()
        self.prompt_requested.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() != QEvent.Type.LanguageChange:
            return
        if self._use is not None:
            self.show_use(self._use)
        self.language_changed.emit()
