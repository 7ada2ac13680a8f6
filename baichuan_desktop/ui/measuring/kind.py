"""What there is to measure of a model's precisions: the parts that differ, for one dialog."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from backends.events import LoadProgress
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.job_source import Job, JobEvent
from baichuan_desktop.services.measuring.progress import MeasureProgress
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.models import precision_texts

FIGURES = 3  #: beside a bar


def title(row: MeasuredRow) -> str:
    """Precision and device."""
    return f"{row.label} · {precision_texts.device(row.device_kind, row.device_name)}"


class MeasureKind(ABC):
    """A measurement of each precision, one after the other, each in an engine of its own."""

    needs_text = False  #: the person chooses a text for it

    @abstractmethod
    def title(self) -> str:
        """Of the dialog."""

    @abstractmethod
    def heading(self, model: InstalledModel) -> str:
        """What is measured, and of which model."""

    @abstractmethod
    def explanation(self) -> str:
        """How it is measured, in a sentence or two."""

    @abstractmethod
    def button(self) -> str:
        """What begins it."""

    @abstractmethod
    def summary(self, percent: int) -> str:
        """What the status bar says while it runs."""

    @abstractmethod
    def busy(self) -> str:
        """In place of a bar while a precision is measured."""

    @abstractmethod
    def failed(self) -> str:
        """In place of a bar where a precision could not be measured."""

    @abstractmethod
    def nothing(self, row: MeasuredRow) -> str:
        """In place of a bar where there is no figure."""

    @abstractmethod
    def headers(self, rows: Sequence[MeasuredRow]) -> Sequence[str]:
        """Over the precisions, the bars and the figures."""

    @abstractmethod
    def has_figures(self, row: MeasuredRow) -> bool:
        """Whether it was measured."""

    @abstractmethod
    def bar(self, row: MeasuredRow) -> tuple[str, float] | None:
        """The figure that the bars compare, as text and as number."""

    @abstractmethod
    def full(self, values: Iterable[float]) -> float:
        """The number of the longest bar there can be, above 0."""

    @abstractmethod
    def figures(self, row: MeasuredRow) -> Sequence[str]:
        """The figures beside the bar; empty texts where there are none."""

    @abstractmethod
    def spoken(self, row: MeasuredRow) -> str:
        """A row in one sentence, for who does not see the chart."""

    @abstractmethod
    def tooltip(self, row: MeasuredRow) -> str:
        """More about the bar; may be empty."""

    def proposes(self, row: MeasuredRow) -> bool:
        """Whether it is ticked at first: worth measuring, and not measured yet."""
        return row.wish is not None and not row.is_slow and not self.has_figures(row)

    def is_fixed(self, row: MeasuredRow) -> bool:
        """Whether it is measured whatever is ticked."""
        del row
        return False

    def can_begin(self, chosen: Sequence[MeasuredRow]) -> bool:
        """Whether there is something to measure."""
        return bool(chosen)

    @abstractmethod
    def ordered(self, chosen: Sequence[MeasuredRow]) -> list[MeasuredRow]:
        """The precisions in the order in which they are measured."""

    @abstractmethod
    def job(self, model: InstalledModel, rows: Sequence[MeasuredRow], text: Path | None) -> Job:
        """What measures these rows."""

    @abstractmethod
    def progress(self) -> MeasureProgress:
        """Reads how far it is."""

    @abstractmethod
    def measured(self, row: MeasuredRow, event: JobEvent) -> MeasuredRow | None:
        """The row with what an event found; None where it found nothing."""

    @abstractmethod
    def note(self, row: MeasuredRow, event: JobEvent) -> str:
        """What is to be said of a result; may be empty."""

    @abstractmethod
    def doing(self, event: JobEvent) -> str:
        """What the engine does with a loaded model; empty for other events."""

    def step(self, begun: PrecisionBegun, event: JobEvent) -> str:
        """What is being done now."""
        if isinstance(event, LoadProgress):
            what = QCoreApplication.translate("MeasureKind", "loading, {percent} %")
            what = what.format(percent=100 * event.done_bytes // max(event.total_bytes, 1))
        else:
            what = self.doing(event) or QCoreApplication.translate("MeasureKind", "starting")
        assert begun.precision is not None, "each row names its own"
        text = QCoreApplication.translate(
            "MeasureKind", "{precision} ({number} of {count}): {what}"
        )
        return text.format(
            precision=begun.precision.label, number=begun.number, count=begun.count, what=what
        )


def wishes(rows: Sequence[MeasuredRow]) -> list[LoadWish]:
    """What the rows are loaded by."""
    return [row.wish for row in rows if row.wish is not None]
