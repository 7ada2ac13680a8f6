"""What is set before a load onto cards, and copies between cards that do not arrive."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.interface import LayerDevices, LoadedModel
from backends.precision import Precision
from backends.torch_backend import card_setup, cuda, low_bits
from backends.torch_backend.card_setup import Carry, carried, prepare
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import Card, Cards, CardTensor, fake_cards

T4, RTX_2080, RTX_3060, H100 = (7, 5), (7, 5), (8, 6), (9, 0)
ONE = LayerDevices(("cuda:0",) * 3)
TWO = LayerDevices(("cuda:0", "cuda:0", "cuda:1"))


def with_capability(*capabilities: tuple[int, int]) -> list[Card]:
    return [Card(f"card {i}", capability=each) for i, each in enumerate(capabilities)]


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    """As torch starts with them, and as they were afterwards."""
    cudnn = torch.backends.cuda.cudnn_sdp_enabled()
    matmul = torch.backends.cuda.matmul
    allowed = matmul.allow_fp16_reduced_precision_reduction
    torch.backends.cuda.enable_cudnn_sdp(True)
    matmul.allow_fp16_reduced_precision_reduction = True
    yield
    torch.backends.cuda.enable_cudnn_sdp(cudnn)
    matmul.allow_fp16_reduced_precision_reduction = allowed


def sums_in_fp16() -> bool:
    return bool(torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction)


# --- attention ---------------------------------------------------------------------------


@pytest.mark.parametrize("capability", [T4, RTX_3060, H100, (10, 0), (12, 0)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_no_card_plans_attention_for_each_number_of_keys(
    capability: tuple[int, int], dtype: torch.dtype
) -> None:
    with fake_cards(*with_capability(capability)):
        prepare(ONE, dtype)

    assert not torch.backends.cuda.cudnn_sdp_enabled()
    # or nothing but the slow way were left
    assert torch.backends.cuda.flash_sdp_enabled()
    assert torch.backends.cuda.mem_efficient_sdp_enabled()
    assert torch.backends.cuda.math_sdp_enabled()


def test_where_no_card_takes_part_nothing_is_set_or_asked() -> None:
    assert prepare(LayerDevices(("cpu",) * 3), torch.float16) == ()

    assert torch.backends.cuda.cudnn_sdp_enabled()
    assert sums_in_fp16()


# --- fp16 before 8.0 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capabilities", "dtype", "allowed"),
    [
        ([T4], torch.float16, False),
        ([(7, 0)], torch.float16, False),
        ([T4], torch.bfloat16, True),
        ([(8, 0)], torch.float16, True),
        ([RTX_3060], torch.float16, True),
        ([RTX_3060, RTX_2080], torch.float16, False),
        ([RTX_2080, RTX_3060], torch.float16, False),
        ([H100, RTX_3060], torch.float16, True),
    ],
)
def test_only_fp16_on_a_card_before_8_0_is_not_summed_up_in_fp16(
    capabilities: Sequence[tuple[int, int]], dtype: torch.dtype, allowed: bool
) -> None:
    devices = ONE if len(capabilities) == 1 else TWO

    with fake_cards(*with_capability(*capabilities)):
        prepare(devices, dtype)

    assert sums_in_fp16() is allowed
    # Splitting a product is never forbidden: cuBLAS' ordinary way refuses to be told that.
    assert torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction_split_k


def test_a_card_that_takes_no_part_is_not_asked() -> None:
    with fake_cards(*with_capability(RTX_3060, T4)) as cards:
        prepare(ONE, torch.float16)

        assert sums_in_fp16()
        assert not cards[1].is_used


def test_the_next_model_of_the_process_is_set_up_anew() -> None:
    with fake_cards(*with_capability(T4, RTX_3060)):
        prepare(LayerDevices(("cuda:0",) * 2), torch.float16)
        assert not sums_in_fp16()
        prepare(LayerDevices(("cuda:1",) * 2), torch.bfloat16)

    assert sums_in_fp16()


# --- copies between cards ----------------------------------------------------------------


class Board:
    """Carries tensors between cards, wrongly in some directions, and keeps who asked."""

    def __init__(self, **wrong: Carry) -> None:
        """`wrong` by direction: “from_0_to_1”."""
        self._wrong = wrong
        self.asked: list[tuple[str, str]] = []

    def __call__(self, bits: Tensor, source: str, target: str) -> Tensor:
        self.asked.append((source, target))
        carry = self._wrong.get(f"from_{source[-1]}_to_{target[-1]}")
        return bits.clone() if carry is None else carry(bits, source, target)


def zeros(bits: Tensor, *_: str) -> Tensor:
    return torch.zeros_like(bits)


def what_was_there(bits: Tensor, *_: str) -> Tensor:
    return bits.bitwise_not()


def half_of_it(bits: Tensor, *_: str) -> Tensor:
    return torch.cat((bits[: len(bits) // 2], torch.zeros_like(bits[len(bits) // 2 :])))


def shifted(bits: Tensor, *_: str) -> Tensor:
    return bits.roll(1)


def one_bit_less(bits: Tensor, *_: str) -> Tensor:
    found = bits.clone()
    found[-1] ^= 1 << 62
    return found


@pytest.mark.parametrize("wrong", [zeros, what_was_there, half_of_it, shifted, one_bit_less])
def test_a_copy_that_arrives_wrong_goes_through_the_host(
    wrong: Carry, caplog: pytest.LogCaptureFixture
) -> None:
    with fake_cards(*with_capability(RTX_3060, RTX_3060)), caplog.at_level(logging.WARNING):
        assert prepare(TWO, torch.bfloat16, Board(from_0_to_1=wrong)) == (1,)

    assert [record.getMessage() for record in caplog.records] == [
        "Copies from cuda:0 to cuda:1 arrive wrong: they go through the host."
    ]


@pytest.mark.parametrize(
    ("layers", "asked", "detours"),
    [
        ("000", [], ()),
        ("001", ["01"], ()),
        ("0011", ["01"], ()),
        ("0110", ["01", "10"], (2,)),  # only the way back is wrong
        ("01010", ["01", "10"], (1, 3)),  # each direction is tried once
        ("0112", ["01", "12"], (2,)),
        ("0-1", [], ()),  # by way of the processor anyway
        ("01--", ["01"], ()),
        ("-0-", [], ()),
        ("02", ["02"], ()),
    ],
)
def test_only_directions_that_are_used_are_tried(
    layers: str, asked: list[str], detours: tuple[int, ...]
) -> None:
    board = Board(from_1_to_0=zeros, from_1_to_2=zeros, from_2_to_1=zeros)
    devices = LayerDevices(tuple("cpu" if x == "-" else f"cuda:{x}" for x in layers))

    with fake_cards(*with_capability(RTX_3060, RTX_3060, RTX_3060)):
        assert prepare(devices, torch.bfloat16, board) == detours

    assert board.asked == [(f"cuda:{way[0]}", f"cuda:{way[1]}") for way in asked]


def test_what_is_tried_goes_over_both_cards_and_arrives_where_other_bits_were() -> None:
    bits = torch.tensor([1, 2, 3, -4])
    with fake_cards(*with_capability(RTX_3060, RTX_3060)) as cards:
        assert torch.equal(carried(bits, "cuda:0", "cuda:1"), bits)
        assert cards[0].is_used
        assert cards[1].is_used

    with fake_cards(*with_capability(RTX_3060, RTX_3060)), pytest.MonkeyPatch.context() as patch:
        # a copy that ends without an error and does nothing
        patch.setattr(Tensor, "copy_", lambda tensor, *_: tensor)
        assert torch.equal(carried(bits, "cuda:0", "cuda:1"), bits.bitwise_not())


# --- loading -----------------------------------------------------------------------------


@pytest.fixture
def broken_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one card sends to another arrives as zeros, without an error."""
    run = Cards.run

    def zeroed(cards: Cards, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        found = run(cards, func, args, kwargs)
        name = func.name()
        if name in ("aten::copy_", "aten::_to_copy") and isinstance(found, CardTensor):
            source = args[1] if name == "aten::copy_" else args[0]
            if isinstance(source, CardTensor) and source.device != found.device:
                found.on_host.zero_()
        return found

    monkeypatch.setattr(Cards, "run", zeroed)


def spread(name: str, precision: Precision, backend: ModuleType = cuda) -> LoadedModel:
    """A model whose last layer is on another card."""
    checkpoint = Checkpoint.open(goldens.folder(name))
    layers = ("cuda:0",) * (checkpoint.config.num_layers - 1) + ("cuda:1",)
    options = replace(quantized.options(checkpoint, precision), devices=LayerDevices(layers))
    loaded: LoadedModel = quantized.finish(backend.load(checkpoint, options))
    return loaded


@pytest.mark.usefixtures("broken_board")
@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_a_model_over_cards_that_cannot_copy_gives_the_golden_logits(name: str) -> None:
    data = goldens.arrays(name, "logits.npz")

    with fake_cards(*with_capability(RTX_3060, RTX_3060)):
        loaded = spread(name, Precision.BF16)
        actual = loaded.prefill([int(i) for i in data["ids_7"]])

    np.testing.assert_allclose(actual, data["logits_7"][-1], rtol=0, atol=0.15)


def test_copies_that_arrive_take_no_detour() -> None:
    with fake_cards(*with_capability(RTX_3060, RTX_3060)):
        loaded = spread("b2-7b", Precision.BF16)
        assert isinstance(loaded, cuda.CudaModel)
        assert loaded._model is not None

        assert not any(layer._forward_hooks for layer in loaded._model.model.layers)


@pytest.mark.usefixtures("broken_board")
def test_a_detour_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for is_broken in (True, False):
        if not is_broken:
            monkeypatch.undo()
        with fake_cards(*with_capability(RTX_3060, RTX_3060)):
            found.append(spread("b2-13b", Precision.BF16).prefill([5, 6, 7]))

    np.testing.assert_array_equal(found[0], found[1])


def test_a_load_onto_an_old_card_sets_both() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b"))
    with fake_cards(*with_capability(T4)):
        quantized.finish(
            cuda.load(checkpoint, quantized.options(checkpoint, Precision.FP16, "cuda:0"))
        )

    assert not torch.backends.cuda.cudnn_sdp_enabled()
    assert not sums_in_fp16()


class AskedError(Exception):
    """For what a load was set up, before it has read anything."""


@pytest.mark.parametrize(
    ("precision", "capability", "dtype"),
    [
        (Precision.NF4, RTX_3060, torch.bfloat16),
        (Precision.NF4, T4, torch.float16),
        (Precision.INT8, RTX_3060, torch.float16),
    ],
)
def test_quantised_weights_are_set_up_for_the_type_of_their_activations(
    precision: Precision,
    capability: tuple[int, int],
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(devices: LayerDevices, found: torch.dtype) -> tuple[int, ...]:
        raise AskedError(devices.last, found)

    monkeypatch.setattr(card_setup, "prepare", asked)
    checkpoint = Checkpoint.open(goldens.folder("b2-7b"))

    with fake_cards(*with_capability(capability)), pytest.raises(AskedError) as caught:
        quantized.finish(
            low_bits.load(checkpoint, quantized.options(checkpoint, precision, "cuda:0"))
        )

    assert caught.value.args == ("cuda:0", dtype)
