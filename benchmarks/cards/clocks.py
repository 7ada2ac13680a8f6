"""Clocks for what runs on a card; on a processor the same goes by its own."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Final

import torch

from backends.torch_backend import bandwidth

_ROUNDS: Final = 10


def recorded(work: Callable[[], object], device: str) -> Callable[[], object]:
    """A replay of what `work` launches on a card; `work` itself on a processor."""
    if not device.startswith("cuda"):
        return work
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        work()
    torch.cuda.current_stream(device).wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):  # of this card, whichever is the current one
        work()
    return graph.replay


def seconds(work: Callable[[], object], device: str, rounds: int = _ROUNDS) -> float:
    """Median time of `work` on the device, as the device itself counts it."""
    return statistics.median(bandwidth.seconds(work, device, rounds))


def once(work: Callable[[], object], device: str) -> float:
    """Seconds of `work`, as the host sees it, from an idle device until it is idle again."""
    wait(device)
    started = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - started


def wait(device: str) -> None:
    """Return when the device has done all that it was asked."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
