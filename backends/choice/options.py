"""Every way to run a model on a machine, in the order in which they are preferred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..phrases import Phrase
from ..precision import DeviceKind, Precision
from . import memory, spreading
from .one_device import half_precision, on_card, on_processor
from .room import free_bytes
from .values import Model, Option, Verdict


def options(model: Model, machine: Machine, *, prefer_speed: bool = False) -> list[Option]:
    """Every way to run `model`, in the order in which they are preferred.

    What the administrator has turned off is among them, as what cannot be chosen.
    """
    return [_allowed(one, machine) for one in _options(model, machine, prefer_speed=prefer_speed)]


def _allowed(option: Option, machine: Machine) -> Option:
    refusal = machine.forbidden.get(option.precision)
    if refusal is None:
        return option
    sentence = Phrase(refusal.template, **refusal.facts)
    return replace(
        option,
        need=None,
        verdict=Verdict.UNAVAILABLE,
        sentence=sentence,
        fitting_context=None,
        is_forbidden=True,
    )


def _options(model: Model, machine: Machine, *, prefer_speed: bool) -> list[Option]:
    cards = _roomiest_first(machine)
    found: list[Option] = []
    if model.has_tensors and cards:
        found += _torch_on_cards(model, machine, cards, prefer_speed=prefer_speed)
    if Precision.ONNX_FP16 in model.exports:
        for gpu in cards:
            found += on_card(model, machine, gpu, Precision.ONNX_FP16)
    order = [*_quantized_exports(prefer_speed), *_processor_order(machine), Precision.ONNX_FP16]
    if model.stored is not None:
        order = [*_quantized_exports(prefer_speed), model.stored]
    for precision in order:
        if precision in model.exports or (model.has_tensors and not precision.is_onnx):
            found.append(on_processor(model, machine, precision))
    if model.has_tensors and model.stored is None:
        found.append(on_processor(model, machine, Precision.INT8))
        found.append(on_processor(model, machine, Precision.NF4))
        for gpu in cards:
            found += on_card(model, machine, gpu, Precision.FP4)
        found.append(on_processor(model, machine, Precision.FP4))
    return found


def still_runs(option: Option, model: Model, machine: Machine) -> bool:
    """Whether an option that runs would run as well with the free memory of `machine`.

    `machine` is the one of the option, at another moment.
    """
    if not option.devices.single:
        spread = spreading.split if option.device_kind is DeviceKind.SPREAD else spreading.together
        again = spread(model, machine, _roomiest_first(machine), option.precision)
        return again is not None and again.verdict.runs
    free = {"cpu": machine.free_memory_bytes}
    free |= {gpu.device: free_bytes(machine, gpu) for gpu in machine.gpus}
    needed = option.need.total if option.need is not None else 0
    return needed <= free.get(option.devices.last, 0) and option.host_bytes <= free["cpu"]


def _roomiest_first(machine: Machine) -> list[Gpu]:
    return sorted(machine.gpus, key=lambda gpu: gpu.free_memory_bytes, reverse=True)


def _torch_on_cards(
    model: Model, machine: Machine, cards: Sequence[Gpu], *, prefer_speed: bool
) -> list[Option]:
    """Cards alone, then together, then with the processor.

    Alone, every precision goes as it is before any in a smaller form; of the forms, those of the
    smallest precision go first. A context of less than half goes after cards together, which keep
    more of it.
    """
    quantized = [Precision.INT8, Precision.NF4]
    if prefer_speed:
        quantized.reverse()
    if model.stored is not None:
        quantized = [model.stored]
    alone = (
        []
        if model.stored is not None
        else [
            option for gpu in cards for option in on_card(model, machine, gpu, half_precision(gpu))
        ]
    )
    for precision in quantized:
        alone += [option for gpu in cards for option in on_card(model, machine, gpu, precision)]
    plain = [option for option in alone if _stage(option, model) == 0]
    smaller = _smallest_first(model, [option for option in alone if _stage(option, model)])
    kept = [option for option in smaller if 2 * option.context_length >= model.context_length]
    shortest = [option for option in smaller if option not in kept]
    half = [] if model.stored is not None else [spreading.shared_half(machine, cards)]
    precisions = [*half, *quantized]
    together = _together(model, machine, cards, precisions, [*plain, *kept])
    long = [option for option in together if 2 * option.context_length >= model.context_length]
    short = [option for option in together if option not in long]
    split = _split(model, machine, cards, precisions, [*alone, *together])
    return [*plain, *kept, *long, *shortest, *short, *split]


def _smallest_first(model: Model, options: Sequence[Option]) -> list[Option]:
    """Options by their precision, and of each what changes least first."""

    def rank(option: Option) -> tuple[int, int]:
        size = memory.layer_weight_bytes(model.config, option.precision)
        return size, _stage(option, model)

    return sorted(options, key=rank)


def _stage(option: Option, model: Model) -> int:
    """How much is changed of a precision: 0 for nothing, most for a shorter context."""
    if option.context_length < model.context_length:
        return 3
    return 2 if option.head_in_8_bits else int(option.devices.embedding_on_host)


def _together(
    model: Model,
    machine: Machine,
    cards: Sequence[Gpu],
    precisions: Sequence[Precision],
    alone: Sequence[Option],
) -> list[Option]:
    """Several cards together, in each precision that no card alone runs with its margin.

    All that keep their context go before any that does not; of these, the smallest goes first.
    """
    found = []
    for precision in precisions:
        if any(o.precision is precision and o.verdict is Verdict.FITS for o in alone):
            continue
        option = spreading.together(model, machine, cards, precision)
        found += [] if option is None else [option]
    whole = [option for option in found if option.context_length == model.context_length]
    shorter = [option for option in found if option not in whole]
    return [*whole, *_smallest_first(model, shorter)]


def _split(
    model: Model,
    machine: Machine,
    cards: Sequence[Gpu],
    precisions: Sequence[Precision],
    on_cards: Sequence[Option],
) -> list[Option]:
    """Cards with the processor, in each precision that cards do not run by themselves.

    16 bits go first, unless they leave most layers to the processor: 4 bits leave it fewer.
    """
    found = []
    for precision in precisions:
        if not any(o.precision is precision and o.verdict.runs for o in on_cards):
            option = spreading.split(model, machine, cards, precision)
            found += [] if option is None else [option]

    def rank(option: Option) -> int:
        if not option.precision.is_quantized:
            layers = option.devices.layers
            return 3 if 2 * layers.count("cpu") > len(layers) else 0
        return 1 if option.precision is Precision.NF4 else 2

    return sorted(found, key=rank)


def _quantized_exports(prefer_speed: bool) -> list[Precision]:
    order = [Precision.ONNX_INT8, Precision.ONNX_INT4]
    return order[::-1] if prefer_speed else order


def _processor_order(machine: Machine) -> list[Precision]:
    fp32 = [Precision.ONNX_FP32, Precision.FP32]
    if machine.multiplies_bf16:
        return [Precision.BF16, *fp32]
    return [*fp32, Precision.BF16]
