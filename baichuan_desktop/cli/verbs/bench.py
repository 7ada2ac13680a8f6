"""`bench`: how fast a model is on this machine, as a table or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from backends.precision import name_of
from baichuan_desktop.cli.arguments import (
    Commands,
    add_adapter,
    add_device,
    add_json,
    add_model,
    add_threads,
)
from baichuan_desktop.cli.errors import print_refusal
from baichuan_desktop.cli.jobs import run_measurement
from baichuan_desktop.cli.library import adapter_json, adapter_of, model_store, print_adapter
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.services.admission.engines import job_engine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import PrecisionFailed
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.measuring.speed import PrecisionMeasured, speed_job
from baichuan_desktop.services.precisions.measurements import NOTICEABLE_CORES, Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.sizes import size_text

_GB = 10**9


def add_to(commands: Commands) -> None:
    """Add `bench`."""
    parser = commands.add_parser("bench", help="measure how fast a model is on this machine")
    parser.set_defaults(run=_run)
    add_model(parser)
    parser.add_argument(
        "--precision",
        "--precisions",
        dest="precision",
        default="auto",
        metavar="P,…",
        help="several, separated by commas; or all",
    )
    add_adapter(parser)
    add_device(parser)
    add_threads(parser)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    """Measure, with progress on stderr, and print; Ctrl+C prints what there is until then."""
    paths = app_paths()
    measurements = Measurements(paths.measurements)
    store = model_store()
    model = store.model(arguments.model)
    adapter = adapter_of(store, arguments.adapter, model)
    wanted = (
        Precisions(measurements)
        .open(model)
        .wanted(arguments.precision, arguments.device, with_adapter=adapter is not None)
    )
    folder = None if adapter is None else adapter.path
    wishes = [
        LoadWish(name, arguments.device, threads=arguments.threads, adapter=folder)
        for name in wanted
    ]
    job = speed_job(model, wishes, measurements)
    done = run_measurement(job, job_engine().run, PrecisionMeasured)
    measured, failed = done.found, done.failed
    if arguments.json:
        print_json(_as_json(model.id, adapter, measured, failed))
    else:
        _print(measured)
        print_adapter(adapter, [one.ready for one in measured])
    for failure in failed:
        print_refusal(failure.precision, failure.error)
    if done.is_interrupted:
        raise KeyboardInterrupt
    return 0 if measured else 1


def _as_json(
    model_id: str,
    adapter: InstalledAdapter | None,
    measured: Sequence[PrecisionMeasured],
    failed: Sequence[PrecisionFailed],
) -> dict[str, Any]:
    return {
        "model": model_id,
        "adapter": None if adapter is None else adapter_json(adapter),
        "measured": [
            {
                "precision": found.ready.precision,
                "backend": found.ready.backend,
                **found.benchmark.model_dump(mode="json", by_alias=True),
                "skipped_prompts": list(found.skipped_prompts),
                "skipped_contexts": list(found.skipped_contexts),
            }
            for found in measured
        ],
        "failed": [{"precision": name_of(f.precision), "error": f.error.message} for f in failed],
    }


def _print(measured: Sequence[PrecisionMeasured]) -> None:
    if not measured:
        return
    rows = [_row(found) for found in measured]
    print_table(rows, tuple(dict.fromkeys(name for row in rows for name in row)))
    say("Prefill and decode are tokens/s; behind them, the share of the read bandwidth.")
    for device in dict.fromkeys(found.benchmark.device_name for found in measured):
        say(_bandwidth(device, measured))
    left_out = [f"prefill {count:,}" for count in measured[0].skipped_prompts]  # the same for all
    left_out += [f"decode at {count:,}" for count in measured[0].skipped_contexts]
    if left_out:
        say(f"Left out, as the model's context is too short: {', '.join(left_out)}.")
    cores = max(found.benchmark.neighbour_cores for found in measured)
    if cores > NOTICEABLE_CORES:
        say(f"Other programs kept up to {cores:.1f} cores busy meanwhile.")


def _bandwidth(device: str, measured: Sequence[PrecisionMeasured]) -> str:
    speeds = [
        found.benchmark.read_bytes_per_second / _GB
        for found in measured
        if found.benchmark.device_name == device
        and found.benchmark.read_bytes_per_second is not None
    ]
    if not speeds:
        return f"{device}: its read bandwidth could not be measured."
    least, most = f"{min(speeds):.1f}", f"{max(speeds):.1f}"
    return f"{device} reads {most if least == most else f'{least} to {most}'} GB/s."


def _row(found: PrecisionMeasured) -> dict[str, Any]:
    entry = found.benchmark
    row: dict[str, Any] = {
        "precision": found.ready.precision,
        "backend": found.ready.backend,
        "load": f"{entry.load_seconds:.1f} s",
        "peak_memory": size_text(entry.peak_bytes),
    }
    for prefill in entry.prefill:
        row[f"prefill_{prefill.tokens:,}"] = f"{prefill.tokens_per_second:,.1f}"
    for decode in entry.decode:
        share = decode.bandwidth_share
        shown = "" if share is None else f" ({share:.0%})"
        row[f"decode_at_{decode.context_tokens:,}"] = f"{decode.tokens_per_second:,.1f}{shown}"
    if entry.decode:
        row["a_token_reads"] = f"{entry.decode[0].bytes_per_token / _GB:.2f} GB"
    return row
