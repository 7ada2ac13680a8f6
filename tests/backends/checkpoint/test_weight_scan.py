"""A tensor of zeros or of what is no number is told while its file passes by, in any blocks."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from backends.checkpoint.weight_checks import Oddity, WeightScan
from backends.files.tensor_files import DTYPE_BYTES, TensorRecord

START = 13  # of the first tensor: an odd one, as headers may have any length


def scanned(
    tensors: dict[str, tuple[str, tuple[int, ...], bytes]], block: int = 2**20
) -> dict[str, Oddity]:
    """What is told of tensors that lie one after the other, by dtype, shape and bytes."""
    data, records = b"h" * START, []
    for name, (dtype, shape, raw) in tensors.items():
        records.append(TensorRecord(name, dtype, shape, Path("x"), len(data)))
        assert records[-1].nbytes == len(raw)
        data += raw
    return told(records, data + b"end", block)


def told(records: list[TensorRecord], data: bytes, block: int = 2**20) -> dict[str, Oddity]:
    scan = WeightScan(records)
    for start in range(0, len(data), block):
        scan.read(memoryview(data)[start : start + block])
    return {odd.name: odd.oddity for odd in scan.odd_tensors()}


def bf16(*values: float) -> bytes:
    return (np.array(values, np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()


def of(dtype: str, values: list[float]) -> bytes:
    if dtype == "BF16":
        return bf16(*values)
    return np.array(values, {"F16": "<f2", "F32": "<f4", "F64": "<f8"}[dtype]).tobytes()


FLOATS = ("BF16", "F16", "F32", "F64")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, -2.0, 0.0, 3.0], None),
        ([0.0, 0.0, 0.0, 1.0], Oddity.HALF_ZERO),
        ([-1.0, 0.0, 0.0, 0.0], Oddity.HALF_ZERO),
        ([0.0, 0.0, 0.0, 0.0], Oddity.ZERO),
        ([-0.0, 0.0, -0.0, -0.0], Oddity.ZERO),
        ([1.0, float("nan"), 1.0, 1.0], Oddity.NOT_A_NUMBER),
        ([1.0, 1.0, 1.0, float("-nan")], Oddity.NOT_A_NUMBER),
        ([float("inf"), 1.0, 1.0, 1.0], Oddity.NOT_A_NUMBER),
        ([1.0, 1.0, -float("inf"), 1.0], Oddity.NOT_A_NUMBER),
        ([0.0, 0.0, 0.0, float("nan")], Oddity.NOT_A_NUMBER),
        ([-1.0, -2.0, -3.0, -4.0], None),
        ([6e4, -6e4, 6e-8, -6e-8], None),
    ],
)
def test_a_matrix_is_told_by_its_numbers(
    dtype: str, values: list[float], expected: Oddity | None
) -> None:
    found = scanned({"a.weight": (dtype, (2, 2), of(dtype, values))})

    assert found == ({"a.weight": expected} if expected else {})


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_last_number_of_a_tensor_counts_in_whatever_blocks_it_comes(dtype: str) -> None:
    odd = of(dtype, [1.0] * 9 + [float("nan")])
    tensors = {"one": (dtype, (10,), odd), "two": (dtype, (2, 5), of(dtype, [0.0] * 10))}
    expected = {"one": Oddity.NOT_A_NUMBER, "two": Oddity.ZERO}

    for block in (*range(1, 40), 1000):
        assert scanned(tensors, block) == expected, block


def test_a_vector_may_be_zero_in_half_and_a_single_number_may_be_zero() -> None:
    tensors = {
        "bias": ("F32", (4,), of("F32", [0, 0, 0, 1])),
        "offset": ("F32", (), of("F32", [0])),
        "norm.weight": ("F32", (4,), of("F32", [0, 0, 0, 0])),
    }

    assert scanned(tensors) == {"norm.weight": Oddity.ZERO}


def test_padded_rows_of_a_vocabulary_are_no_fault() -> None:
    rows = [1.0] * 60 + [0.0] * 40
    assert scanned({"model.embed_tokens.weight": ("BF16", (10, 10), bf16(*rows))}) == {}


def test_tables_of_positions_hold_what_they_like() -> None:
    tensors = {
        "model.layers.0.self_attn.rotary_emb.inv_freq": ("F32", (4,), of("F32", [0] * 4)),
        "model.alibi_mask": ("F32", (2, 2), of("F32", [-float("inf"), 0, 0, 0])),
    }

    assert scanned(tensors) == {}


@pytest.mark.parametrize("dtype", ["U8", "I8", "I32", "F8_E4M3"])
def test_parts_of_quantised_matrices_are_odd_if_they_are_zero_throughout(dtype: str) -> None:
    count = 100
    zero = bytes(count * DTYPE_BYTES[dtype])
    tensors = {
        "q.weight": (dtype, (count, 1), zero),
        "k.weight": (dtype, (count, 1), zero[:-1] + b"\1"),
        "weight_format": (dtype, (1,), zero[: DTYPE_BYTES[dtype]]),
    }

    assert scanned(tensors) == {"q.weight": Oddity.ZERO}


def test_tensors_that_share_their_bytes_are_looked_at_once() -> None:
    data = bf16(0, 0, 0, 0)
    records = [
        TensorRecord(name, "BF16", shape, Path("x"), offset)
        for name, shape, offset in (("a", (2, 2), 0), ("b", (4,), 0), ("c", (2,), 2))
    ]

    assert told(records, data) == {"a": Oddity.ZERO}


def test_fifty_thousand_views_of_the_same_bytes_cost_no_more_than_one() -> None:
    data = bf16(*[1.0] * 4096)
    records = [TensorRecord(f"t{n}", "BF16", (4096,), Path("x"), 0) for n in range(50_000)]

    assert len(WeightScan(records)._states) == 1
    assert told(records, data) == {}


def test_a_file_that_ends_early_tells_of_its_whole_tensors_only() -> None:
    records = [TensorRecord(n, "BF16", (2, 2), Path("x"), 8 * i) for i, n in enumerate("ab")]

    assert told(records, bytes(12)) == {"a": Oddity.ZERO}


def test_it_agrees_with_a_look_at_each_number() -> None:
    chance = np.random.default_rng(5)
    pick = random.Random(5)
    for _ in range(200):
        values = chance.integers(0, 2**16, (4, 8)).astype(np.uint16)
        if pick.random() < 0.7:  # else nearly each matrix would hold one that is no number
            values &= 0xBFFF
        if pick.random() < 0.4:
            values[pick.choice((slice(0, 2), slice(2, 4), slice(0, 4)))] = 0
        numbers = (values.astype(np.uint32) << 16).view(np.float32)
        expected = None
        halves = [(numbers[:2] == 0).all(), (numbers[2:] == 0).all()]
        if not np.isfinite(numbers).all():
            expected = Oddity.NOT_A_NUMBER
        elif any(halves):
            expected = Oddity.ZERO if all(halves) else Oddity.HALF_ZERO
        found = scanned({"a": ("BF16", (4, 8), values.tobytes())}, pick.randrange(1, 70))
        assert found == ({"a": expected} if expected else {})
