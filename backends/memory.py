"""How many bytes a model needs, from its shapes alone."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Precision
from .modeling.config import ModelConfig

#: Measured: resident memory of a process that has imported torch and loaded a tiny model.
LIBRARY_BYTES = 400 * 2**20
_PREFILL_CHUNK = 64  # tokens; the largest of any backend on a processor
_FP32 = 4


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes by what they are for."""

    weights: int
    kv_cache: int
    activations: int  #: of one prefill chunk, and logits
    library: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.kv_cache + self.activations + self.library


def kv_bytes_per_token(config: ModelConfig, precision: Precision) -> int:
    """Keys and values of one token in all layers."""
    return 2 * config.num_layers * config.hidden_size * precision.bytes_per_weight


def needed(config: ModelConfig, precision: Precision, context_length: int) -> MemoryNeed:
    """What running `config` takes with a KV cache for `context_length` tokens."""
    widest = 3 * config.hidden_size + 3 * config.intermediate_size
    scores = config.num_heads * context_length if config.family.uses_alibi else context_length
    return MemoryNeed(
        weights=config.parameters * precision.bytes_per_weight,
        kv_cache=kv_bytes_per_token(config, precision) * context_length,
        activations=_PREFILL_CHUNK * (widest + scores) * _FP32 + 2 * config.vocab_size * _FP32,
        library=LIBRARY_BYTES,
    )
