"""Why an option fits, or does not, or cannot run at all: one sentence each."""

from __future__ import annotations

from ..errors import apart_in_gib, in_gib
from ..machine import processor
from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..machine.memory_room import Bound
from ..phrases import Phrase
from ..precision import Precision, weight_only_is_on
from . import card_builds
from .expected_speed import ExpectedSpeed
from .memory import MemoryNeed
from .values import Verdict

#: The least compute capability that bitsandbytes has code for: its products of 8 bits, and the rest
#: of it. Torch has code for older ones. Source: its installation guide, from 0.48 on.
_INT8_CAPABILITY, _FOUR_BIT_CAPABILITY = (7, 5), (6, 0)


def size_sentence(
    verdict: Verdict,
    name: str | Phrase,
    device: str,
    need: MemoryNeed,
    free: int,
    limit: Bound | None = None,
    fitting: int | None = None,
) -> Phrase:
    """What an option needs on a device, and how much is free; `limit` is what allows no more.

    `name` is the precision, and the form that it is held in. `fitting` are the tokens of a shorter
    context with which it would fit.
    """
    needed_gib, free_gib = apart_in_gib(need.total, free)
    sizes: dict[str, str | float | Phrase] = {
        "precision": name,
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
    if fitting is not None:
        return Phrase(
            "{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free: a "
            "context of {tokens} tokens would fit.",
            **sizes,
            tokens=fitting,
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


def host_sentence(name: str | Phrase, device: str, host_bytes: int, machine: Machine) -> Phrase:
    """What is left of a model for the machine's memory, where that is too much."""
    rest_gib, free_gib = apart_in_gib(host_bytes, machine.free_memory_bytes)
    return Phrase(
        "{precision} over {devices} leaves {need:.1f} GiB for the machine's memory, but only "
        "{free:.1f} GiB is free.",
        precision=name,
        devices=device,
        need=rest_gib,
        free=free_gib,
    )


def split_sentence(
    name: str | Phrase, devices: str, on_processor: int, layers: int, speed: ExpectedSpeed
) -> Phrase:
    """On which cards it runs, how many layers the processor computes, and how fast that will be."""
    facts: dict[str, str | int | Phrase] = {
        "precision": name,
        "devices": devices,
        "n": on_processor,
        "layers": layers,
        "speed": _two_digits(speed.tokens_per_second),
        "rate": _two_digits(speed.memory_bytes_per_second / 1e9),
    }
    if speed.is_measured:
        return Phrase(
            "{precision} runs on {devices} with {n} of {layers} layers in the machine's memory, at "
            "about {speed} tokens/s by the {rate} GB/s at which that was read here.",
            **facts,
        )
    return Phrase(
        "{precision} runs on {devices} with {n} of {layers} layers in the machine's memory, at "
        "about {speed} tokens/s if that is read at {rate} GB/s.",
        **facts,
    )


def _two_digits(value: float) -> str:
    """An estimate with the digits that mean something; never zero."""
    return f"{value:,.0f}" if value >= 10 else f"{max(value, 0.01):.2g}"


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
        return Phrase(
            "{device} cannot be used: torch is installed without CUDA.",
            device=machine.shown_name(gpu),
        )
    cuda = machine.torch_cuda
    if not card_builds.driver_runs(cuda, gpu.driver, gpu.driver_cuda):
        return _driver_refusal(machine.shown_name(gpu), gpu, cuda)
    if card_builds.has_code(machine, gpu):
        return None
    has = "{}.{}".format(*gpu.compute_capability)
    least = card_builds.least_capability(card_builds.held_architectures(machine))
    if least is not None and gpu.compute_capability < least:
        return Phrase(
            "{device} has compute capability {has}, but the installed torch (CUDA {cuda}) needs "
            "{least}.",
            device=machine.shown_name(gpu),
            has=has,
            cuda=cuda,
            least="{}.{}".format(*least),
        )
    return Phrase(
        "{device} has compute capability {has}, for which the installed torch (CUDA {cuda}) has no "
        "code.",
        device=machine.shown_name(gpu),
        has=has,
        cuda=cuda,
    )


def _driver_refusal(name: str, gpu: Gpu, cuda: str) -> Phrase:
    if gpu.driver_cuda is not None and not card_builds.is_too_old(gpu.driver, cuda):
        return Phrase(
            "The driver of {device} runs CUDA {has} at most, but the installed torch is built for "
            "CUDA {cuda}.",
            device=name,
            has="{}.{}".format(*gpu.driver_cuda),
            cuda=cuda,
        )
    return Phrase(
        "{device} has driver {has}, but the installed torch (CUDA {cuda}) needs driver {least} or "
        "newer.",
        device=name,
        has=gpu.driver,
        cuda=cuda,
        least=str(card_builds.least_driver(cuda)),
    )


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
    if precision is Precision.INT8 and weight_only_is_on():
        return None  # torch alone; published 8-bit files say it themselves
    if "bitsandbytes" not in machine.libraries:
        return Phrase("{precision} needs bitsandbytes, which is not installed.",
                      precision=precision.label)  # fmt: skip
    least = _INT8_CAPABILITY if precision is Precision.INT8 else _FOUR_BIT_CAPABILITY
    if gpu is not None and gpu.compute_capability < least:
        return Phrase(
            "{precision} needs compute capability {least}, but {device} has {has}.",
            precision=precision.label,
            least="{}.{}".format(*least),
            device=machine.shown_name(gpu),
            has="{}.{}".format(*gpu.compute_capability),
        )
    return None


def processor_refusal(machine: Machine, precision: Precision) -> Phrase | None:
    """Why this processor does not run a precision, whatever its memory; None if it does."""
    if precision is Precision.BF16 and processor.lacks_bf16(machine.features):
        return Phrase("bf16 needs AVX2, which {device} lacks.", device=machine.processor)
    return machine.refused.get(precision)
