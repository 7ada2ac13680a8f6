"""Copies a checkpoint again and again, killed before its n-th operation on a file.

    python -P -m tests.helpers.killed_copy SOURCE FOLDER PRECISION SHARD_BYTES [POINTS]

Each copy runs in a fork of this process, which has imported torch once, and is `FOLDER/<n>/copy`.
PRECISION may be the folder of an adapter, which is merged into the copy then.
SIGKILL comes before the n-th time that the copy opens, renames, makes or removes something.
Prints a line a copy: the point, and how it ended. Without POINTS, one copy runs to its end and its
number of operations is printed.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from pathlib import Path

from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.copying import copy_plan, folder_writer, safetensors_writer
from backends.copying.merged_copy import merge_plan
from backends.engine import heavy_modules
from backends.precision import parse_precision
from backends.protocol.engine_requests import ExportRequest

_OPERATIONS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


def _plan(checkpoint: Checkpoint, precision: str) -> copy_plan.CopyPlan:
    if Path(precision).is_dir():
        return merge_plan(checkpoint, open_adapter(Path(precision)))
    wanted = parse_precision(precision)
    if wanted is not None and wanted.is_onnx:
        return heavy_modules.export_plan(checkpoint, ExportRequest("", "", wanted))
    return heavy_modules.copy_plan(checkpoint, wanted)


def _run(source: str, out: Path, precision: str, point: int) -> int:
    """Copy; the number of operations."""
    checkpoint = Checkpoint.open(Path(source))
    plan = _plan(checkpoint, precision)
    count = 0

    def hook(event: str, _: object) -> None:
        nonlocal count
        if event in _OPERATIONS:
            count += 1
            if count == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    for _ in folder_writer.write_copy(checkpoint, plan, out):
        pass
    return count


def main() -> None:
    """Run one copy for each point of the command line."""
    source, folder, precision, shard_bytes, *points = sys.argv[1:]
    small = functools.partial(safetensors_writer.plan_shards, shard_bytes=int(shard_bytes))
    vars(folder_writer)["plan_shards"] = small
    import torch

    torch.set_num_threads(1)
    _plan(Checkpoint.open(Path(source)), precision)
    if not points:
        print(_run(source, Path(folder), precision, 0))
        return
    for point in points:
        out = Path(folder) / point / "copy"
        out.parent.mkdir()
        pid = os.fork()
        if pid == 0:
            _run(source, out, precision, int(point))
            os._exit(0)
        print(point, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
