"""What is said of a model's speed and of its measurement."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from backends.errors import UserFacingError
from backends.events import BenchmarkProgress, LoadProgress
from baichuan_desktop.services.job_engine import PrecisionBegun
from baichuan_desktop.services.jobs import JobEvent
from baichuan_desktop.services.measurements import Benchmark
from baichuan_desktop.services.precision_choice import label
from baichuan_desktop.services.speed_rows import SpeedRow

from . import error_texts, precision_texts
from .answer_notes import speed_text

_GB = 10**9
#: Others that keep so many cores busy are worth a line.
_NOTICEABLE_CORES = 0.2


def title(row: SpeedRow) -> str:
    """Precision and device."""
    return f"{row.label} · {precision_texts.device(row.device, row.device_name)}"


def usual_context(rows: Sequence[SpeedRow]) -> int | None:
    """The tokens after which decoding is compared; None where nothing was measured."""
    found = (row.benchmark.usual_decode for row in rows if row.benchmark is not None)
    return next((usual.context_tokens for usual in found if usual is not None), None)


def decode(benchmark: Benchmark) -> str:
    """The figure that the bars compare."""
    usual = benchmark.usual_decode
    return speed_text(usual.tokens_per_second) if usual else ""


def prefill(benchmark: Benchmark) -> str:
    """How fast a prompt is read."""
    usual = benchmark.usual_prefill
    return speed_text(usual.tokens_per_second) if usual else ""


def loading(benchmark: Benchmark) -> str:
    """How long loading took."""
    seconds = benchmark.load_seconds
    shown = f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"
    return QCoreApplication.translate("SpeedTexts", "{count} s").format(count=shown)


def memory(benchmark: Benchmark) -> str:
    """The most that was used."""
    return precision_texts.gib(benchmark.peak_bytes)


def all_figures(row: SpeedRow) -> str:
    """A row in one sentence, for who does not see the chart."""
    found = row.benchmark
    if found is None:
        return not_measured()
    text = QCoreApplication.translate(
        "SpeedTexts",
        "{decode} decoding, {prefill} reading the prompt, loaded in {load}, at most {memory}",
    )
    return text.format(
        decode=decode(found), prefill=prefill(found), load=loading(found), memory=memory(found)
    )


def bandwidth(benchmark: Benchmark) -> str:
    """What a token reads, and how near that comes to what the device can; may be empty."""
    usual = benchmark.usual_decode
    if usual is None or usual.bandwidth_share is None:
        return ""
    text = QCoreApplication.translate(
        "SpeedTexts",
        "A token reads {size} GB: {percent} % of the bandwidth at which {device} reads.",
    )
    return text.format(
        size=f"{usual.bytes_per_token / _GB:.2f}",
        percent=round(100 * usual.bandwidth_share),
        device=benchmark.device,
    )


def failure(row: SpeedRow, error: UserFacingError) -> str:
    """Why a precision could not be measured."""
    text = QCoreApplication.translate("SpeedTexts", "{precision}: {sentence}")
    return text.format(precision=title(row), sentence=error_texts.message(error))


def neighbours(cores: float) -> str:
    """That other programs disturbed the measurement; empty where they did not."""
    if cores <= _NOTICEABLE_CORES:
        return ""
    text = QCoreApplication.translate(
        "SpeedTexts", "Other programs kept up to {cores} cores busy meanwhile."
    )
    return text.format(cores=f"{cores:.1f}")


def not_measured() -> str:
    """Where a figure would stand."""
    return QCoreApplication.translate("SpeedTexts", "not measured yet")


def step(begun: PrecisionBegun, event: JobEvent) -> str:
    """What is being done now."""
    match event:
        case LoadProgress(done, total):
            what = QCoreApplication.translate("SpeedTexts", "loading, {percent} %")
            what = what.format(percent=100 * done // max(total, 1))
        case BenchmarkProgress("decode", tokens):
            what = QCoreApplication.translate("SpeedTexts", "decoding after {count} tokens")
            what = what.format(count=tokens)
        case BenchmarkProgress(_, tokens):
            what = QCoreApplication.translate("SpeedTexts", "reading {count} tokens")
            what = what.format(count=tokens)
        case _:
            what = QCoreApplication.translate("SpeedTexts", "starting")
    text = QCoreApplication.translate("SpeedTexts", "{precision} ({number} of {count}): {what}")
    return text.format(
        precision=label(begun.precision), number=begun.number, count=begun.count, what=what
    )
