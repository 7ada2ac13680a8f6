"""The chart of speeds: a line for each precision, with a tick, its bar and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from baichuan_desktop.services.speed_rows import SpeedRow

from . import speed_texts
from .model_texts import as_tooltip
from .speed_bar import SpeedBar
from .theme import Theme

_FIGURES = 3
_NAME_WIDTH = 230  # pixels, at most


@dataclass(frozen=True, slots=True)
class _Line:
    tick: QCheckBox
    bar: SpeedBar
    figures: tuple[QLabel, ...]


class SpeedChart(QWidget):
    """The bars show decoding; beside them stand prefill, load time and peak memory.

    Signals:
        ticked: other precisions are ticked now.
    """

    ticked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows: Sequence[SpeedRow] = ()
        self.lines: list[_Line] = []
        self._measuring: tuple[str, str, str] | None = None  # key of a row
        self._failed: set[tuple[str, str, str]] = set()
        self._headers = [QLabel() for _ in range(2 + _FIGURES)]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        for column, header in enumerate(self._headers):
            header.setObjectName("muted")
            self._grid.addWidget(header, 0, column, _alignment(column))

    def show_rows(self, rows: Sequence[SpeedRow]) -> None:
        """Every precision there is, with what is proposed ticked."""
        self.rows = rows
        for number, row in enumerate(rows):
            line = _Line(
                QCheckBox(), SpeedBar(self._theme), tuple(QLabel() for _ in range(_FIGURES))
            )
            line.tick.setChecked(row.is_proposed)
            line.tick.setEnabled(row.wish is not None)
            line.tick.toggled.connect(self.ticked)
            self.lines.append(line)
            for column, widget in enumerate((line.tick, line.bar, *line.figures)):
                self._grid.addWidget(widget, number + 1, column, _alignment(column))
                widget.show()  # else it counts for the height only from the event loop on
        self.retranslate()

    def show_measuring(self, row: SpeedRow | None) -> None:
        """A precision is being measured now; None: none is."""
        self._measuring = row.key if row is not None else None
        self.retranslate()

    def update_row(self, row: SpeedRow) -> None:
        """A precision has other figures now."""
        self.rows = [row if one.key == row.key else one for one in self.rows]
        self._failed.discard(row.key)
        self.retranslate()

    def show_failed(self, row: SpeedRow) -> None:
        """A precision could not be measured; what was measured before stays."""
        self._failed.add(row.key)
        self.retranslate()

    @property
    def chosen(self) -> list[SpeedRow]:
        """The ticked precisions."""
        return [
            row for row, line in zip(self.rows, self.lines, strict=True) if line.tick.isChecked()
        ]

    def untick(self, row: SpeedRow) -> None:
        """A precision is done."""
        for one, line in zip(self.rows, self.lines, strict=True):
            if one.key == row.key:
                line.tick.setChecked(False)

    def lock(self, *, locked: bool) -> None:
        """What is being measured cannot be chosen anew."""
        for row, line in zip(self.rows, self.lines, strict=True):
            line.tick.setEnabled(not locked and row.wish is not None)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        decoding = self.tr("Decoding")
        if (tokens := speed_texts.usual_context(self.rows)) is not None:
            decoding = self.tr("Decoding after {count} tokens").format(count=tokens)
        texts = (
            self.tr("Precision"),
            decoding,
            self.tr("Reading the prompt"),
            self.tr("Loading"),
            self.tr("Peak memory"),
        )
        for header, text in zip(self._headers, texts, strict=True):
            header.setText(text)
        for row, line in zip(self.rows, self.lines, strict=True):
            self._name(row, line)
            self._fill(row, line)

    def _name(self, row: SpeedRow, line: _Line) -> None:
        name = speed_texts.title(row)
        metrics = line.tick.fontMetrics()
        line.tick.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH))
        line.tick.setAccessibleName(name)
        line.tick.setAccessibleDescription(speed_texts.all_figures(row))
        if row.wish is None:
            name = f"{name}\n{self.tr('Measured before; it does not run now.')}"
        line.tick.setToolTip(as_tooltip(name))

    def _fill(self, row: SpeedRow, line: _Line) -> None:
        found = row.benchmark
        if row.key == self._measuring:
            line.bar.show_words(self.tr("is being measured…"))
        elif row.key in self._failed:
            line.bar.show_words(self.tr("could not be measured"), is_trouble=True)
        elif found is None or found.usual_decode is None:
            line.bar.show_words(speed_texts.not_measured())
        else:
            every = [one.benchmark for one in self.rows if one.benchmark is not None]
            fastest = max(b.usual_decode.tokens_per_second for b in every if b.usual_decode)
            share = found.usual_decode.tokens_per_second / fastest
            widths = (
                line.bar.fontMetrics().horizontalAdvance(speed_texts.decode(b)) for b in every
            )
            line.bar.show_speed(speed_texts.decode(found), share, max(widths))
            line.bar.setToolTip(as_tooltip(speed_texts.bandwidth(found)))
        texts = ("",) * _FIGURES
        if found is not None:
            texts = (
                speed_texts.prefill(found),
                speed_texts.loading(found),
                speed_texts.memory(found),
            )
        for figure, text in zip(line.figures, texts, strict=True):
            figure.setText(text)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag(0)
    return side | Qt.AlignmentFlag.AlignVCenter
