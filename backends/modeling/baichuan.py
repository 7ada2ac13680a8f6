"""The Baichuan architecture, all four families, in the released module names.

    tokens [B, T] -> embedding -> num_layers x (attention + gated MLP) -> norm -> head [B, T, V]

Pre-norm, no biases, untied head. `W_pack` stacks q, k and v. 7B rotates q and k, 13B biases the
attention scores; Baichuan 2 normalises the rows of the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..model_config import ModelConfig
from .kv_cache import KVCache, KVWriter
from .positions import Positions, make_positions


class RMSNorm(nn.Module):
    """x / rms(x) * weight, with the variance in fp32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype is torch.float32 or x.device.type != "cpu":
            # On a card one kernel, which rounds to 16 bits once, after the weight.
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        # As published: rounded to 16 bits before the weight too. On a processor it costs nothing.
        return self.weight * F.rms_norm(x, self.weight.shape, eps=self.eps)


class MLP(nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        h, ffn = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(h, ffn, bias=False)
        self.up_proj = nn.Linear(h, ffn, bias=False)
        self.down_proj = nn.Linear(ffn, h, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self._gate_and_up(x)
        hidden: Tensor = self.down_proj(F.silu(gate) * up)
        return hidden

    def join(self) -> None:
        """Lay the rows of gate and up side by side in memory, so that they are one product.

        Names and values stay. It copies both matrices: it is for cards, on which weights are
        copies anyway. Layers that are not held row by row stay as they are. safetensors does not
        save halves of one memory; who saves a model that was joined saves copies.
        """
        layers = (self.gate_proj, self.up_proj)
        for name in _row_tensors(*layers):
            parts = [getattr(layer, name) for layer in layers]
            halves = torch.cat(parts).split([len(part) for part in parts])
            for layer, part, rows in zip(layers, parts, halves, strict=True):
                is_parameter = isinstance(part, nn.Parameter)
                half = nn.Parameter(rows, requires_grad=False) if is_parameter else rows
                setattr(layer, name, half)

    def _gate_and_up(self, x: Tensor) -> Sequence[Tensor]:
        """Both products, as one if the rows lie side by side: on a card, one launch, not two."""
        layers = (self.gate_proj, self.up_proj)
        gate, up = (_joinable(layer) for layer in layers)
        rows = _joined_rows(gate, up)
        if not rows:
            return [layer(x) for layer in layers]
        multiply: Any = F.linear if type(gate) is nn.Linear else gate.multiply
        both: Tensor = multiply(x, *rows)
        return [
            half if layer is own else _adapted(layer, half, x)
            for layer, own, half in zip(layers, (gate, up), both.chunk(2, dim=-1), strict=True)
        ]


def _joinable(layer: nn.Module) -> nn.Module:
    """The layer that multiplies by a matrix of the model: of one of an adapter, what it adds to."""
    own: nn.Module = layer.base if hasattr(layer, "adapted") else layer  # type: ignore[assignment]
    return own


def _adapted(layer: Any, product: Tensor, x: Tensor) -> Tensor:
    adapted: Tensor = layer.adapted(product, x)
    return adapted


def _row_tensors(gate: nn.Module, up: nn.Module) -> Sequence[str]:
    """The names of the tensors that have a row for each row of the matrix; none for two kinds."""
    if type(gate) is not type(up):
        return ()
    if type(gate) is nn.Linear:
        return ("weight",)
    names: Sequence[str] = getattr(gate, "row_tensors", ())
    return names


def _joined_rows(gate: nn.Module, up: nn.Module) -> Sequence[Tensor]:
    """The tensors of two joined layers, with the rows of both.

    Empty if the layers are not joined, or if one was changed since, is listened to, or is trained:
    an adapter does that, and then each computes for itself.
    """
    rows = []
    for name in _row_tensors(gate, up):
        both = _side_by_side(getattr(gate, name), getattr(up, name))
        if both is None:
            return ()
        rows.append(both)
    return () if _is_changed(gate) or _is_changed(up) else rows


def _is_changed(layer: nn.Module) -> bool:
    """Whether calling a layer does more than its class says."""
    has_bias = getattr(layer, "bias", None) is not None
    hooks = layer._forward_hooks or layer._forward_pre_hooks
    return has_bias or bool(hooks) or "forward" in vars(layer)


def _side_by_side(first: Tensor, second: Tensor) -> Tensor | None:
    """The rows of both as one tensor, if those of the second lie behind those of the first.

    None for weights that are trained, too: through one tensor, the second would get no gradient.
    """
    if (
        second.storage_offset() != first.storage_offset() + first.numel()
        or second.untyped_storage()._cdata != first.untyped_storage()._cdata
        or (second.dtype, second.shape[1:]) != (first.dtype, first.shape[1:])
        or not (first.is_contiguous() and second.is_contiguous())
        or first.requires_grad
        or second.requires_grad
    ):
        return None
    return first.as_strided((len(first) + len(second), *first.shape[1:]), first.stride())


class Attention(nn.Module):
    """Causal self-attention over the cache and the new tokens."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        h = config.hidden_size
        self.layer = layer
        self.num_heads = config.num_heads
        self.W_pack = nn.Linear(h, 3 * h, bias=False)
        self.o_proj = nn.Linear(h, h, bias=False)

    def forward(self, x: Tensor, positions: Positions, kv_cache: KVWriter | None) -> Tensor:
        batch, count, _ = x.shape
        packed = self.W_pack(x).view(batch, count, 3 * self.num_heads, -1)
        packed = positions.rotate(packed).view(batch, count, 3, self.num_heads, -1)
        packed = packed.permute(2, 0, 3, 1, 4)  # [3, B, heads, T, head_dim]
        q, new = packed[0], packed[1:]
        kv = new if kv_cache is None else kv_cache.append(self.layer, new)
        attended = positions.attend(q, kv[0], kv[1])
        projected: Tensor = self.o_proj(attended.transpose(1, 2).reshape(batch, count, -1))
        return projected


class DecoderLayer(nn.Module):
    """One layer: attention and MLP, each behind a norm and beside a residual."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.self_attn = Attention(config, layer)
        self.mlp = MLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, positions: Positions, kv_cache: KVWriter | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), positions, kv_cache)
        hidden: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return hidden


class BaichuanModel(nn.Module):
    """Embedding, layers and the final norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config, i) for i in range(config.num_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, input_ids: Tensor, kv_cache: KVCache | None = None) -> Tensor:
        """Ids [B, T] to hidden states [B, T, H]; with a cache, B = 1 and T tokens are appended."""
        hidden = self.embed_tokens(input_ids)
        start, count = 0 if kv_cache is None else kv_cache.length, input_ids.shape[1]
        positions: dict[torch.device, Positions] = {}
        for layer in self.layers:
            # Layers may be spread over devices; on one device `to` does nothing.
            device = next(layer.parameters()).device
            hidden = hidden.to(device)
            if device not in positions:
                positions[device] = make_positions(self.config, start, count, device)
            hidden = layer(hidden, positions[device], kv_cache)
        if kv_cache is not None:
            kv_cache.advance(count)
        normed: Tensor = self.norm(hidden)
        return normed


#: Rows of a head that are normalised at a time: 10 MB in fp32.
FOLDED_ROWS = 512


def normalised(rows: Tensor) -> Tensor:
    """Rows [N, H] of any dtype, each divided by its norm, in fp32."""
    return F.normalize(rows.float(), eps=1e-12)


class NormHead(nn.Linear):
    """Baichuan 2's head: logits are x times the rows of the weight, each of norm 1.

    `fold` normalises the stored weight once, in fp32; until then (in training) each pass does.
    Normalising is idempotent, so folding an already folded weight does no harm.
    """

    folded = False

    def __init__(self, hidden_size: int, vocab_size: int) -> None:
        super().__init__(hidden_size, vocab_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight if self.folded else F.normalize(self.weight, eps=1e-12))

    @torch.no_grad()
    def fold(self) -> None:
        """Normalise the stored rows, some at a time so that no second fp32 copy is made."""
        for rows in torch.split(self.weight, FOLDED_ROWS):
            rows.copy_(normalised(rows))
        self.folded = True


def make_head(config: ModelConfig) -> nn.Linear:
    """The output head of a family: [vocab_size, hidden_size]."""
    if config.family.uses_norm_head:
        return NormHead(config.hidden_size, config.vocab_size)
    return nn.Linear(config.hidden_size, config.vocab_size, bias=False)


class BaichuanForCausalLM(nn.Module):
    """The whole model. `state_dict` has exactly the released names."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = BaichuanModel(config)
        self.lm_head = make_head(config)

    def forward(self, input_ids: Tensor, kv_cache: KVCache | None = None) -> Tensor:
        """Logits of every position: ids [B, T] to [B, T, vocab_size]."""
        logits: Tensor = self.lm_head(self.model(input_ids, kv_cache))
        return logits

    def last_logits(self, input_ids: Tensor, kv_cache: KVCache) -> Tensor:
        """Logits after the last of ids [1, T]: [vocab_size]. What generation needs, no more."""
        hidden = self.model(input_ids, kv_cache)
        logits: Tensor = self.lm_head(hidden[0, -1])
        return logits


class _WithoutValues(TorchFunctionMode):
    """Leaves out what `nn.init` would do.

    On the meta device torch has only a decomposition of `normal_`, and to take it torch imports
    its compiler and sympy: more than a second for values that nobody sees.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__module__", None) == nn.init.__name__:
            return None  # the layers do not look at it
        return func(*args, **(kwargs or {}))


def make_unfilled(config: ModelConfig) -> BaichuanForCausalLM:
    """The model with shapes alone: each tensor is on the meta device, and is set by the caller."""
    with torch.device("meta"), _WithoutValues():
        return BaichuanForCausalLM(config)
