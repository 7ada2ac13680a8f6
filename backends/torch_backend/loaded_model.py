"""A Baichuan model that torch runs, on whatever devices its weights are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from typing_extensions import override

from ..interface import LayerDevices, LoadedModel, Logits
from ..machine import hardware, memory_room
from ..modeling.baichuan import BaichuanForCausalLM
from ..modeling.kv_cache import KVCache
from ..operating_system import resident_peak
from .threads import PacedThreads


class TorchModel(LoadedModel):
    """`LoadedModel` over a `BaichuanForCausalLM` and one KV cache of the same dtype."""

    def __init__(
        self,
        model: BaichuanForCausalLM,
        *,
        devices: LayerDevices,
        context_length: int,
        prefill_chunk: int,
        paced: PacedThreads | None = None,
    ) -> None:
        """`paced` sets the threads of each step; without it they stay as they are."""
        self._model: BaichuanForCausalLM | None = model
        self._paced = paced
        self._device = torch.device(devices.first)
        self._cache = KVCache(
            model.config,
            context_length,
            dtype=model.model.norm.weight.dtype,
            devices=devices.layers,
        )
        self._ids: list[int] = []
        self.vocab_size = model.config.vocab_size
        self.context_length = context_length
        self.prefill_chunk = prefill_chunk
        if paced is not None:
            paced.loaded()

    @property
    @override
    def cached_ids(self) -> Sequence[int]:
        return self._ids

    @override
    @torch.inference_mode()
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        if self._model is None:
            raise ValueError("the model is closed")
        ids = torch.tensor([token_ids], dtype=torch.long, device=self._device)
        with self._step(), translated_memory_errors():
            logits = self._model.last_logits(ids, self._cache)
        self._ids.extend(token_ids)
        return to_numpy(logits)

    @override
    @torch.inference_mode()
    def prefill_logits(self, token_ids: Sequence[int]) -> Logits:
        if self._model is None:
            raise ValueError("the model is closed")
        ids = torch.tensor([token_ids], dtype=torch.long, device=self._device)
        with self._step(), translated_memory_errors():
            logits = self._model(ids, self._cache)[0]
        self._ids.extend(token_ids)
        return to_numpy(logits)

    @contextlib.contextmanager
    def _step(self) -> Iterator[None]:
        if self._paced is None:
            yield
            return
        with self._paced.step():
            self.threads = self._paced.threads
            yield

    @override
    def decode(self, token_id: int) -> Logits:
        return self.prefill((token_id,))

    @override
    def truncate(self, length: int) -> None:
        self._cache.truncate(length)
        del self._ids[length:]

    @override
    def peak_bytes(self) -> int:
        return resident_peak()

    @override
    def close(self) -> None:
        if self._model is not None:
            self._model = None
            del self._cache


@contextlib.contextmanager
def translated_memory_errors() -> Iterator[None]:
    """Raise torch's failure to get host memory as InsufficientMemoryError, with the bytes.

    Linux promises more memory than there is and kills whoever takes it; this is for what it does
    not even promise, for limits, and for other systems.
    """
    try:
        yield
    except RuntimeError as error:
        asked = memory_room.asked_bytes(error)
        if asked is None:
            raise
        raise hardware.out_of_memory(asked) from error


def to_numpy(logits: Tensor) -> Logits:
    """Logits [vocab_size] or [T, vocab_size] of any dtype on any device as fp32 in host memory."""
    values: Logits = logits.float().cpu().numpy()
    return values
