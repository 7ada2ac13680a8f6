"""The options of one device: a card, in every form that may fit it, or the processor."""

from __future__ import annotations

from dataclasses import replace

from ..interface import PREFILL_CHUNK, LayerDevices
from ..machine import processor
from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..precision import BackendName, DeviceKind, Precision
from . import memory, room
from .compact import Form
from .memory import MemoryNeed
from .sentences import (
    card_refusal,
    library_refusal,
    processor_refusal,
    size_sentence,
    slow_sentence,
)
from .values import Model, Option, Verdict


def half_precision(gpu: Gpu) -> Precision:
    """The 16-bit type that a card multiplies: bf16 from compute capability 8.0."""
    return Precision.BF16 if gpu.compute_capability >= (8, 0) else Precision.FP16


def backend_of(precision: Precision, plain: BackendName) -> BackendName:
    """What runs a precision; `plain` one that is not quantised."""
    if precision.is_onnx:
        return BackendName.ONNX_RUNTIME
    return BackendName.BITSANDBYTES if precision.is_quantized else plain


def on_card(model: Model, machine: Machine, gpu: Gpu, precision: Precision) -> list[Option]:
    """A precision on a card: as it is, and in smaller forms if it is the smallest there is.

    The first form that leaves its margin ends the list. If none does, the last one gets a shorter
    context; where a person asked for the one there is, they are told of the shorter one.
    """
    plain = Form(precision, model.context_length)
    forms, found = [plain], [_form_on_card(model, machine, gpu, plain)]
    if precision.is_onnx or found[0].verdict is Verdict.UNAVAILABLE:
        return found
    is_compact = model.may_be_compact(precision)
    if is_compact:
        with_host = room.host_holds_embedding(model, machine, gpu, precision)
        forms += plain.smaller(with_host=with_host)
    for form in forms[1:]:
        if found[-1].verdict is not Verdict.FITS:
            found.append(_form_on_card(model, machine, gpu, form))
    last = found[-1].verdict
    # A precision that was asked for keeps its context if that just fits.
    if last is Verdict.FITS or (last is Verdict.TIGHT and not is_compact):
        return found

    def fits(shorter: Form) -> bool:
        return _form_on_card(model, machine, gpu, shorter).verdict is Verdict.FITS

    shorter = forms[-1].shorter(fits)
    if shorter is not None and not model.context_is_asked:
        found.append(_form_on_card(model, machine, gpu, shorter))
    elif shorter is not None and last is Verdict.TOO_LARGE:
        found[-1] = _form_on_card(model, machine, gpu, forms[-1], shorter.context_length)
    return found


def _form_on_card(
    model: Model, machine: Machine, gpu: Gpu, form: Form, fitting_context: int | None = None
) -> Option:
    precision, shown = form.precision, machine.shown_name(gpu)
    refusal = library_refusal(machine, precision, gpu)
    if not precision.is_onnx:
        refusal = card_refusal(machine, gpu) or refusal
    need, host, verdict, sentence = None, 0, Verdict.UNAVAILABLE, refusal
    if sentence is None:
        need = need_on(model, form, DeviceKind.CUDA, gpu.name)
        if gpu.is_unified:  # the process that drives the card lies in the same memory
            need = replace(need, library=need.library + memory.CPU_LIBRARY_BYTES)
        free = room.free_bytes(machine, gpu)
        verdict = room.verdict(need.total, free, room.reserve_bytes(machine, gpu))
        name = form.named(model.context_length)
        sentence = size_sentence(verdict, name, shown, need, free, fitting=fitting_context)
        if form.embedding_on_host:
            host = room.host_bytes(model.config, precision)
    return Option(
        backend_of(precision, BackendName.TORCH_CUDA),
        precision,
        LayerDevices((gpu.device,) * model.config.num_layers, form.embedding_on_host),
        gpu.name,
        shown,
        need,
        verdict,
        sentence,
        form.context_length,
        form.head_in_8_bits,
        host,
        fitting_context,
    )


def on_processor(model: Model, machine: Machine, precision: Precision) -> Option:
    """A precision on the processor."""
    form, name = Form(precision, model.context_length), machine.processor
    sentence = library_refusal(machine, precision, None) or processor_refusal(machine, precision)
    need, verdict = None, Verdict.UNAVAILABLE
    if sentence is None:
        need, free = need_on(model, form, DeviceKind.CPU, name), machine.free_memory_bytes
        verdict = room.verdict(need.total, free)
        sentence = size_sentence(verdict, precision.label, name, need, free, machine.limit)
        is_slow = precision is Precision.BF16 and processor.lacks_packed_bf16(machine.features)
        if is_slow and verdict.runs:
            sentence = slow_sentence(machine, need)
    return Option(
        backend_of(precision, BackendName.TORCH_CPU),
        precision,
        LayerDevices.all_on("cpu", model.config.num_layers),
        name,
        name,
        need,
        verdict,
        sentence,
        model.context_length,
    )


def need_on(model: Model, form: Form, kind: DeviceKind, device_name: str) -> MemoryNeed:
    """What a form takes of a device, or of each of a kind on which all of it would lie."""
    on_card = kind.uses_cards
    plain = BackendName.TORCH_CUDA if on_card else BackendName.TORCH_CPU
    is_recorded = on_card and not form.precision.is_onnx
    measured_kind = DeviceKind.CUDA if on_card else DeviceKind.CPU
    return memory.needed(
        model.config,
        form.precision,
        form.context_length,
        prefill_chunk=PREFILL_CHUNK[kind],
        library_bytes=memory.CUDA_LIBRARY_BYTES if on_card else memory.CPU_LIBRARY_BYTES,
        graphs=memory.graph_bytes(form.context_length) if is_recorded else 0,
        overhead=model.overhead(
            backend_of(form.precision, plain), form.precision, measured_kind, device_name
        ),
        weights=model.exports.get(form.precision),
        embedding_on_host=form.embedding_on_host,
        head_in_8_bits=form.head_in_8_bits,
        scores_every_token=model.scores_every_token,
        adapter=model.adapter,
    )
