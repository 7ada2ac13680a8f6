"""Peak memory, time and size of exporting a random checkpoint for ONNX Runtime.

    PYTHONPATH=. python benchmarks/onnx_export.py --shape mid --precision int4

The export runs in a process of its own, so that the peak is its own. Memory that lies in the
system's file cache is not counted: nothing of a checkpoint is mapped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from backends.checkpoint.folder import Checkpoint
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.events import CopyReady
from backends.machine import hardware
from backends.operating_system import resident_peak
from backends.precision import EXPORT_PRECISIONS, ONNX_BLOCK, Precision
from backends.protocol.engine_requests import ExportRequest
from benchmarks import machine
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_MIB: Final = 2**20
#: What an export may take at most: in GB, by shape and precision.
_LIMITS: Final = {("mid", "fp32"): 1.5, ("mid", "int4"): 1.2, ("baichuan2-7b", "int4"): 3.0}


def main() -> int:
    """Measure and print."""
    options = _arguments()
    if options.source is not None:
        print(json.dumps(_export(options)))
        return 0
    try:
        folder = make_or_reuse(options.shape, options.reuse)
    except NotEnoughDiskError as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(dir=options.reuse) as scratch:
        found = _export_apart(options, folder, Path(scratch) / "export")
    report = {
        "shape": options.shape,
        "precision": options.precision,
        "block_size": options.block_size,
        "machine": machine.facts(),
        "limit_bytes": _limit(options),
        **found,
    }
    print(json.dumps(report) if options.json else _table(report))
    return 0


def export_or_reuse(source: Path, precision: Precision, block_size: int, form: str) -> Path:
    """The export of a checkpoint, beside it; made if it is not there."""
    out = source.with_name(f"{source.name}-{precision.value}-block{block_size}-{form}")
    if not out.exists():  # which it only does when it is complete
        request = ExportRequest(
            str(source),
            str(out),
            precision,
            block_size=block_size,
            symmetric=form == "symmetric",
        )
        checkpoint = Checkpoint.open(source)
        for _ in write_copy(checkpoint, heavy_modules.export_plan(checkpoint, request), out):
            pass
    return out


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="mid")
    parser.add_argument("--precision", choices=EXPORT_PRECISIONS, default="int4")
    parser.add_argument("--block-size", type=int, default=ONNX_BLOCK)
    parser.add_argument("--symmetric", action="store_true")
    parser.add_argument(
        "--reuse", type=Path, default=cache_folder(), help="folder that keeps the checkpoints"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _limit(options: argparse.Namespace) -> int | None:
    gigabytes = _LIMITS.get((options.shape, options.precision))
    return None if gigabytes is None else int(gigabytes * 10**9)


def _export_apart(options: argparse.Namespace, source: Path, out: Path) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "benchmarks.onnx_export", "--source", str(source), "--out", str(out),
        "--precision", options.precision, "--block-size", str(options.block_size),
        *(["--symmetric"] if options.symmetric else []),
    ]  # fmt: skip
    result = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=machine.child_environment()
    )
    shutil.rmtree(out)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _export(options: argparse.Namespace) -> dict[str, Any]:
    """What one export took; run in a process of its own."""
    checkpoint = Checkpoint.open(options.source)
    request = ExportRequest(
        str(options.source),
        str(options.out),
        EXPORT_PRECISIONS[options.precision],
        block_size=options.block_size,
        symmetric=options.symmetric,
    )
    neighbours, begun = hardware.Neighbours(), time.perf_counter()
    *_, ready = write_copy(
        checkpoint, heavy_modules.export_plan(checkpoint, request), Path(options.out)
    )
    assert isinstance(ready, CopyReady)
    return {
        "peak_rss_bytes": resident_peak() or None,
        "seconds": time.perf_counter() - begun,
        "neighbour_cores": neighbours.cores(),
        "source_bytes": checkpoint.bytes_on_disk,
        "bytes_on_disk": ready.bytes_on_disk,
    }


def _table(report: dict[str, Any]) -> str:
    limit = "" if report["limit_bytes"] is None else f" (limit {_mib(report['limit_bytes'])})"
    rows = [(name.capitalize(), value) for name, value in report["machine"].items()]
    rows += [
        ("Model", f"{report['shape']}, {_mib(report['source_bytes'])}"),
        ("Export", f"{report['precision']}, {_mib(report['bytes_on_disk'])}"),
        ("Peak RSS", f"{_mib(report['peak_rss_bytes'])}{limit}"),
        (
            "Exported in",
            f"{report['seconds']:.1f} s; others kept {report['neighbour_cores']:.1f} cores busy",
        ),
    ]
    return "\n".join(f"{name:16}{value}" for name, value in rows)


def _mib(count: int | None) -> str:
    return "unknown" if count is None else f"{count / _MIB:,.0f} MiB"


if __name__ == "__main__":
    sys.exit(main())
