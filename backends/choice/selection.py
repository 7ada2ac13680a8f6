"""Which backend, precision and devices run a model on this machine, and why.

A pure function of facts; nothing is imported or looked at here. Each option that is not chosen
has its sentence; the same one greys out an entry of the window's menu, stands in the report of
`doctor`, and is the error if the person insists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..checkpoint.folder import Checkpoint
from ..errors import (
    GIB,
    BackendUnavailableError,
    InsufficientMemoryError,
    UserFacingError,
    apart_in_gib,
)
from ..interface import PREFILL_CHUNK, LayerDevices
from ..machine import processor
from ..machine.hardware import Gpu, Machine
from ..machine.memory_room import Bound
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..precision import Precision
from . import memory
from .memory import MeasuredPeak, MemoryNeed

#: Of a card's free memory, what is left for other programs' changes while we run.
_MARGIN = 0.06


class Verdict(Enum):
    """How an option stands on this machine."""

    FITS = "fits"
    TIGHT = "tight"  #: it fits, but leaves less than the margin
    TOO_LARGE = "does not fit"
    UNAVAILABLE = "not available"

    @property
    def runs(self) -> bool:
        """The option can be chosen."""
        return self in (Verdict.FITS, Verdict.TIGHT)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run a model: what it needs, and how it stands."""

    backend: str
    precision: Precision
    devices: LayerDevices
    device_name: str
    need: MemoryNeed | None  #: on the device; None if it cannot run whatever the memory
    verdict: Verdict
    sentence: Phrase  #: why it fits, or does not

    @property
    def device_kind(self) -> str:
        """“cpu”, “cuda”, or “cuda+cpu” where layers are spread over both."""
        kinds = dict.fromkeys(device.partition(":")[0] for device in self.devices.layers)
        return "+".join(kinds)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asks for; None is left to us."""

    precision: Precision | None = None
    wanted_device: str | None = None  #: “cpu”, “cuda”, or one card such as “cuda:1”
    prefer_speed: bool = False  #: 4-bit before 8-bit


@dataclass(frozen=True, slots=True)
class Decision:
    """The option to run, and every other with its sentence, best first."""

    chosen: Option
    reason: Phrase
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What selection knows of a model."""

    config: ModelConfig
    context_length: int
    stored: Precision | None = None  #: the quantised precision of the files; None: 16 or 32 bit
    #: Peak of loading without the KV cache, measured here before, by backend, precision and kind
    #: of device: bitsandbytes runs on a card and on the processor.
    measured: Mapping[tuple[str, Precision, str], int] = field(default_factory=dict)
    exports: Mapping[Precision, int] = field(default_factory=dict)  #: bytes of their weights
    has_tensors: bool = True  #: False: it is an export, and nothing else

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        exports: Mapping[Precision, Checkpoint],
        context_length: int,
        measured: Iterable[MeasuredPeak],
    ) -> Model:
        """A checkpoint, with what of its exports runs and what was measured of it.

        The peak of another export of the same precision, in blocks of another size, is left out.
        """
        sizes = {precision: export.bytes_on_disk for precision, export in exports.items()}
        peaks = {}
        for peak in measured:
            precision = Precision(peak.precision)
            if peak.weights_bytes is None or peak.weights_bytes == sizes.get(
                precision, peak.weights_bytes
            ):
                peaks[peak.backend, precision, peak.device_kind] = peak.peak_bytes
        return cls(
            checkpoint.config,
            context_length,
            checkpoint.stored,
            peaks,
            sizes,
            has_tensors=checkpoint.export is None,
        )


def parse_device(text: str, machine: Machine) -> str | None:
    """A device by its name; None for “auto”. Raises BackendUnavailableError."""
    cards = [gpu.device for gpu in machine.gpus]
    if text.partition(":")[0] == "cuda" and not cards:
        raise _no_card()
    known = ["auto", "cpu", *(["cuda", *cards] if cards else [])]
    if text in known:
        return None if text == "auto" else text
    raise BackendUnavailableError(
        "There is no device “{name}”; there are {known}.",
        hint="Choose one of these.",
        name=text,
        known=", ".join(known),
    )


def choose(model: Model, machine: Machine, wishes: Wishes | None = None) -> Decision:
    """The best option that runs, as the person wishes.

    Raises InsufficientMemoryError or BackendUnavailableError if none does: with the sentence of
    the option asked for, or of the smallest.
    """
    wishes = wishes or Wishes()
    every = options(model, machine, prefer_speed=wishes.prefer_speed)
    wanted = [option for option in every if _as_wished(option, wishes, model)]
    runs = [option for option in wanted if option.verdict.runs]
    if not runs:
        raise _refusal(wanted, model, machine, wishes)
    # A precision that leaves its margin on the cards goes before a better one that is tight.
    roomy = (o for o in runs if o.device_kind == "cuda" and o.verdict is Verdict.FITS)
    chosen = next(roomy, runs[0])
    return Decision(chosen, _reason(chosen, every, wishes, model), tuple(every))


def options(model: Model, machine: Machine, *, prefer_speed: bool = False) -> list[Option]:
    """Every way to run `model`, in the order in which they are preferred."""
    cards = sorted(machine.gpus, key=lambda gpu: gpu.free_memory_bytes, reverse=True)
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


def _backend(precision: Precision, plain: str) -> str:
    if precision.is_onnx:
        return "onnx_runtime"
    return "bnb_cuda" if precision.is_quantized else plain


def _on_card(model: Model, machine: Machine, gpu: Gpu, precision: Precision) -> Option:
    backend = _backend(precision, "torch_cuda")
    devices = LayerDevices.all_on(gpu.device, model.config.num_layers)
    refusal = _library_refusal(machine, precision, gpu)
    if not precision.is_onnx:
        refusal = _card_refusal(machine, gpu) or refusal
    if refusal is not None:
        return Option(backend, precision, devices, gpu.name, None, Verdict.UNAVAILABLE, refusal)
    need = _need(model, backend, precision, "cuda")
    verdict = _verdict(need, gpu.free_memory_bytes)
    sentence = _size_sentence(verdict, precision, gpu.name, need, gpu.free_memory_bytes)
    return Option(backend, precision, devices, gpu.name, need, verdict, sentence)


def _on_processor(model: Model, machine: Machine, precision: Precision) -> Option:
    backend = _backend(precision, "torch_cpu")
    devices = LayerDevices.all_on("cpu", model.config.num_layers)
    name = machine.processor
    refusal = _library_refusal(machine, precision, None) or processor_refusal(machine, precision)
    if refusal is not None:
        return Option(backend, precision, devices, name, None, Verdict.UNAVAILABLE, refusal)
    need = _need(model, backend, precision, "cpu")
    verdict = _verdict(need, machine.free_memory_bytes, margin=0.0)
    sentence = _size_sentence(
        verdict, precision, name, need, machine.free_memory_bytes, machine.limit
    )
    if (
        precision is Precision.BF16
        and verdict.runs
        and processor.lacks_packed_bf16(machine.features)
    ):
        sentence = _slow_sentence(machine, need)
    return Option(backend, precision, devices, name, need, verdict, sentence)


def _spread(model: Model, machine: Machine, cards: Sequence[Gpu]) -> Option:
    """Layers over several cards, and the rest in the machine's memory if they are not enough."""
    config = model.config
    usable = [gpu for gpu in cards if _card_refusal(machine, gpu) is None]
    precision = Precision.BF16
    if usable and any(half_precision(gpu) is Precision.FP16 for gpu in usable):
        precision = Precision.FP16
    need = _need(model, "torch_cuda", precision, "cuda")
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
        return Option("torch_cuda", precision, devices, name, need, verdict, sentence)

    if devices.single:
        # No card can be used, or all of it fits one, and that option stands above, or no layer
        # found room. It stays an option of the cards, not of the processor.
        devices = LayerDevices((cards[0].device,) * config.num_layers)
        sentence = Phrase("Spreading the layers over several devices brings nothing here.")
        if not usable:
            sentence = Phrase("No graphics card of this machine can be used.")
        return Option(
            "torch_cuda", precision, devices, cards[0].name, None, Verdict.UNAVAILABLE, sentence
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


def _need(model: Model, backend: str, precision: Precision, kind: str) -> MemoryNeed:
    library = memory.CPU_LIBRARY_BYTES if kind == "cpu" else memory.CUDA_LIBRARY_BYTES
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


# --- sentences ---------------------------------------------------------------------------


def _size_sentence(
    verdict: Verdict,
    precision: Precision,
    device: str,
    need: MemoryNeed,
    free: int,
    limit: Bound | None = None,
) -> Phrase:
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
            limit=limit.limit_bytes / GIB,
            by=limit.name,
        )
    return Phrase(
        "{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free.", **sizes
    )


def _slow_sentence(machine: Machine, need: MemoryNeed) -> Phrase:
    """Bf16 on a processor that has no way of its own to multiply it."""
    return Phrase(
        "bf16 needs {need:.1f} GiB on {device} of the {free:.1f} GiB that is free, but reads "
        "prompts about ten times slower than fp32, as this processor lacks {needed}.",
        need=need.total / GIB,
        device=machine.processor,
        free=machine.free_memory_bytes / GIB,
        needed="AVX512" if "avx2" in machine.features else "bf16",
    )


def _card_refusal(machine: Machine, gpu: Gpu) -> Phrase | None:
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
    """Why ONNX Runtime does not run an export."""
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


def _library_refusal(machine: Machine, precision: Precision, gpu: Gpu | None) -> Phrase | None:
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
    """Why this processor does not run a precision, whatever its memory."""
    if precision is Precision.BF16 and processor.lacks_bf16(machine.features):
        return Phrase("bf16 needs AVX2, which {device} lacks.", device=machine.processor)
    return machine.refused.get(precision.value)


def _as_wished(option: Option, wishes: Wishes, model: Model) -> bool:
    if wishes.precision is not None and option.precision is not wishes.precision:
        return False
    if wishes.wanted_device is None:
        # bitsandbytes on a processor is slow: only if it is asked for, or the files are so.
        slow = option.backend == "bnb_cuda" and option.device_kind == "cpu"
        return not slow or wishes.precision is not None or model.stored is not None
    if wishes.wanted_device in ("cpu", "cuda"):
        return option.device_kind == wishes.wanted_device
    return option.devices.single and option.devices.first == wishes.wanted_device


def _reason(chosen: Option, every: Sequence[Option], wishes: Wishes, model: Model) -> Phrase:
    if wishes.precision is not None:
        return Phrase("You chose this precision. {fact}", fact=chosen.sentence)
    better = next(option for option in every if _as_wished(option, wishes, model))
    if better == chosen:
        return chosen.sentence
    return Phrase("{better} {fact}", better=better.sentence, fact=chosen.sentence)


def _no_card() -> BackendUnavailableError:
    return BackendUnavailableError(
        "This machine has no NVIDIA card that can be used.", hint="Choose the device “auto”."
    )


def _refusal(
    wanted: Sequence[Option], model: Model, machine: Machine, wishes: Wishes
) -> UserFacingError:
    precision = wishes.precision
    too_large = [option for option in wanted if option.verdict is Verdict.TOO_LARGE]
    if too_large:
        smallest = min(too_large, key=lambda o: o.need.total if o.need else 0)
        is_limited = "cpu" in smallest.devices.layers and machine.limit is not None
        return InsufficientMemoryError.because(smallest.sentence, is_limited=is_limited)
    if wanted:
        return BackendUnavailableError("{why}", why=wanted[0].sentence)
    if precision is not None and precision.is_onnx:
        return BackendUnavailableError(
            "This model has no export at {precision}.",
            hint="Export it first: baichuan-desktop export-onnx MODEL --precision P. The report of "
            "“baichuan-desktop doctor” names exports that are left out.",
            precision=precision.label,
        )
    if not model.has_tensors:
        return BackendUnavailableError(
            "This is an export, which runs at {precision} only.",
            precision=", ".join(precision.label for precision in model.exports),
        )
    if model.stored is not None:
        return BackendUnavailableError(
            "These files hold {stored} weights, which run as they are and in no other precision.",
            stored=model.stored.label,
        )
    if precision is None:
        return _no_card()
    return BackendUnavailableError(
        "{precision} does not run on {device}.",
        hint="The report of “baichuan-desktop doctor” names the precisions that do.",
        precision=precision.label,
        device=wishes.wanted_device or Phrase("this machine"),
    )
