"""Measuring how fast the precisions are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from backends.events import BenchmarkProgress, BenchmarkStep
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.job_source import Job, JobEvent
from baichuan_desktop.services.measuring.progress import MeasureProgress, speed_steps
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.services.measuring.speed import PrecisionMeasured, SpeedJob
from baichuan_desktop.services.precisions.measurements import NOTICEABLE_CORES, Benchmark
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.look.numbers import speed_text
from baichuan_desktop.ui.measuring.kind import FIGURES, MeasureKind, wishes
from baichuan_desktop.ui.models import model_texts

_GB = 10**9


class SpeedKind(MeasureKind):
    """The bars show decoding; beside them stand prefill, load time and peak memory."""

    def title(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("SpeedKind", "Measure speed")

    def heading(self, model: InstalledModel) -> str:
        """See MeasureKind."""
        text = QCoreApplication.translate("SpeedKind", "Speed on this machine: {name}")
        return text.format(name=model_texts.name(model))

    def explanation(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate(
            "SpeedKind",
            "Each ticked precision is loaded and measured in a process of its own, one after "
            "the other. What else runs meanwhile, the chat too, makes it look slower.",
        )

    def button(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("SpeedKind", "Measure")

    def summary(self, percent: int) -> str:
        """See MeasureKind."""
        text = QCoreApplication.translate("SpeedKind", "Measuring speed: {percent} %")
        return text.format(percent=percent)

    def busy(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("SpeedKind", "is being measured…")

    def failed(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("SpeedKind", "could not be measured")

    def nothing(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        del row
        return QCoreApplication.translate("SpeedKind", "not measured yet")

    def headers(self, rows: Sequence[MeasuredRow]) -> Sequence[str]:
        """See MeasureKind."""
        found = (row.benchmark.usual_decode for row in rows if row.benchmark is not None)
        usual = next((decode for decode in found if decode is not None), None)
        decoding = QCoreApplication.translate("SpeedKind", "Decoding")
        if usual is not None:
            decoding = QCoreApplication.translate("SpeedKind", "Decoding after {count} tokens")
            decoding = decoding.format(count=usual.context_tokens)
        return (
            QCoreApplication.translate("SpeedKind", "Precision"),
            decoding,
            QCoreApplication.translate("SpeedKind", "Reading the prompt"),
            QCoreApplication.translate("SpeedKind", "Loading"),
            QCoreApplication.translate("SpeedKind", "Peak memory"),
        )

    def has_figures(self, row: MeasuredRow) -> bool:
        """See MeasureKind."""
        return row.benchmark is not None

    def bar(self, row: MeasuredRow) -> tuple[str, float] | None:
        """See MeasureKind."""
        usual = row.benchmark.usual_decode if row.benchmark is not None else None
        if usual is None:
            return None
        return speed_text(usual.tokens_per_second), usual.tokens_per_second

    def full(self, values: Iterable[float]) -> float:
        """See MeasureKind."""
        return max(values)

    def figures(self, row: MeasuredRow) -> Sequence[str]:
        """See MeasureKind."""
        found = row.benchmark
        if found is None:
            return ("",) * FIGURES
        usual = found.usual_prefill
        prefill = speed_text(usual.tokens_per_second) if usual is not None else ""
        seconds = (
            f"{found.load_seconds:.1f}"
            if found.load_seconds < 100
            else (f"{found.load_seconds:.0f}")
        )
        loading = QCoreApplication.translate("SpeedKind", "{count} s").format(count=seconds)
        return prefill, loading, size_text(found.peak_bytes)

    def spoken(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        bar = self.bar(row)
        if bar is None:
            return self.nothing(row)
        text = QCoreApplication.translate(
            "SpeedKind",
            "{decode} decoding, {prefill} reading the prompt, loaded in {load}, at most {memory}",
        )
        prefill, loading, memory = self.figures(row)
        return text.format(decode=bar[0], prefill=prefill, load=loading, memory=memory)

    def tooltip(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        return _bandwidth(row.benchmark) if row.benchmark is not None else ""

    def ordered(self, chosen: Sequence[MeasuredRow]) -> list[MeasuredRow]:
        """See MeasureKind."""
        return list(chosen)

    def job(self, model: InstalledModel, rows: Sequence[MeasuredRow], text: Path | None) -> Job:
        """See MeasureKind."""
        del text
        return SpeedJob(model, wishes(rows))

    def progress(self) -> MeasureProgress:
        """See MeasureKind."""
        return MeasureProgress(speed_steps())

    def measured(self, row: MeasuredRow, event: JobEvent) -> MeasuredRow | None:
        """See MeasureKind."""
        if not isinstance(event, PrecisionMeasured):
            return None
        return replace(row, benchmark=event.benchmark)

    def note(self, row: MeasuredRow, event: JobEvent) -> str:
        """See MeasureKind."""
        del event
        cores = row.benchmark.neighbour_cores if row.benchmark is not None else 0.0
        if cores <= NOTICEABLE_CORES:
            return ""
        text = QCoreApplication.translate(
            "SpeedKind", "{name}: other programs kept up to {cores} cores busy meanwhile."
        )
        return text.format(name=row.label, cores=f"{cores:.1f}")

    def doing(self, event: JobEvent) -> str:
        """See MeasureKind."""
        match event:
            case BenchmarkProgress(BenchmarkStep.DECODE, tokens):
                what = QCoreApplication.translate("SpeedKind", "decoding after {count} tokens")
            case BenchmarkProgress(_, tokens):
                what = QCoreApplication.translate("SpeedKind", "reading {count} tokens")
            case _:
                return ""
        return what.format(count=tokens)


def _bandwidth(benchmark: Benchmark) -> str:
    """What a token reads, and how near that comes to what the device can; may be empty."""
    usual = benchmark.usual_decode
    if usual is None or usual.bandwidth_share is None:
        return ""
    text = QCoreApplication.translate(
        "SpeedKind",
        "A token reads {size} GB: {percent} % of the bandwidth at which {device} reads.",
    )
    return text.format(
        size=f"{usual.bytes_per_token / _GB:.2f}",
        percent=round(100 * usual.bandwidth_share),
        device=benchmark.device_name,
    )
