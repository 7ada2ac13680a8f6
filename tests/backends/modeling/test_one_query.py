"""Attention of one query in bf16 and fp32, against torch's own in fp32."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from backends.alibi import alibi_slopes
from backends.model_config import Family, ModelConfig
from backends.modeling import one_query, positions
from backends.modeling.one_query import OneQuery
from backends.modeling.positions import make_positions

CPU = torch.device("cpu")
LENGTHS = (1, 2, 511, 512, 513, 1300)


def cached(batch: int, heads: int, keys: int, width: int = 16) -> tuple[Tensor, Tensor, Tensor]:
    """A query, and keys and values as they lie in a KV cache that is longer."""
    torch.manual_seed(keys)
    q = torch.randn(batch, heads, 1, width, dtype=torch.bfloat16)
    cache = torch.randn(2, batch, heads, keys + 7, width, dtype=torch.bfloat16)
    k, v = cache[..., :keys, :]
    return q, k, v


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("keys", LENGTHS)
def test_it_is_the_attention_of_fp32(keys: int, batch: int) -> None:
    q, k, v = cached(batch, 3, keys)

    found = OneQuery().attend(q, k, v)

    expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float())
    assert found.dtype is torch.bfloat16
    # No further than the rounding of the result to bf16.
    torch.testing.assert_close(found.float(), expected, rtol=2**-8, atol=1e-6)


@pytest.mark.parametrize("keys", LENGTHS)
def test_in_fp32_it_is_the_same_to_the_last_bits(keys: int) -> None:
    q, k, v = (part.float() for part in cached(1, 3, keys))
    bias = torch.randn(1, 3, 1, keys)

    found = OneQuery().attend(q, k, v, bias)

    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("keys", LENGTHS)
def test_a_bias_is_added(keys: int) -> None:
    q, k, v = cached(1, 5, keys)
    slopes = torch.tensor(alibi_slopes(5), dtype=torch.float32)
    bias = positions.alibi_bias(slopes, torch.arange(keys)[None, :] - (keys - 1))

    found = OneQuery().attend(q, k, v, bias)

    expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=bias)
    torch.testing.assert_close(found.float(), expected, rtol=2**-8, atol=1e-6)


def test_layers_of_other_shapes_share_the_memory() -> None:
    attention = OneQuery()
    for heads, keys in ((2, 600), (4, 30), (3, 1100)):
        q, k, v = cached(1, heads, keys)
        expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float())

        torch.testing.assert_close(
            attention.attend(q, k, v).float(), expected, rtol=2**-8, atol=1e-6
        )


@pytest.mark.parametrize("family", [Family.BAICHUAN2_7B, Family.BAICHUAN2_13B])
def test_positions_decode_with_it_but_not_in_fp16(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ModelConfig(family, 128, 80, 1, 5, 96, 64)
    taken = []
    attend = OneQuery.attend

    def counted(self: OneQuery, *arguments: Tensor) -> Tensor:
        taken.append(arguments[0].dtype)
        return attend(self, *arguments)

    monkeypatch.setattr(one_query.OneQuery, "attend", counted)
    q, k, v = cached(1, 5, 40)

    coarse = make_positions(config, 39, 1, CPU).attend(q, k, v)
    fine = make_positions(config, 39, 1, CPU).attend(q.float(), k.float(), v.float())
    make_positions(config, 39, 1, CPU).attend(q.half(), k.half(), v.half())

    assert taken == [torch.bfloat16, torch.float32]
    torch.testing.assert_close(coarse.float(), fine, rtol=2**-8, atol=1e-6)
