"""Long jobs of an engine process: each a generator of events that a cancel ends early."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..adapters.allowed import open_allowed_adapter
from ..adapters.values import Adapter
from ..checkpoint.allowed import open_allowed
from ..checkpoint.folder import Checkpoint
from ..copying.copy_plan import CopyPlan, require_tensors
from ..copying.folder_writer import write_copy
from ..copying.merged_copy import merge_plan
from ..events import BenchmarkReady, CopyReady, EngineEvent
from ..measuring import quality as scoring
from ..measuring.speed import decode_speed, measure, plan_of
from ..phrases import Phrase
from ..policy.site_policy import site_policy
from ..protocol.engine_requests import (
    BenchmarkRequest,
    CopyRequest,
    ExportRequest,
    MergeRequest,
    QualityRequest,
)
from . import heavy_modules
from .engine import Engine
from .loaded import OpenModel


def until_cancelled(
    events: Generator[EngineEvent, None, None], cancel: threading.Event
) -> Iterator[EngineEvent]:
    """Pass events on until `cancel` is set, then close the generator that makes them."""
    with contextlib.closing(events):
        for event in events:
            yield event
            if cancel.is_set():
                return


def copy(
    request: CopyRequest | ExportRequest | MergeRequest, cancel: threading.Event
) -> Iterator[EngineEvent]:
    """Write a checkpoint anew.

    Raises PolicyError, JobError, CheckpointError, AdapterError, BackendError.
    """
    policy = site_policy()
    checkpoint, _ = open_allowed(Path(request.folder), policy)
    adapter: Adapter | None = None
    notes: Sequence[Phrase] = ()
    if not isinstance(request, CopyRequest) and request.adapter is not None:
        require_tensors(checkpoint)  # an export has none that an adapter could fit
        adapter, notes = open_allowed_adapter(Path(request.adapter), checkpoint, policy)
    plan = replace(_copy_plan(checkpoint, request, adapter), licence=request.licence)
    for event in until_cancelled(write_copy(checkpoint, plan, Path(request.out)), cancel):
        yield replace(event, notes=tuple(notes)) if isinstance(event, CopyReady) else event


def _copy_plan(
    checkpoint: Checkpoint,
    request: CopyRequest | ExportRequest | MergeRequest,
    adapter: Adapter | None,
) -> CopyPlan:
    match request:
        case CopyRequest(fold_head=True):
            return heavy_modules.folded_plan(checkpoint)
        case CopyRequest():
            return heavy_modules.copy_plan(checkpoint, request.precision)
        case ExportRequest():
            return heavy_modules.export_plan(checkpoint, request, adapter)
    assert adapter is not None  # the request has one
    return merge_plan(checkpoint, adapter, request.precision)


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
