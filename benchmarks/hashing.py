"""How fast verifying reads a file that is not in the system's cache, and what hashing costs.

    PYTHONPATH=. python benchmarks/hashing.py

Reading is compared with `cat FILE > /dev/null`, the processor's time with `openssl dgst -sha256`,
each in turn. A file is taken out of the cache by `posix_fadvise`, which needs no rights.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from backends.files.tensor_files import TensorRecord
from baichuan_desktop.services.library.integrity.folder_files import FolderFile, files_of
from baichuan_desktop.services.library.integrity.reading import FileReading, weight_records
from benchmarks import machine

_MIB: Final = 2**20
_COLUMNS: Final = 4096
#: What is promised: the share of cat's speed, and the times of openssl's processor time.
_LEAST_SPEED, _MOST_CPU = 0.9, 1.2


def main() -> int:
    """Measure and print; 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512, help="size of the file")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="on the drive to measure; default: temporary")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        report = measure(Path(scratch), options.mib, options.rounds)
    print(json.dumps(report | {"machine": machine.facts()}) if options.json else _table(report))
    is_kept = report["cold_speed_ratio"] >= _LEAST_SPEED and report["hash_cpu_ratio"] <= _MOST_CPU
    return 0 if is_kept else 1


def measure(folder: Path, mib: int, rounds: int) -> dict[str, Any]:
    """Medians of `rounds` rounds, each of which does every thing once."""
    file = folder / "model.safetensors"
    write_weights(file, mib)
    one = files_of(folder)[file.name]
    records = weight_records(folder, file.name)
    cat: list[float] = []
    cold: list[float] = []
    openssl: list[float] = []
    hashing: list[float] = []
    verifying: list[float] = []
    for number in range(rounds):
        pairs = [(cat, lambda: _cat(file)), (cold, lambda: _read(one, records))]
        for seconds, work in pairs[:: 1 if number % 2 else -1]:  # neither is always the first
            drop_from_cache(file)
            seconds.append(_seconds(work))
        _cat(file)  # which brings it in again
        openssl.append(_child_cpu(["openssl", "dgst", "-sha256", str(file)]))
        hashing.append(_own_cpu(lambda: _read(one, ())))
        verifying.append(_own_cpu(lambda: _read(one, records)))
    return {
        "mib": mib,
        "rounds": rounds,
        "cat_mib_per_second": mib / statistics.median(cat),
        "verify_mib_per_second": mib / statistics.median(cold),
        "cold_speed_ratio": statistics.median(cat) / statistics.median(cold),
        "openssl_cpu_seconds": statistics.median(openssl),
        "hash_cpu_seconds": statistics.median(hashing),
        "hash_cpu_ratio": statistics.median(hashing) / statistics.median(openssl),
        "verify_cpu_ratio": statistics.median(verifying) / statistics.median(openssl),
    }


def write_weights(file: Path, mib: int) -> None:
    """A file of one matrix of random numbers, on the drive when this returns."""
    rows = mib * _MIB // 2 // _COLUMNS
    entry = {"dtype": "BF16", "shape": [rows, _COLUMNS], "data_offsets": [0, rows * _COLUMNS * 2]}
    header = json.dumps({"model.layers.0.mlp.up_proj.weight": entry}).encode()
    header += b" " * (-len(header) % 8)
    chance = np.random.default_rng(0)
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        for start in range(0, rows, 1024):
            block = chance.integers(0, 0x7F00, (min(1024, rows - start), _COLUMNS), np.uint16)
            stream.write(block.tobytes())
        stream.flush()
        os.fsync(stream.fileno())


def drop_from_cache(file: Path) -> None:
    """Have the next reading of a file come from the drive."""
    with file.open("rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read(one: FolderFile, records: Sequence[TensorRecord]) -> None:
    reading = FileReading(one, records)
    for _ in reading:
        pass
    assert reading.sha256
    assert not reading.odd_tensors()


def _cat(file: Path) -> None:
    subprocess.run(["cat", str(file)], stdout=subprocess.DEVNULL, check=True)


def _seconds(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _own_cpu(work: Callable[[], None]) -> float:
    begin = time.process_time()  # of all threads
    work()
    return time.process_time() - begin


def _child_cpu(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def _table(report: dict[str, Any]) -> str:
    return (
        f"cold, {report['mib']} MiB: cat {report['cat_mib_per_second']:,.0f} MiB/s, verifying "
        f"{report['verify_mib_per_second']:,.0f} MiB/s: {report['cold_speed_ratio']:.2f} of it "
        f"(at least {_LEAST_SPEED})\n"
        f"processor: hashing {report['hash_cpu_ratio']:.2f} x openssl (at most {_MOST_CPU}), with "
        f"a look at the numbers {report['verify_cpu_ratio']:.2f} x"
    )


if __name__ == "__main__":
    sys.exit(main())
