"""The chart of what was measured: a line for each precision, with a tick, its bar and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.measuring.bar import MeasureBar
from baichuan_desktop.ui.measuring.view import FIGURES, ChartLine, MeasureView, title
from baichuan_desktop.ui.models.model_texts import as_tooltip

_NAME_WIDTH = 230  # pixels, at most


@dataclass(frozen=True, slots=True)
class _Line:
    tick: QCheckBox
    bar: MeasureBar
    figures: tuple[QLabel, ...]


class MeasureChart(QWidget):
    """What the bars and the figures are, its view says.

    Signals:
        ticked: other precisions are ticked now.
    """

    ticked = Signal()

    def __init__(self, view: MeasureView, theme: Theme) -> None:
        super().__init__()
        self._view = view
        self._theme = theme
        self.rows: Sequence[MeasuredRow] = ()
        self.lines: list[_Line] = []
        self._measuring: tuple[str, str, str] | None = None  # key of a row
        self._failed: set[tuple[str, str, str]] = set()
        self._headers = [QLabel() for _ in range(2 + FIGURES)]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        for column, header in enumerate(self._headers):
            header.setObjectName("muted")
            self._grid.addWidget(header, 0, column, _alignment(column))

    def show_rows(self, rows: Sequence[MeasuredRow]) -> None:
        """Every precision there is, with what is proposed ticked."""
        view = self._view
        self.rows = [row for row in rows if row.wish is not None or view.has_figures(row)]
        for number, row in enumerate(self.rows):
            line = _Line(
                QCheckBox(), MeasureBar(self._theme), tuple(QLabel() for _ in range(FIGURES))
            )
            line.tick.setChecked(view.is_fixed(row) or view.proposes(row))
            line.tick.toggled.connect(self.ticked)
            self.lines.append(line)
            for column, widget in enumerate((line.tick, line.bar, *line.figures)):
                self._grid.addWidget(widget, number + 1, column, _alignment(column))
                widget.show()  # else it counts for the height only from the event loop on
        self.lock(locked=False)
        self.retranslate()

    def show_measuring(self, row: MeasuredRow | None) -> None:
        """A precision is being measured now; None: none is."""
        self._measuring = row.key if row is not None else None
        self.retranslate()

    def update_row(self, row: MeasuredRow) -> None:
        """A precision is done: it has other figures now, and needs no tick any more."""
        self.rows = [row if one.key == row.key else one for one in self.rows]
        self._failed.discard(row.key)
        for one, line in zip(self.rows, self.lines, strict=True):
            if one is row and not self._view.is_fixed(row):
                line.tick.setChecked(False)
        self.retranslate()

    def show_failed(self, row: MeasuredRow) -> None:
        """A precision could not be measured; what was measured before stays."""
        self._failed.add(row.key)
        self.retranslate()

    @property
    def chosen(self) -> list[MeasuredRow]:
        """The ticked precisions."""
        return [
            row for row, line in zip(self.rows, self.lines, strict=True) if line.tick.isChecked()
        ]

    def lock(self, *, locked: bool) -> None:
        """What is being measured cannot be chosen anew."""
        for row, line in zip(self.rows, self.lines, strict=True):
            is_free = row.wish is not None and not self._view.is_fixed(row)
            line.tick.setEnabled(is_free and not locked)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        for header, text in zip(self._headers, self._view.headers(self.rows), strict=True):
            header.setText(text)
        shown = [self._view.line(row) for row in self.rows]
        for row, line, said in zip(self.rows, self.lines, shown, strict=True):
            self._name(row, line, said)
            self._fill(row, line, said, [one.bar for one in shown if one.bar is not None])

    def _name(self, row: MeasuredRow, line: _Line, said: ChartLine) -> None:
        name = title(row)
        metrics = line.tick.fontMetrics()
        line.tick.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH))
        line.tick.setAccessibleName(name)
        line.tick.setAccessibleDescription(said.spoken)
        if row.wish is None:
            before = self.tr("Measured before; it does not run now.")  # lupdate reads no f-string
            name = f"{name}\n{before}"
        line.tick.setToolTip(as_tooltip(name))

    def _fill(
        self,
        row: MeasuredRow,
        line: _Line,
        said: ChartLine,
        every: Sequence[tuple[str, float]],
    ) -> None:
        """`every` bar there is: this one is as long as its share of the longest."""
        words = self._view.words()
        if row.key == self._measuring:
            line.bar.show_words(words.busy)
        elif row.key in self._failed:
            line.bar.show_words(words.failed, is_trouble=True)
        elif said.bar is None:
            line.bar.show_words(said.nothing)
        else:
            text, value = said.bar
            room = max(line.bar.fontMetrics().horizontalAdvance(text) for text, _ in every)
            full = self._view.full or max(value for _, value in every)
            line.bar.show_figure(text, value / full, room)
        line.bar.setToolTip(as_tooltip(said.tooltip))
        for figure, text in zip(line.figures, said.figures, strict=True):
            figure.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag(0)
    return side | Qt.AlignmentFlag.AlignVCenter
