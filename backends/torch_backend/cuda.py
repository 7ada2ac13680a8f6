"""PyTorch on NVIDIA cards: bf16, or fp16 before compute capability 8.0; one card or several.

On one card, decoding is a CUDA graph: launching the thousand kernels of a step from Python takes
longer than running them, so they are recorded once for a number of keys and replayed with new
positions. The first replay is compared with the ordinary path; if they differ, or recording
fails, the ordinary path stays.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from typing_extensions import override

from ..checkpoint.folder import Checkpoint
from ..errors import GpuLostError, InsufficientMemoryError
from ..interface import PREFILL_CHUNK, LayerDevices, Loading, LoadOptions, Logits
from ..modeling.baichuan import BaichuanForCausalLM
from ..modeling.kv_cache import KVCache
from ..modeling.static_decode import StaticDecode
from ..modeling.weights import load_model
from ..phrases import Phrase
from ..precision import Precision
from .loaded_model import TorchModel, to_numpy, translated_memory_errors

log = logging.getLogger(__name__)

_DTYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}

#: A graph is recorded for this many keys, or twice, four times … as many: attention reads at most
#: twice what it needs, and few graphs are made.
_LEAST_KEYS = 512
#: Logits of two ways to sum the same bf16 products differ by this share of their range.
_TOLERANCE = 0.05


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights onto the cards. See `Backend.load`."""
    # Number cards as nvidia-smi does, which selection asked; must be set before CUDA starts.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    torch.set_num_threads(options.threads)
    with translated_memory_errors(), translated_errors():
        model = yield from load_model(checkpoint, _DTYPES[options.precision], options.devices)
        return CudaModel(
            model,
            devices=options.devices,
            context_length=options.context_length,
            prefill_chunk=chunk_of(options.devices),
        )


def chunk_of(devices: LayerDevices) -> int:
    """Tokens of a prefill chunk: short where a processor takes part."""
    return PREFILL_CHUNK[devices.kind]


class CudaModel(TorchModel):
    """A model on cards, with decoding by graph where that is possible."""

    def __init__(
        self,
        model: BaichuanForCausalLM,
        *,
        devices: LayerDevices,
        context_length: int,
        prefill_chunk: int,
        use_graph: bool = True,
    ) -> None:
        """`use_graph` False keeps to the ordinary path, for layers that cannot be recorded."""
        super().__init__(
            model, devices=devices, context_length=context_length, prefill_chunk=prefill_chunk
        )
        self._devices = devices
        on_one_card = devices.single and devices.kind.uses_cards
        self._graph = DecodeGraph(model, self._cache) if use_graph and on_one_card else None

    @override
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        with translated_errors():
            return super().prefill(token_ids)

    @override
    def prefill_logits(self, token_ids: Sequence[int]) -> Logits:
        with translated_errors():
            return super().prefill_logits(token_ids)

    @override
    def decode(self, token_id: int) -> Logits:
        if self._graph is None:
            return self.prefill((token_id,))
        if self._cache.length >= self._cache.capacity:
            raise ValueError(f"the KV cache of {self._cache.capacity} tokens is full")
        with translated_errors():
            try:
                logits = self._graph.decode(token_id)
            except GraphError as error:
                log.warning("Decoding without CUDA graphs: %s", error)
                self._graph = None
                return self.prefill((token_id,))
        self._cache.advance(1)
        self._ids.append(token_id)
        return logits

    @override
    def peak_bytes(self) -> int:
        """The most memory that was taken of a card so far, the KV cache not counted."""
        cards = {d for d in self._devices.layers if d != "cpu"}
        return max(torch.cuda.max_memory_reserved(card) for card in cards) - self._cache.nbytes

    @override
    def close(self) -> None:
        self._graph = None
        super().close()
        torch.cuda.empty_cache()


class GraphError(RuntimeError):
    """A graph cannot be recorded, or does not compute what the ordinary path computes."""


class DecodeGraph:
    """Decoding steps of one model, recorded for a few numbers of keys."""

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache) -> None:
        self._model = model
        self._cache = cache
        self._step = StaticDecode(model, cache)
        self._recorded: dict[int, tuple[torch.cuda.CUDAGraph, torch.Tensor]] = {}
        self._pool: Any = None

    @torch.inference_mode()
    def decode(self, token_id: int) -> Logits:
        """Logits after the token at the cache's length; does not count it. Raises GraphError."""
        keys = keys_for(self._cache.length + 1, self._cache.capacity)
        self._step.ids.fill_(token_id)
        self._step.position.fill_(self._cache.length)
        if keys not in self._recorded:
            self._recorded[keys] = self._record(keys)
            self._compare(keys, token_id)
        graph, logits = self._recorded[keys]
        graph.replay()
        return to_numpy(logits)

    def _record(self, keys: int) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
        device = self._step.ids.device
        try:
            stream = torch.cuda.Stream(device)
            stream.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(stream):
                for _ in range(2):  # libraries choose and allocate on their first calls
                    self._step.step(keys)
            torch.cuda.current_stream(device).wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self._pool):
                logits = self._step.step(keys)
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise GraphError(str(error)) from error
        self._pool = graph.pool()
        return graph, logits

    def _compare(self, keys: int, token_id: int) -> None:
        """Raise GraphError unless the first replay computes what the ordinary path computes."""
        graph, recorded = self._recorded[keys]
        graph.replay()
        length = self._cache.length
        plain = self._model.last_logits(self._step.ids, self._cache).float()
        self._cache.truncate(length)
        span = float(plain.max() - plain.min())
        difference = float((plain - recorded).abs().max())
        if not difference <= _TOLERANCE * span:
            raise GraphError(f"logits differ by {difference:.3g} of {span:.3g} at {keys} keys")


def keys_for(length: int, capacity: int) -> int:
    """How many keys a step for `length` tokens attends over: the next recorded number."""
    keys = _LEAST_KEYS
    while keys < length:
        keys *= 2
    return min(keys, capacity)


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Raise torch's errors of a card as InsufficientMemoryError and GpuLostError."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        free, _ = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        used = torch.cuda.memory_allocated()
        torch.cuda.empty_cache()
        raise InsufficientMemoryError(
            device=name, needed_bytes=_asked_for(str(error)) + used, free_bytes=free + used
        ) from error
    except torch.AcceleratorError as error:
        text = next(iter(str(error).splitlines()), type(error).__name__)
        raise GpuLostError(Phrase("{text}", text=text[:200])) from error


def _asked_for(message: str) -> int:
    """Bytes that could not be allocated, from torch's own sentence; 0 if it changed."""
    match = re.search(r"Tried to allocate ([\d.]+) ([KMG])iB", message)
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    return int(float(match.group(1)) * units[match.group(2)]) if match else 0
