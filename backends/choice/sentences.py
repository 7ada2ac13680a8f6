"""Why an option fits, or does not, or cannot run at all: one sentence each."""

from __future__ import annotations

from ..errors import apart_in_gib, in_gib
from ..machine import processor
from ..machine.hardware import Gpu, Machine
from ..machine.memory_room import Bound
from ..phrases import Phrase
from ..precision import Precision
from .memory import MemoryNeed
from .values import Verdict


def size_sentence(
    verdict: Verdict,
    precision: Precision,
    device: str,
    need: MemoryNeed,
    free: int,
    limit: Bound | None = None,
) -> Phrase:
    """What an option needs on a device, and how much is free; `limit` is what allows no more."""
    needed_gib, free_gib = apart_in_gib(need.total, free)
    sizes: dict[str, str | float] = {
        "precision": precision.label,
        "need": needed_gib,
        "device": device,
        "free": free_gib,
    }
    if verdict is Verdict.FITS:
        return Phrase(
            "{precision} needs {need:.1f} GiB on {device}, and {free:.1f} GiB is free.", **sizes
        )
    if verdict is Verdict.TIGHT:
        return Phrase(
            "{precision} needs {need:.1f} GiB on {device}, which just fits into the {free:.1f} GiB "
            "that is free.",
            **sizes,
        )
    if limit is not None:
        return Phrase(
            "{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free of the "
            "{limit:.1f} GiB that {by} allows.",
            **sizes,
            limit=in_gib(limit.limit_bytes),
            by=limit.name,
        )
    return Phrase(
        "{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free.", **sizes
    )


def slow_sentence(machine: Machine, need: MemoryNeed) -> Phrase:
    """The sentence of bf16 on a processor that has no instruction to multiply it."""
    needed_gib, free_gib = apart_in_gib(need.total, machine.free_memory_bytes)
    return Phrase(
        "bf16 needs {need:.1f} GiB on {device} of the {free:.1f} GiB that is free, but reads "
        "prompts about ten times slower than fp32, as this processor lacks {needed}.",
        need=needed_gib,
        device=machine.processor,
        free=free_gib,
        needed="AVX512" if "avx2" in machine.features else "bf16",
    )


def card_refusal(machine: Machine, gpu: Gpu) -> Phrase | None:
    """Why torch does not run on a card; None if it does."""
    if "torch" not in machine.libraries:
        return Phrase("torch is not installed.")
    if machine.torch_cuda is None:
        return Phrase("{device} cannot be used: torch is installed without CUDA.", device=gpu.name)
    # CUDA 13 ended support for everything before Turing, CUDA 12 for everything before Maxwell.
    least = (7, 5) if int(machine.torch_cuda.partition(".")[0]) >= 13 else (5, 0)
    if gpu.compute_capability < least:
        return Phrase(
            "{device} has compute capability {has}, but the installed torch (CUDA {cuda}) needs "
            "{least}.",
            device=gpu.name,
            has="{}.{}".format(*gpu.compute_capability),
            cuda=machine.torch_cuda,
            least="{}.{}".format(*least),
        )
    return None


def _runtime_refusal(machine: Machine, precision: Precision, gpu: Gpu | None) -> Phrase | None:
    """Why ONNX Runtime does not run an export; None if it does."""
    if {"onnxruntime", "onnxruntime-gpu"} <= machine.libraries.keys():
        return Phrase(
            "onnxruntime and onnxruntime-gpu are both installed, and each breaks the other."
        )
    needed = ["onnx", "onnxruntime-gpu" if gpu is not None else "onnxruntime"]
    installed = set(machine.libraries)
    if "onnxruntime-gpu" in installed:  # which has the processor too
        installed.add("onnxruntime")
    for library in needed:
        if library not in installed:
            return Phrase(
                "{precision} needs {library}, which is not installed.",
                precision=precision.label,
                library=library,
            )
    if gpu is None and precision is Precision.ONNX_FP16:
        return Phrase("{precision} is for graphics cards.", precision=precision.label)
    return None


def library_refusal(machine: Machine, precision: Precision, gpu: Gpu | None) -> Phrase | None:
    """Why the installed libraries do not run a precision on a card, or on the processor.

    None if they do.
    """
    if precision.is_onnx:
        return _runtime_refusal(machine, precision, gpu)
    if "torch" not in machine.libraries:
        return Phrase("torch is not installed.")
    if not precision.is_quantized:
        return None
    if "bitsandbytes" not in machine.libraries:
        return Phrase("{precision} needs bitsandbytes, which is not installed.",
                      precision=precision.label)  # fmt: skip
    if gpu is not None and precision is Precision.INT8 and gpu.compute_capability < (7, 5):
        return Phrase(
            "8-bit needs compute capability 7.5, but {device} has {has}.",
            device=gpu.name,
            has="{}.{}".format(*gpu.compute_capability),
        )
    return None


def processor_refusal(machine: Machine, precision: Precision) -> Phrase | None:
    """Why this processor does not run a precision, whatever its memory; None if it does."""
    if precision is Precision.BF16 and processor.lacks_bf16(machine.features):
        return Phrase("bf16 needs AVX2, which {device} lacks.", device=machine.processor)
    return machine.refused.get(precision)
