"""What the published models compute, our modules compute: all names, all layouts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention.bias import CausalBias

from backends.alibi import alibi_slopes
from backends.model_config import Family, ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM, NormHead, RMSNorm, make_head
from backends.modeling.kv_cache import KVCache
from backends.modeling.positions import (
    AlibiPositions,
    RotaryPositions,
    alibi_bias,
    later_mask,
    rotary_table,
)
from tests.helpers import goldens
from tests.helpers.operations import OperationCounter

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
    q = torch.zeros(1, 2, 2, 4)
    bias = AlibiPositions(2, start=1, count=2, device=CPU).bias(0, q)

    inf = float("inf")
    first, second = 0.0625, 0.00390625  # slopes of two heads
    expected = [
        [[-first, 0.0, -inf], [-2 * first, -first, 0.0]],
        [[-second, 0.0, -inf], [-2 * second, -second, 0.0]],
    ]
    assert bias.tolist() == [expected]


@pytest.mark.parametrize(("start", "count"), [(0, 300), (7, 512), (100, 700), (3, 256), (0, 257)])
def test_every_block_has_the_bias_of_its_own_positions(start: int, count: int) -> None:
    q = torch.zeros(1, 4, count, 16)
    positions = AlibiPositions(4, start, count, CPU)
    slopes = torch.tensor(alibi_slopes(4))

    for number, first in enumerate(range(0, count, 256)):
        last = min(first + 256, count)
        distance = torch.arange(start + last) - torch.arange(start + first, start + last)[:, None]
        bias = positions.bias(number, q)[:, :, : last - first, : start + last]
        torch.testing.assert_close(bias, alibi_bias(slopes, distance), rtol=0, atol=0)


@pytest.mark.parametrize(("start", "count"), [(0, 300), (7, 1), (100, 700), (3, 256), (0, 257)])
def test_the_bias_of_a_block_lies_in_rows_that_a_card_reads_as_they_are(
    start: int, count: int
) -> None:
    """Each of whole lines of 16 values: others are copied into such in each layer."""
    positions = AlibiPositions(4, start, count, CPU)

    for number in range(-(-count // 256)):
        bias = positions.bias(number, torch.zeros(1, 4, count, 16))
        assert [stride % 16 for stride in (*bias.stride()[:-1], bias.storage_offset())] == [0] * 4


def test_a_long_prompt_needs_no_bias_of_the_whole_context() -> None:
    """At 40 heads and 4096 tokens the published mask takes 2.7 GB in fp32."""
    positions = AlibiPositions(4, 0, 700, CPU)
    bias = positions.bias(2, torch.zeros(1, 4, 700, 16))

    assert bias.shape == (1, 4, 256, 768)
    assert bias.untyped_storage().nbytes() == 4 * 256 * 768 * 4


@pytest.mark.parametrize("count", [200, 512, 700])
def test_a_pass_makes_its_bias_once_for_all_layers_and_blocks(count: int) -> None:
    """A chunk of 512 tokens has two blocks, of which only the last was kept."""
    model = goldens.model("b1-13b")
    assert model.config.num_layers > 1

    with torch.inference_mode(), OperationCounter() as counter:
        model(torch.arange(count)[None] % 100, new_cache(model, count))

    assert counter.counts["masked_fill"] == 1


@pytest.mark.parametrize("start", [1, 37, 100])
def test_a_pass_makes_the_mask_of_a_later_chunk_once_for_all_layers(start: int) -> None:
    model = goldens.model("b1-7b")
    cache = new_cache(model)
    ids = torch.arange(1, 151)[None]
    with torch.inference_mode():
        model(ids[:, :start], cache)

        with OperationCounter() as counter:
            model(ids[:, start:], cache)

    assert model.config.num_layers > 1
    assert counter.counts["tril"] == 1


@pytest.mark.parametrize(("queries", "keys"), [(2, 3), (64, 100), (63, 4096), (5, 6)])
def test_a_later_chunk_on_a_card_sees_what_it_sees_on_a_processor(queries: int, keys: int) -> None:
    """A card gets no mask but the name of one; torch itself says which one it stands for."""
    named = later_mask(queries, keys, torch.device("cuda", 0))
    mask = later_mask(queries, keys, CPU)

    assert isinstance(named, CausalBias)
    assert torch.equal(named._materialize(), mask)
    assert mask.tolist()[0] == [True] * (keys - queries + 1) + [False] * (queries - 1)
    assert mask.tolist()[-1] == [True] * keys


def test_the_mask_that_a_card_gets_gives_the_same_attention() -> None:
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(1, 4, 7, 16, generator=generator)
    k, v = torch.randn(2, 1, 4, 20, 16, generator=generator)

    with torch.inference_mode():
        actual, expected = (
            F.scaled_dot_product_attention(q, k, v, attn_mask=later_mask(7, 20, device))
            for device in (torch.device("cuda", 0), CPU)
        )

    torch.testing.assert_close(actual, expected)


def random_packed(tokens: int) -> torch.Tensor:
    """Four heads each of q, k and v: [1, tokens, 12, 16]."""
    return torch.randn(1, tokens, 12, 16, generator=torch.Generator().manual_seed(0))


def test_rotation_starts_at_the_position_it_is_given() -> None:
    config = goldens.checkpoint("b1-7b").config
    packed = random_packed(5)

    rotated = RotaryPositions(config, torch.arange(0, 5)).rotate(packed)
    later = RotaryPositions(config, torch.arange(3, 5)).rotate(packed[:, 3:])

    assert torch.equal(rotated[:, 0], packed[:, 0])  # position 0 is not rotated
    assert torch.equal(rotated[:, :, 8:], packed[:, :, 8:])  # neither are values
    assert not (rotated[:, 1:, :8] == packed[:, 1:, :8]).all(dim=-1).any()
    assert torch.equal(later, rotated[:, 3:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_q_and_k_are_rotated_as_the_published_code_rotates_them(dtype: torch.dtype) -> None:
    """To the last bit: halves (x1 cos - x2 sin, x2 cos + x1 sin), computed in fp32."""
    config = goldens.checkpoint("b1-7b").config
    packed = random_packed(9).to(dtype)
    places = torch.tensor([0, 1, 2, 63, 100, 777, 2048, 4000, 4095])
    frequencies = 1.0 / (10_000 ** (torch.arange(0, 16, 2).float() / 16))
    angles = torch.outer(places.float(), frequencies)

    rotated = RotaryPositions(config, places).rotate(packed)

    for head in range(8):
        first, second = packed[0, :, head].float().chunk(2, dim=-1)
        halves = (
            first * angles.cos() - second * angles.sin(),
            second * angles.cos() + first * angles.sin(),
        )
        assert torch.equal(rotated[0, :, head], torch.cat(halves, dim=-1).to(dtype))
    assert rotated.dtype == dtype


@pytest.mark.parametrize("capacity", [1, 7, 100, 4096])
def test_a_kept_table_has_the_cosines_that_a_pass_computes(capacity: int) -> None:
    config = goldens.checkpoint("b1-7b").config
    table = rotary_table(config, torch.arange(capacity))

    for position in {0, capacity // 3, capacity - 1}:
        assert torch.equal(table[:, [position]], rotary_table(config, torch.tensor([position])))


# --- the norm ----------------------------------------------------------------------------


def published_norm(x: torch.Tensor, norm: RMSNorm) -> torch.Tensor:
    """As the released modeling_baichuan.py computes it."""
    variance = x.to(torch.float32).pow(2).mean(-1, keepdim=True)
    normed = x.to(torch.float32) * torch.rsqrt(variance + norm.eps)
    return norm.weight * normed.to(norm.weight.dtype)


@pytest.mark.parametrize("size", [8, 20, 64, 4096, 5120])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_norm_on_a_processor_has_the_bits_of_the_published_one(
    size: int, dtype: torch.dtype
) -> None:
    """In 16 bits too, where F.rms_norm with a weight rounds otherwise."""
    generator = torch.Generator().manual_seed(size)
    norm = RMSNorm(size, 1e-6).to(dtype)
    torch.nn.init.normal_(norm.weight, generator=generator)
    x = (3 * torch.randn(2, 9, size, generator=generator)).to(dtype)
    x[0, 0] = 0
    x[0, 1] *= 1000

    with torch.inference_mode():
        assert torch.equal(norm(x), published_norm(x, norm))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_one_kernel_of_a_card_errs_less_than_the_published_norm(dtype: torch.dtype) -> None:
    """It multiplies by the weight before it rounds to 16 bits; what it computes, in fp64."""
    generator = torch.Generator().manual_seed(0)
    norm = RMSNorm(4096, 1e-6).to(dtype)
    torch.nn.init.normal_(norm.weight, generator=generator)
    x = (3 * torch.randn(64, 4096, generator=generator)).to(dtype)
    exact = x.double() * x.double().square().mean(-1, keepdim=True).add(1e-6).rsqrt()
    exact = exact * norm.weight.double()

    with torch.inference_mode():
        kernel = F.rms_norm(x, (4096,), norm.weight, 1e-6)
        published = published_norm(x, norm)

    assert (kernel - exact).abs().mean() < 0.8 * (published - exact).abs().mean()
    assert (kernel - exact).abs().max() <= (published - exact).abs().max()


# --- the KV cache ------------------------------------------------------------------------

TINY = ModelConfig(Family.BAICHUAN_7B, 10, 8, 1, 2, 16, 32)


def test_a_cache_refuses_more_than_its_capacity() -> None:
    cache = KVCache(TINY, 3, dtype=torch.float32, devices=["cpu"])
    states = torch.ones(2, 1, 2, 2, 4)
    cache.append(0, states)
    cache.advance(2)

    with pytest.raises(ValueError, match="4 tokens in a KV cache of 3"):
        cache.append(0, states)


@pytest.mark.parametrize("length", [-1, 1])
def test_a_cache_can_only_be_cut_to_what_it_holds(length: int) -> None:
    with pytest.raises(ValueError, match="cannot keep"):
        KVCache(TINY, 3, dtype=torch.float32, devices=["cpu"]).truncate(length)
