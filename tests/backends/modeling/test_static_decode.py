"""The step that a CUDA graph records computes what the ordinary path computes; on a processor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.kv_cache import KVCache
from backends.modeling.static_decode import StaticDecode
from backends.torch_backend.decode_graph import keys_for
from tests.helpers import goldens, quantized

LOGITS = 3e-5
CAPACITY = 160

Array = npt.NDArray[np.float32]


def new_cache(model: BaichuanForCausalLM, capacity: int = CAPACITY, fill: float = 0.0) -> KVCache:
    """A cache whose slots, written or not, hold `fill`."""
    devices = ["cpu"] * model.config.num_layers
    cache = KVCache(model.config, capacity, dtype=torch.float32, devices=devices)
    for layer in range(model.config.num_layers):
        for slots in cache.layer(layer):
            slots.fill_(fill)
    return cache


@torch.inference_mode()
def prefill(model: BaichuanForCausalLM, cache: KVCache, ids: list[int]) -> None:
    if ids:
        model.last_logits(torch.tensor([ids]), cache)


@torch.inference_mode()
def ordinary(model: BaichuanForCausalLM, cache: KVCache, token: int) -> Array:
    array: Array = model.last_logits(torch.tensor([[token]]), cache).float().numpy()
    return array


@torch.inference_mode()
def static(step: StaticDecode, cache: KVCache, token: int, keys: int) -> Array:
    step.feed(token, cache.length)
    array: Array = step.step(keys).numpy()
    cache.advance(1)
    return array


@pytest.mark.parametrize("keys", [101, 128, CAPACITY])
@pytest.mark.parametrize("name", goldens.NAMES)
def test_a_static_step_is_the_ordinary_step(name: str, keys: int) -> None:
    model, ids = quantized.plain_model(name), goldens.text_ids(name)
    one, other = new_cache(model), new_cache(model)
    prefill(model, one, ids[:100])
    prefill(model, other, ids[:100])

    actual = static(StaticDecode(model, one), one, ids[100], keys)

    np.testing.assert_allclose(actual, ordinary(model, other, ids[100]), rtol=0, atol=LOGITS)


@pytest.mark.parametrize("keys", [1, 16, 101, CAPACITY - 3])
@pytest.mark.parametrize("name", ["b2-7b", "b2-13b"])
def test_the_bias_of_a_step_lies_in_rows_that_a_card_reads_as_they_are(
    name: str, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, masks = quantized.plain_model(name), []
    cache = new_cache(model, CAPACITY - 3)
    attend = F.scaled_dot_product_attention

    def noted(q: Tensor, k: Tensor, v: Tensor, *, attn_mask: Tensor) -> Tensor:
        masks.append(attn_mask)
        return attend(q, k, v, attn_mask=attn_mask)

    monkeypatch.setattr(F, "scaled_dot_product_attention", noted)
    static(StaticDecode(model, cache), cache, 5, keys)

    assert len(masks) == model.config.num_layers
    for mask in masks:
        assert mask.shape[-1] == keys
        assert [stride % 16 for stride in (*mask.stride()[:-1], mask.storage_offset())] == [0] * 4


@pytest.mark.parametrize("name", goldens.NAMES)
def test_static_steps_from_the_first_token_on_give_the_golden_logits(name: str) -> None:
    """The slots that are not written yet hold large numbers, which leave no trace."""
    model, ids = quantized.plain_model(name), goldens.text_ids(name)
    cache = new_cache(model, fill=1e4)
    step = StaticDecode(model, cache)

    logits = [
        static(step, cache, token, min(64 * (1 + at // 64), CAPACITY))
        for at, token in enumerate(ids)
    ]

    data = goldens.arrays(name, "logits.npz")
    rows = data.get("rows_130", np.arange(130))
    np.testing.assert_allclose(np.stack(logits)[rows], data["logits_130"], rtol=0, atol=LOGITS)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_ordinary_and_static_steps_take_turns(name: str) -> None:
    """As after a second prompt, a truncation, and a graph that was given up."""
    model, ids = quantized.plain_model(name), goldens.text_ids(name)
    mixed, plain = new_cache(model), new_cache(model)
    step = StaticDecode(model, mixed)
    prefill(model, mixed, ids[:20])
    prefill(model, plain, ids[:20])
    for token in ids[20:30]:
        static(step, mixed, token, 64)
        ordinary(model, plain, token)
    for cache in (mixed, plain):
        cache.truncate(25)
        prefill(model, cache, ids[60:70])

    for token in ids[70:80]:
        actual = static(step, mixed, token, CAPACITY)
        expected = ordinary(model, plain, token)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=LOGITS)


@pytest.mark.parametrize("name", ["b1-7b", "b1-13b"])
def test_a_static_step_reads_nothing_but_its_tensors(name: str) -> None:
    """A graph replays addresses: the same `step` call must follow new contents."""
    model, ids = quantized.plain_model(name), goldens.text_ids(name)
    cache = new_cache(model)
    step = StaticDecode(model, cache)
    addresses = (step.ids.data_ptr(), step.position.data_ptr(), cache.layer(0)[0].data_ptr())
    prefill(model, cache, ids[:10])

    first = static(step, cache, ids[10], CAPACITY)
    second = static(step, cache, ids[11], CAPACITY)

    assert np.abs(first - second).max() > 0.01
    assert addresses == (
        step.ids.data_ptr(), step.position.data_ptr(), cache.layer(0)[0].data_ptr()
    )  # fmt: skip


@pytest.mark.parametrize("name", ["b1-7b", "b1-13b"])
def test_the_last_slot_of_a_cache_can_be_used(name: str) -> None:
    model, ids = quantized.plain_model(name), goldens.text_ids(name)
    one, other = new_cache(model, 33), new_cache(model, 33)
    prefill(model, one, ids[:32])
    prefill(model, other, ids[:32])

    actual = static(StaticDecode(model, one), one, ids[32], 33)

    np.testing.assert_allclose(actual, ordinary(model, other, ids[32]), rtol=0, atol=LOGITS)


@pytest.mark.parametrize(
    ("length", "capacity", "keys"),
    [
        (1, 4096, 512),
        (511, 4096, 512),
        (512, 4096, 512),
        (513, 4096, 1024),
        (1025, 4096, 2048),
        (2049, 4096, 4096),
        (4096, 4096, 4096),
        (1, 100, 100),
        (100, 100, 100),
        (513, 700, 700),
        (3000, 3500, 3500),
    ],
)
def test_keys_for(length: int, capacity: int, keys: int) -> None:
    assert keys_for(length, capacity) == keys


@pytest.mark.parametrize("capacity", [1, 512, 700, 4096, 8192])
def test_few_graphs_are_made_and_none_reads_more_than_twice_its_keys(capacity: int) -> None:
    chosen = [keys_for(length, capacity) for length in range(1, capacity + 1)]

    assert all(length <= keys <= capacity for length, keys in enumerate(chosen, 1))
    assert all(keys <= max(2 * length, 512) for length, keys in enumerate(chosen, 1))
    assert len(set(chosen)) <= 5
