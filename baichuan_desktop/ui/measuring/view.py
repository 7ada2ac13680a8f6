"""How a measurement of a model's precisions is shown: its words, and the lines of its chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.events import ModelReady
from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.rows import MeasuredRow, room_decision
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.models import precision_texts

FIGURES = 3  #: beside a bar


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """What the dialog and its chart say, in the language of the window."""

    title: str
    heading: str  #: with a place for the “{name}” of the model
    explanation: str  #: how it is measured, in a sentence or two
    button: str  #: what begins it
    busy: str  #: in place of a bar while a precision is measured
    failed: str  #: in place of a bar where a precision could not be measured


@dataclass(frozen=True, slots=True)
class ChartLine:
    """What is shown of one precision."""

    bar: tuple[str, float] | None  #: the figure that the bars compare, as text and as number
    nothing: str = ""  #: in place of a bar where there is no figure
    figures: Sequence[str] = ("",) * FIGURES
    spoken: str = ""  #: in one sentence, for who does not see the chart
    tooltip: str = ""  #: more about the bar


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measurement of each precision, one after the other, as the dialog shows it."""

    words: Callable[[], MeasureWords]
    headers: Callable[[Sequence[MeasuredRow]], Sequence[str]]  #: precisions, bars, figures
    line: Callable[[MeasuredRow], ChartLine]
    has_figures: Callable[[MeasuredRow], bool]
    #: The row with what an event found, and what is to be said of it; None for other events.
    found: Callable[[MeasuredRow, object], tuple[MeasuredRow, Callable[[], str]] | None]
    job: Callable[[Measuring], Job]
    full: float | None = None  #: the number of the longest bar there can be; None: the largest
    is_comparison: bool = False  #: the reference is measured whatever is ticked, on a text

    def is_fixed(self, row: MeasuredRow) -> bool:
        """Whether a precision is measured whatever is ticked."""
        return self.is_comparison and row.is_reference

    def proposes(self, row: MeasuredRow) -> bool:
        """Whether it is ticked at first: worth measuring, and not measured yet."""
        is_new = row.wish is not None and not row.is_slow and not self.has_figures(row)
        return is_new and (row.is_coarser or not self.is_comparison)

    def can_begin(self, chosen: Sequence[MeasuredRow]) -> bool:
        """Whether there is something to measure."""
        return any(not self.is_fixed(row) for row in chosen)

    def ordered(self, chosen: Sequence[MeasuredRow]) -> list[MeasuredRow]:
        """The precisions in the order in which they are measured, the reference first."""
        return sorted(chosen, key=lambda row: not self.is_fixed(row))


@dataclass(frozen=True, slots=True)
class Measuring:
    """What a person asked to have measured."""

    services: AppServices
    model: InstalledModel
    rows: Sequence[MeasuredRow]  #: in the order in which they are measured
    text: Path | None  #: None: the sample of the app

    @property
    def wishes(self) -> list[LoadWish]:
        """What the rows are loaded by."""
        return [row.wish for row in self.rows if row.wish is not None]

    @property
    def needs_room(self) -> Callable[[ModelReady | None], bool]:
        """Decides whether the chat's model has to be unloaded for it, when it begins."""
        return room_decision(self.rows, self.services.precisions)


def title(row: MeasuredRow) -> str:
    """Precision and device."""
    return f"{row.label} · {precision_texts.device(row.device_kind, row.device_name)}"
