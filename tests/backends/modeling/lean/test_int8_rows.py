"""Int8 rows: rounded as bitsandbytes rounds, some at a time, and read from every layout."""

from __future__ import annotations

import bitsandbytes.functional as bnbf
import pytest
import torch
from torch import Tensor

from backends.checkpoint.quantized_layout import Layout
from backends.modeling.baichuan import normalised
from backends.modeling.lean import int8_rows
from backends.modeling.lean.int8_rows import as_fp16, quantize_rows, stored_rows
from tests.helpers import quantized
from tests.helpers.allocations import Allocations
from tests.helpers.products import random_matrix

CPU = torch.device("cpu")


def test_rows_worked_out_by_hand() -> None:
    weight = torch.tensor([[1.0, -2.0, 4.0, 0.0], [0.0, 0.5, -0.25, 0.125], [0.0] * 4])

    rows, magnitudes = quantize_rows(weight, CPU)

    assert rows.tolist() == [[32, -64, 127, 0], [0, 127, -64, 32], [0, 0, 0, 0]]
    assert magnitudes.tolist() == [4.0, 0.5, 0.0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("shape", [(64, 64), (1025, 172), (3, 43)])
def test_rows_of_fp16_values_are_those_of_bitsandbytes(
    shape: tuple[int, int], dtype: torch.dtype
) -> None:
    """A copy that is stored and a model that is quantised while it loads are the same model."""
    weight = random_matrix(shape, dtype)
    theirs, their_magnitudes, _ = bnbf.int8_vectorwise_quant(weight.half())

    rows, magnitudes = quantize_rows(weight, CPU, as_fp16)

    assert torch.equal(rows, theirs)
    assert torch.equal(magnitudes, their_magnitudes)


def test_rows_are_the_same_however_many_are_taken_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weight = random_matrix((1025, 43))
    whole = quantize_rows(weight, CPU, normalised)

    monkeypatch.setattr(int8_rows, "_ROWS", 7)

    for mine, theirs in zip(quantize_rows(weight, CPU, normalised), whole, strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("prepared", [Tensor.float, normalised, as_fp16])
def test_quantising_makes_no_second_copy_of_the_matrix(prepared: object) -> None:
    weight = random_matrix((16_384, 256))
    assert callable(prepared)

    with Allocations() as allocations:
        quantize_rows(weight, CPU, prepared)

    some_in_fp32 = 4 * 512 * 256
    assert allocations.peak <= weight.numel() + 5 * some_in_fp32
    assert weight.numel() + 5 * some_in_fp32 < weight.nbytes  # what a copy in 16 bits would take


def test_what_is_no_number_shows_in_the_magnitude() -> None:
    weight = torch.tensor([[1.0, float("nan")], [float("inf"), 1.0], [1.0, 1.0]])

    _, magnitudes = quantize_rows(weight, CPU)

    assert torch.isfinite(magnitudes).tolist() == [False, False, True]


def test_stored_rows_are_what_bitsandbytes_wrote() -> None:
    parts = {"weight": torch.ones(2, 3, dtype=torch.int8), "SCB": torch.tensor([1.0, 2.0])}

    rows, magnitudes = stored_rows(parts, Layout.BITSANDBYTES)

    assert rows is parts["weight"]
    assert magnitudes is parts["SCB"]


def test_published_rows_are_the_columns_of_what_is_stored() -> None:
    weight = random_matrix((24, 64))
    columns, scale = quantized.v1_int8(weight)

    rows, magnitudes = stored_rows({"weight": columns, "scale": scale}, Layout.PUBLISHED_INT8)

    assert rows.shape == (24, 64)
    assert rows.is_contiguous()  # as kernels read them
    matrix = rows.float() * (magnitudes / 127.0)[:, None]
    assert float((matrix - weight.float()).abs().max()) <= float(weight.abs().max()) / 127
