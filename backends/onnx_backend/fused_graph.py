"""The graph for ONNX Runtime, with its fused operators."""

from __future__ import annotations

from typing import Final

from onnx import TensorProto
from typing_extensions import override

from .graph import Graph, Part

MICROSOFT: Final = "com.microsoft"


class FusedGraph(Graph):
    """Attention writes keys and values in place; products take 8- and 4-bit matrices.

    Padding of a batch may only follow its tokens, as GroupQueryAttention has it.
    """

    opset = 21
    ir_version = 10
    domains = (MICROSOFT,)

    @override
    def linear(self, x: str, name: str, columns: int, rows: int, *, bits: int | None = None) -> str:
        bits = self.scheme.bits if bits is None else bits
        source = f"{name}.weight"
        if not bits:
            weight = self.initializer(
                source, Part.DENSE, self.scheme.activation_type, (rows, columns)
            )
            return self.node("FusedMatMul", [x, weight], name, domain=MICROSOFT, transB=1)
        block = self.scheme.block_size
        blocks = -(-columns // block)
        inputs = [
            x,
            self.initializer(
                source,
                Part.BLOCKS,
                TensorProto.UINT8,
                (rows, blocks, block * bits // 8),
                bits=bits,
            ),
            self.initializer(source, Part.SCALES, TensorProto.FLOAT, (rows * blocks,)),
        ]
        if not self.scheme.symmetric:
            packed = rows * -(-blocks * bits // 8)
            inputs.append(self.initializer(source, Part.ZERO_POINTS, TensorProto.UINT8, (packed,)))
        return self.node(
            "MatMulNBits",
            inputs,
            name,
            domain=MICROSOFT,
            K=columns,
            N=rows,
            bits=bits,
            block_size=block,
            accuracy_level=self.scheme.accuracy_level,
        )

    @override
    def prepare(self) -> None:
        total = self.total()
        self.node("Cast", [total], "total.int32", to=int(TensorProto.INT32))
        counted = self.node("ReduceSum", ["attention_mask", self.integers(1)], "tokens", keepdims=0)
        last = self.node("Sub", [counted, self.integers(1)], "tokens.last")
        self.node("Cast", [last], "seqlens_k", to=int(TensorProto.INT32))
        if self.config.family.uses_alibi:
            # The operator masks what lies after the query, so its bias there does not matter.
            self._positions = ["", "", "", self.alibi(self.distance(total))]
        else:
            self._positions = self.rotary_tables()

    @override
    def first_norm(self, hidden: str, weight: str) -> str:
        return self.node(
            "SimplifiedLayerNormalization",
            [hidden, self.norm_weight(weight)],
            weight.removesuffix(".weight"),
            axis=-1,
            epsilon=self.config.rms_norm_eps,
            stash_type=1,
        )

    @override
    def add_and_norm(self, hidden: str, added: str, weight: str) -> tuple[str, str]:
        name = weight.removesuffix(".weight")
        normed, total = name, f"{name}.sum"
        self.node(
            "SkipSimplifiedLayerNormalization",
            [hidden, added, self.norm_weight(weight)],
            name,
            outputs=[normed, "", "", total],
            domain=MICROSOFT,
            epsilon=self.config.rms_norm_eps,
        )
        return normed, total

    @override
    def attention(self, normed: str, layer: int) -> str:
        config, h = self.config, self.config.hidden_size
        prefix = f"model.layers.{layer}.self_attn"
        packed = self.linear(normed, f"{prefix}.W_pack", h, 3 * h)
        inputs = [
            packed, "", "", f"past_key_values.{layer}.key", f"past_key_values.{layer}.value",
            "seqlens_k", "total.int32", *self._positions,
        ]  # fmt: skip
        attended = self.node(
            "GroupQueryAttention",
            inputs,
            f"{prefix}.attention",
            outputs=[f"{prefix}.attention", f"present.{layer}.key", f"present.{layer}.value"],
            domain=MICROSOFT,
            num_heads=config.num_heads,
            kv_num_heads=config.num_heads,
            do_rotary=int(not config.family.uses_alibi),
            scale=config.head_dim**-0.5,
        )
        return self.linear(attended, f"{prefix}.o_proj", h, h)
