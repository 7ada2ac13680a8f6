"""From a request to what is done: the one place where kinds of requests are told apart.

    engine = Engine()
    for event in run_request(engine, LoadRequest("/models/Baichuan2-7B-Chat"), cancel):
        ...

The terminal runs requests in its own process; the window runs them behind `process`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ..adapters.allowed import require_allowed_adapter
from ..checkpoint.allowed import require_allowed
from ..errors import InsufficientMemoryError
from ..events import EngineEvent
from ..machine import hardware
from ..policy.decisions import require_precision
from ..policy.site_policy import site_policy
from ..protocol.engine_requests import (
    AdapterRequest,
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    CopyRequest,
    DescribePromptRequest,
    ExportRequest,
    LoadRequest,
    MergeRequest,
    ProductsRequest,
    QualityRequest,
    Request,
    UnloadRequest,
)
from . import jobs
from .engine import Engine
from .load_plan import try_products


def run_request(engine: Engine, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
    """Carry out a request; yields its events. Raises UserFacingError.

    The policy of this machine is asked for each one. Setting `cancel` ends it early: an answer with
    `Finished`, anything else without a result.
    """
    _require_allowed(engine, request)
    try:
        yield from _events(engine, request, cancel)
    except InsufficientMemoryError:
        raise
    except Exception as error:
        # Anything may be where it runs out, and be told as a file that cannot be read.
        if not hardware.ran_out_of_memory(error):
            raise
        raise hardware.out_of_memory() from error


def _require_allowed(engine: Engine, request: Request) -> None:
    """Raise PolicyError for what the policy forbids now, whatever it said before.

    Which folders and models are allowed, is asked where one is opened; of one that is loaded, here.
    """
    match request:
        case LoadRequest() | CopyRequest() | ExportRequest() | MergeRequest():
            require_precision(site_policy(), request.precision)
        case BenchmarkRequest() | QualityRequest():
            require_precision(site_policy(), request.load.precision)
        case ChatRequest() | CompleteRequest() | DescribePromptRequest() if engine.is_loaded:
            policy, loaded = site_policy(), engine.loaded
            require_precision(policy, loaded.options.precision)
            require_allowed(loaded.checkpoint, policy)
            require_allowed(loaded.weights, policy)
            if loaded.adapter is not None:
                require_allowed_adapter(loaded.adapter.adapter, policy)


def _events(engine: Engine, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
    match request:
        case LoadRequest():
            return jobs.until_cancelled(engine.load(request), cancel)
        case ChatRequest():
            return engine.chat(request, cancel)
        case CompleteRequest():
            return engine.complete(request, cancel)
        case DescribePromptRequest():
            return iter([engine.describe_prompt(request)])
        case UnloadRequest():
            engine.unload()
            return iter(())
        case AdapterRequest():
            return jobs.until_cancelled(engine.use_adapter(request.folder), cancel)
        case CopyRequest() | ExportRequest() | MergeRequest():
            return jobs.copy(request, cancel)
        case BenchmarkRequest():
            return jobs.benchmark(engine, request, cancel)
        case QualityRequest():
            return jobs.quality(engine, request, cancel)
        case ProductsRequest():
            return try_products(engine.detect())
