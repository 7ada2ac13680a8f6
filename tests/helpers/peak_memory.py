"""What quantising and loading a checkpoint take, in a process of its own.

python -P -m tests.helpers.peak_memory SOURCE OUT

Prints by how many bytes resident memory rose while SOURCE was quantised to 4 bits as OUT, and
while it was loaded in 4 bits. Linux only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from backends.checkpoint.folder import Checkpoint
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.modeling.quantized import quantize
from backends.precision import Precision
from backends.torch_backend import low_bits
from tests.helpers.quantized import finish, options


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise ValueError(name)


def _forget_peak() -> int:
    """Begin a new peak; what is resident now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return _status("VmRSS")


def main() -> None:
    """Quantise and load; prints both rises of resident memory, in bytes."""
    source, out = map(Path, sys.argv[1:])
    quantize(torch.randn(64, 64), Precision.NF4)  # what libraries allocate on first use
    checkpoint = Checkpoint.open(source)

    before = _forget_peak()
    finish(write_copy(checkpoint, heavy_modules.copy_plan(checkpoint, Precision.NF4), out))
    print(_status("VmHWM") - before)

    before = _forget_peak()
    model = finish(low_bits.load(checkpoint, options(checkpoint, Precision.NF4)))
    print(_status("VmHWM") - before)
    model.close()


if __name__ == "__main__":
    main()
