"""Which backend and precision run a model on this machine, and why. A pure function of facts.

The only module that knows every backend. A reason or refusal is one sentence; the same one goes
to the status bar, a greyed-out menu entry and a report.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from . import memory
from .base import Backend, Precision
from .errors import GIB, BackendUnavailableError, InsufficientMemoryError, Phrase
from .hardware import Machine
from .modeling.config import ModelConfig

#: Module of this package by the name a person sees; one line a backend.
_BACKENDS = {"torch_cpu": ".torch_cpu"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What will run."""

    backend: str
    device: str
    precision: Precision
    reason: str


def backend_module(name: str) -> Backend:
    """Import a backend. Only here, and only when a model is loaded, torch is imported."""
    return cast("Backend", importlib.import_module(_BACKENDS[name], __package__))


def parse_precision(text: str) -> Precision | None:
    """A precision by its name; None for “auto”. Raises BackendUnavailableError."""
    if text == "auto":
        return None
    try:
        return Precision(text)
    except ValueError:
        known = ", ".join(["auto", *(precision.value for precision in Precision)])
        raise BackendUnavailableError(
            "There is no precision “{name}”; there are {known}.",
            hint="Choose one of these.",
            name=text,
            known=known,
        ) from None


def choose(
    config: ModelConfig, machine: Machine, *, requested: Precision | None, context_length: int
) -> Choice:
    """The precision to run, `requested` or the best that fits.

    Raises InsufficientMemoryError if what was requested, or every precision, does not fit.
    """
    if requested is not None:
        if not _fits(config, machine, requested, context_length):
            raise _too_large(config, machine, requested, context_length)
        return Choice("torch_cpu", machine.processor, requested, "You chose this precision.")
    if machine.multiplies_bf16:
        if _fits(config, machine, Precision.BF16, context_length):
            reason = "This processor multiplies bf16, which takes half the memory of fp32."
            return Choice("torch_cpu", machine.processor, Precision.BF16, reason)
    elif _fits(config, machine, Precision.FP32, context_length):
        reason = "This processor has no bf16 arithmetic, and fp32 fits in memory."
        return Choice("torch_cpu", machine.processor, Precision.FP32, reason)
    elif _fits(config, machine, Precision.BF16, context_length):
        full = memory.needed(config, Precision.FP32, context_length).total
        reason = (
            f"fp32 would need {full / GIB:.1f} GiB, but only "
            f"{machine.free_memory_bytes / GIB:.1f} GiB is free; bf16 is slow on this processor."
        )
        return Choice("torch_cpu", machine.processor, Precision.BF16, reason)
    raise _too_large(config, machine, Precision.BF16, context_length)


def _fits(config: ModelConfig, machine: Machine, precision: Precision, context: int) -> bool:
    return memory.needed(config, precision, context).total <= machine.free_memory_bytes


def _too_large(
    config: ModelConfig, machine: Machine, precision: Precision, context: int
) -> InsufficientMemoryError:
    return InsufficientMemoryError(
        device=Phrase("this machine in {precision}", precision=precision.value),
        needed_bytes=memory.needed(config, precision, context).total,
        free_bytes=machine.free_memory_bytes,
    )
