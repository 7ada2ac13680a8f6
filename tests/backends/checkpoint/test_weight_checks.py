"""Zeros of a download that was not finished, and NaN of a training that went wrong, are found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.weight_checks import check_filled, check_finite
from backends.copying.copy_plan import CopyPlan, plain_plan
from backends.copying.folded_copy import fold_plan
from backends.copying.folder_writer import write_copy
from backends.copying.quantized_copy import quantize_plan
from backends.errors import DamagedCheckpointError, JobError
from backends.files.tensor_files import TensorRecord
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from backends.torch_backend import cpu, low_bits
from tests.helpers import goldens, quantized
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import read_safetensors, write_safetensors

GATE = "model.layers.1.mlp.gate_proj.weight"
HEAD = "lm_head.weight"
MIB = 2**20


# --- the checks --------------------------------------------------------------------------


def record(shape: tuple[int, ...], dtype: str = "BF16") -> TensorRecord:
    return TensorRecord("a.weight", dtype, shape, Path("model.safetensors"), 0)


class Bytes:
    """A tensor's bytes, and how many of them were asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.asked = 0

    def __call__(self, begin: int, count: int) -> bytes:
        assert 0 <= begin < begin + count <= len(self._data)
        self.asked += count
        return self._data[begin : begin + count]


ONES = b"\x01" * 16 * MIB


def filled(zero: slice) -> Bytes:
    data = bytearray(ONES)
    data[zero] = bytes(len(data[zero]))
    return Bytes(bytes(data))


@pytest.mark.parametrize(
    ("zero", "sentence"),
    [
        (slice(0, 16 * MIB), "“a.weight” is zero throughout"),
        (slice(8 * MIB, None), "a half of “a.weight” is zero"),
        (slice(0, 8 * MIB), "a half of “a.weight” is zero"),
        (slice(100, None), "a half of “a.weight” is zero"),
    ],
    ids=["all", "end", "beginning", "all but the first bytes"],
)
def test_a_half_of_zeros_is_damage(zero: slice, sentence: str) -> None:
    with pytest.raises(DamagedCheckpointError) as caught:
        check_filled(record((2048, 4096)), filled(zero))

    assert_one_sentence(caught.value)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    "zero",
    [
        slice(0, 0),
        slice(8 * MIB + 1, None),  # rows that a vocabulary was padded with
        slice(0, 8 * MIB - 1),
        slice(4 * MIB, 12 * MIB),
    ],
    ids=["none", "nearly half at the end", "nearly half at the beginning", "the middle"],
)
def test_fewer_zeros_are_no_damage(zero: slice) -> None:
    check_filled(record((2048, 4096)), filled(zero))


def test_a_page_at_each_end_is_enough_for_a_sound_matrix() -> None:
    data = filled(slice(0, 0))

    check_filled(record((2048, 4096)), data)

    assert data.asked == 2 * 4096


@pytest.mark.parametrize("shape", [(4096,), (), (0, 5), (5, 0)])
def test_only_matrices_are_looked_at(shape: tuple[int, ...]) -> None:
    check_filled(record(shape), Bytes(bytes(8192)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (3, 3)])
def test_the_smallest_matrices_are_judged_by_the_same_rule(shape: tuple[int, int]) -> None:
    size = 2 * shape[0] * shape[1]

    check_filled(record(shape), Bytes(b"\x01" * size))
    with pytest.raises(DamagedCheckpointError, match="zero throughout"):
        check_filled(record(shape), Bytes(bytes(size)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("dtype", "name"), [(torch.bfloat16, "BF16"), (torch.float16, "F16"), (torch.float32, "F32")]
)
@pytest.mark.parametrize("place", [0, 1234, 5_000_000 - 1])
def test_one_number_that_is_none_is_found(
    dtype: torch.dtype, name: str, value: float, place: int
) -> None:
    numbers = torch.ones(5_000_000, dtype=dtype)
    raw = numbers.view(torch.uint8).numpy()
    check_finite(record((5_000_000,), name), raw)

    numbers[place] = value

    with pytest.raises(DamagedCheckpointError, match="holds what is not a number"):
        check_finite(record((5_000_000,), name), raw)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_the_largest_and_smallest_numbers_are_numbers(dtype: torch.dtype) -> None:
    limits = torch.finfo(dtype)
    numbers = torch.tensor([limits.max, limits.min, limits.tiny, limits.smallest_normal, -0.0])
    raw = numbers.to(dtype).view(torch.uint8).numpy()
    name = {torch.bfloat16: "BF16", torch.float16: "F16"}.get(dtype, "F32")

    check_finite(record((5,), name), np.ascontiguousarray(raw))


# --- loading -----------------------------------------------------------------------------


def spoilt(tmp_path: Path, name: str, change: Callable[[Tensor], object]) -> Checkpoint:
    """A golden checkpoint with one tensor changed."""
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    change(state[name])
    safetensors.torch.save_file(state, folder / "model.safetensors")
    return Checkpoint.open(folder)


def zero_tail(tensor: Tensor) -> None:
    tensor[len(tensor) // 2 :] = 0


@pytest.mark.parametrize(
    "precision", [Precision.FP32, Precision.BF16, Precision.NF4, Precision.INT8]
)
@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        (GATE, Tensor.zero_, f"“{GATE}” is zero throughout."),
        (GATE, zero_tail, f"a half of “{GATE}” is zero."),
        (HEAD, Tensor.zero_, f"“{HEAD}” is zero throughout."),
        ("model.embed_tokens.weight", zero_tail, "a half of “model.embed_tokens.weight” is zero."),
    ],
    ids=["matrix", "tail", "head", "embedding"],
)
def test_zeros_are_refused_while_loading(
    tmp_path: Path,
    precision: Precision,
    name: str,
    change: Callable[[Tensor], object],
    sentence: str,
) -> None:
    checkpoint = spoilt(tmp_path, name, change)
    backend = cpu if precision in (Precision.FP32, Precision.BF16) else low_bits

    with pytest.raises(DamagedCheckpointError) as caught:
        quantized.finish(backend.load(checkpoint, quantized.options(checkpoint, precision)))

    assert_one_sentence(caught.value)
    assert caught.value.message == f"“model.safetensors” is damaged or incomplete: {sentence}"


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.INT8])
def test_zeros_of_a_quantised_matrix_are_refused(tmp_path: Path, precision: Precision) -> None:
    source = goldens.checkpoint("b2-7b", "safetensors")
    folder = tmp_path / "4bit"
    quantized.finish(write_copy(source, quantize_plan(source, precision), folder))
    state = safetensors.torch.load_file(folder / "model.safetensors")
    state[GATE].zero_()
    safetensors.torch.save_file(state, folder / "model.safetensors")

    with pytest.raises(DamagedCheckpointError, match="is zero throughout"):
        quantized.load(folder, precision)


def test_a_zeroed_end_of_a_file_is_found(tmp_path: Path) -> None:
    """As it is left by a download that gave the file its size at once."""
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    header, data = read_safetensors(folder / "model.safetensors")
    kept = len(data) // 2
    write_safetensors(folder / "model.safetensors", header, data[:kept] + bytes(len(data) - kept))
    checkpoint = Checkpoint.open(folder)

    with pytest.raises(DamagedCheckpointError, match="is zero"):
        quantized.finish(cpu.load(checkpoint, quantized.options(checkpoint, Precision.FP32)))


# --- copies ------------------------------------------------------------------------------

PLANS: dict[str, Callable[[Checkpoint], CopyPlan]] = {
    "safetensors": plain_plan,
    "4bit": lambda checkpoint: quantize_plan(checkpoint, Precision.NF4),
    "8bit": lambda checkpoint: quantize_plan(checkpoint, Precision.INT8),
    "folded": fold_plan,
    "onnx fp32": lambda checkpoint: export_plan(checkpoint, Scheme(Precision.ONNX_FP32)),
    "onnx int4": lambda checkpoint: export_plan(checkpoint, Scheme(Precision.ONNX_INT4)),
}


def nan(tensor: Tensor) -> None:
    tensor.view(-1)[7] = float("nan")


def infinity(tensor: Tensor) -> None:
    tensor.view(-1)[-1] = float("-inf")


@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        (GATE, nan, "holds what is not a number"),
        (GATE, infinity, "holds what is not a number"),
        (HEAD, nan, "holds what is not a number"),
        ("model.norm.weight", nan, "holds what is not a number"),
        (GATE, Tensor.zero_, "is zero throughout"),
        (HEAD, Tensor.zero_, "is zero throughout"),
    ],
    ids=["nan", "infinity", "head", "norm", "zero", "zero head"],
)
def test_no_copy_is_made_of_what_is_no_weight(
    tmp_path: Path, kind: str, name: str, change: Callable[[Tensor], object], what: str
) -> None:
    checkpoint = spoilt(tmp_path, name, change)

    with pytest.raises(DamagedCheckpointError) as caught:
        for _ in write_copy(checkpoint, PLANS[kind](checkpoint), tmp_path / "copy"):
            pass

    assert_one_sentence(caught.value)
    assert f"“{name}” {what}" in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_8_bits_do_not_hold_what_fp16_does_not(tmp_path: Path) -> None:
    """The kernel that quantises takes fp16."""
    checkpoint = spoilt(tmp_path, GATE, lambda tensor: tensor.view(-1)[7].fill_(1e30))

    with pytest.raises(JobError) as caught:
        for _ in write_copy(checkpoint, PLANS["8bit"](checkpoint), tmp_path / "copy"):
            pass

    assert_one_sentence(caught.value)
    assert f"“{GATE}” has values that" in caught.value.message
    for _ in write_copy(checkpoint, PLANS["safetensors"](checkpoint), tmp_path / "copy"):
        pass
