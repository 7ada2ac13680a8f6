"""Long jobs of an engine process: each a generator of events that a cancel ends early."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from ..checkpoint.allowed import open_allowed
from ..checkpoint.folder import Checkpoint
from ..copying.copy_plan import CopyPlan
from ..copying.folder_writer import write_copy
from ..events import BenchmarkReady, EngineEvent
from ..measuring import quality as scoring
from ..measuring.speed import decode_speed, measure, plan_of
from ..policy.site_policy import site_policy
from ..protocol.engine_requests import (
    BenchmarkRequest,
    CopyRequest,
    ExportRequest,
    QualityRequest,
)
from . import heavy_modules
from .engine import Engine, OpenModel


def until_cancelled(
    events: Generator[EngineEvent, None, None], cancel: threading.Event
) -> Iterator[EngineEvent]:
    """Pass events on until `cancel` is set, then close the generator that makes them."""
    with contextlib.closing(events):
        for event in events:
            yield event
            if cancel.is_set():
                return


def copy(request: CopyRequest | ExportRequest, cancel: threading.Event) -> Iterator[EngineEvent]:
    """Write a checkpoint anew. Raises PolicyError, JobError, CheckpointError, BackendError."""
    checkpoint, _ = open_allowed(Path(request.folder), site_policy())
    plan = replace(_copy_plan(checkpoint, request), licence=request.licence)
    yield from until_cancelled(write_copy(checkpoint, plan, Path(request.out)), cancel)


def _copy_plan(checkpoint: Checkpoint, request: CopyRequest | ExportRequest) -> CopyPlan:
    if isinstance(request, ExportRequest):
        return heavy_modules.export_plan(checkpoint, request)
    if request.fold_head:
        return heavy_modules.folded_plan(checkpoint)
    return heavy_modules.copy_plan(checkpoint, request.precision)


def benchmark(
    engine: Engine, request: BenchmarkRequest, cancel: threading.Event
) -> Iterator[EngineEvent]:
    """Load a model, measure its speed, and unload it. Raises what loading raises."""
    opened = OpenModel.of(request.load.folder)
    asked = plan_of(request)
    plan = asked.within(opened.checkpoint.config.context_length)
    load = replace(request.load, context_length=plan.context_length)
    yield from until_cancelled(engine.load(load, opened), cancel)
    if cancel.is_set():
        return
    loaded = engine.loaded
    speeds = yield from measure(loaded.model, plan, cancel, pieces=loaded.tokenizer.vocab_size)
    if speeds is None:
        return
    peak_bytes = loaded.model.peak_bytes()
    engine.unload()  # the buffer that is read to measure the bandwidth needs room
    bandwidth = None
    options = loaded.options
    if options.devices.single:
        free = engine.detect().free_memory_bytes
        bandwidth = heavy_modules.read_bandwidth(options.devices.last, options.threads, free)
    yield BenchmarkReady(
        prefill=speeds.prefill,
        decode=tuple(
            decode_speed(
                speed,
                plan,
                loaded.weights,
                options.precision,
                bandwidth,
                head_in_8_bits=options.head_in_8_bits,
            )
            for speed in speeds.decode
        ),
        skipped_prompts=tuple(n for n in asked.prompts if n not in plan.prompts),
        skipped_contexts=tuple(n for n in asked.contexts if n not in plan.contexts),
        peak_bytes=peak_bytes,
        read_bytes_per_second=bandwidth,
    )


def quality(
    engine: Engine, request: QualityRequest, cancel: threading.Event
) -> Iterator[EngineEvent]:
    """Load a model, score texts with it, and unload it. Raises QualityError, GenerationError."""
    opened = OpenModel.of(request.load.folder)
    length = min(scoring.WINDOW, opened.checkpoint.config.context_length)
    windows = scoring.cut_windows(  # before minutes of loading: it may be too short
        request.texts,
        opened.tokenizer,
        length=length,
        max_tokens=request.max_tokens,
        name=request.name,
    )
    load = replace(request.load, context_length=length, scores_every_token=True)
    yield from until_cancelled(engine.load(load, opened), cancel)
    if cancel.is_set():
        return
    result = yield from scoring.score(
        engine.loaded.model,
        windows,
        Path(request.reference_file),
        token_ids=opened.tokenizer.token_ids(),
        is_reference=request.is_reference,
        cancel=cancel,
    )
    engine.unload()
    if result is not None:
        yield result
