"""How fast N threads of this machine read memory: what decoding is compared with.

    PYTHONPATH=. python benchmarks/bandwidth.py --threads 2

The yardstick is the app's, `backends/torch_backend/bandwidth.py`. The second figure is torch's
product of one vector with matrices of the same bytes: what its kernel makes of the machine,
without a model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.machine import child_environment, physical_cores

_BUFFER_BYTES: Final = 2**30  # far more than any cache
_ROUNDS: Final = 9
_WIDTH: Final = 2048  # of the matrices: the hidden size of the shape `mid`


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Bytes a second over several rounds. The best counts: other programs can only lower it."""

    threads: int
    read: float  #: best of the rounds
    read_median: float
    product: float  #: best of torch's matrix times vector, fp32
    product_median: float


def measure(threads: int) -> Bandwidth:
    """Measure in this process, which then has torch and its threads."""
    import torch

    from backends.machine import hardware
    from backends.torch_backend import bandwidth

    read = bandwidth.measure("cpu", threads, hardware.detect().free_memory_bytes)
    matrices = torch.ones(_BUFFER_BYTES // 4).view(8, -1, _WIDTH)
    vector = torch.ones(1, 1, _WIDTH)

    def product() -> None:
        for matrix in matrices:
            torch.nn.functional.linear(vector, matrix)

    with torch.inference_mode():
        products = bandwidth.seconds(product, "cpu", _ROUNDS)
    return Bandwidth(
        threads,
        read.best,
        read.median,
        _BUFFER_BYTES / min(products),
        _BUFFER_BYTES / statistics.median(products),
    )


def measure_apart(threads: int) -> Bandwidth:
    """Measure in a process of its own, which takes its threads and memory with it."""
    command = [sys.executable, "-m", "benchmarks.bandwidth", "--json", "--threads", str(threads)]
    result = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=child_environment()
    )
    return Bandwidth(**json.loads(result.stdout))


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.threads)
    if options.json:
        print(json.dumps(asdict(found)))
        return
    print(f"Threads                     {found.threads}")
    print(f"Read, best (median)         {_shown(found.read, found.read_median)}")
    print(f"Matrix x vector, fp32       {_shown(found.product, found.product_median)}")


def _shown(best: float, median: float) -> str:
    return f"{best / 1e9:.1f} GB/s ({median / 1e9:.1f})"


if __name__ == "__main__":
    main()
