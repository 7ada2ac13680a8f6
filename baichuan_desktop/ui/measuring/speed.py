"""Measuring how fast the precisions are: the bars show decoding; beside them stand the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.services.measuring.speed import PrecisionMeasured, speed_job
from baichuan_desktop.services.precisions.measurements import NOTICEABLE_CORES, Benchmark
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.look.numbers import speed_text
from baichuan_desktop.ui.measuring.view import ChartLine, MeasureView, MeasureWords, Measuring

_GB = 10**9


def _words() -> MeasureWords:
    return MeasureWords(
        title=QCoreApplication.translate("SpeedView", "Measure speed"),
        heading=QCoreApplication.translate("SpeedView", "Speed on this machine: {name}"),
        explanation=QCoreApplication.translate(
            "SpeedView",
            "Each ticked precision is loaded and measured in a process of its own, one after "
            "the other. What else runs meanwhile, the chat too, makes it look slower.",
        ),
        button=QCoreApplication.translate("SpeedView", "Measure"),
        busy=QCoreApplication.translate("SpeedView", "is being measured…"),
        failed=QCoreApplication.translate("SpeedView", "could not be measured"),
    )


def _headers(rows: Sequence[MeasuredRow]) -> Sequence[str]:
    found = (row.benchmark.usual_decode for row in rows if row.benchmark is not None)
    usual = next((decode for decode in found if decode is not None), None)
    decoding = QCoreApplication.translate("SpeedView", "Decoding")
    if usual is not None:
        decoding = QCoreApplication.translate("SpeedView", "Decoding after {count} tokens")
        decoding = decoding.format(count=f"{usual.context_tokens:,}")
    return (
        QCoreApplication.translate("SpeedView", "Precision"),
        decoding,
        QCoreApplication.translate("SpeedView", "Reading the prompt"),
        QCoreApplication.translate("SpeedView", "Loading"),
        QCoreApplication.translate("SpeedView", "Peak memory"),
    )


def _line(row: MeasuredRow) -> ChartLine:
    nothing = QCoreApplication.translate("SpeedView", "not measured yet")
    if row.benchmark is None:
        return ChartLine(None, nothing, spoken=nothing)
    figures, tooltip = _figures(row.benchmark), _bandwidth(row.benchmark)
    usual = row.benchmark.usual_decode
    if usual is None:
        return ChartLine(None, nothing, figures, nothing, tooltip)
    decoding = speed_text(usual.tokens_per_second)
    spoken = QCoreApplication.translate(
        "SpeedView",
        "{decode} decoding, {prefill} reading the prompt, loaded in {load}, at most {memory}",
    )
    prefill, loading, memory = figures
    spoken = spoken.format(decode=decoding, prefill=prefill, load=loading, memory=memory)
    return ChartLine((decoding, usual.tokens_per_second), nothing, figures, spoken, tooltip)


def _figures(found: Benchmark) -> Sequence[str]:
    usual = found.usual_prefill
    prefill = speed_text(usual.tokens_per_second) if usual is not None else ""
    digits = 1 if found.load_seconds < 100 else 0
    loading = QCoreApplication.translate("SpeedView", "{count} s")
    return (
        prefill,
        loading.format(count=f"{found.load_seconds:.{digits}f}"),
        size_text(found.peak_bytes),
    )


def _bandwidth(benchmark: Benchmark) -> str:
    """What a token reads, and how near that comes to what the device can; may be empty."""
    usual = benchmark.usual_decode
    if usual is None or usual.bandwidth_share is None:
        return ""
    text = QCoreApplication.translate(
        "SpeedView",
        "A token reads {size} GB: {percent} % of the bandwidth at which {device} reads.",
    )
    return text.format(
        size=f"{usual.bytes_per_token / _GB:.2f}",
        percent=round(100 * usual.bandwidth_share),
        device=benchmark.device_name,
    )


def _found(row: MeasuredRow, event: object) -> tuple[MeasuredRow, Callable[[], str]] | None:
    if not isinstance(event, PrecisionMeasured):
        return None
    benchmark = event.benchmark
    return replace(row, benchmark=benchmark), lambda: _note(row, benchmark)


def _note(row: MeasuredRow, benchmark: Benchmark) -> str:
    if benchmark.neighbour_cores <= NOTICEABLE_CORES:
        return ""
    text = QCoreApplication.translate(
        "SpeedView", "{name}: other programs kept up to {cores} cores busy meanwhile."
    )
    return text.format(name=row.label, cores=f"{benchmark.neighbour_cores:.1f}")


def _job(asked: Measuring) -> Job:
    measurements = asked.services.precisions.measurements
    return speed_job(asked.model, asked.wishes, measurements, needs_room=asked.needs_room)


SPEED = MeasureView(_words, _headers, _line, lambda row: row.benchmark is not None, _found, _job)
