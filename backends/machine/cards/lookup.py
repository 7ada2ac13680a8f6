"""The cards that this process may use, looked up now: by NVML, or by nvidia-smi where that fails.

Nothing of torch is imported, so the window may ask, though not in the thread that draws it.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Final, TypeVar

from ...operating_system import output_of, read
from .. import memory_room
from ..memory_room import Bound
from . import nvml, smi
from .values import VISIBLE_VARIABLE, Cards, Gpu, Listing, Memory
from .visible import visible_gpus

log = logging.getLogger(__name__)

#: How long the driver may take. Where nothing keeps it awake (persistence mode), the first question
#: starts every card, which takes seconds each.
PATIENCE_SECONDS: Final = 60.0

_Answer = TypeVar("_Answer")


def gpus(machine: Memory | None = None) -> tuple[Gpu, ...]:
    """The cards as CUDA numbers them.

    `machine` is the memory of those that have none of their own; None: it is looked up.
    """
    return cards(machine).visible


def cards(machine: Memory | None = None) -> Cards:
    """The cards of `gpus`, and how many more the driver tells, which the person has hidden."""
    found = _listing()
    if machine is None:
        machine = memory_within(memory_room.bounds(read))
    visible = visible_gpus(found, os.environ.get(VISIBLE_VARIABLE), machine)
    every = visible_gpus(found, None, machine)
    return Cards(visible, max(len(every) - len(visible), 0))


def memory_within(bounds: Sequence[Bound]) -> Memory:
    """The machine's memory that a process may use, within every limit."""
    total = min(bound.limit_bytes for bound in bounds)
    return Memory(total, max(min(bound.free_bytes for bound in bounds), 0))


def held_bytes(uuid: str, pid: int) -> int | None:
    """What a process holds of the memory of a card, by `Gpu.uuid`, in bytes.

    None where nobody tells, as on Windows, or there is no such card.
    """
    library = _library()
    held = None
    if library is not None:
        held = _within(PATIENCE_SECONDS, lambda: nvml.held_bytes(library, uuid, pid), None)
    return smi.held_bytes(_run, uuid, pid) if held is None else held


def _listing() -> Listing:
    library = _library()
    if library is not None:
        late: Listing | None = Listing()  # nvidia-smi would hang as well
        found = _within(PATIENCE_SECONDS, lambda: nvml.listing(library), late)
        if found is not None:
            return found
    return smi.listing(_run)


def _library() -> ModuleType | None:
    """The module of nvidia-ml-py; None where it is missing, or another one has its name."""
    try:
        module = importlib.import_module("pynvml")
    except ImportError:
        return None
    return module if hasattr(module, "NVMLError") else None


def _run(command: Sequence[str]) -> str:
    return output_of(command, PATIENCE_SECONDS)


def _within(seconds: float, ask: Callable[[], _Answer | None], late: _Answer) -> _Answer | None:
    """The answer, or `late` if it takes longer: a driver that hangs does not come back.

    None where the library breaks: a name that is no UTF-8, a module that lacks a part.
    """
    answers: list[_Answer | None] = []

    def answer() -> None:
        try:
            answers.append(ask())
        except Exception:  # anything: nvidia-smi may tell instead
            log.exception("NVML broke.")
            answers.append(None)

    thread = threading.Thread(target=answer, name="nvml", daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    log.warning("The driver of the graphics card does not answer.")
    return late
