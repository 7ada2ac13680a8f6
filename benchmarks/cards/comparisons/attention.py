"""Choices of attention: over a later chunk of a prompt, and that of one token."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from backends.modeling.positions import later_mask, make_positions
from benchmarks.cards import clocks
from benchmarks.cards.comparisons.setting import Row, Setting

_NEW_LENGTHS: Final = 12


# --- a chunk of a prompt ---------------------------------------------------------------------


def alibi_blocks(setting: Setting) -> list[Row]:
    """Attention over a later chunk, its biases made once, or again for each layer."""
    qkv = _chunk(setting)
    start = qkv[1].shape[2] - setting.chunk
    device = torch.device(setting.device)

    def attend(*, keep: bool) -> None:
        positions = make_positions(setting.config, start, setting.chunk, device)
        for number in range(setting.sizes.layers):
            if number and not keep:
                positions = make_positions(setting.config, start, setting.chunk, device)
            positions.attend(*qkv)

    ways = {
        "kept": setting.timed(lambda: attend(keep=True)),
        "rebuilt in every layer": setting.timed(lambda: attend(keep=False)),
    }
    return [Row("ALiBi blocks", setting.later_chunk, "kept", setting.scaled(ways))]


def later_chunks(setting: Setting) -> list[Row]:
    """Attention over a later chunk, told where it stands, or by a mask of every pair."""
    q, k, v = _chunk(setting)
    queries, keys = q.shape[2], k.shape[2]
    corner = later_mask(queries, keys, q.device)
    mask = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)

    def attend(bias: Tensor) -> None:
        for _ in range(setting.sizes.layers):
            F.scaled_dot_product_attention(q, k, v, attn_mask=bias)

    ways = {
        "causal_lower_right": setting.timed(lambda: attend(corner)),
        "mask": setting.timed(lambda: attend(mask)),
    }
    taken = "causal_lower_right" if setting.device.startswith("cuda") else "mask"
    return [Row("later chunk of a prompt", setting.later_chunk, taken, setting.scaled(ways))]


def _chunk(setting: Setting) -> tuple[Tensor, Tensor, Tensor]:
    """Queries of a chunk at the end of the long context, and all keys and values."""
    config = setting.config
    keys = setting.sizes.contexts[1]
    shapes = (min(setting.chunk, keys // 2), keys, keys)
    q, k, v = (setting.random(1, config.num_heads, n, config.head_dim) for n in shapes)
    return q, k, v


# --- attention of one token ------------------------------------------------------------------


def cudnn_attention(setting: Setting) -> list[Row]:
    """The ordinary step's attention with cuDNN's kernels or without, at lengths it never saw."""
    config, first = setting.config, setting.sizes.contexts[0]
    shape = (1, config.num_heads, first + 2 * _NEW_LENGTHS, config.head_dim)
    k, v = setting.random(*shape), setting.random(*shape)
    q = setting.random(1, config.num_heads, 1, config.head_dim)
    bias = setting.random(1, config.num_heads, 1, shape[2])

    def attend(keys: int) -> None:
        F.scaled_dot_product_attention(
            q, k[:, :, :keys], v[:, :, :keys], attn_mask=bias[..., :keys]
        )

    new, again = {}, {}
    # A plan is kept as long as the process lives: the two have no length in common.
    for name, on, lengths in (
        ("off", False, range(first, first + _NEW_LENGTHS)),
        ("on", True, range(first + _NEW_LENGTHS, first + 2 * _NEW_LENGTHS)),
    ):
        with cudnn(on=on):
            attend(first // 2)  # what any first call costs
            firsts = (clocks.once(partial(attend, n), setting.device) for n in lengths)
            new[name] = statistics.mean(firsts)
            one_layer = setting.timed(partial(attend, lengths[-1]))
            again[name] = one_layer * config.num_layers
    where = f"{setting.shape}, {first:,} keys"
    return [
        Row("cuDNN's attention", f"{where}, a new length, one layer", "off", new),
        Row("cuDNN's attention", f"{where}, all layers", "off", again),
    ]


@contextmanager
def cudnn(*, on: bool) -> Iterator[None]:
    """A process in which torch takes cuDNN's attention where it can, or never."""
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(on)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)
