"""How a checkpoint is loaded on this machine, with what its processor is found to compute wrongly.

`selection` decides by facts alone. Whether a processor multiplies rightly is seen only when it
multiplies, which takes a library that is not imported before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..adapters.values import Adapter
from ..checkpoint.allowed import open_allowed_exports
from ..checkpoint.folder import Checkpoint
from ..choice import memory, selection, sentences
from ..choice.values import Decision, Model, Wishes
from ..errors import BackendUnavailableError, InvalidRequestError
from ..events import ProductsTried
from ..interface import LoadOptions
from ..machine.hardware import Machine
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..policy.decisions import forbidden_precisions
from ..policy.site_policy import site_policy
from ..precision import DeviceKind, Precision
from ..protocol.engine_requests import MOST_THREADS, LoadRequest
from . import heavy_modules


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The weights to load, the options to load them with, and the decision behind both."""

    decision: Decision
    weights: Checkpoint  #: the checkpoint itself, or its export that runs in its place
    options: LoadOptions

    @property
    def weights_bytes(self) -> int:
        """Bytes that the weights take in memory."""
        if self.weights.export is not None:
            return self.weights.bytes_on_disk
        return memory.weight_bytes(
            self.weights.config,
            self.options.precision,
            head_in_8_bits=self.options.head_in_8_bits,
        )

    @property
    def host_weights_bytes(self) -> int:
        """Bytes of these that lie in the machine's memory where the layers lie on cards."""
        devices = self.options.devices
        if not (devices.embedding_on_host and devices.kind is DeviceKind.CUDA):
            return 0
        return memory.embedding_bytes(self.weights.config, self.options.precision)


def asked_context_length(request: LoadRequest, config: ModelConfig) -> int:
    """The most tokens of context to load with. Raises InvalidRequestError."""
    asked = request.context_length
    if asked is None:
        return config.context_length
    if not 1 <= asked <= config.context_length:
        raise InvalidRequestError(
            "The context length must be from 1 to {most} for this model, not {value}.",
            most=config.context_length,
            value=asked,
        )
    return asked


def plan_load(
    checkpoint: Checkpoint,
    request: LoadRequest,
    context_length: int,
    machine: Machine,
    adapter: Adapter | None = None,
) -> LoadPlan:
    """Decide on precision, backend, devices, threads, and how much of the context is kept.

    With an adapter no export runs in the place of the model. Raises InvalidRequestError,
    BackendUnavailableError, InsufficientMemoryError, ExportRefusedError or PolicyError.
    """
    threads = machine.physical_cores if request.threads is None else request.threads
    if not 1 <= threads <= MOST_THREADS:
        raise InvalidRequestError(
            "The number of threads must be from 1 to {most}, not {value}.",
            most=MOST_THREADS,
            value=threads,
        )
    policy = site_policy()
    machine = replace(machine, forbidden=forbidden_precisions(policy))
    stamps = {one.folder: one.stamp for one in request.export_stamps}
    listed = request.exports if adapter is None else ()
    exports = open_allowed_exports(checkpoint, listed, stamps, policy)
    model = Model.of(
        checkpoint,
        exports.usable,
        context_length,
        request.measured,
        request.bandwidths,
        context_is_asked=request.context_length is not None,
        scores_every_token=request.scores_every_token,
        adapter=None if adapter is None else memory.AdapterBytes.of(adapter),
    )
    wishes = Wishes(
        request.precision,
        selection.known_device(request.wanted_device, machine),
        request.prefer_speed,
    )
    if (refusal := exports.refusal(wishes.precision)) is not None:
        raise refusal
    decision = _decide(model, machine, wishes)
    chosen = decision.chosen
    if chosen.precision.is_onnx and (request.embedding_on_host or request.head_in_8_bits):
        raise BackendUnavailableError(
            "{precision} runs with the embedding and the head that its export was written with.",
            hint="Choose precisions of the model itself, such as bf16 or 4bit.",
            precision=chosen.precision.label,
        )
    on_host = chosen.devices.embedding_on_host or request.embedding_on_host
    options = LoadOptions(
        chosen.precision,
        chosen.context_length,
        threads,
        replace(chosen.devices, embedding_on_host=on_host),
        head_in_8_bits=chosen.head_in_8_bits or request.head_in_8_bits,
        may_take_fewer=request.threads is None,
    )
    weights = exports.usable.get(options.precision, checkpoint)
    return LoadPlan(decision, weights, options)


def _decide(model: Model, machine: Machine, wishes: Wishes) -> Decision:
    """The decision of `selection.choose`, of precisions that the processor computes rightly.

    Where no processor takes part none is tried: a card's libraries do not choose by it.
    """
    while True:
        decision = selection.choose(model, machine, wishes)
        if not decision.chosen.device_kind.uses_processor:
            return decision
        precision = decision.chosen.precision
        try:
            heavy_modules.processor_way(precision)
        except BackendUnavailableError as error:
            reason = Phrase(error.template, **error.facts)
            machine = replace(machine, refused={**machine.refused, precision: reason})
        else:
            return decision


def try_products(machine: Machine) -> Iterator[ProductsTried]:
    """Multiply small matrices on the processor in each precision that depends on it."""
    for precision in Precision:
        way = sentences.processor_refusal(machine, precision)
        is_right = way is None
        try:
            way = way or heavy_modules.processor_way(precision)
        except BackendUnavailableError as error:
            way, is_right = Phrase(error.template, **error.facts), False
        if way is not None:
            yield ProductsTried(precision, way, is_right)
