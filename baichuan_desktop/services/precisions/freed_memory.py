"""This machine as a model finds it that runs instead of the chat's, or beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backends.events import ModelReady
from backends.machine import hardware
from backends.machine.cards import lookup
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.precision import DeviceKind


def machine_without_engine(engine_pid: int | None, ready: ModelReady | None) -> Machine:
    """This machine, with what the engine and its model hold counted as free."""
    machine = hardware.detect()
    if engine_pid is None:  # what it held is free already
        return machine
    on_cards: dict[str, int] = {}
    if ready is not None and ready.device_kind.uses_cards:
        told = ((gpu.device, lookup.held_bytes(gpu.uuid, engine_pid)) for gpu in machine.gpus)
        on_cards = {card: held for card, held in told if held is not None}
    return given_back(machine, hardware.private_bytes(engine_pid), ready, on_cards)


def given_back(
    machine: Machine,
    held_bytes: int,
    ready: ModelReady | None,
    on_cards: Mapping[str, int] | None = None,
) -> Machine:
    """The machine without an engine that holds `held_bytes` of its memory, and a loaded model.

    `on_cards` is what it holds of cards, by `Gpu.device`. The driver does not say that on every
    system; where it does not, it is what selection counted on when it loaded the model, on each
    card that the model lies on.
    """
    on_cards = on_cards or _counted_on(machine.gpus, ready)
    cards = tuple(_emptied(gpu, on_cards.get(gpu.device, 0)) for gpu in machine.gpus)
    # A card without memory of its own holds some of the machine's, which no process owns up to.
    held_bytes += sum(on_cards.get(gpu.device, 0) for gpu in cards if gpu.is_unified)
    free, limit = min(machine.free_memory_bytes + held_bytes, machine.memory_bytes), machine.limit
    own = machine.own_limit
    if own is not None and own.free_bytes <= free:  # which is each process's own
        free, limit = max(own.free_bytes, 0), own
    return _shared(replace(machine, free_memory_bytes=free, limit=limit, gpus=cards))


def _counted_on(cards: Sequence[Gpu], ready: ModelReady | None) -> dict[str, int]:
    """What selection counted on when it loaded a model, by card."""
    if ready is None or not ready.device_kind.uses_cards:
        return {}
    names = ready.device_name.split(" + ")
    mine = [gpu for gpu in cards if gpu.name in names]
    if len(names) == 1:  # of several cards of a name, the one that holds the most
        mine = sorted(mine, key=lambda gpu: gpu.free_memory_bytes)[:1]
    return {gpu.device: ready.needed_bytes for gpu in mine}


def taken_again(machine: Machine, ready: ModelReady) -> Machine:
    """The machine with a model loaded again that made room; it takes what selection counted."""
    taken = ready.needed_bytes
    names = ready.device_name.split(" + ")
    mine = [gpu for gpu in machine.gpus if ready.device_kind.uses_cards and gpu.name in names]
    cards = tuple(_emptied(gpu, -taken) if gpu in mine else gpu for gpu in machine.gpus)
    is_in_memory = not ready.device_kind.uses_cards or any(gpu.is_unified for gpu in mine)
    from_memory = ready.host_weights_bytes + (taken if is_in_memory else 0)
    free = max(machine.free_memory_bytes - from_memory, 0)
    return _shared(replace(machine, free_memory_bytes=free, gpus=cards))


def _shared(machine: Machine) -> Machine:
    """The machine with as much free on cards without memory of their own as it has itself."""
    free = machine.free_memory_bytes
    cards = (
        replace(gpu, free_memory_bytes=free) if gpu.is_unified else gpu for gpu in machine.gpus
    )
    return replace(machine, gpus=tuple(cards))


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
    free = min(gpu.free_memory_bytes + held_bytes, gpu.memory_bytes - gpu.reserved_bytes)
    return replace(gpu, free_memory_bytes=max(free, 0))
