"""How many bytes a model needs, exactly, from its shapes; or from what was measured before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..adapters.values import Adapter
from ..model_config import ModelConfig
from ..precision import FOUR_BIT_BLOCK, ONNX_BLOCK, SCALE_BLOCK, BackendName, DeviceKind, Precision

#: Resident memory of a process that has imported torch and loaded a tiny model, measured.
CPU_LIBRARY_BYTES = 400 * 2**20
#: What a CUDA context, its kernels and the allocator's slack take on a card.
CUDA_LIBRARY_BYTES = 700 * 2**20
#: A context takes no less: a peak that leaves less beside the weights was counted without it.
_LEAST_CONTEXT_BYTES = 128 * 2**20
#: What a recorded decoding step keeps on a card for itself: its values, of which none has a MiB and
#: a layer's take the place of those before, lie in one or two of the allocator's segments of 2 MiB.
_GRAPH_BYTES = 4 * 2**20
#: What the product of an 8-bit head takes beside its result: integers of 32 bits of 32 rows of the
#: vocabulary, or a block of the matrix in 16 bits, 16 MiB either way; once in what was recorded,
#: and once where a prompt is read.
_HEAD_PRODUCT_BYTES = 32 * 2**20
#: A decoding step is recorded for this many keys, or twice, four times … as many: attention reads
#: at most twice what it needs, and few steps are recorded.
LEAST_KEYS = 512

_FP32, _FP16 = 4, 2


@dataclass(frozen=True, slots=True)
class MeasuredPeak:
    """The most memory that loading took, the KV cache not counted."""

    backend: BackendName
    precision: Precision
    device_kind: DeviceKind
    peak_bytes: int
    weights_bytes: int | None = None  #: of what was loaded, on the device; None: unknown
    #: Of a card; None: an older version measured it, which did not count the context
    device_name: str | None = None


@dataclass(frozen=True, slots=True)
class AdapterBytes:
    """The most bytes that an adapter takes beside the model, by where its layers lie."""

    layers: int = 0  #: of all layers together
    first: int = 0  #: of an embedding that takes the place of the model's
    last: int = 0  #: of a head, likewise, or of what is added to it

    @classmethod
    def of(cls, adapter: Adapter) -> AdapterBytes:
        """What an adapter takes."""
        sizes = {name: record.nbytes for name, record in adapter.saved.items()}
        first = sizes.get("model.embed_tokens.weight", 0)
        last = sizes.get("lm_head.weight", 0)
        if (added := adapter.matrices.get("lm_head")) is not None:
            last += added.down.nbytes + added.up.nbytes
        return cls(adapter.most_bytes - first - last, first, last)

    @property
    def total(self) -> int:
        """The bytes of all parts together."""
        return self.layers + self.first + self.last


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """The bytes that running a model takes, by what they are for."""

    weights: int
    kv_cache: int
    activations: int  #: of one prefill chunk, and logits with what their product takes
    library: int
    graphs: int = 0  #: recorded decoding steps
    adapter: int = 0

    @property
    def total(self) -> int:
        """The bytes of all parts together."""
        model = self.weights + self.kv_cache + self.activations
        return model + self.library + self.graphs + self.adapter


def weight_bytes(
    config: ModelConfig,
    precision: Precision,
    *,
    onnx_block: int = ONNX_BLOCK,
    head_in_8_bits: bool = False,
) -> int:
    """Bytes of all weights in memory, with scales and tables."""
    layer = layer_weight_bytes(config, precision, onnx_block=onnx_block)
    last = last_weight_bytes(
        config, precision, onnx_block=onnx_block, head_in_8_bits=head_in_8_bits
    )
    return config.num_layers * layer + embedding_bytes(config, precision) + last


def last_weight_bytes(
    config: ModelConfig,
    precision: Precision,
    *,
    onnx_block: int = ONNX_BLOCK,
    head_in_8_bits: bool = False,
) -> int:
    """Bytes of what lies with the last layer: the final norm and the head.

    Exports of 8 and 4 bits have the head in 8 bits, others where `head_in_8_bits` says so.
    """
    norm = config.hidden_size * precision.bytes_per_weight
    held = precision
    if precision in (Precision.ONNX_INT8, Precision.ONNX_INT4):
        held = Precision.ONNX_INT8
    elif head_in_8_bits:
        held = Precision.INT8
    elif precision.is_quantized:
        held = Precision.BF16
    return norm + matrix_bytes(config.vocab_size, config.hidden_size, held, onnx_block=onnx_block)


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
    head_in_8_bits: bool = False,
) -> int:
    """Bytes that decoding a token reads: all weights but the embedding, and the cached tokens."""
    weights = weight_bytes(config, precision, onnx_block=onnx_block, head_in_8_bits=head_in_8_bits)
    cached = cached_tokens * kv_bytes_per_token(config, precision)
    return weights - embedding_bytes(config, precision) + cached


def recorded_keys(context_length: int) -> Sequence[int]:
    """The numbers of keys that a step is recorded for, ascending: the last is the whole context."""
    keys, found = LEAST_KEYS, []
    while keys < context_length:
        found.append(keys)
        keys *= 2
    return [*found, context_length]


def graph_bytes(context_length: int) -> int:
    """Bytes of the steps that are recorded for a KV cache of so many tokens, on one card."""
    return len(recorded_keys(context_length)) * _GRAPH_BYTES


def needed(
    config: ModelConfig,
    precision: Precision,
    context_length: int,
    *,
    prefill_chunk: int,
    library_bytes: int,
    graphs: int = 0,
    overhead: int | None = None,
    weights: int | None = None,
    embedding_on_host: bool = False,
    head_in_8_bits: bool = False,
    scores_every_token: bool = False,
    adapter: AdapterBytes | None = None,
) -> MemoryNeed:
    """The bytes that running `config` takes of a device, with a KV cache for `context_length`.

    `overhead` is what loading it took here beside weights and KV cache, see `overhead_of`; it
    replaces the guesses of what libraries and recorded steps take. `weights` are those of files
    that are known, as exports are, whose blocks may have any size. `scores_every_token` where the
    logits after each token of a chunk are asked for: in the model's type, and in fp32.
    """
    widest = 3 * config.hidden_size + 3 * config.intermediate_size
    scores = config.num_heads * context_length if config.family.uses_alibi else context_length
    if weights is None:
        weights = weight_bytes(config, precision, head_in_8_bits=head_in_8_bits)
        weights -= embedding_bytes(config, precision) if embedding_on_host else 0
    rows = prefill_chunk if scores_every_token else 1
    logits = rows * config.vocab_size * (precision.bytes_per_weight + _FP32)
    logits += _HEAD_PRODUCT_BYTES if head_in_8_bits else 0
    return MemoryNeed(
        weights=weights,
        kv_cache=kv_bytes_per_token(config, precision) * context_length,
        activations=prefill_chunk * (widest + scores) * _FP32 + logits,
        library=library_bytes if overhead is None else overhead,
        graphs=graphs if overhead is None else 0,
        adapter=0 if adapter is None else adapter.total,
    )


def overhead_of(peak: MeasuredPeak, weights: int) -> int | None:
    """What loading took beside the weights, as it was measured; None where that tells nothing.

    `weights` stands for those that were loaded where the peak does not tell them. Less than the
    weights is the peak of a card that held a part of them, or of a system that counts none.
    """
    overhead = peak.peak_bytes - (weights if peak.weights_bytes is None else peak.weights_bytes)
    if overhead < 0:
        return None
    is_without_context = peak.device_kind.uses_cards and overhead < _LEAST_CONTEXT_BYTES
    return None if is_without_context else overhead
