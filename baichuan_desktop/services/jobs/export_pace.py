"""How long an export for ONNX Runtime computes on this machine, from a short trial."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from backends.precision import ONNX_BLOCK

_BYTES = 16 * 2**20
_ROWS, _COLUMNS = 512, 4096
_ROUNDS = 2  # the better of them: the first finds caches cold


@dataclass(frozen=True, slots=True)
class ExportPace:
    """Seconds of the processor for a byte or a weight."""

    hash_seconds: float  #: a byte: sources and copy are hashed
    convert_seconds: float  #: a weight, to another type
    quantize_seconds: float  #: a weight, in blocks

    @classmethod
    def measured(cls) -> ExportPace:
        """Try each step on a few megabytes."""
        import numpy as np  # not before: few who can ask for an export do

        from backends.onnx_backend.quantize import quantize_rows

        data = bytes(_BYTES)
        stored = np.zeros((_ROWS, _COLUMNS), np.uint16)
        weights = np.ones((_ROWS, _COLUMNS), np.float32)
        return cls(
            _best(lambda: hashlib.sha256(data)) / _BYTES,
            _best(lambda: stored.astype(np.uint32) << np.uint32(16)) / weights.size,
            _best(lambda: quantize_rows(weights, bits=4, block_size=ONNX_BLOCK, symmetric=False))
            / weights.size,
        )

    def seconds(
        self, source_bytes: int, weights: int, export_bytes: int, *, is_quantized: bool
    ) -> float:
        """What an export of so many weights computes; reading and writing are not in it."""
        each = self.convert_seconds + (self.quantize_seconds if is_quantized else 0.0)
        return (source_bytes + export_bytes) * self.hash_seconds + weights * each


def _best(step: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return min(times)
