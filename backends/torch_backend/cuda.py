"""PyTorch on NVIDIA cards: bf16, or fp16 before compute capability 8.0; one card or several.

On one card, decoding is a CUDA graph. The first replay of each is compared with the ordinary path;
if they differ, or recording fails, the ordinary path stays.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor
from typing_extensions import override

from ..checkpoint.folder import Checkpoint
from ..events import LoadProgress
from ..interface import (
    PREFILL_CHUNK,
    CandidateRequest,
    Candidates,
    LayerDevices,
    Loading,
    LoadOptions,
    Logits,
)
from ..modeling.baichuan import BaichuanForCausalLM
from ..modeling.weights import LayerBuilder, load_model
from ..precision import Precision
from . import card_setup
from .card_errors import cards_of, check_code, drop_frames, give_back, quietly, translated_errors
from .card_memory import CardMemory
from .decode_graph import DecodeGraph
from .loaded_model import TorchModel, translated_memory_errors
from .logits import CandidateChooser, to_numpy

if TYPE_CHECKING:
    from ..adapters.values import Adapter

log = logging.getLogger(__name__)

_Read = TypeVar("_Read")

_DTYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights onto the cards. See `Backend.load`."""
    dtype = _DTYPES[options.precision]
    with translated_memory_errors(), translated_errors(options.devices):
        memory = CardMemory(cards_of(options.devices))
        return (yield from load_on_cards(checkpoint, options, dtype, memory))


def load_on_cards(
    checkpoint: Checkpoint,
    options: LoadOptions,
    dtype: torch.dtype,
    memory: CardMemory,
    builder: LayerBuilder | None = None,
    *,
    use_graph: bool = True,
) -> Loading:
    """Read the weights, and have decoding recorded; without `use_graph`, what cannot be is not.

    `memory` was made before anything of CUDA began. Run inside of `translated_errors`, by a frame
    that holds no part of the model: where memory runs out, what is in these frames is given back
    before anybody hears of it.
    """
    cards = cards_of(options.devices)
    torch.set_num_threads(options.threads)
    if cards:
        torch.cuda.set_device(cards[0])
        check_code(cards)
    detours = card_setup.prepare(options.devices, dtype)
    model = yield from load_model(
        checkpoint, dtype, options.devices, builder, head_in_8_bits=options.head_in_8_bits
    )
    card_setup.through_host(model, detours)
    loaded = CudaModel(
        model,
        devices=options.devices,
        context_length=options.context_length,
        prefill_chunk=chunk_of(options.devices),
        memory=memory,
    )
    if use_graph:
        total = checkpoint.bytes_on_disk
        for done, count in loaded.record_graphs():
            yield LoadProgress(total, total, done, count)
    return loaded


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
        memory: CardMemory | None = None,
    ) -> None:
        """`memory` counts what is taken of the cards; without it that begins now."""
        super().__init__(
            model, devices=devices, context_length=context_length, prefill_chunk=prefill_chunk
        )
        self._devices = devices
        self._memory = memory or CardMemory(cards_of(devices))
        self._graph: DecodeGraph | None = None
        self._records = False  # decoding is to be recorded, where that is possible

    def record_graphs(self) -> Iterator[tuple[int, int]]:
        """Have decoding recorded, on one card; yields how many graphs of how many are done.

        Where that fails, for want of memory too, the ordinary path stays, and the memory that it
        took comes back. Raises RuntimeError if the card does nothing any more.
        """
        self._records = True
        if self._model is None or not (self._devices.single and self._devices.kind.uses_cards):
            return
        peaks = self._memory.peaks()
        graph: DecodeGraph | None = None
        try:
            graph = DecodeGraph(self._model, self._cache, self._devices)
            for done in graph.record():
                yield done, len(graph.sizes)
        except RuntimeError as error:  # GraphError is one, and memory runs out in any words
            log.warning("Decoding without CUDA graphs: %s", error)
            drop_frames(error)
            graph = None
        if graph is None:
            self._cache.truncate(0)
            give_back()
            self._memory.go_back_to(peaks)
            torch.cuda.synchronize(self._devices.last)
        self._graph = graph

    @override
    def use_adapter(self, adapter: Adapter | None) -> Iterator[tuple[int, int]]:
        """See `LoadedModel.use_adapter`. What was recorded reads the layers of before."""
        self._graph = None
        done = total = 0
        try:
            for done, total in super().use_adapter(adapter):
                yield done, total
            with self._translated():
                for _ in self._recorded_again():
                    yield done, total
        except BaseException:
            self._switch.detach()
            give_back()
            with self._translated():
                for _ in self._recorded_again():
                    pass
            raise

    def _recorded_again(self) -> Iterator[tuple[int, int]]:
        return self.record_graphs() if self._records else iter(())

    @override
    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with super()._translated(), translated_errors(self._devices):
            yield

    @override
    def decode_candidates(self, request: CandidateRequest) -> Callable[[int], Logits | Candidates]:
        device = torch.device(self._devices.last)
        with self._translated():
            chooser = CandidateChooser(request, self.vocab_size, device, self._to_host)

        def decode(token_id: int) -> Candidates:
            with self._translated():
                chooser.see(token_id)
            return self._decode(token_id, chooser.choose)

        return decode

    def _to_host(self, logits: Tensor) -> Logits:
        with self._translated():
            return to_numpy(logits)

    @override
    def _decode(self, token_id: int, read: Callable[[Tensor], _Read]) -> _Read:
        if self._graph is None:
            return self._append((token_id,), read)
        if self._cache.length >= self._cache.capacity:
            raise ValueError(f"the KV cache of {self._cache.capacity} tokens is full")
        with self._translated():
            found = read(self._graph.decode(token_id))
        self._cache.advance(1)
        self._ids.append(token_id)
        return found

    @override
    def peak_bytes(self) -> int:
        """The most memory that was taken of the cards so far, the KV cache not counted."""
        layers = self._devices.layers
        on_cards = sum(device != "cpu" for device in layers)
        return self._memory.peak_bytes() - self._cache.nbytes * on_cards // len(layers)

    @override
    def close(self) -> None:
        """Give the memory back. A card that is lost has none to give, and that is no error."""
        self._graph = None
        super().close()
        quietly(torch.cuda.empty_cache)
