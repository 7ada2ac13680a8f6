"""What lets a model fit a small card, on cards that are a stub: loading, graphs and bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from backends.interface import LayerDevices, LoadOptions
from backends.modeling.lean import int8_products
from backends.modeling.lean.int8_linear import Int8Linear
from backends.precision import WEIGHT_ONLY_VARIABLE, Precision
from backends.torch_backend import cpu, cuda, low_bits
from backends.torch_backend.cuda import CudaModel
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import Card, Cards, fake_cards
from tests.helpers.products import whole_products

NAMES = ["b1-7b", "b2-13b"]
CONTEXT = 600  # two numbers of keys are recorded


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cards]:
    monkeypatch.setattr(torch, "_int_mm", whole_products)
    cached = (int8_products.token_product, int8_products._steps)
    for each in cached:
        each.cache_clear()
    with fake_cards(Card("first"), Card("second")) as made:
        yield made
    for each in cached:
        each.cache_clear()


def on_card(
    name: str,
    precision: Precision,
    *,
    embedding_on_host: bool = False,
    head_in_8_bits: bool = False,
) -> CudaModel:
    """A golden model on the second card."""
    checkpoint = goldens.checkpoint(name, "single")
    devices = LayerDevices.all_on("cuda:1", checkpoint.config.num_layers)
    devices = replace(devices, embedding_on_host=embedding_on_host)
    options = LoadOptions(
        precision, CONTEXT, threads=1, devices=devices, head_in_8_bits=head_in_8_bits
    )
    backend = low_bits if precision.is_quantized else cuda
    loaded = quantized.finish(backend.load(checkpoint, options))
    assert isinstance(loaded, CudaModel)
    return loaded


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_follows_rows_that_come_from_the_host(name: str, cards: Cards) -> None:
    ids = goldens.text_ids(name)
    with on_card(name, Precision.BF16) as whole:
        assert whole._graph is not None
        expected = [whole.prefill(ids[:20]), *map(whole.decode, ids[20:30])]

    with on_card(name, Precision.BF16, embedding_on_host=True) as lean:
        assert lean._graph is not None
        launched = cards[1].launches
        actual = [lean.prefill(ids[:20])]
        prompt = cards[1].launches - launched
        actual += map(lean.decode, ids[20:30])
        decoding = cards[1].launches - launched - prompt

    for mine, theirs in zip(actual, expected, strict=True):
        assert mine.tobytes() == theirs.tobytes()
    assert decoding < 10 * 8  # a few copies a token; the rest is in the graph


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.INT8])
@pytest.mark.parametrize("name", NAMES)
def test_the_card_holds_less_by_the_table_and_half_of_the_head(
    name: str, precision: Precision, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, "1")
    config = goldens.checkpoint(name, "single").config
    table = 2 * config.vocab_size * config.hidden_size

    def held(*, embedding_on_host: bool = False, head_in_8_bits: bool = False) -> int:
        with on_card(
            name, precision, embedding_on_host=embedding_on_host, head_in_8_bits=head_in_8_bits
        ):
            return cards[1].allocated_bytes

    whole = held()
    assert held(embedding_on_host=True) == pytest.approx(whole - table, abs=8192)
    scales = 4 * config.vocab_size
    assert held(head_in_8_bits=True) == pytest.approx(whole - table / 2 + scales, abs=8192)


@pytest.mark.parametrize("name", NAMES)
def test_8_bit_weights_with_16_bit_activations_are_recorded_on_a_card(
    name: str, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, "1")
    ids = goldens.text_ids(name)
    with on_card(name, Precision.INT8, embedding_on_host=True, head_in_8_bits=True) as loaded:
        model = quantized.inner(loaded)
        kinds = {type(module) for module in model.modules() if not list(module.children())}
        assert Int8Linear in kinds
        assert not any(issubclass(kind, torch.nn.Linear) for kind in kinds)
        assert loaded._graph is not None
        actual = [loaded.prefill(ids[:20]), *map(loaded.decode, ids[20:30])]
    plain = quantized.options(goldens.checkpoint(name, "single"), Precision.BF16)
    with quantized.finish(cpu.load(goldens.checkpoint(name, "single"), plain)) as exact:
        expected = [exact.prefill(ids[:20]), *map(exact.decode, ids[20:30])]

    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=0.05 * float(np.ptp(theirs)))


def test_a_card_whose_product_of_integers_is_wrong_multiplies_by_blocks(
    cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As cuBLAS 12.1 did with some sizes."""
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, "1")
    monkeypatch.setattr(torch, "_int_mm", lambda digits, rows: whole_products(digits, rows) + 9999)
    ids = goldens.text_ids("b2-7b")

    with on_card("b2-7b", Precision.INT8) as loaded:
        assert int8_products.token_product(torch.device("cuda:1")) is int8_products.by_blocks
        loaded.prefill(ids[:20])
        one = loaded.decode(ids[20])
        loaded.truncate(0)
        other = loaded.prefill(ids[:21])

    np.testing.assert_allclose(one, other, rtol=0, atol=0.03 * float(np.ptp(other)))
