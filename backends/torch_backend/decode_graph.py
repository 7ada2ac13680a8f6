"""Decoding steps of a model on one card, recorded as CUDA graphs and replayed.

Launching the hundreds of kernels of a step from Python takes longer than running them, so a step is
recorded for a number of keys, and replayed with new positions. All are recorded while the model
loads: an answer waits for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..choice.memory import recorded_keys
from ..interface import LayerDevices
from ..modeling.baichuan import BaichuanForCausalLM
from ..modeling.kv_cache import KVCache
from ..modeling.static_decode import StaticDecode

#: Logits of two ways to sum the same bf16 products differ by this share of their range.
_TOLERANCE = 0.05


class GraphError(RuntimeError):
    """A graph does not compute what the ordinary path computes."""


class DecodeGraph:
    """Decoding steps of one model, for every number of keys that its cache may hold."""

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache, devices: LayerDevices) -> None:
        """`devices` names one card for all layers. Nothing is recorded yet."""
        self._model = model
        self._cache = cache
        self._device = torch.device(devices.last)
        self._step = StaticDecode(model, cache)
        # Of the middle of the vocabulary: the first ids are padding, whose row is zeros.
        self._token_id = model.config.vocab_size // 2
        self._ids = torch.full((1, 1), self._token_id, device=devices.first)
        self._recorded: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}
        self._stream: torch.cuda.Stream | None = None  # one: cuBLAS keeps memory for each
        self._pool: Any = None

    @property
    def sizes(self) -> Sequence[int]:
        """The numbers of keys to record for, the largest first: the others fit in its memory."""
        return recorded_keys(self._cache.capacity)[::-1]

    def record(self) -> Iterator[int]:
        """Record all, on an empty cache; yields how many are done.

        Raises GraphError, or what torch raises: RuntimeError.
        """
        for done, keys in enumerate(self.sizes, 1):
            self._begin(keys)
            yield done

    @torch.inference_mode()
    def _begin(self, keys: int) -> None:
        # At its last position the masks of a graph, and all of its keys, take part.
        self._step.feed(self._token_id, keys - 1)
        self._recorded[keys] = self._captured(keys)
        self._compare(keys)

    @torch.inference_mode()
    def decode(self, token_id: int) -> Tensor:
        """Logits [vocab_size] after the token at the cache's length, until the next one.

        They lie on the device, in fp32. Does not count the token.
        """
        keys = keys_for(self._cache.length + 1, self._cache.capacity)
        self._step.feed(token_id, self._cache.length)
        graph, logits = self._recorded[keys]
        graph.replay()
        return logits

    def _captured(self, keys: int) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        """A graph of a step, and the logits that it computes. Raises RuntimeError."""
        # A graph takes in what goes to its stream, and kernels go to the current stream of the
        # card that their tensors are on: so the stream has to be of that card. The outer block
        # restores the one before, which a capture that breaks off leaves undone.
        device = self._device
        with torch.cuda.device(device), torch.cuda.stream(torch.cuda.current_stream(device)):
            stream = self._stream = self._stream or torch.cuda.Stream(device)
            stream.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(stream):
                for _ in range(2):  # libraries choose and allocate on their first calls
                    self._step.step(keys)
            torch.cuda.current_stream(device).wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self._pool, stream=stream):
                logits = self._step.step(keys)
        self._pool = graph.pool()
        return graph, logits

    def _compare(self, keys: int) -> None:
        """Raise GraphError unless the first replay computes what the ordinary path computes."""
        graph, recorded = self._recorded[keys]
        recorded.fill_(float("nan"))  # which stays, if the replay computes nothing
        graph.replay()
        self._cache.advance(keys - 1)
        plain = self._model.last_logits(self._ids, self._cache).float()
        self._cache.truncate(0)
        span = float(plain.max() - plain.min())
        difference = float((plain - recorded).abs().max())
        if not difference <= _TOLERANCE * span:
            raise GraphError(f"logits differ by {difference:.3g} of {span:.3g} at {keys} keys")


def keys_for(length: int, capacity: int) -> int:
    """How many keys a step for `length` tokens, at most `capacity`, attends over."""
    return next(keys for keys in recorded_keys(capacity) if keys >= length)
