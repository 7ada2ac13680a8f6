"""Every way to run a model on a machine, with what it needs and whether it fits."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import apart_in_gib
from ..interface import PREFILL_CHUNK, LayerDevices
from ..machine import processor
from ..machine.hardware import Gpu, Machine
from ..phrases import Phrase
from ..precision import BackendName, DeviceKind, Precision
from . import memory
from .memory import MemoryNeed
from .sentences import (
    card_refusal,
    library_refusal,
    processor_refusal,
    size_sentence,
    slow_sentence,
)
from .values import Model, Option, Verdict

#: Of a card's free memory, what is left for other programs' changes while we run.
_MARGIN = 0.06


def options(model: Model, machine: Machine, *, prefer_speed: bool = False) -> list[Option]:
    """Every way to run `model`, in the order in which they are preferred."""
    cards = _roomiest_first(machine)
    found: list[Option] = []
    if model.has_tensors:
        found += _torch_on_cards(model, machine, cards, prefer_speed=prefer_speed)
    if Precision.ONNX_FP16 in model.exports:
        found += [_on_card(model, machine, gpu, Precision.ONNX_FP16) for gpu in cards]
    order = [*_quantized_exports(prefer_speed), *_processor_order(machine), Precision.ONNX_FP16]
    if model.stored is not None:
        order = [*_quantized_exports(prefer_speed), model.stored]
    for precision in order:
        if precision in model.exports or (model.has_tensors and not precision.is_onnx):
            found.append(_on_processor(model, machine, precision))
    if model.has_tensors and model.stored is None:
        found.append(_on_processor(model, machine, Precision.INT8))
        found.append(_on_processor(model, machine, Precision.NF4))
        found += [_on_card(model, machine, gpu, Precision.FP4) for gpu in cards]
        found.append(_on_processor(model, machine, Precision.FP4))
    return found


def still_runs(option: Option, model: Model, machine: Machine) -> bool:
    """Whether an option that runs would run as well with the free memory of `machine`.

    `machine` is the one of the option, at another moment.
    """
    if not option.devices.single:
        spread = _spread(model, machine, _roomiest_first(machine))
        return spread.verdict.runs and spread.device_kind == option.device_kind
    free = {"cpu": machine.free_memory_bytes}
    free |= {gpu.device: gpu.free_memory_bytes for gpu in machine.gpus}
    needed = option.need.total if option.need is not None else 0
    return needed <= free.get(option.devices.first, 0)


def _roomiest_first(machine: Machine) -> list[Gpu]:
    return sorted(machine.gpus, key=lambda gpu: gpu.free_memory_bytes, reverse=True)


def _torch_on_cards(
    model: Model, machine: Machine, cards: Sequence[Gpu], *, prefer_speed: bool
) -> list[Option]:
    quantized = [Precision.INT8, Precision.NF4]
    if prefer_speed:
        quantized.reverse()
    found: list[Option] = []
    if model.stored is not None:
        quantized = [model.stored]
    else:
        found += [_on_card(model, machine, gpu, half_precision(gpu)) for gpu in cards]
    for precision in quantized:
        found += [_on_card(model, machine, gpu, precision) for gpu in cards]
    if cards and model.stored is None:
        found.append(_spread(model, machine, cards))
    return found


def _quantized_exports(prefer_speed: bool) -> list[Precision]:
    order = [Precision.ONNX_INT8, Precision.ONNX_INT4]
    return order[::-1] if prefer_speed else order


def half_precision(gpu: Gpu) -> Precision:
    """The 16-bit type that a card multiplies: bf16 from compute capability 8.0."""
    return Precision.BF16 if gpu.compute_capability >= (8, 0) else Precision.FP16


def _processor_order(machine: Machine) -> list[Precision]:
    fp32 = [Precision.ONNX_FP32, Precision.FP32]
    if machine.multiplies_bf16:
        return [Precision.BF16, *fp32]
    return [*fp32, Precision.BF16]


# --- one option --------------------------------------------------------------------------


def _backend(precision: Precision, plain: BackendName) -> BackendName:
    if precision.is_onnx:
        return BackendName.ONNX_RUNTIME
    return BackendName.BITSANDBYTES if precision.is_quantized else plain


def _on_card(model: Model, machine: Machine, gpu: Gpu, precision: Precision) -> Option:
    backend = _backend(precision, BackendName.TORCH_CUDA)
    devices = LayerDevices.all_on(gpu.device, model.config.num_layers)
    refusal = library_refusal(machine, precision, gpu)
    if not precision.is_onnx:
        refusal = card_refusal(machine, gpu) or refusal
    if refusal is not None:
        return Option(backend, precision, devices, gpu.name, None, Verdict.UNAVAILABLE, refusal)
    need = _need(model, backend, precision, DeviceKind.CUDA)
    verdict = _verdict(need, gpu.free_memory_bytes)
    sentence = size_sentence(verdict, precision, gpu.name, need, gpu.free_memory_bytes)
    return Option(backend, precision, devices, gpu.name, need, verdict, sentence)


def _on_processor(model: Model, machine: Machine, precision: Precision) -> Option:
    backend = _backend(precision, BackendName.TORCH_CPU)
    devices = LayerDevices.all_on("cpu", model.config.num_layers)
    name = machine.processor
    refusal = library_refusal(machine, precision, None) or processor_refusal(machine, precision)
    if refusal is not None:
        return Option(backend, precision, devices, name, None, Verdict.UNAVAILABLE, refusal)
    need = _need(model, backend, precision, DeviceKind.CPU)
    verdict = _verdict(need, machine.free_memory_bytes, margin=0.0)
    sentence = size_sentence(
        verdict, precision, name, need, machine.free_memory_bytes, machine.limit
    )
    if (
        precision is Precision.BF16
        and verdict.runs
        and processor.lacks_packed_bf16(machine.features)
    ):
        sentence = slow_sentence(machine, need)
    return Option(backend, precision, devices, name, need, verdict, sentence)


def _spread(model: Model, machine: Machine, cards: Sequence[Gpu]) -> Option:
    """The option that spreads the layers over the cards, and over the memory if they are full."""
    config = model.config
    usable = [gpu for gpu in cards if card_refusal(machine, gpu) is None]
    precision = Precision.BF16
    if usable and any(half_precision(gpu) is Precision.FP16 for gpu in usable):
        precision = Precision.FP16
    need = _need(model, BackendName.TORCH_CUDA, precision, DeviceKind.CUDA)
    layer = memory.layer_weight_bytes(config, precision)
    layer += (
        memory.kv_bytes_per_token(config, precision) * model.context_length // config.num_layers
    )
    # The embedding lies with the first layer, the head with the last: half of it each.
    outer = memory.outer_weight_bytes(config, precision)
    half = outer - outer // 2
    placed: list[str] = []
    for gpu in usable:
        room = int(gpu.free_memory_bytes * (1 - _MARGIN)) - need.activations - need.library - half
        count = max(min(room // layer, config.num_layers - len(placed)), 0)
        if count == config.num_layers and count * layer + half > room:
            count -= 1  # all layers, but not the head
        placed += [gpu.device] * count
    on_processor = config.num_layers - len(placed)
    rest = on_processor * layer + half + memory.CPU_LIBRARY_BYTES
    devices = LayerDevices((*placed, *(["cpu"] * on_processor)))
    names = " + ".join(gpu.name for gpu in usable if gpu.device in placed)

    def option(verdict: Verdict, sentence: Phrase) -> Option:
        name = names if not on_processor else f"{names} + {machine.processor}"
        return Option(BackendName.TORCH_CUDA, precision, devices, name, need, verdict, sentence)

    if devices.single:
        # No card can be used, or all of it fits one, and that option stands above, or no layer
        # found room. It stays an option of the cards, not of the processor.
        devices = LayerDevices((cards[0].device,) * config.num_layers)
        sentence = Phrase("Spreading the layers over several devices brings nothing here.")
        if not usable:
            sentence = Phrase("No graphics card of this machine can be used.")
        return Option(
            BackendName.TORCH_CUDA,
            precision,
            devices,
            cards[0].name,
            None,
            Verdict.UNAVAILABLE,
            sentence,
        )
    if on_processor and rest > machine.free_memory_bytes:
        rest_gib, free_gib = apart_in_gib(rest, machine.free_memory_bytes)
        return option(
            Verdict.TOO_LARGE,
            Phrase(
                "{precision} over {devices} leaves {need:.1f} GiB for the machine's memory, but "
                "only {free:.1f} GiB is free.",
                precision=precision.label,
                devices=names,
                need=rest_gib,
                free=free_gib,
            ),
        )
    if on_processor:
        return option(
            Verdict.TIGHT,
            Phrase(
                "{precision} runs with {n} of {layers} layers in the machine's memory, which is "
                "slow.",
                precision=precision.label,
                n=on_processor,
                layers=config.num_layers,
            ),
        )
    return option(
        Verdict.FITS,
        Phrase("{precision} fits on {devices} together.", precision=precision.label, devices=names),
    )


def _need(model: Model, backend: BackendName, precision: Precision, kind: DeviceKind) -> MemoryNeed:
    library = memory.CUDA_LIBRARY_BYTES if kind.uses_cards else memory.CPU_LIBRARY_BYTES
    return memory.needed(
        model.config,
        precision,
        model.context_length,
        prefill_chunk=PREFILL_CHUNK[kind],
        library_bytes=library,
        measured_peak=model.measured.get((backend, precision, kind)),
        weights=model.exports.get(precision),
    )


def _verdict(need: MemoryNeed, free: int, margin: float = _MARGIN) -> Verdict:
    if need.total > free:
        return Verdict.TOO_LARGE
    return Verdict.FITS if need.total <= free * (1 - margin) else Verdict.TIGHT
