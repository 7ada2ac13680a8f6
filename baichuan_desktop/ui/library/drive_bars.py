"""A bar for each drive: what models take of it, what else lies there, and what is free."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from baichuan_desktop.services.library.folders.disk_use import DriveUse
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.look.labels import ElidedLabel
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

# Pixels of the design.
_LEAST, _MOST, _GAP = 190, 300, 20  # of a bar's width, and between two
_BAR = 6
_PALE = 0.35  # opacity of what is not models


class DriveBars(QWidget):
    """The drives side by side, the fullest of models first; of many the last are only counted."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._uses: Sequence[DriveUse] = ()
        self.bars: list[_Bar] = []
        self.more = ElidedLabel()
        self.more.setObjectName("note")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignBottom)
        theme.changed.connect(self._fit)
        self._retranslate()

    def show_uses(self, uses: Sequence[DriveUse]) -> None:
        """Have a bar for each of these."""
        if uses == self._uses:
            return
        self._uses = uses
        while len(self.bars) > len(uses):
            self.bars.pop().deleteLater()
        while len(self.bars) < len(uses):
            self.bars.append(_Bar(self._theme))
            self._row.insertWidget(len(self.bars) - 1, self.bars[-1], 1)
        self._show_texts()
        self._fit()

    def _show_texts(self) -> None:
        for bar, use in zip(self.bars, self._uses, strict=True):
            bar.show_use(use)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._row.setSpacing(px(_GAP))
        room = max((self.width() + px(_GAP)) // px(_LEAST + _GAP), 1)
        seen = len(self.bars) if len(self.bars) <= room else max(room - 1, 1)
        for number, bar in enumerate(self.bars):
            bar.fit()
            bar.setVisible(number < seen)
        hidden = self._uses[seen:]
        self.more.setVisible(bool(hidden))
        self.more.setText(texts.more_drives(len(hidden)))
        said = [f"{texts.path(use.drive)}: {texts.drive_use(use)}" for use in hidden]
        self.more.setToolTip(as_tooltip("\n".join(said)))
        self.more.setAccessibleName("\n".join(said))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out again for how many there is room."""
        super().resizeEvent(event)
        self._fit()

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Disk use of the models, by drive"))
        self._show_texts()
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()


class _Bar(QWidget):
    """One drive."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.name, self.text, self.gauge = ElidedLabel(), ElidedLabel(), _Gauge(theme)
        self.text.setObjectName("note")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.name, self.gauge, self.text):
            self._column.addWidget(widget)
        self.setMaximumWidth(theme.px(_MOST))

    def show_use(self, use: DriveUse) -> None:
        drive, text = texts.path(use.drive), texts.drive_use(use)
        self.name.setText(drive)
        self.text.setText(text)
        self.gauge.show_use(use)
        self.setToolTip(as_tooltip(f"{drive}\n{text}"))
        self.setAccessibleName(f"{drive}: {text}")

    def fit(self) -> None:
        self._column.setSpacing(self._theme.px(3))
        self.name.setFont(self._theme.font(NOTE))
        self.gauge.setFixedHeight(self._theme.px(_BAR))
        self.setMaximumWidth(self._theme.px(_MOST))


class _Gauge(QWidget):
    """What models take, before what else lies there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._use: DriveUse | None = None

    def show_use(self, use: DriveUse) -> None:
        self._use = use
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours, use = self._theme.colours, self._use
        self._draw(painter, colours.border, 1.0)
        if use is not None and use.total_bytes:
            painter.setOpacity(_PALE)
            self._draw(painter, colours.muted, use.used_bytes / use.total_bytes)
            painter.setOpacity(1.0)
            self._draw(painter, colours.accent, use.model_bytes / use.total_bytes)
        painter.end()

    def _draw(self, painter: QPainter, colour: str, share: float) -> None:
        if share <= 0:
            return
        height = self._theme.px(_BAR)
        # A share too small to be round is shown as a dot: it is not nothing.
        width = max(min(share, 1.0) * self.width(), height)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(0, 0, width, height), height / 2, height / 2)
