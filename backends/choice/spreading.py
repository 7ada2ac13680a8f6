"""The options of several devices: cards together, and cards with the processor for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from ..errors import in_gib
from ..interface import LayerDevices
from ..machine.cards.values import Gpu
from ..machine.hardware import Machine
from ..phrases import Phrase
from ..precision import BackendName, DeviceKind, Precision
from . import memory, room
from .compact import Form
from .expected_speed import expected
from .one_device import backend_of, half_precision, need_on
from .sentences import (
    card_refusal,
    host_sentence,
    library_refusal,
    processor_refusal,
    split_sentence,
)
from .values import Model, Option, Verdict

#: Cards and the bytes that layers may take of each, the roomiest first.
_Rooms = Sequence[tuple[Gpu, int]]


def shared_half(machine: Machine, cards: Sequence[Gpu]) -> Precision:
    """The 16-bit type that all cards multiply which can be used at all."""
    usable = [half_precision(gpu) for gpu in cards if card_refusal(machine, gpu) is None]
    return Precision.FP16 if Precision.FP16 in usable else Precision.BF16


def together(
    model: Model, machine: Machine, cards: Sequence[Gpu], precision: Precision
) -> Option | None:
    """The option that spreads all layers over several cards; None where they are too small.

    In the form that changes least of those that fit; if none does, in a shorter context, unless a
    person asked for the one there is.
    """
    plain = Form(precision, model.context_length)
    smaller = plain.smaller(with_host=True) if model.may_be_compact(precision) else ()
    forms = [plain]
    for form in smaller:
        if _host_bytes(model, form) <= machine.free_memory_bytes:
            forms.append(form)

    def layers_of(form: Form) -> tuple[str, ...] | None:
        return _over(model, form, _rooms(model, machine, cards, form, DeviceKind.CUDA))

    fitting = next((form for form in forms if layers_of(form) is not None), None)
    if fitting is None and not model.context_is_asked:
        fitting = forms[-1].shorter(lambda form: layers_of(form) is not None)
    layers = None if fitting is None else layers_of(fitting)
    if fitting is None or layers is None:
        return None
    names, shown = _names(cards, layers), machine.shown_names(layers)
    need = need_on(model, fitting, DeviceKind.CUDA, names)
    sentence = Phrase(
        "{precision} needs {need:.1f} GiB, which fits on {devices} together.",
        precision=fitting.named(model.context_length),
        need=in_gib(need.total),
        devices=shown,
    )
    host = _host_bytes(model, fitting)
    return _option(model, fitting, layers, (names, shown), Verdict.FITS, sentence, host)


def _host_bytes(model: Model, form: Form) -> int:
    """Bytes of the machine's memory that a form takes beside that of the cards."""
    return room.host_bytes(model.config, form.precision) if form.embedding_on_host else 0


def split(
    model: Model, machine: Machine, cards: Sequence[Gpu], precision: Precision
) -> Option | None:
    """The option of which the processor computes the layers that find no card.

    None where no card takes any, or this processor does not compute the precision. The embedding
    lies in the machine's memory, as the head does, which follows the last layer.
    """
    form = Form(precision, model.context_length, embedding_on_host=True)
    if (
        library_refusal(machine, precision, None) or processor_refusal(machine, precision)
    ) is not None:
        return None
    config, layer = model.config, _layer_bytes(model, form)
    placed: list[str] = []
    for gpu, free in _rooms(model, machine, cards, form, DeviceKind.SPREAD):
        left = config.num_layers - 1 - len(placed)  # the last one is the processor's, with the head
        placed += [gpu.device] * min(max(free // layer, 0), left)
    if not placed:
        return None
    on_processor = config.num_layers - len(placed)
    layers = (*placed, *(["cpu"] * on_processor))
    adapter = model.adapter or memory.AdapterBytes()
    outer = memory.embedding_bytes(config, precision) + memory.last_weight_bytes(config, precision)
    outer += adapter.first + adapter.last
    host = on_processor * layer + outer + memory.CPU_LIBRARY_BYTES
    names = _names(cards, layers)
    devices = LayerDevices(layers, embedding_on_host=True)
    mine = {machine.processor, *(gpu.name for gpu in cards if gpu.device in placed)}
    measured = [one for one in model.bandwidths if one.device_name in mine]
    speed = expected(config, precision, devices, machine.features, measured)
    verdict = Verdict.TIGHT
    shown = machine.shown_names(placed)
    sentence = split_sentence(precision.label, shown, on_processor, config.num_layers, speed)
    if host > machine.free_memory_bytes:
        verdict = Verdict.TOO_LARGE
        sentence = host_sentence(precision.label, shown, host, machine)
    name = f"{names} + {machine.processor}", machine.shown_names(layers)
    return _option(model, form, layers, name, verdict, sentence, host)


def _option(
    model: Model,
    form: Form,
    layers: Sequence[str],
    names: tuple[str, str],
    verdict: Verdict,
    sentence: Phrase,
    host: int,
) -> Option:
    """An option; `names` are what its devices are called, by themselves and in sentences."""
    devices = LayerDevices(tuple(layers), form.embedding_on_host)
    return Option(
        backend_of(form.precision, BackendName.TORCH_CUDA),
        form.precision,
        devices,
        *names,
        need_on(model, form, devices.kind, names[0]),
        verdict,
        sentence,
        form.context_length,
        form.head_in_8_bits,
        host,
    )


def _rooms(
    model: Model, machine: Machine, cards: Sequence[Gpu], form: Form, kind: DeviceKind
) -> _Rooms:
    """The cards on which a form runs, with what layers may take of each.

    None whose memory is the machine's: there is nothing to be won by another device.
    """
    found = []
    for gpu in cards:
        refusal = card_refusal(machine, gpu) or library_refusal(machine, form.precision, gpu)
        if refusal is None and not gpu.is_unified:
            need = need_on(model, form, kind, gpu.name)
            free = room.usable_bytes(machine, gpu) - need.activations - need.library
            found.append((gpu, free))
    return found


def _over(model: Model, form: Form, rooms: _Rooms) -> tuple[str, ...] | None:
    """The card of each layer, on as few cards as hold them all; None where none do."""
    config, layer = model.config, _layer_bytes(model, form)
    adapter = model.adapter or memory.AdapterBytes()
    embedding = memory.embedding_bytes(config, form.precision) + adapter.first
    first = 0 if form.embedding_on_host else embedding  # beside the first layer
    last = memory.last_weight_bytes(config, form.precision, head_in_8_bits=form.head_in_8_bits)
    last += adapter.last
    rooms = [(gpu, free) for gpu, free in rooms if free >= layer]
    for used in range(2, len(rooms) + 1):
        for order in _orders(rooms[:used]):
            free_bytes = [free for _, free in order]
            free_bytes[0] -= first
            free_bytes[-1] -= last
            most = [free // layer for free in free_bytes]
            if min(most) < 1 or sum(most) < config.num_layers:
                continue
            placed: list[str] = []
            for number, (gpu, _) in enumerate(order):
                later = used - 1 - number  # cards, each of which gets a layer at least
                left = config.num_layers - len(placed) - later
                placed += [gpu.device] * min(most[number], left)
            return tuple(placed)
    return None


def _orders(rooms: _Rooms) -> Iterator[_Rooms]:
    """Cards as they come, then with others at the ends, where embedding and head lie."""
    places = range(len(rooms))
    for first, last in sorted(permutations(places, 2), key=lambda ends: (ends[0], -ends[1])):
        between = [rooms[place] for place in places if place not in (first, last)]
        yield [rooms[first], *between, rooms[last]]


def _layer_bytes(model: Model, form: Form) -> int:
    """Bytes of a layer with its keys and values."""
    cached = memory.kv_bytes_per_token(model.config, form.precision) * form.context_length
    layer = memory.layer_weight_bytes(model.config, form.precision)
    added = 0 if model.adapter is None else model.adapter.layers
    return layer + -(-(cached + added) // model.config.num_layers)


def _names(cards: Sequence[Gpu], layers: Sequence[str]) -> str:
    return " + ".join(gpu.name for gpu in cards if gpu.device in layers)
