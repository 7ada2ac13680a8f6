"""A Baichuan model that torch runs, on whatever device its weights are."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .base import LoadedModel, Logits
from .modeling.baichuan import BaichuanForCausalLM
from .modeling.kv_cache import KVCache


class TorchModel(LoadedModel):
    """`LoadedModel` over a `BaichuanForCausalLM` and one KV cache of the same dtype."""

    def __init__(
        self, model: BaichuanForCausalLM, *, context_length: int, prefill_chunk: int
    ) -> None:
        weight = model.model.norm.weight
        self._model: BaichuanForCausalLM | None = model
        self._device = weight.device
        self._cache = KVCache(
            model.config, context_length, dtype=weight.dtype, device=weight.device
        )
        self._ids: list[int] = []
        self.vocab_size = model.config.vocab_size
        self.context_length = context_length
        self.prefill_chunk = prefill_chunk

    @property
    def cached_ids(self) -> Sequence[int]:
        """See `LoadedModel.cached_ids`."""
        return self._ids

    @torch.inference_mode()
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        """See `LoadedModel.prefill`."""
        if self._model is None:
            raise ValueError("the model is closed")
        ids = torch.tensor([token_ids], dtype=torch.long, device=self._device)
        logits: Logits = self._model.last_logits(ids, self._cache).float().cpu().numpy()
        self._ids.extend(token_ids)
        return logits

    def decode(self, token_id: int) -> Logits:
        """See `LoadedModel.decode`."""
        return self.prefill((token_id,))

    def truncate(self, length: int) -> None:
        """See `LoadedModel.truncate`."""
        self._cache.truncate(length)
        del self._ids[length:]

    def close(self) -> None:
        """See `LoadedModel.close`."""
        self._model = None
        del self._cache
