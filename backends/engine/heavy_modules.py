"""Calls into the modules that import a heavy library.

The only place that names them. Each is imported when it is needed, so that the engine starts
without torch, and a library that is missing is an error of what needs it.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
from types import ModuleType
from typing import Any, cast

from ..adapters.values import Adapter
from ..checkpoint.folder import Checkpoint
from ..copying.copy_plan import CopyPlan, plain_plan
from ..errors import BackendUnavailableError
from ..interface import Backend
from ..machine import hardware
from ..phrases import Phrase
from ..precision import (
    COPY_PRECISIONS,
    EXPORT_PRECISIONS,
    BackendName,
    Precision,
    require_one_of,
)
from ..protocol.engine_requests import ExportRequest

log = logging.getLogger(__name__)

#: Module of this package by the name a person sees; one line a backend.
_BACKENDS = {
    BackendName.TORCH_CUDA: "..torch_backend.cuda",
    BackendName.BITSANDBYTES: "..torch_backend.low_bits",
    BackendName.ONNX_RUNTIME: "..onnx_backend.session",
    BackendName.TORCH_CPU: "..torch_backend.cpu",
}


def backend_module(name: BackendName) -> Backend:
    """Import a backend. Only here, and only when a model is loaded, torch is imported."""
    os.environ.update(hardware.with_short_waits(os.environ))  # read by torch's OpenMP, once
    return cast("Backend", _imported(_BACKENDS[name]))


#: Precisions whose products depend on what the processor can do, and their backends.
_PROCESSOR_BACKENDS = {
    Precision.FP32: BackendName.TORCH_CPU,
    Precision.BF16: BackendName.TORCH_CPU,
    Precision.INT8: BackendName.BITSANDBYTES,
    Precision.NF4: BackendName.BITSANDBYTES,
    Precision.FP4: BackendName.BITSANDBYTES,
}


def processor_way(precision: Precision) -> Phrase | None:
    """How the processor multiplies matrices in a precision, as a trial found; imports torch.

    None where a backend leaves that to its library. Raises BackendUnavailableError if no way is
    right, or a library is missing.
    """
    if precision not in _PROCESSOR_BACKENDS:
        return None
    library = "bitsandbytes" if precision.is_quantized else "torch"
    module = _module(_BACKENDS[_PROCESSOR_BACKENDS[precision]], library, precision)
    return module.way(precision) if hasattr(module, "way") else None


def copy_plan(checkpoint: Checkpoint, precision: Precision | None) -> CopyPlan:
    """The plan of a copy of `checkpoint`, quantised to `precision`; None: as it is.

    Raises JobError, BackendUnavailableError.
    """
    if precision is None:
        return plain_plan(checkpoint)
    require_one_of(precision, COPY_PRECISIONS)
    module = _module("..copying.quantized_copy", "bitsandbytes", precision)
    plan: CopyPlan = module.quantize_plan(checkpoint, precision)
    return plan


def _module(name: str, library: str, precision: Precision) -> Any:
    """Import a module of this package. Raises BackendUnavailableError without its library."""
    try:
        return _imported(name)
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            "{precision} needs {library}, which is not installed.",
            precision=precision.label,
            library=library,
        ) from error


def folded_plan(checkpoint: Checkpoint) -> CopyPlan:
    """The plan of a copy of `checkpoint` with a normalised head. Raises JobError."""
    module = _imported("..copying.folded_copy")
    plan: CopyPlan = module.fold_plan(checkpoint)
    return plan


def export_plan(
    checkpoint: Checkpoint, request: ExportRequest, adapter: Adapter | None = None
) -> CopyPlan:
    """The plan of an export of `checkpoint` for ONNX Runtime, with an adapter that fits it.

    Raises JobError, BackendUnavailableError.
    """
    precision = request.precision
    require_one_of(precision, EXPORT_PRECISIONS)
    module = _module("..onnx_backend.export", "onnx", precision)
    plan: CopyPlan = module.export_plan(
        checkpoint,
        module.Scheme(
            precision,
            block_size=request.block_size,
            symmetric=request.symmetric,
            portable=request.portable,
        ),
        adapter,
    )
    return plan


def read_bandwidth(device: str, threads: int, free_bytes: int) -> float | None:
    """The memory bandwidth of a device, in bytes a second; None where it cannot be measured."""
    module = _imported("..torch_backend.bandwidth")
    try:
        return float(module.measure(device, threads, free_bytes).best)
    except RuntimeError as error:  # torch has no such device, or it has no room
        log.warning("The bandwidth of %s cannot be measured: %s", device, error)
        return None


def _imported(name: str) -> ModuleType:
    """A module of this package; no search for garbage looks at what its import brings.

    torch makes 170,000 objects that all stay. To look through them again and again took a tenth of
    its import, and one last time a fifth of a second when the process ends.
    """
    had_torch, searched = "torch" in sys.modules, gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(name, __package__)
    finally:
        if not had_torch and "torch" in sys.modules:
            gc.freeze()
        if searched:
            gc.enable()
