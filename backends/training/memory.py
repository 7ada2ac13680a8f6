"""The bytes that a fine-tuning takes, in memory and on the drive: facts in, figures out.

What is counted is what the trainer holds. Weights that are all trained are held in fp32 and
computed with in 16 bits by autocast: with a gradient and AdamW's two averages 16 bytes a parameter.
A model below an adapter is frozen and held as it is computed with, or in 4 bits; of the adapter
alone there are 16 bytes a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..bridge.logit_parts import LOGITS_PART_BYTES
from ..choice.memory import CUDA_LIBRARY_BYTES, layer_weight_bytes
from ..model_config import ModelConfig
from ..precision import Precision
from .values import ALL_MATRICES, HEAD, Cadence, Lora, Method, TrainingRequest

#: Resident memory of a process that has imported torch, transformers and PEFT, measured.
CPU_LIBRARY_BYTES = 420 * 2**20
_FP32, _FP16 = 4, 2
#: AdamW's averages of the gradient and of its square, in fp32.
_AVERAGES = 2 * _FP32
#: Logits of a part in fp32 and in the type of the model, their softmax and their gradient.
_LOGIT_COPIES = 4


class Sharing(Enum):
    """What each of several processes holds a share of; the rest each of them holds whole."""

    NOTHING = "nothing"  #: there is one process
    OPTIMIZER = "optimizer"  #: ZeRO-2: gradients, averages, and weights in fp32
    ALL = "all"  #: FSDP2 and ZeRO-3: weights too, of which a layer at a time is whole


@dataclass(frozen=True, slots=True)
class TrainingShape:
    """What decides the bytes of a training."""

    config: ModelConfig
    request: TrainingRequest
    #: Tokens of the longest example, no more than are learnt of one; padding makes a batch of it.
    longest: int
    on_card: bool
    #: Bytes of a number that is computed with: 2 for bf16 and fp16, 4 for fp32.
    compute_bytes: int
    processes: int = 1  #: that share it, on all machines
    sharing: Sharing = Sharing.NOTHING

    @property
    def tokens(self) -> int:
        """The most tokens of one pass, of one process, pads included."""
        return self.request.optimization.batch_size * self.longest


@dataclass(frozen=True, slots=True)
class TrainingNeed:
    """The bytes that one process of a training takes, by what they are for."""

    weights: int  #: frozen ones, and those that are trained; with copies that are computed with
    gradients: int
    optimizer: int  #: AdamW's averages; with DeepSpeed also the weights in fp32
    activations: int  #: what layers keep for the way back, and one layer on that way
    loss: int  #: a part of the logits in some copies, and a head that is normalised in each pass
    library: int

    @property
    def total(self) -> int:
        """The bytes of all parts together."""
        held = self.weights + self.gradients + self.optimizer
        return held + self.activations + self.loss + self.library


@dataclass(frozen=True, slots=True)
class DiskNeed:
    """The bytes that a training takes on the drive of its output folder."""

    checkpoint: int  #: one of those that are kept meanwhile
    most_checkpoints: int  #: at a time, the one that is being written included
    result: int

    @property
    def total(self) -> int:
        """The most at a time: the result is written while the last checkpoints are still there."""
        return self.checkpoint * self.most_checkpoints + self.result


def needed(shape: TrainingShape) -> TrainingNeed:
    """The bytes that each process of a training takes of its card, or of the machine's memory."""
    trained = trained_parameters(shape.config, shape.request)
    weights, gradients, optimizer = _held(shape, trained)
    return TrainingNeed(
        weights=weights,
        gradients=gradients,
        optimizer=optimizer,
        activations=_activations(shape),
        loss=_LOGIT_COPIES * _logit_bytes(shape) + _normalised_head(shape),
        library=CUDA_LIBRARY_BYTES if shape.on_card else CPU_LIBRARY_BYTES,
    )


def disk_needed(shape: TrainingShape) -> DiskNeed:
    """The bytes that a training takes on the drive.

    A checkpoint holds what is trained and AdamW's averages, all in fp32; a result an adapter in
    fp32, or a whole model in 16 bits.
    """
    request = shape.request
    trained = trained_parameters(shape.config, request)
    is_adapter = request.method.makes_adapter
    keeping = request.keeping
    # One of the last step is kept in any case before the result is written; the best one stays too.
    kept = 1 if keeping.save is Cadence.NO else keeping.save_limit + 1 + keeping.load_best
    return DiskNeed(
        checkpoint=trained * (_FP32 + _AVERAGES),
        most_checkpoints=kept,
        result=trained * _FP32 if is_adapter else shape.config.parameters * _FP16,
    )


def trained_parameters(config: ModelConfig, request: TrainingRequest) -> int:
    """How many numbers are learnt: every weight, or those of an adapter."""
    if request.method is Method.FULL:
        return config.parameters
    return lora_parameters(config, request.lora)


def lora_parameters(config: ModelConfig, lora: Lora) -> int:
    """The numbers of an adapter: for each matrix [out, in], rank times out and in."""
    layer = sum(rows + columns for rows, columns in _adapted(config, lora))
    head = config.vocab_size + config.hidden_size if HEAD in lora.targets else 0
    return lora.rank * (config.num_layers * layer + head)


def _adapted(config: ModelConfig, lora: Lora) -> list[tuple[int, int]]:
    """The shapes of a layer's matrices that the adapter changes."""
    names = {name.rpartition(".")[2]: shape for name, shape in config.layer_matrices().items()}
    wanted = {target.rpartition(".")[2] for target in lora.targets}
    return [shape for name, shape in names.items() if name in wanted or ALL_MATRICES in wanted]


# --- weights, gradients, averages ------------------------------------------------------------


def _held(shape: TrainingShape, trained: int) -> tuple[int, int, int]:
    """Bytes of weights, gradients and the optimiser of one process."""
    request, count = shape.request, shape.processes
    if request.method.makes_adapter:
        frozen, adapter = _frozen_bytes(shape), trained * _FP32
        if shape.sharing is Sharing.ALL:
            frozen = _share(frozen, count) + _whole_parts(shape, shape.compute_bytes)
            adapter = _share(adapter, count)
        if shape.sharing is not Sharing.NOTHING:
            trained = _share(trained, count)
        return frozen + adapter, trained * _FP32, trained * _AVERAGES
    if request.several.deepspeed is not None and shape.sharing is not Sharing.NOTHING:
        # DeepSpeed holds weights and gradients in 16 bits, and weights in fp32 beside the averages.
        mine = _share(trained, count)
        is_whole = shape.sharing is Sharing.OPTIMIZER
        weights = trained * _FP16 if is_whole else mine * _FP16 + _whole_parts(shape, _FP16)
        return weights, mine * _FP16, mine * (_FP32 + _AVERAGES)
    weights = trained * _FP32
    if shape.sharing is Sharing.ALL:
        mine = _share(trained, count)
        weights = mine * _FP32 + _whole_parts(shape, _FP32) + _autocast_copies(shape)
        return weights, mine * _FP32, mine * _AVERAGES
    return weights + _autocast_copies(shape), trained * _FP32, trained * _AVERAGES


def _share(total: int, count: int) -> int:
    return -(-total // count)


def _frozen_bytes(shape: TrainingShape) -> int:
    """A model that is not trained: as it is computed with, or its layers in 4 bits.

    Those are multiplied one matrix at a time, which is brought back to what is computed with.
    """
    config, width = shape.config, shape.compute_bytes
    if shape.request.method is not Method.QLORA:
        return config.parameters * width
    norms = 2 * config.hidden_size
    layer = layer_weight_bytes(config, Precision.NF4)
    layer += norms * (width - Precision.NF4.bytes_per_weight)
    ends = 2 * config.vocab_size * config.hidden_size + config.hidden_size
    matrices = config.layer_matrices().values()
    unpacked = max(rows * columns for rows, columns in matrices)
    return config.num_layers * layer + (ends + unpacked) * width


def _autocast_copies(shape: TrainingShape) -> int:
    """Matrices in 16 bits that autocast makes of those in fp32.

    They are there until the way back has passed them, so gradients take their place one by one;
    where gradients are kept from one pass to the next, both are there, and where several processes
    share them, each has all copies and few gradients. Layers that are computed again have one
    layer's alone.
    """
    if shape.compute_bytes == _FP32:
        return 0
    how = shape.request.optimization
    if how.gradient_checkpointing:
        return _layer_parameters(shape.config) * _FP16
    makes_room = shape.sharing is Sharing.NOTHING and how.accumulation == 1
    return 0 if makes_room else shape.config.parameters * _FP16


def _whole_parts(shape: TrainingShape, width: int) -> int:
    """What is gathered whole for a moment: a layer and the next one, the embedding and the head."""
    config = shape.config
    layers = 2 * _layer_parameters(config)
    return (layers + 2 * config.vocab_size * config.hidden_size) * width


def _layer_parameters(config: ModelConfig) -> int:
    matrices = config.layer_matrices().values()
    return sum(rows * columns for rows, columns in matrices) + 2 * config.hidden_size


# --- activations and loss --------------------------------------------------------------------


def _activations(shape: TrainingShape) -> int:
    """What layers keep for the way back, the gradients of one layer, and the last hidden states."""
    layers, tokens = shape.config.num_layers, shape.tokens
    layer = layer_activation_bytes(shape) + bias_bytes(shape) // tokens
    last = 3 * shape.config.hidden_size * _FP32
    if shape.request.optimization.gradient_checkpointing:
        between = shape.config.hidden_size * _residual_width(shape)
        return tokens * (layers * between + 2 * layer + last)
    return tokens * ((layers + 1) * layer + last)


def layer_activation_bytes(shape: TrainingShape) -> int:
    """What a layer keeps for the way back of each token.

    Counted in the layer: with h for the hidden size and f for that of the MLP, the input of each
    norm (2 h), of `W_pack` and of `gate_proj` (2 h), q, k and v (3 h), what attention gives and
    `o_proj` takes (2 h; 1 h more in 16 bits), the gate, its SiLU, the other half and the product
    (4 f). A frozen matrix does not keep what it multiplies: 8 h and 3 f stay, and an adapter keeps
    the input of its own.
    """
    config, width = shape.config, shape.compute_bytes
    h, ffn = config.hidden_size, config.intermediate_size
    residual = _residual_width(shape)
    if shape.request.method is Method.FULL:
        if width == _FP32:
            return (10 * h + 4 * ffn) * _FP32
        return 4 * h * residual + (7 * h + 4 * ffn) * width
    inputs = sum(columns for _, columns in _adapted(config, shape.request.lora))
    adapter = inputs * (_FP32 + (1 if shape.request.lora.dropout > 0 else 0))
    return 2 * h * _FP32 + (5 * h + 3 * ffn) * width + adapter


def bias_bytes(shape: TrainingShape) -> int:
    """What a layer of ALiBi keeps of the bias where autocast brings it to 16 bits.

    Elsewhere all layers have one bias; on a card it is in 16 bits from the start.
    """
    is_cast = shape.request.method is Method.FULL and shape.compute_bytes != _FP32
    if not shape.config.family.uses_alibi or shape.on_card or not is_cast:
        return 0
    return shape.config.num_heads * shape.longest**2 * _FP16


def _residual_width(shape: TrainingShape) -> int:
    """Bytes of a number between layers: as the embedding's, fp32 where that is trained."""
    return _FP32 if shape.request.method is Method.FULL else shape.compute_bytes


def _logit_bytes(shape: TrainingShape) -> int:
    """One part of the logits in fp32; all of them where they are fewer."""
    return min(LOGITS_PART_BYTES, shape.tokens * shape.config.vocab_size * _FP32)


def _normalised_head(shape: TrainingShape) -> int:
    """Baichuan 2's head where it is trained: its rows of norm 1, and their gradient, in fp32."""
    if shape.request.method is not Method.FULL or not shape.config.family.uses_norm_head:
        return 0
    return 2 * shape.config.vocab_size * shape.config.hidden_size * _FP32
