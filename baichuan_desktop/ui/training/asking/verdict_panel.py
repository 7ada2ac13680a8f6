"""Whether a training fits this machine: a bar, a sentence, what would fit, and the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.services.training.verdict import Fit, Remedy, Verdict, lines
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.gauge import Gauge
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_ICON = 16  # pixels of the design
_ICONS = {Fit.FITS: "check", Fit.TIGHT: "warning", Fit.CANNOT: "stop"}
_MOST_REMEDIES = 3


class VerdictPanel(QWidget):
    """Shows a verdict; a remedy is taken with a click.

    Signals:
        taken: the Remedy that shall be done.
    """

    taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._verdict: Verdict | None = None
        self._error: UserFacingError | None = None
        self.title, self.icon = plain_label(), QLabel()
        self.title.setObjectName("sectionTitle")
        self.gauge = Gauge(theme, width=0)
        self.sentence, self.disk = plain_label(wraps=True), plain_label(wraps=True)
        self.disk.setObjectName("note")
        self.remedies_title = plain_label(wraps=True)
        self.remedies: list[QPushButton] = []
        self.sum_button = QToolButton()
        self.sum_button.setObjectName("status")
        self.sum_button.setCheckable(True)
        self.sum_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._sum_part = QWidget()
        self._sum = QGridLayout(self._sum_part)
        self._sum.setContentsMargins(0, 0, 0, 0)
        self._sum.setColumnStretch(0, 1)
        self._sum_part.hide()
        self._lay_out()
        self.sum_button.toggled.connect(self._unfold)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._row, self._ways = QHBoxLayout(), QVBoxLayout()
        self._row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self.sentence, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.title)
        self._column.addWidget(self.gauge)
        self._column.addLayout(self._row)
        self._column.addWidget(self.remedies_title)
        self._column.addLayout(self._ways)
        self._column.addWidget(self.disk)
        self._column.addWidget(self.sum_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._sum_part)

    def show_verdict(self, found: Verdict | None, error: UserFacingError | None = None) -> None:
        """Show what was found; an error: why nothing was."""
        self._verdict, self._error = found, error
        self._offer(() if found is None else found.remedies[:_MOST_REMEDIES])
        self.retranslate()

    @property
    def can_begin(self) -> bool:
        """Whether nothing is known to be in the way."""
        return self._verdict is None or self._verdict.fit is not Fit.CANNOT

    def _offer(self, remedies: Sequence[Remedy]) -> None:
        for button in self.remedies:
            self._ways.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.remedies = []
        for remedy in remedies:
            button = QPushButton()
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._take, remedy))
            self.remedies.append(button)
            self._ways.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _take(self, remedy: Remedy, _checked: bool = False) -> None:
        self.taken.emit(remedy)

    @Slot(bool)
    def _unfold(self, is_unfolded: bool) -> None:
        self._sum_part.setVisible(is_unfolded)
        self._say_sum()

    # --- what is said -------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        found = self._verdict
        self.title.setText(self.tr("Memory"))
        self.sentence.setText(self._sentence())
        is_trouble = self._error is not None or (found is not None and found.fit is Fit.CANNOT)
        self.sentence.setObjectName("trouble" if is_trouble else "")
        self.sentence.style().polish(self.sentence)
        self.gauge.setVisible(found is not None)
        if found is not None:
            self.gauge.show_parts(self._parts(found), max(found.total_bytes // 2**20, 1))
            self.gauge.setAccessibleName(self.tr("Memory that it takes"))
            self.gauge.setAccessibleDescription(self.sentence.text())
        self.remedies_title.setText(self.tr("This would fit:"))
        self.remedies_title.setVisible(bool(self.remedies))
        if found is not None:
            for button, remedy in zip(self.remedies, found.remedies, strict=False):
                text = error_texts.sentence(remedy.text)
                button.setText(f"{text} · {size_text(remedy.needed_bytes)}".replace("&", "&&"))
        self.disk.setText(self._disk())
        self.disk.setVisible(found is not None)
        self._say_sum()
        self._draw_icon()

    def _sentence(self) -> str:
        if self._error is not None:
            return f"{error_texts.message(self._error)} {error_texts.hint(self._error)}".rstrip()
        if self._verdict is not None:
            return error_texts.sentence(self._verdict.sentence)
        return self.tr("Looking at this machine…")

    def _parts(self, found: Verdict) -> Sequence[int]:
        """What others hold, and what the training takes, in MiB."""
        held = max(found.total_bytes - found.free_bytes, 0)
        return [held // 2**20, found.needed_bytes // 2**20, 0]

    def _disk(self) -> str:
        if self._verdict is None:
            return ""
        need = self._verdict.disk
        text = self.tr("On the drive: {result} for the result, up to {kept} for checkpoints.")
        kept = need.checkpoint * need.most_checkpoints
        return text.format(result=size_text(need.result), kept=size_text(kept))

    def _say_sum(self) -> None:
        is_unfolded = self.sum_button.isChecked()
        arrow = Qt.ArrowType.DownArrow if is_unfolded else Qt.ArrowType.RightArrow
        self.sum_button.setArrowType(arrow)
        self.sum_button.setText(self.tr("How it is counted"))
        self.sum_button.setVisible(self._verdict is not None)
        while (item := self._sum.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if self._verdict is None or not is_unfolded:
            return
        for row, (text, count) in enumerate(lines(self._verdict)):
            what, size = plain_label(error_texts.sentence(text)), plain_label(size_text(count))
            for column, label in enumerate((what, size)):
                label.setObjectName("note")
                self._sum.addWidget(label, row, column)
            size.setAlignment(Qt.AlignmentFlag.AlignRight)
            for label in (what, size):
                label.show()  # else it counts for the height only from the event loop on

    def _draw_icon(self) -> None:
        found, colours = self._verdict, self._theme.colours
        self.icon.setVisible(found is not None or self._error is not None)
        fit = Fit.CANNOT if found is None else found.fit
        colour = {Fit.FITS: colours.accent, Fit.TIGHT: colours.caution, Fit.CANNOT: colours.danger}
        pixels = self._theme.px(_ICON)
        scale = self.devicePixelRatioF()
        self.icon.setPixmap(line_pixmap(_ICONS[fit], QColor(colour[fit]), pixels, scale))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self.icon.setFixedSize(px(_ICON), px(_ICON) + px(2))
        self._row.setSpacing(px(8))
        self._column.setSpacing(px(6))
        self._ways.setSpacing(px(5))
        self._draw_icon()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
