"""Loads one checkpoint with one backend and measures it; the child process of decode.py.

It is a process of its own so that its peak memory is the model's alone. What it prints is one
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules
from backends.events import Speed
from backends.interface import LayerDevices, Loading, LoadOptions
from backends.measuring import speed
from backends.operating_system import resident_peak
from backends.precision import BackendName, Precision

Result = TypeVar("Result")


def _app_backend(name: BackendName) -> Callable[[Checkpoint, LoadOptions], Loading]:
    """A backend of the app, imported when it is measured."""
    return lambda checkpoint, options: heavy_modules.backend_module(name).load(checkpoint, options)


def _llama_cpp(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """llama.cpp, in the format that is nearest to the precision."""
    from benchmarks.llama_cpp_peer import load

    return load(checkpoint, options)


#: Other programs to compare with: a `load` of the same signature.
PEERS: Final[Mapping[str, Callable[[Checkpoint, LoadOptions], Loading]]] = {
    "llama_cpp": _llama_cpp,
}

#: One line a backend.
BACKENDS: Final[Mapping[str, Callable[[Checkpoint, LoadOptions], Loading]]] = {
    BackendName.TORCH_CPU: _app_backend(BackendName.TORCH_CPU),
    BackendName.ONNX_RUNTIME: _app_backend(BackendName.ONNX_RUNTIME),
    **PEERS,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything about one model in one process."""

    load_seconds: float
    load_peak_rss_bytes: int | None
    peak_rss_bytes: int | None
    prefill_chunk: int
    prefill: Speed
    decode: list[Speed]


def measure(load: Callable[[], Loading], plan: speed.Plan) -> Measured:
    """Load, read the prompt, decode; by the measuring of the app, `backends/measuring/speed.py`."""
    started = time.perf_counter()
    model = _finish(load())
    load_seconds = time.perf_counter() - started
    load_peak = resident_peak()
    with model:
        speeds = _finish(speed.measure(model, plan, threading.Event()))
        assert speeds is not None  # nobody cancels
        return Measured(
            load_seconds,
            load_peak or None,
            resident_peak() or None,
            plan.chunk or model.prefill_chunk,
            speeds.prefill[0],
            list(speeds.decode),
        )


def _finish(job: Generator[object, None, Result]) -> Result:
    """What a generator returns."""
    while True:
        try:
            next(job)
        except StopIteration as finished:
            result: Result = finished.value
            return result


def main() -> None:
    """Measure the checkpoint of the command line; prints JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--precision", type=Precision, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--context-length", type=int, required=True)
    parser.add_argument("--prompt", type=int, required=True)
    parser.add_argument("--new", type=int, required=True)
    parser.add_argument("--at", type=int, action="append", required=True)
    parser.add_argument("--chunk", type=int)
    options = parser.parse_args()

    def load() -> Loading:
        checkpoint = Checkpoint.open(options.folder)
        devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
        how = LoadOptions(options.precision, options.context_length, options.threads, devices)
        return BACKENDS[options.backend](checkpoint, how)

    plan = speed.Plan((options.prompt,), tuple(options.at), options.new, options.chunk)
    print(json.dumps(asdict(measure(load, plan))))


if __name__ == "__main__":
    main()
