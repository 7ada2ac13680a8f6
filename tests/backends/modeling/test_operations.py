"""How many operations a decoding step asks a card for, at the real sizes; nothing is computed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backends.model_config import Family, ModelConfig
from backends.modeling.baichuan import MLP, BaichuanForCausalLM
from backends.modeling.kv_cache import KVCache
from backends.modeling.static_decode import StaticDecode
from tests.helpers.operations import OperationCounter

SMALL = ModelConfig(Family.BAICHUAN_7B, 64_000, 4096, 32, 32, 11_008, 4096)
LARGE = ModelConfig(Family.BAICHUAN_13B, 64_000, 5120, 40, 40, 13_696, 4096)
#: What this counter counted when each norm, rotation and bias was spelled out.
SPELLED_OUT = {SMALL: 1497, LARGE: 1137}


def in_16_bits(config: ModelConfig, dtype: torch.dtype = torch.bfloat16) -> BaichuanForCausalLM:
    """As on a card: what is not on a processor takes the same ways."""
    with torch.device("meta"):
        model = BaichuanForCausalLM(config)
    model.to(dtype).requires_grad_(False).eval()
    return model


def join(model: BaichuanForCausalLM) -> None:
    for module in model.modules():
        if isinstance(module, MLP):
            module.join()


def counted(model: BaichuanForCausalLM, keys: int = 512) -> OperationCounter:
    """The operations of a step over the first `keys` of 4,096 slots."""
    dtype, layers = model.model.norm.weight.dtype, model.config.num_layers
    cache = KVCache(model.config, 4096, dtype=dtype, devices=["meta"] * layers)
    step = StaticDecode(model, cache)
    counter = OperationCounter()
    with torch.inference_mode(), counter:
        logits = step.step(keys)
    assert logits.shape == (model.config.vocab_size,)
    return counter


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("config", "share"), [(SMALL, 0.6), (LARGE, 0.5)], ids=["7b", "13b"])
def test_a_step_asks_for_about_half_of_what_it_asked_for(
    config: ModelConfig, share: float, dtype: torch.dtype
) -> None:
    model = in_16_bits(config, dtype)
    apart = counted(model)
    join(model)

    joined = counted(model)

    assert joined.total <= share * SPELLED_OUT[config]
    assert apart.total <= share * SPELLED_OUT[config]  # as 4 bits are, which cannot be joined
    assert apart.counts["linear"] - joined.counts["linear"] == config.num_layers


@pytest.mark.parametrize(
    ("config", "in_a_layer", "others"),
    [(SMALL, 18, 7), (LARGE, 12, 6)],
    ids=["7b", "13b"],
)
def test_a_step_asks_for_nothing_that_is_not_listed(
    config: ModelConfig, in_a_layer: int, others: int
) -> None:
    """Each is a launch on a card.

    In a layer: two norms, four products of matrices, silu, the product of gate and up, two sums,
    the cache, attention; with rotation six more. Once: embedding, the place in the tables, a row
    of each, the last norm, the head, and its logits in fp32.
    """
    model = in_16_bits(config)
    join(model)

    assert counted(model).total == in_a_layer * config.num_layers + others


@pytest.mark.parametrize("config", [SMALL, LARGE], ids=["7b", "13b"])
@pytest.mark.parametrize("keys", [1, 500, 512, 4096])
def test_a_step_asks_for_as_much_over_any_number_of_keys(config: ModelConfig, keys: int) -> None:
    model = in_16_bits(config)

    assert counted(model, keys).counts == counted(model, 1024).counts


def test_an_adapter_on_gate_costs_its_own_launch_and_that_of_a_second_product() -> None:
    model = in_16_bits(SMALL)
    join(model)
    before = counted(model).total

    class Wrapped(nn.Module):
        def __init__(self, base: nn.Module) -> None:
            super().__init__()
            self.base = base

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            changed: torch.Tensor = self.base(x) + x[..., :1]
            return changed

    name = "model.layers.3.mlp.gate_proj"
    model.set_submodule(name, Wrapped(model.get_submodule(name)))

    assert counted(model).total == before + 2


# --- the counter -------------------------------------------------------------------------


def test_what_writes_memory_is_counted_and_what_looks_at_it_is_not() -> None:
    x = torch.zeros(4, 6, device="meta")

    with torch.inference_mode(), OperationCounter() as counter:
        x.view(6, 4).transpose(0, 1)[1:].unsqueeze(0).chunk(2)
        x.to(torch.float32)  # what it is already
        x.reshape(24)
        torch.empty(5, device="meta")
    assert counter.total == 0

    with torch.inference_mode(), OperationCounter() as counter:
        x.t().reshape(24)
        x.to(torch.float16)
        x.add_(1)
        x[1:].copy_(x[:3])
        x + x
    assert counter.total == 5
    assert counter.counts == {"reshape": 1, "to": 1, "add_": 1, "copy_": 1, "add": 1}


def test_the_counter_counts_what_findings_counted_before() -> None:
    """A norm spelled out is eight operations in 16 bits, and one by its name."""
    x = torch.zeros(1, 1, 64, device="meta", dtype=torch.bfloat16)
    weight = torch.zeros(64, device="meta", dtype=torch.bfloat16)

    with torch.inference_mode(), OperationCounter() as spelled_out:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)
        weight * normed.to(weight.dtype)
    with torch.inference_mode(), OperationCounter() as named:
        torch.nn.functional.rms_norm(x, weight.shape, weight, 1e-6)

    assert (spelled_out.total, named.total) == (8, 1)
