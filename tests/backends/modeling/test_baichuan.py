"""What the published models compute, our modules compute: all names, all layouts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.alibi import alibi_slopes
from backends.model_config import Family, ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM, NormHead, make_head
from backends.modeling.kv_cache import KVCache
from backends.modeling.positions import AlibiPositions, RotaryPositions
from tests.helpers import goldens

LOGITS = 3e-5
CPU = torch.device("cpu")

Array = npt.NDArray[np.float32]


def ids_of(array: npt.NDArray[np.int32]) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.int64))[None]


def new_cache(model: BaichuanForCausalLM, capacity: int = 300) -> KVCache:
    dtype = model.model.norm.weight.dtype
    return KVCache(model.config, capacity, dtype=dtype, devices=["cpu"] * model.config.num_layers)


@torch.inference_mode()
def whole(model: BaichuanForCausalLM, ids: torch.Tensor) -> Array:
    array: Array = model(ids)[0].float().numpy()
    return array


@torch.inference_mode()
def in_chunks(
    model: BaichuanForCausalLM, ids: torch.Tensor, sizes: Iterable[int], cache: KVCache
) -> Array:
    """Logits of all positions, computed chunk by chunk over the cache."""
    parts, start = [], 0
    for size in sizes:
        parts.append(model(ids[:, start : start + size], cache)[0].numpy())
        start += size
    assert start == ids.shape[1]
    return np.concatenate(parts)


def equal_chunks(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]


@pytest.fixture(params=goldens.CHECKPOINTS, ids="-".join)
def golden(request: pytest.FixtureRequest) -> tuple[str, BaichuanForCausalLM]:
    name, layout = request.param
    return name, goldens.model(name, layout)


def expected_logits(name: str, length: int) -> tuple[torch.Tensor, npt.NDArray[np.int32], Array]:
    """Ids, the positions whose logits are known, and those logits."""
    data = goldens.arrays(name, "logits.npz")
    ids, logits = data[f"ids_{length}"], data[f"logits_{length}"]
    positions = np.arange(length - len(logits), length, dtype=np.int32)
    return ids_of(ids), data.get(f"rows_{length}", positions), logits


@pytest.mark.parametrize("length", [1, 7, 130, 290])
def test_logits_without_a_cache(golden: tuple[str, BaichuanForCausalLM], length: int) -> None:
    name, model = golden
    ids, rows, expected = expected_logits(name, length)

    np.testing.assert_allclose(whole(model, ids)[rows], expected, rtol=0, atol=LOGITS)


@pytest.mark.parametrize(
    ("length", "size"),
    [(1, 1), (7, 1), (7, 2), (7, 7), (130, 1), (130, 7), (130, 64), (130, 129), (290, 64)],
)
def test_logits_over_the_cache(
    golden: tuple[str, BaichuanForCausalLM], length: int, size: int
) -> None:
    name, model = golden
    ids, rows, expected = expected_logits(name, length)

    actual = in_chunks(model, ids, equal_chunks(length, size), new_cache(model))

    np.testing.assert_allclose(actual[rows], expected, rtol=0, atol=LOGITS)


@pytest.mark.parametrize("kept", [0, 1, 63, 100, 129])
def test_logits_after_truncation(golden: tuple[str, BaichuanForCausalLM], kept: int) -> None:
    """What was cached beyond the prefix leaves no trace, however long it was."""
    name, model = golden
    ids, rows, expected = expected_logits(name, 130)
    cache = new_cache(model)
    other = torch.arange(10, 160)[None]
    in_chunks(model, torch.cat((ids[:, :kept], other), 1), [kept + 150], cache)

    cache.truncate(kept)
    actual = in_chunks(model, ids[:, kept:], equal_chunks(130 - kept, 50), cache)

    known = rows >= kept
    np.testing.assert_allclose(actual[rows[known] - kept], expected[known], rtol=0, atol=LOGITS)


@pytest.mark.parametrize("name", goldens.NAMES)
def test_last_logits_are_those_of_the_last_position(name: str) -> None:
    model = goldens.model(name)
    ids, _, expected = expected_logits(name, 130)

    with torch.inference_mode():
        actual = model.last_logits(ids, new_cache(model))

    assert actual.shape == (model.config.vocab_size,)
    np.testing.assert_allclose(actual.numpy(), expected[-1], rtol=0, atol=LOGITS)


def test_hidden_states_of_each_layer(golden: tuple[str, BaichuanForCausalLM]) -> None:
    name, model = golden
    data = goldens.arrays(name, "hidden.npz")
    seen: list[Array] = []
    modules = [model.model.embed_tokens, *list(model.model.layers)[:-1], model.model.norm]
    hooks = [m.register_forward_hook(lambda _m, _i, out: seen.append(out)) for m in modules]

    logits = whole(model, ids_of(data["ids"]))
    for hook in hooks:
        hook.remove()

    actual = np.stack([np.asarray(hidden[0]) for hidden in seen])
    np.testing.assert_allclose(actual, data["hidden"], rtol=0, atol=LOGITS)
    np.testing.assert_allclose(logits, data["logits"], rtol=0, atol=LOGITS)


@pytest.mark.parametrize("sizes", [[7], [1] * 7, [3, 4]], ids=str)
def test_keys_and_values_of_the_first_layer(
    golden: tuple[str, BaichuanForCausalLM], sizes: list[int]
) -> None:
    name, model = golden
    data = goldens.arrays(name, "kv_layer0.npz")
    cache = new_cache(model)

    in_chunks(model, ids_of(goldens.arrays(name, "hidden.npz")["ids"]), sizes, cache)

    keys, values = cache.layer(0)
    np.testing.assert_allclose(keys[0, :, :7].numpy(), data["k"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(values[0, :, :7].numpy(), data["v"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", goldens.NAMES)
def test_bf16_errs_no_more_than_the_published_code(name: str) -> None:
    model = goldens.model(name, dtype="bfloat16")
    published = goldens.arrays(name, "half_last.npz")
    for length in (1, 7, 130):
        ids, _, exact = expected_logits(name, length)
        error = np.abs(whole(model, ids)[-1] - exact[-1])
        published_error = np.abs(published[f"bf16_{length}_last"] - exact[-1])

        assert error.mean() < 1.5 * published_error.mean() + 1e-3


# --- the output head ---------------------------------------------------------------------


@pytest.mark.parametrize("name", goldens.NORM_HEAD_NAMES)
def test_the_head_of_baichuan_2_is_folded_once(name: str) -> None:
    head = goldens.model(name).lm_head
    data = goldens.arrays(name, "normhead.npz")

    rows = head.weight[data["rows"].tolist()].numpy()
    np.testing.assert_allclose(rows, data["normalised_rows"], rtol=0, atol=1e-6)
    assert not np.allclose(data["raw_norms"], 1, atol=0.1)  # so that folding did something


def test_folding_twice_and_not_at_all_give_the_same_logits() -> None:
    torch.manual_seed(0)
    head = NormHead(8, 20)
    x = torch.randn(3, 8)
    unfolded = head(x)

    head.fold()
    once = head(x)
    head.fold()

    torch.testing.assert_close(once, unfolded)
    torch.testing.assert_close(head(x), unfolded)


def test_only_baichuan_2_normalises_its_head() -> None:
    for name in goldens.NAMES:
        head = make_head(goldens.checkpoint(name).config)
        assert isinstance(head, NormHead) == (name in goldens.NORM_HEAD_NAMES)


# --- positions ---------------------------------------------------------------------------


def test_alibi_slopes_of_every_number_of_heads() -> None:
    slopes = goldens.facts("model", "alibi_slopes.json")

    assert len(slopes) == 44
    for heads, expected in slopes.items():
        assert alibi_slopes(int(heads)) == pytest.approx(expected, rel=1e-6)


def test_the_alibi_bias_is_slope_times_distance_and_hides_what_comes_later() -> None:
    bias = AlibiPositions(2, start=1, device=CPU)._bias(0, 2)

    inf = float("inf")
    first, second = 0.0625, 0.00390625  # slopes of two heads
    expected = [
        [[-first, 0.0, -inf], [-2 * first, -first, 0.0]],
        [[-second, 0.0, -inf], [-2 * second, -second, 0.0]],
    ]
    assert bias.tolist() == [expected]


def test_a_long_prompt_needs_no_bias_of_the_whole_context() -> None:
    """At 40 heads and 4096 tokens the published mask takes 2.7 GB in fp32."""
    sizes: list[int] = []

    class Spy(AlibiPositions):
        def _bias(self, first: int, last: int) -> torch.Tensor:
            made = super()._bias(first, last)
            sizes.append(made.shape[2])
            return made

    model = goldens.model("b1-13b")
    positions = Spy(4, 0, CPU)
    with torch.inference_mode():
        model.model.layers[0](torch.zeros(1, 700, 64), positions, None)

    assert sizes == [256, 256, 188]


def test_rotation_starts_at_the_position_it_is_given() -> None:
    config = goldens.checkpoint("b1-7b").config
    x = torch.randn(1, 4, 5, 16, generator=torch.Generator().manual_seed(0))

    rotated = RotaryPositions(config, torch.arange(0, 5)).rotate(x)
    later = RotaryPositions(config, torch.arange(3, 5)).rotate(x[:, :, 3:])

    torch.testing.assert_close(rotated[:, :, :1], x[:, :, :1])  # position 0 is not rotated
    torch.testing.assert_close(later, rotated[:, :, 3:])


def test_rotation_is_computed_in_fp32_for_a_bf16_model() -> None:
    config = goldens.checkpoint("b1-7b").config
    x = torch.randn(1, 4, 1, 16, generator=torch.Generator().manual_seed(0)).bfloat16()

    positions = RotaryPositions(config, torch.tensor([4000]))

    assert positions.rotate(x).dtype == torch.bfloat16
    torch.testing.assert_close(positions.rotate(x), positions.rotate(x.float()).bfloat16())


# --- the KV cache ------------------------------------------------------------------------

TINY = ModelConfig(Family.BAICHUAN_7B, 10, 8, 1, 2, 16, 32)


def test_a_cache_refuses_more_than_its_capacity() -> None:
    cache = KVCache(TINY, 3, dtype=torch.float32, devices=["cpu"])
    states = torch.ones(1, 2, 2, 4)
    cache.append(0, states, states)
    cache.advance(2)

    with pytest.raises(ValueError, match="4 tokens in a KV cache of 3"):
        cache.append(0, states, states)


@pytest.mark.parametrize("length", [-1, 1])
def test_a_cache_can_only_be_cut_to_what_it_holds(length: int) -> None:
    with pytest.raises(ValueError, match="cannot keep"):
        KVCache(TINY, 3, dtype=torch.float32, devices=["cpu"]).truncate(length)
