"""Measures how fast a model is at several precisions, each in an engine process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backends.errors import UserFacingError
from backends.events import BenchmarkReady, ModelReady
from backends.phrases import Phrase
from backends.protocol.engine_requests import BenchmarkRequest
from baichuan_desktop.services.engines.one_shot import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.engines.port import ClientEvent, RunRequest
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.precisions_meter import PrecisionsMeter, speed_steps
from baichuan_desktop.services.precisions.measurements import (
    Benchmark,
    DecodeFigure,
    Measurements,
    PrefillFigure,
)
from baichuan_desktop.services.precisions.wish import LoadWish

WORDS = JobWords(Phrase("Measure speed"), Phrase("Measuring speed"))


@dataclass(frozen=True, slots=True)
class SpeedMeasurement:
    """What to measure: a model, as it is loaded by each of these wishes."""

    model: InstalledModel
    wishes: Sequence[LoadWish]  #: their context lengths are made as long as it takes


@dataclass(frozen=True, slots=True)
class PrecisionMeasured:
    """One precision is measured, and remembered."""

    ready: ModelReady
    benchmark: Benchmark
    skipped_prompts: tuple[int, ...]  #: longer than the model's context
    skipped_contexts: tuple[int, ...]


BenchmarkEvent = PrecisionBegun | ClientEvent | PrecisionMeasured | PrecisionFailed


def benchmark(
    what: SpeedMeasurement, measurements: Measurements, run: RunRequest, cancel: threading.Event
) -> Iterator[BenchmarkEvent]:
    """Measure a model; what is measured is remembered at once, but with an adapter.

    Each precision begins with `PrecisionBegun` and ends with `PrecisionMeasured` or
    `PrecisionFailed`, the events of the engine in between. Setting `cancel` ends the events early.
    """
    for number, wish in enumerate(what.wishes, 1):
        yield PrecisionBegun(wish.precision, number, len(what.wishes))
        request = BenchmarkRequest(wish.request(what.model, measurements))
        ready: ModelReady | None = None
        try:
            for event in run(request, cancel):
                yield event
                if isinstance(event, ModelReady):
                    ready = event
                elif isinstance(event, BenchmarkReady):
                    assert ready is not None  # the engine loads first
                    measured = _measured(ready, event)
                    if wish.adapter is None:  # how fast the model is by itself
                        measurements.benchmarked(ready, measured.benchmark)
                    yield measured
        except UserFacingError as error:
            if not cancel.is_set():  # Ctrl+C may also end an engine that is just starting
                yield PrecisionFailed(wish.precision, error)
        if cancel.is_set():
            return


def speed_job(
    model: InstalledModel,
    wishes: Sequence[LoadWish],
    measurements: Measurements,
    *,
    needs_room: Callable[[ModelReady | None], bool] | None = None,
) -> Job:
    """Measures a model as each of these wishes loads it; its events are those of `benchmark`.

    Where none of them can be measured, it fails with what was said of the last.
    """

    def steps(run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        measured = 0
        refusal: UserFacingError | None = None
        what = SpeedMeasurement(model, wishes)
        for event in benchmark(what, measurements, run, cancel):
            yield event
            measured += isinstance(event, PrecisionMeasured)
            if isinstance(event, PrecisionFailed):
                refusal = event.error
        if not cancel.is_set():
            if refusal is not None and not measured:
                raise refusal
            said = Phrase(
                "Measured precisions: {done} of {count}", done=measured, count=len(wishes)
            )
            yield JobResult(said, model.shown_name)

    return Job(
        WORDS,
        model.shown_name,
        steps,
        lambda: PrecisionsMeter(speed_steps()),
        needs_room,
    )


def _measured(ready: ModelReady, found: BenchmarkReady) -> PrecisionMeasured:
    speeds = (*found.prefill, *(decoding.speed for decoding in found.decode))
    entry = Benchmark(
        device_name=ready.device_name,
        threads=ready.threads,
        load_seconds=ready.load_seconds,
        peak_bytes=found.peak_bytes,
        prefill=tuple(
            PrefillFigure(tokens=speed.tokens, tokens_per_second=speed.tokens_per_second)
            for speed in found.prefill
        ),
        decode=tuple(
            DecodeFigure(
                context_tokens=decoding.speed.tokens,
                tokens_per_second=decoding.speed.tokens_per_second,
                bytes_per_token=decoding.bytes_per_token,
                bandwidth_share=decoding.bandwidth_share,
            )
            for decoding in found.decode
        ),
        read_bytes_per_second=found.read_bytes_per_second,
        neighbour_cores=max((speed.neighbour_cores for speed in speeds), default=0.0),
    )
    return PrecisionMeasured(ready, entry, found.skipped_prompts, found.skipped_contexts)
