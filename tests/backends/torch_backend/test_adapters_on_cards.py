"""Adapters of models on cards: recorded anew with each switch, and gone where memory runs out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from typing_extensions import override

from backends.adapters.folder import open_adapter
from backends.choice import memory
from backends.errors import GpuLostError, InsufficientMemoryError
from backends.interface import LayerDevices
from backends.modeling.adapters.layers import LowRankLinear
from backends.modeling.weights import load_model
from backends.precision import Precision
from backends.torch_backend import cuda
from backends.torch_backend.cuda import CudaModel, chunk_of
from tests.helpers import adapters, goldens, quantized
from tests.helpers.adapted import assert_golden, said, use
from tests.helpers.fake_cards import Card, Cards, fake_cards

IDS = range(3, 40)
LONG = 140  #: tokens of context that the goldens need


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs for 16, 32, 64, … keys, so that a short text needs several."""
    monkeypatch.setattr(memory, "LEAST_KEYS", 16)


@pytest.fixture
def cards() -> Iterator[Cards]:
    """Two cards; the first one is the current device, as everywhere."""
    with fake_cards(Card("first"), Card("second")) as cards:
        yield cards


def on(
    name: str, devices: LayerDevices, context_length: int = 48, *, record: bool = True
) -> CudaModel:
    """A golden model in fp32."""
    inner = quantized.finish(load_model(goldens.checkpoint(name), torch.float32, devices))
    model = CudaModel(
        inner, devices=devices, context_length=context_length, prefill_chunk=chunk_of(devices)
    )
    if record:
        list(model.record_graphs())
    return model


def on_second(name: str, context_length: int = 48) -> CudaModel:
    layers = goldens.checkpoint(name).config.num_layers
    return on(name, LayerDevices.all_on("cuda:1", layers), context_length)


@pytest.mark.parametrize(
    ("name", "case"),
    [("b1-7b", "all_r8"), ("b2-13b", "all_r8"), ("b2-7b", "dora_r4"), ("b2-7b", "save_head_r2")],
)
def test_graphs_with_an_adapter_give_the_golden_logits(name: str, case: str, cards: Cards) -> None:
    model = on_second(name, LONG)
    use(model, adapters.folder(name, case))

    assert model._graph is not None
    assert_golden(model, name, case)


def test_nothing_of_an_adapter_is_done_at_once_for_a_token(cards: Cards) -> None:
    model = on_second("b2-7b")
    model.prefill([5])
    model.decode(6)
    begun = cards[1].launches
    model.decode(7)
    alone = cards[1].launches - begun
    use(model, adapters.folder("b2-7b", "all_r8"))
    model.prefill([5])
    model.decode(6)

    begun = cards[1].launches
    model.decode(7)

    assert cards[1].launches - begun == alone


def test_switched_off_the_graphs_say_the_same_bits_as_before(cards: Cards) -> None:
    model = on_second("b2-7b")
    before, held = said(model, IDS, 20), cards[1].allocated_bytes

    for case in ("dora_r4", "save_head_r2"):
        use(model, adapters.folder("b2-7b", case))
        assert not np.array_equal(said(model, IDS, 20), before)
    use(model, None)

    assert np.array_equal(said(model, IDS, 20), before)
    norms = sum(norm.nbytes for norm in model._switch._norms.values())  # which are kept
    assert cards[1].allocated_bytes <= held + 2 * norms + 2 * 512


def test_layers_on_several_cards_and_the_processor_have_their_factors_there(cards: Cards) -> None:
    devices = LayerDevices(("cuda:0", "cuda:1", "cpu"), embedding_on_host=True)
    model = on("b2-13b", devices, LONG)
    use(model, adapters.folder("b2-13b", "all_r8"))

    layers = [one for one in quantized.inner(model).modules() if isinstance(one, LowRankLinear)]
    assert {str(layer.down.device) for layer in layers} == {"cuda:0", "cuda:1", "cpu"}
    assert_golden(model, "b2-13b", "all_r8")


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP16])
def test_factors_have_the_type_of_the_activations(precision: Precision, cards: Cards) -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    options = quantized.options(checkpoint, precision, "cuda:1")
    model = quantized.finish(cuda.load(checkpoint, options))
    folder = adapters.folder("b2-7b", "all_r8")
    use(model, folder)

    assert model.adapter_bytes == open_adapter(folder).bytes_on_disk // 2  # which is in fp32
    _, arrays = adapters.logits("b2-7b", "all_r8")
    expected = arrays["logits_7"]
    found = said(model, arrays["ids_7"], len(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.03 * float(np.ptp(expected)))


@pytest.mark.parametrize(
    "saved",
    [("lm_head.weight",), ("model.embed_tokens.weight",), ("model.norm.weight",)],
    ids=lambda names: names[0],
)
@pytest.mark.parametrize("on_host", [False, True])
def test_what_an_adapter_brings_along_is_on_the_card_or_where_the_models_own_is(
    saved: tuple[str, ...], on_host: bool, tmp_path: Path, cards: Cards
) -> None:
    config = goldens.checkpoint("b2-7b").config
    folder = adapters.write_adapter(tmp_path / "a", config, saved=saved)
    with_cards = on("b2-7b", LayerDevices(("cuda:1",) * config.num_layers, on_host))
    on_processor = on("b2-7b", LayerDevices(("cpu",) * config.num_layers))
    before = said(with_cards, IDS, 8)

    use(with_cards, folder)
    use(on_processor, folder)

    found = said(with_cards, IDS, 8)
    np.testing.assert_allclose(found, said(on_processor, IDS, 8), rtol=0, atol=3e-5)
    assert np.abs(found - before).max() > 1e-3


# --- what fails ---------------------------------------------------------------------------


class Once(dict[str, Exception]):
    """Failures of a card, each of which comes once."""

    @override
    def __getitem__(self, operation: str) -> Exception:
        return self.pop(operation)


def test_memory_that_runs_out_for_an_adapter_leaves_the_model_without_it_and_recorded(
    cards: Cards,
) -> None:
    model = on_second("b2-7b")
    before, held = said(model, IDS, 20), cards[1].allocated_bytes
    adapter = open_adapter(adapters.folder("b2-7b", "all_r8"))
    switching = model.use_adapter(adapter)
    for _ in range(3):
        next(switching)
    no_memory = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    cards[1].failures = Once({"aten::_to_copy": no_memory})

    with pytest.raises(InsufficientMemoryError, match="second"):
        list(switching)

    assert not cards[1].failures
    assert model._graph is not None
    assert cards[1].allocated_bytes == held
    assert np.array_equal(said(model, IDS, 20), before)


def test_where_only_recording_finds_no_memory_the_adapter_is_used_without_graphs(
    cards: Cards,
) -> None:
    model = on_second("b2-7b", LONG)
    adapter = open_adapter(adapters.folder("b2-7b", "all_r8"))
    switching = model.use_adapter(adapter)
    for _ in adapter.matrices:
        next(switching)
    cards[1].failures["aten::silu"] = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    list(switching)
    cards[1].failures.clear()

    assert model._graph is None
    assert_golden(model, "b2-7b", "all_r8")

    use(model, None)
    assert model._graph is not None  # it is tried again with each switch


def test_a_switch_that_is_cancelled_while_it_is_recorded_leaves_the_model_recorded_without_it(
    cards: Cards,
) -> None:
    model = on_second("b2-7b")
    before = said(model, IDS, 20)
    adapter = open_adapter(adapters.folder("b2-7b", "all_r8"))
    switching = iter(model.use_adapter(adapter))
    for _ in range(len(adapter.matrices) + 2):
        next(switching)

    switching.close()  # type: ignore[attr-defined]  # it is a generator

    assert model._graph is not None
    assert np.array_equal(said(model, IDS, 20), before)


def test_a_card_that_is_lost_in_a_switch_is_named(cards: Cards) -> None:
    model = on_second("b2-7b")
    switching = model.use_adapter(open_adapter(adapters.folder("b2-7b", "all_r8")))
    next(switching)
    cards[1].is_lost = True

    with pytest.raises(GpuLostError, match="second"):
        list(switching)


def test_what_llm_int8_computes_is_never_recorded(cards: Cards) -> None:
    devices = LayerDevices.all_on("cuda:1", 2)
    model = on("b2-7b", devices, LONG, record=False)

    use(model, adapters.folder("b2-7b", "all_r8"))

    assert model._graph is None
    assert cards[1].pool_bytes == 0
    assert_golden(model, "b2-7b", "all_r8")
