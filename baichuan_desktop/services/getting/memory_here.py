"""What a model that is not here yet would take of this machine, by precision."""

from __future__ import annotations

from collections.abc import Sequence

from backends.choice import selection
from backends.choice.options import options
from backends.choice.values import Model
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.precision import Precision
from baichuan_desktop.services.getting.values import PrecisionHere
from baichuan_desktop.services.library.variants import Variant


def memory_here(variant: Variant, machine: Machine) -> Sequence[PrecisionHere]:
    """Every precision of a released model on a machine, best first, as it was published."""
    shapes = variant.shapes
    config = ModelConfig(
        variant.family,
        vocab_size=shapes.vocab_size,
        hidden_size=shapes.hidden_size,
        num_layers=shapes.num_layers,
        num_heads=shapes.num_heads,
        intermediate_size=shapes.intermediate_size,
        context_length=variant.context_length,
    )
    stored = None if variant.precision is Precision.BF16 else variant.precision
    model = Model(config, variant.context_length, stored)
    every = options(model, machine)
    chosen = selection.automatic(every, model)
    return [
        PrecisionHere(
            precision=option.precision,
            backend=option.backend,
            device_kind=option.device_kind,
            device_name=option.device_name,
            needed_bytes=option.need.total if option.need is not None else None,
            host_bytes=option.host_bytes,
            runs=option.verdict.runs,
            is_chosen=option == chosen,
            sentence=option.sentence,
        )
        for option in selection.told_apart(every)
    ]
