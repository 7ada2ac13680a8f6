"""A model on the processor as one on a card, as far as it decodes without CUDA graphs."""

from __future__ import annotations

from backends.interface import LayerDevices
from backends.torch_backend.cuda import CudaModel, chunk_of
from tests.helpers import quantized


def on_processor(name: str, context_length: int = 140) -> CudaModel:
    """A `CudaModel` in fp32 whose “card” is the processor; it has no graph."""
    model = quantized.plain_model(name)
    devices = LayerDevices(("cpu",) * model.config.num_layers)
    return CudaModel(
        model, devices=devices, context_length=context_length, prefill_chunk=chunk_of(devices)
    )
