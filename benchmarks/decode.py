"""Load time, memory, and tokens a second of one backend on a random checkpoint.

    PYTHONPATH=. python benchmarks/decode.py --shape mid --backend torch_cpu --precision fp32
    PYTHONPATH=. python benchmarks/decode.py --shape mid --precision onnx-int4
        --block-size 128 --peer llama_cpp

Decoding reads all weights for every token, so its yardstick is the machine's read bandwidth,
measured in the same run, before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any, Final

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory, selection
from backends.choice.values import Model, Wishes
from backends.errors import InsufficientMemoryError
from backends.events import Speed
from backends.machine import hardware
from backends.measuring import speed
from backends.precision import ONNX_BLOCK, Precision
from benchmarks import machine
from benchmarks.bandwidth import Bandwidth, measure_apart
from benchmarks.measure_model import BACKENDS, PEERS
from benchmarks.onnx_export import export_or_reuse
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_CONTEXTS: Final = (16, 512)
_GB: Final = 10**9


def main() -> int:
    """Measure and print."""
    options = _arguments()
    try:
        _check_memory(options)
        source = make_or_reuse(options.shape, options.reuse)
        folder = source
        if options.precision.is_onnx:
            folder = export_or_reuse(source, options.precision, options.block_size, options.form)
    except (InsufficientMemoryError, NotEnoughDiskError) as error:
        print(error, file=sys.stderr)
        return 1
    report = _measure(options, folder)
    if options.peer is not None:
        report["peer"] = _measured_apart(options, source, options.peer)
    print(json.dumps(report) if options.json else _table(report))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--backend", choices=BACKENDS, help="default: the app's for the precision")
    parser.add_argument(
        "--precision", type=Precision, default=Precision.FP32, help="fp32, bf16, onnx-int4, …"
    )
    parser.add_argument("--block-size", type=int, default=ONNX_BLOCK, help="of an export")
    parser.add_argument(
        "--form", choices=("symmetric", "asymmetric"), default="asymmetric", help="of an export"
    )
    parser.add_argument(
        "--peer", choices=PEERS, help="measure the same weights in this program too"
    )
    parser.add_argument("--threads", type=int, default=machine.physical_cores())
    parser.add_argument("--prompt", type=int, default=512, help="tokens of the prefill")
    parser.add_argument("--new", type=int, default=32, help="tokens to decode at each context")
    parser.add_argument("--context", type=int, default=1024, help="tokens the KV cache is made for")
    parser.add_argument("--chunk", type=int, help="tokens of one prefill call, if not the app's")
    parser.add_argument(
        "--reuse", type=Path, default=cache_folder(), help="folder that keeps the checkpoints"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.backend is None:
        options.backend = "onnx_runtime" if options.precision.is_onnx else "torch_cpu"
    if max(options.prompt, max(_CONTEXTS) + options.new) > options.context:
        parser.error("--context is too short for --prompt, or for 512 tokens and --new")
    if min(options.prompt, options.new, options.threads) < 1:
        parser.error("--prompt, --new and --threads must be at least 1")
    return options


def _check_memory(options: argparse.Namespace) -> None:
    """Refuse what would be killed half-way. Raises InsufficientMemoryError."""
    config = SHAPES[options.shape].config
    exports = {}
    if options.precision.is_onnx:
        exports[options.precision] = memory.weight_bytes(config, options.precision)
    selection.choose(
        Model(config, options.context, exports=exports),
        hardware.detect(),
        Wishes(precision=options.precision, wanted_device="cpu"),
    )


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    config = SHAPES[options.shape].config
    weights = memory.weight_bytes(config, options.precision)
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    before = measure_apart(options.threads)
    found = _measured_apart(options, folder, options.backend)
    after = measure_apart(options.threads)
    return {
        "shape": options.shape,
        "parameters": config.parameters,
        "backend": options.backend,
        "precision": options.precision.value,
        "block_size": options.block_size if options.precision.is_onnx else None,
        "threads": options.threads,
        "machine": machine.facts(),
        "load_average": load_average,
        "weights_bytes": weights,
        "load_seconds": found["load_seconds"],
        "load_peak_rss_bytes": found["load_peak_rss_bytes"],
        "load_rss_limit_bytes": int(1.15 * weights) + _GB,
        "peak_rss_bytes": found["peak_rss_bytes"],
        "prefill_chunk": found["prefill_chunk"],
        "prefill": found["prefill"],
        "decode": [_against(one, folder, options, (before, after)) for one in found["decode"]],
        "bandwidth_before": asdict(before),
        "bandwidth_after": asdict(after),
    }


def _measured_apart(options: argparse.Namespace, folder: Path, backend: str) -> dict[str, Any]:
    arguments = {
        "--backend": backend,
        "--precision": options.precision.value,
        "--threads": options.threads,
        "--context-length": options.context,
        "--prompt": options.prompt,
        "--new": options.new,
    }
    command = [sys.executable, "-m", "benchmarks.measure_model", str(folder)]
    command += [str(part) for pair in arguments.items() for part in pair]
    command += [f"--at={context}" for context in _CONTEXTS]
    command += [f"--chunk={options.chunk}"] if options.chunk else []
    result = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=machine.child_environment()
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _against(
    found: dict[str, Any],
    folder: Path,
    options: argparse.Namespace,
    bandwidths: tuple[Bandwidth, Bandwidth],
) -> dict[str, Any]:
    """The speed of decoding, and its share of the bandwidth of the machine."""
    plan = speed.Plan((options.prompt,), _CONTEXTS, options.new)
    read = mean(bandwidth.read for bandwidth in bandwidths)
    checkpoint = Checkpoint.open(folder)
    decoding = speed.decode_speed(Speed(**found), plan, checkpoint, options.precision, read)
    return {
        "context_tokens": decoding.speed.tokens,
        "tokens_per_second": decoding.speed.tokens_per_second,
        "best_tokens_per_second": decoding.speed.best_tokens_per_second,
        "bytes_per_token": decoding.bytes_per_token,
        "bytes_per_second": decoding.bytes_per_token * decoding.speed.tokens_per_second,
        "bandwidth_share": decoding.bandwidth_share,
        "neighbour_cores": decoding.speed.neighbour_cores,
    }


def _table(report: dict[str, Any]) -> str:
    model = (
        f"{report['shape']}, {report['parameters']:,} parameters, {report['backend']} "
        f"{report['precision']}, {report['threads']} threads"
    )
    peak = (
        f"{_mib(report['load_peak_rss_bytes'])} "
        f"(limit 1.15 x weights + 1 GB: {_mib(report['load_rss_limit_bytes'])})"
    )
    rows = [(name.capitalize(), value) for name, value in report["machine"].items()]
    rows += [
        ("Load average at the start", f"{report['load_average']}"),
        ("Model", model),
        ("Loaded in", f"{report['load_seconds']:.1f} s"),
        ("Peak RSS while loading", peak),
        ("Peak RSS", _mib(report["peak_rss_bytes"])),
        _prefill_row(report["prefill"], report["prefill_chunk"]),
        *(_decode_row(row) for row in report["decode"]),
        *(_bandwidth_row(when, report[f"bandwidth_{when}"]) for when in ("before", "after")),
    ]
    rows += _peer_rows(report)
    return "\n".join(f"{name:28}{value}" for name, value in rows)


def _peer_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Another program's figures in the same run, and how many times faster ours are."""
    peer = report.get("peer")
    if peer is None:
        return []
    rows = [
        (
            "Peer, loaded in",
            f"{peer['load_seconds']:.1f} s, peak RSS {_mib(peer['peak_rss_bytes'])}",
        )
    ]
    ours = [report["prefill"], *report["decode"]]
    theirs = [peer["prefill"], *peer["decode"]]
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        name = f"Peer, decode at {other['tokens']}"
        if number == 0:
            name = f"Peer, prefill of {other['tokens']}"
        ratio = mine["tokens_per_second"] / other["tokens_per_second"]
        text = f"{other['tokens_per_second']:.2f} tokens/s; ours is {ratio:.2f} times as fast"
        rows.append((name, text + _neighbours(other)))
    return rows


def _prefill_row(row: dict[str, Any], chunk: int) -> tuple[str, str]:
    text = f"{row['tokens_per_second']:.1f} tokens/s in chunks of {chunk}{_neighbours(row)}"
    return f"Prefill of {row['tokens']}", text


def _decode_row(row: dict[str, Any]) -> tuple[str, str]:
    text = (
        f"{row['tokens_per_second']:.2f} tokens/s (best {row['best_tokens_per_second']:.2f}), "
        f"{row['bytes_per_token'] / _GB:.3f} GB a token, "
        f"{row['bytes_per_second'] / _GB:.1f} GB/s, "
        f"{row['bandwidth_share']:.0%} of the read bandwidth{_neighbours(row)}"
    )
    return f"Decode at context {row['context_tokens']}", text


def _bandwidth_row(when: str, bandwidth: dict[str, Any]) -> tuple[str, str]:
    text = (
        f"{bandwidth['read'] / _GB:.1f} GB/s (median {bandwidth['read_median'] / _GB:.1f}), "
        f"torch's fp32 product {bandwidth['product'] / _GB:.1f} GB/s"
    )
    return f"Read bandwidth {when}", text


def _neighbours(row: dict[str, Any]) -> str:
    return f"; others kept {row['neighbour_cores']:.1f} cores busy"


def _mib(count: int | None) -> str:
    return "unknown" if count is None else f"{count / 2**20:,.0f} MiB"


if __name__ == "__main__":
    sys.exit(main())
