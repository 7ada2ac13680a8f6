"""This machine as a model finds it that runs instead of the chat's, or beside it."""

from __future__ import annotations

from dataclasses import replace

from backends.events import ModelReady
from backends.machine import hardware
from backends.machine.hardware import Gpu, Machine
from backends.precision import DeviceKind


def machine_without_engine(engine_pid: int | None, ready: ModelReady | None) -> Machine:
    """This machine, with what the engine and its model hold counted as free."""
    if engine_pid is None:  # what it held is free already
        return hardware.detect()
    return given_back(hardware.detect(), hardware.private_bytes(engine_pid), ready)


def given_back(machine: Machine, held_bytes: int, ready: ModelReady | None) -> Machine:
    """The machine without an engine that holds `held_bytes` of its memory, and a loaded model.

    Of a card the driver does not say on every system which process holds what. There it is what
    selection counted on when it loaded the model, on each card that the model lies on.
    """
    free, limit = min(machine.free_memory_bytes + held_bytes, machine.memory_bytes), machine.limit
    own = machine.own_limit
    if own is not None and own.free_bytes <= free:  # which is each process's own
        free, limit = max(own.free_bytes, 0), own
    cards = machine.gpus
    if ready is not None and ready.device_kind.uses_cards:
        names = ready.device_name.split(" + ")
        mine = [gpu for gpu in cards if gpu.name in names]
        if len(names) == 1:  # of several cards of a name, the one that holds the most
            mine = sorted(mine, key=lambda gpu: gpu.free_memory_bytes)[:1]
        cards = tuple(_emptied(gpu, ready.needed_bytes) if gpu in mine else gpu for gpu in cards)
    return replace(machine, free_memory_bytes=free, limit=limit, gpus=cards)


def taken_again(machine: Machine, ready: ModelReady) -> Machine:
    """The machine with a model loaded again that made room; it takes what selection counted."""
    if "cuda" not in ready.device_kind:
        free = max(machine.free_memory_bytes - ready.needed_bytes, 0)
        return replace(machine, free_memory_bytes=free)
    names = ready.device_name.split(" + ")
    cards = tuple(
        _emptied(gpu, -ready.needed_bytes) if gpu.name in names else gpu for gpu in machine.gpus
    )
    return replace(machine, gpus=cards)


def memory_for(machine: Machine, ready: ModelReady) -> int | None:
    """The bytes of memory of what a model runs on, used or not; None where the card is gone.

    A model that lies on cards and in main memory has both.
    """
    if not ready.device_kind.uses_cards:
        return machine.memory_bytes
    names = ready.device_name.split(" + ")
    by_name = {gpu.name: gpu.memory_bytes for gpu in machine.gpus}
    on_cards = [name for name in names if name in by_name]
    if not on_cards:
        return None
    main = machine.memory_bytes if ready.device_kind is DeviceKind.SPREAD else 0
    return main + sum(by_name[name] for name in on_cards)


def _emptied(gpu: Gpu, held_bytes: int) -> Gpu:
    free = min(gpu.free_memory_bytes + held_bytes, gpu.memory_bytes)
    return replace(gpu, free_memory_bytes=max(free, 0))
