"""How fast a device reads its memory: what decoding is compared with.

A decoded token reads every weight once, in order, and does next to nothing with it. So does the
sum of a large fp32 buffer.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..precision import DeviceKind

#: Far more than any cache, and on a card long enough for its launch not to count.
_BUFFER_BYTES = {DeviceKind.CPU: 2**30, DeviceKind.CUDA: 4 * 2**30}
_ROUNDS = 9
_WARM_ROUNDS = 2  # pages, threads and kernels come into being


@dataclass(frozen=True, slots=True)
class ReadBandwidth:
    """Bytes a second over several rounds. The best counts: other programs can only lower it."""

    best: float
    median: float


def measure(device: str, threads: int, free_bytes: int) -> ReadBandwidth:
    """Measure the memory of a device, with a buffer that takes a quarter of what is free at most.

    Raises RuntimeError if torch cannot use the device.
    """
    torch.set_num_threads(threads)
    nbytes = min(_BUFFER_BYTES[DeviceKind.of(device)], free_bytes // 4)
    with torch.inference_mode():
        buffer = torch.ones(nbytes // 4, device=device)
        times = seconds(lambda: buffer.sum(), device, _ROUNDS)
    return ReadBandwidth(buffer.nbytes / min(times), buffer.nbytes / statistics.median(times))


def seconds(work: Callable[[], object], device: str, rounds: int) -> list[float]:
    """Seconds that `work` took in each of `rounds`; on a card by the card's own clock."""
    for _ in range(_WARM_ROUNDS):
        work()
    if not DeviceKind.of(device).uses_cards:
        return [_wall_seconds(work) for _ in range(rounds)]
    with torch.cuda.device(device):
        events = [torch.cuda.Event(enable_timing=True) for _ in range(rounds + 1)]
        events[0].record()
        for event in events[1:]:
            work()
            event.record()
        torch.cuda.synchronize()
    return [a.elapsed_time(b) / 1000 for a, b in itertools.pairwise(events)]


def _wall_seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
