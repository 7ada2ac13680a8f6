"""The graph for other runtimes, with operators of the ONNX standard only."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper
from typing_extensions import override

from .graph import Graph, Part


class PortableGraph(Graph):
    """Masks padding on either side of a batch. Its cache grows with every token."""

    opset = 23  #: the first with Attention, RotaryEmbedding and RMSNormalization
    ir_version = 11

    @override
    def linear(self, x: str, name: str, columns: int, rows: int, *, bits: int | None = None) -> str:
        assert not bits, "there is no portable product with a quantised matrix"
        weight = self.initializer(
            f"{name}.weight", Part.TRANSPOSED, self.scheme.activation_type, (columns, rows)
        )
        return self.node("MatMul", [x, weight], name)

    @override
    def prepare(self) -> None:
        distance = self.distance(self.total())
        earlier = self.node("LessOrEqual", [distance, self.integer(0)], "earlier")
        mask = self.node("Cast", ["attention_mask"], "mask", to=int(TensorProto.BOOL))
        rows = self.node("Unsqueeze", [mask, self.integers(1, 2)], "mask.rows")  # [B, 1, 1, T]
        seen = self.node("And", [rows, earlier], "seen")  # [B, 1, S, T]
        # Not infinity: a row of padding sees nothing, and must not become NaN.
        least = np.finfo(helper.tensor_dtype_to_np_dtype(self.scheme.activation_type)).min
        never = self.floats("never", np.array(least))
        if self.config.family.uses_alibi:
            bias = self.alibi(distance)
        else:
            bias = self.floats("no_bias", np.array(0.0))
            self.rotary_tables()
            self._count_positions()
        self.node("Where", [seen, bias, never], "bias")

    def _count_positions(self) -> None:
        """Positions of the new tokens [B, S], padding not counted."""
        counted = self.node("CumSum", ["attention_mask", self.integer(1)], "counted")
        zero_based = self.node("Sub", [counted, self.integer(1)], "counted.from_0")
        clipped = self.node("Max", [zero_based, self.integer(0)], "positions.all")
        start = self.node("Unsqueeze", ["begin", self.integers(0)], "begin.row")
        inputs = [clipped, start, self.integers(2**63 - 1), self.integers(1)]
        self.node("Slice", inputs, "positions")

    @override
    def first_norm(self, hidden: str, weight: str) -> str:
        return self.node(
            "RMSNormalization",
            [hidden, self.norm_weight(weight)],
            weight.removesuffix(".weight"),
            axis=-1,
            epsilon=self.config.rms_norm_eps,
        )

    @override
    def add_and_norm(self, hidden: str, added: str, weight: str) -> tuple[str, str]:
        total = self.node("Add", [hidden, added], f"{weight.removesuffix('.weight')}.sum")
        return self.first_norm(total, weight), total

    @override
    def attention(self, normed: str, layer: int) -> str:
        config, h = self.config, self.config.hidden_size
        prefix = f"model.layers.{layer}.self_attn"
        packed = self.linear(normed, f"{prefix}.W_pack", h, 3 * h)
        parts = [f"{prefix}.{part}" for part in ("q", "k", "v")]
        self.node("Split", [packed], f"{prefix}.split", outputs=parts, axis=-1, num_outputs=3)
        q, k, v = parts
        if not config.family.uses_alibi:
            q, k = (
                self.node(
                    "RotaryEmbedding",
                    [part, "cos_cache", "sin_cache", "positions"],
                    f"{part}.rotated",
                    num_heads=config.num_heads,
                )
                for part in (q, k)
            )
        attended = self.node(
            "Attention",
            [q, k, v, "bias", f"past_key_values.{layer}.key", f"past_key_values.{layer}.value"],
            f"{prefix}.attention",
            outputs=[f"{prefix}.attention", f"present.{layer}.key", f"present.{layer}.value"],
            q_num_heads=config.num_heads,
            kv_num_heads=config.num_heads,
            scale=config.head_dim**-0.5,
        )
        return self.linear(attended, f"{prefix}.o_proj", h, h)
