"""The ONNX graph of a Baichuan model, made node by node from its shapes. No weight is read here.

Two forms of the same network. The one for ONNX Runtime has its fused operators (attention over
a cache that is written in place, products with 8- and 4-bit matrices); the portable one has only
operators of the standard, for other runtimes.

Names of inputs and outputs are those of optimum and onnxruntime-genai, which therefore run the
folder too. They want logits of every position, and generation only those of the last: the output
layer of a 7B model costs as much as a sixteenth of its layers. So the first position whose logits
are computed, `logits_from`, is an initializer that may be given as an input: who does not know it
gets all, who sets it to -1 gets the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..alibi import alibi_slopes
from ..model_config import ModelConfig
from ..precision import ONNX_BLOCK, Precision

#: Large tensors begin where every system can map them (64 KiB on Windows); others at a cache line.
_MAPPED_BYTES = 2**20
_MAP_ALIGNMENT = 65_536
_ALIGNMENT = 64

#: Of the tables of rotary positions, which lie in the graph: those of 65,536 tokens of 7B models.
MOST_ROTARY_BYTES = 32 * 2**20

HEAD_BITS = 8
_BITS = {Precision.ONNX_INT8: 8, Precision.ONNX_INT4: 4}
_DATA_TYPES = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16}


class Part(Enum):
    """What of a tensor of the checkpoint an initializer holds."""

    STORED = "stored"  #: its bytes as they lie in the checkpoint
    DENSE = "dense"  #: converted to the type of the activations
    TRANSPOSED = "transposed"  #: the same, as [in, out]
    BLOCKS = "blocks"  #: quantised weights
    SCALES = "scales"
    ZERO_POINTS = "zero points"


@dataclass(frozen=True, slots=True)
class Initializer:
    """A tensor of the external data file."""

    name: str
    source: str  #: name of the tensor in the checkpoint
    part: Part
    data_type: int  #: of onnx.TensorProto
    shape: tuple[int, ...]
    offset: int  #: in the data file, bytes
    bits: int = 0  #: of a quantised weight

    @property
    def nbytes(self) -> int:
        """Bytes in the data file."""
        size: int = helper.tensor_dtype_to_np_dtype(self.data_type).itemsize
        return prod(self.shape) * size


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the weights of a graph are held, and for whom it is."""

    precision: Precision  #: one of the ONNX ones
    block_size: int = ONNX_BLOCK  #: weights that share a scale, of the quantised precisions
    symmetric: bool = False  #: no zero points
    accuracy_level: int = 4  #: of MatMulNBits: 4 multiplies int8 activations, 0 fp32 ones
    portable: bool = False

    @property
    def bits(self) -> int:
        """Bits of a weight of the layers; 0 if they are not quantised."""
        return _BITS.get(self.precision, 0)

    @property
    def activation_type(self) -> int:
        """Element type of everything between the operators, and of the KV cache."""
        half = self.precision is Precision.ONNX_FP16
        return int(TensorProto.FLOAT16 if half else TensorProto.FLOAT)


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """The graph, and what its data file must hold, in the order of their offsets."""

    model: onnx.ModelProto
    initializers: tuple[Initializer, ...]


#: Element type and dimensions by name; a dimension that varies has a name.
Values = dict[str, tuple[int, tuple[str | int, ...]]]


def interface(config: ModelConfig, activation_type: int) -> tuple[Values, Values]:
    """Inputs and outputs of a graph."""
    integer, floating = int(TensorProto.INT64), int(TensorProto.FLOAT)
    inputs: Values = {
        "input_ids": (integer, ("batch_size", "sequence_length")),
        "attention_mask": (integer, ("batch_size", "total_sequence_length")),
    }
    outputs: Values = {"logits": (floating, ("batch_size", "sequence_length", config.vocab_size))}
    for layer in range(config.num_layers):
        for kind in ("key", "value"):
            for name, side, length in (
                (f"past_key_values.{layer}.{kind}", inputs, "past_sequence_length"),
                (f"present.{layer}.{kind}", outputs, "total_sequence_length"),
            ):
                dims = ("batch_size", config.num_heads, length, config.head_dim)
                side[name] = (activation_type, dims)
    # An input and an initializer of the same name: an input with a default.
    inputs["logits_from"] = (integer, (1,))
    return inputs, outputs


def rotary_bytes(config: ModelConfig) -> int:
    """Bytes of the tables of rotary positions, in fp32; 0 for a model that has ALiBi."""
    return 0 if config.family.uses_alibi else 4 * config.context_length * config.head_dim


class Graph(ABC):
    """What both forms share: the network, its inputs and outputs, and where weights lie."""

    opset: int
    ir_version: int  #: the one that came with the opset
    domains: tuple[str, ...] = ()  #: of operators that are not of the standard

    def __init__(
        self, config: ModelConfig, scheme: Scheme, embedding_dtype: str, data_file: str
    ) -> None:
        """`data_file` is the name of the file of external data, beside the graph.

        `embedding_dtype` is the type of the embedding in the checkpoint, as safetensors names it.
        The fused graph keeps it: a lookup costs no arithmetic, and twice the bytes bring nothing.
        """
        self.config = config
        self.scheme = scheme
        self._embedding_dtype = embedding_dtype
        self._data_file = data_file
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._initializers: list[Initializer] = []
        self._offset = 0

    # --- parts of a graph ----------------------------------------------------------------

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        name: str,
        *,
        outputs: Sequence[str] | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """Add a node; the name of its first output."""
        outputs = [name] if outputs is None else outputs
        self._nodes.append(
            helper.make_node(operator, inputs, outputs, name=name, domain=domain, **attributes)
        )
        return outputs[0]

    def constant(self, name: str, values: np.ndarray[Any, Any]) -> str:
        """Add a small tensor that lies in the graph itself; its name."""
        if name not in {tensor.name for tensor in self._constants}:
            self._constants.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, *values: int) -> str:
        """A constant of whole numbers [n]."""
        return self.constant("const." + "_".join(map(str, values)), np.array(values, np.int64))

    def integer(self, value: int) -> str:
        """A constant whole number without dimensions."""
        return self.constant(f"const.scalar.{value}", np.array(value, np.int64))

    def initializer(
        self,
        source: str,
        part: Part,
        data_type: int,
        shape: Sequence[int],
        *,
        bits: int = 0,
    ) -> str:
        """Add a tensor of the data file; its name."""
        suffix = "" if part in (Part.STORED, Part.DENSE) else f".{part.name.lower()}"
        found = Initializer(source + suffix, source, part, data_type, tuple(shape), 0, bits)
        step = _MAP_ALIGNMENT if found.nbytes >= _MAPPED_BYTES else _ALIGNMENT
        offset = -(-self._offset // step) * step
        self._initializers.append(
            Initializer(found.name, source, part, data_type, found.shape, offset, bits)
        )
        self._offset = offset + found.nbytes
        return found.name

    def floats(self, name: str, values: np.ndarray[Any, Any]) -> str:
        """A constant in the type of the activations."""
        dtype = helper.tensor_dtype_to_np_dtype(self.scheme.activation_type)
        return self.constant(name, values.astype(dtype))

    def total(self) -> str:
        """Tokens in the cache and new ones: a whole number."""
        shape = self.node("Shape", ["attention_mask"], "attention_mask.shape")
        return self.node("Gather", [shape, self.integer(1)], "total")

    def distance(self, total: str) -> str:
        """Key position - query position of the new tokens: [S, T]. Makes `begin`."""
        ids_shape = self.node("Shape", ["input_ids"], "input_ids.shape")
        count = self.node("Gather", [ids_shape, self.integer(1)], "count")
        begin = self.node("Sub", [total, count], "begin")
        keys = self.node("Range", [self.integer(0), total, self.integer(1)], "keys")
        queries = self.node("Range", [begin, total, self.integer(1)], "queries")
        column = self.node("Unsqueeze", [queries, self.integers(1)], "queries.column")
        return self.node("Sub", [keys, column], "distance")

    def alibi(self, distance: str) -> str:
        """The bias slope * distance [1, heads, S, T]; after the query it is not masked."""
        floats = self.node("Cast", [distance], "distance.float", to=self.scheme.activation_type)
        slopes = np.array(alibi_slopes(self.config.num_heads)).reshape(1, -1, 1, 1)
        return self.node("Mul", [floats, self.floats("slopes", slopes)], "alibi")

    def rotary_tables(self) -> list[str]:
        """Cosines and sines [context_length, head_dim / 2] of every position.

        Rounded to fp32 wherever the published models round. In between in fp64: powers and
        cosines in fp32 are other ones on another processor, by far more than their last bit where
        a position multiplies them, and an export has to be the same wherever it is written.
        """
        config = self.config
        exponents = np.arange(0, config.head_dim, 2, dtype=np.float32) / np.float32(config.head_dim)
        powers = np.float64(config.rope_base) ** exponents.astype(np.float64)
        frequencies = np.float32(1) / powers.astype(np.float32)
        positions = np.arange(config.context_length, dtype=np.float32)
        angles = np.outer(positions, frequencies).astype(np.float64)
        return [
            self.floats("cos_cache", np.cos(angles)),
            self.floats("sin_cache", np.sin(angles)),
        ]

    # --- the network ---------------------------------------------------------------------

    def build(self) -> GraphPlan:
        """The whole graph, and what its data file must hold."""
        config = self.config
        hidden = self._embedding()
        self.prepare()
        normed = self.first_norm(hidden, "model.layers.0.input_layernorm.weight")
        for layer in range(config.num_layers):
            prefix = f"model.layers.{layer}"
            attended = self.attention(normed, layer)
            normed, hidden = self.add_and_norm(
                hidden, attended, f"{prefix}.post_attention_layernorm.weight"
            )
            last = layer + 1 == config.num_layers
            following = "model.norm" if last else f"model.layers.{layer + 1}.input_layernorm"
            normed, hidden = self.add_and_norm(
                hidden, self._mlp(normed, prefix), f"{following}.weight"
            )
        self._head(normed)
        return GraphPlan(self._model(), tuple(self._initializers))

    def _embedding(self) -> str:
        config = self.config
        shape = (config.vocab_size, config.hidden_size)
        wanted = self.scheme.activation_type
        stored = int(_DATA_TYPES[self._embedding_dtype])
        if self.scheme.portable or stored == wanted or wanted == TensorProto.FLOAT16:
            part, stored = (Part.STORED if stored == wanted else Part.DENSE), wanted
        else:
            part = Part.STORED
        table = self.initializer("model.embed_tokens.weight", part, stored, shape)
        hidden = self.node("Gather", [table, "input_ids"], "model.embed_tokens")
        if stored != wanted:
            hidden = self.node("Cast", [hidden], "model.embed_tokens.cast", to=wanted)
        return hidden

    def _mlp(self, normed: str, prefix: str) -> str:
        h, ffn = self.config.hidden_size, self.config.intermediate_size
        gate = self.linear(normed, f"{prefix}.mlp.gate_proj", h, ffn)
        up = self.linear(normed, f"{prefix}.mlp.up_proj", h, ffn)
        sigmoid = self.node("Sigmoid", [gate], f"{prefix}.mlp.sigmoid")
        silu = self.node("Mul", [gate, sigmoid], f"{prefix}.mlp.silu")
        gated = self.node("Mul", [silu, up], f"{prefix}.mlp.gated")
        return self.linear(gated, f"{prefix}.mlp.down_proj", ffn, h)

    def _head(self, normed: str) -> None:
        config = self.config
        self.constant("logits_from", np.array([0], np.int64))
        inputs = [normed, "logits_from", self.integers(2**63 - 1), self.integers(1)]
        kept = self.node("Slice", inputs, "logits_of")
        bits = HEAD_BITS if self.scheme.bits else 0
        logits = self.linear(kept, "lm_head", config.hidden_size, config.vocab_size, bits=bits)
        # In fp32 whatever the precision, which every reader takes and sampling wants.
        self.node("Cast", [logits], "logits", to=int(TensorProto.FLOAT))

    @abstractmethod
    def linear(self, x: str, name: str, columns: int, rows: int, *, bits: int | None = None) -> str:
        """X [..., columns] times the rows of a weight [rows, columns]."""

    @abstractmethod
    def prepare(self) -> None:
        """Add the nodes that all layers share: lengths, positions, masks."""

    @abstractmethod
    def first_norm(self, hidden: str, weight: str) -> str:
        """Add the norm before the first layer; the name of its output."""

    @abstractmethod
    def add_and_norm(self, hidden: str, added: str, weight: str) -> tuple[str, str]:
        """Add the sum of two values and its norm; the names of the norm's output and of the sum."""

    @abstractmethod
    def attention(self, normed: str, layer: int) -> str:
        """Add a layer's attention with its two matrices; the name of its output."""

    def norm_weight(self, weight: str) -> str:
        """Add the weight of a norm; its name."""
        return self.initializer(
            weight, Part.DENSE, self.scheme.activation_type, (self.config.hidden_size,)
        )

    # --- the model -----------------------------------------------------------------------

    def _model(self) -> onnx.ModelProto:
        inputs, outputs = (
            [helper.make_tensor_value_info(name, *of) for name, of in side.items()]
            for side in interface(self.config, self.scheme.activation_type)
        )
        graph = helper.make_graph(
            self._nodes,
            "baichuan",
            inputs,
            outputs,
            initializer=[*self._constants, *map(self._external, self._initializers)],
        )
        opsets = {"": self.opset, **dict.fromkeys(self.domains, 1)}
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(*pair) for pair in opsets.items()],
            ir_version=self.ir_version,
            producer_name="baichuan-desktop",
        )

    def _external(self, initializer: Initializer) -> onnx.TensorProto:
        tensor = TensorProto(
            name=initializer.name, data_type=initializer.data_type, dims=initializer.shape
        )
        tensor.data_location = TensorProto.EXTERNAL
        facts = {
            "location": self._data_file,
            "offset": initializer.offset,
            "length": initializer.nbytes,
        }
        for key, fact in facts.items():
            tensor.external_data.add(key=key, value=str(fact))
        return tensor
