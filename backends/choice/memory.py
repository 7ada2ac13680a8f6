"""How many bytes a model needs, exactly, from its shapes; or from what was measured before."""

from __future__ import annotations

from dataclasses import dataclass

from ..model_config import ModelConfig
from ..precision import FOUR_BIT_BLOCK, ONNX_BLOCK, SCALE_BLOCK, BackendName, DeviceKind, Precision

#: Resident memory of a process that has imported torch and loaded a tiny model, measured.
CPU_LIBRARY_BYTES = 400 * 2**20
#: What a CUDA context, its kernels and the allocator's slack take on a card.
CUDA_LIBRARY_BYTES = 700 * 2**20

_FP32, _FP16 = 4, 2


@dataclass(frozen=True, slots=True)
class MeasuredPeak:
    """The most memory that loading took, the KV cache not counted."""

    backend: BackendName
    precision: Precision
    device_kind: DeviceKind
    peak_bytes: int
    weights_bytes: int | None = None  #: of what was loaded; None: unknown


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """The bytes that running a model takes, by what they are for."""

    weights: int
    kv_cache: int
    activations: int  #: of one prefill chunk, and logits
    library: int

    @property
    def total(self) -> int:
        """The bytes of all parts together."""
        return self.weights + self.kv_cache + self.activations + self.library


def weight_bytes(config: ModelConfig, precision: Precision, *, onnx_block: int = ONNX_BLOCK) -> int:
    """Bytes of all weights in memory, with scales and tables."""
    layer = layer_weight_bytes(config, precision, onnx_block=onnx_block)
    return config.num_layers * layer + outer_weight_bytes(config, precision, onnx_block=onnx_block)


def outer_weight_bytes(
    config: ModelConfig, precision: Precision, *, onnx_block: int = ONNX_BLOCK
) -> int:
    """Bytes of embedding, final norm and head; only exports quantise the head, to 8 bits."""
    norm = config.hidden_size * precision.bytes_per_weight
    head = config.vocab_size * config.hidden_size * precision.bytes_per_weight
    if precision in (Precision.ONNX_INT8, Precision.ONNX_INT4):
        head = matrix_bytes(
            config.vocab_size, config.hidden_size, Precision.ONNX_INT8, onnx_block=onnx_block
        )
    return embedding_bytes(config, precision) + norm + head


def embedding_bytes(config: ModelConfig, precision: Precision) -> int:
    """Bytes of the embedding table, of which decoding reads one row; fp16 in quantised exports."""
    quantized = precision in (Precision.ONNX_INT8, Precision.ONNX_INT4)
    width = _FP16 if quantized else precision.bytes_per_weight
    return config.vocab_size * config.hidden_size * width


def layer_weight_bytes(
    config: ModelConfig, precision: Precision, *, onnx_block: int = ONNX_BLOCK
) -> int:
    """Bytes of one layer: five matrices and two norms."""
    norms = 2 * config.hidden_size * precision.bytes_per_weight
    return norms + sum(
        matrix_bytes(rows, columns, precision, onnx_block=onnx_block)
        for rows, columns in config.layer_matrices().values()
    )


def matrix_bytes(
    rows: int, columns: int, precision: Precision, *, onnx_block: int = ONNX_BLOCK
) -> int:
    """Bytes of a linear weight [rows, columns], as its backend holds it in this precision."""
    elements = rows * columns
    match precision:
        case Precision.INT8:
            return elements + rows * _FP32  # a scale a row
        case Precision.NF4 | Precision.FP4:
            blocks = -(-elements // FOUR_BIT_BLOCK)
            scale_blocks = -(-blocks // SCALE_BLOCK)
            tables = (16 + 256 + 1) * _FP32  # values of 4 bits, of the scales, and their offset
            return -(-elements // 2) + blocks + scale_blocks * _FP32 + tables
        case Precision.ONNX_INT8 | Precision.ONNX_INT4:
            bits = 8 if precision is Precision.ONNX_INT8 else 4
            blocks = -(-columns // onnx_block)
            zero_points = -(-blocks * bits // 8)
            return rows * (blocks * (onnx_block * bits // 8 + _FP32) + zero_points)
        case _:
            return elements * precision.bytes_per_weight


def kv_bytes_per_token(config: ModelConfig, precision: Precision) -> int:
    """Bytes of the keys and values of one token in all layers."""
    return 2 * config.num_layers * config.hidden_size * precision.bytes_per_weight


def bytes_per_token(
    config: ModelConfig,
    precision: Precision,
    cached_tokens: int,
    *,
    onnx_block: int = ONNX_BLOCK,
) -> int:
    """Bytes that decoding a token reads: all weights but the embedding, and the cached tokens."""
    weights = weight_bytes(config, precision, onnx_block=onnx_block)
    cached = cached_tokens * kv_bytes_per_token(config, precision)
    return weights - embedding_bytes(config, precision) + cached


def needed(
    config: ModelConfig,
    precision: Precision,
    context_length: int,
    *,
    prefill_chunk: int,
    library_bytes: int,
    measured_peak: int | None = None,
    weights: int | None = None,
) -> MemoryNeed:
    """The bytes that running `config` takes with a KV cache for `context_length` tokens.

    `measured_peak` is what loading it at this precision took on this machine, without the KV
    cache; it replaces the guess of what libraries take. Less than the weights is the peak of a
    card that held a part of them, or of a system that counts none, and tells nothing. `weights`
    are those of files that are known, as exports are, whose blocks may have any size.
    """
    widest = 3 * config.hidden_size + 3 * config.intermediate_size
    scores = config.num_heads * context_length if config.family.uses_alibi else context_length
    weights = weight_bytes(config, precision) if weights is None else weights
    if measured_peak is not None and measured_peak >= weights:
        library_bytes = measured_peak - weights
    return MemoryNeed(
        weights=weights,
        kv_cache=kv_bytes_per_token(config, precision) * context_length,
        activations=prefill_chunk * (widest + scores) * _FP32 + 2 * config.vocab_size * _FP32,
        library=library_bytes,
    )
