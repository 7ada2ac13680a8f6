"""A model on the processor that decodes as with CUDA graphs: the same steps over fixed keys."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from backends.interface import LayerDevices
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.kv_cache import KVCache
from backends.torch_backend.cuda import CudaModel, chunk_of
from backends.torch_backend.decode_graph import DecodeGraph
from tests.helpers import quantized


def on_processor(name: str, context_length: int = 140) -> CudaModel:
    """A `CudaModel` in fp32 whose “card” is the processor; it has no graph."""
    model = quantized.plain_model(name)
    devices = LayerDevices(("cpu",) * model.config.num_layers)
    return CudaModel(
        model, devices=devices, context_length=context_length, prefill_chunk=chunk_of(devices)
    )


class Replay:
    """What `torch.cuda.CUDAGraph` does: the same step into the same memory."""

    def __init__(self, graph: StandIn, keys: int, logits: Tensor) -> None:
        self._graph, self._keys, self._logits = graph, keys, logits

    def replay(self) -> None:
        self._logits.copy_(self._graph._step.step(self._keys))


class StandIn(DecodeGraph):
    """Records without a card."""

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache, devices: LayerDevices) -> None:
        super().__init__(model, cache, devices)
        for layer in range(model.config.num_layers):
            for slots in cache.layer(layer):
                slots.zero_()  # as the slots of a cache on a card are

    @override
    def _captured(self, keys: int) -> Any:
        logits = torch.empty(self._model.config.vocab_size)
        return Replay(self, keys, logits), logits


def with_stand_in(name: str, context_length: int = 140) -> tuple[CudaModel, StandIn]:
    """The same model with its graphs, and these."""
    loaded = on_processor(name, context_length)
    assert loaded._model is not None
    graph = StandIn(loaded._model, loaded._cache, loaded._devices)
    list(graph.record())
    loaded._graph = graph
    return loaded, graph
