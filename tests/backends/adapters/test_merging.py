"""Rows of a matrix with an adapter in it: worked out by hand, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy

from backends.adapters.merging import MergedTensor
from backends.adapters.values import LowRank
from backends.checkpoint import weight_rows
from backends.errors import DamagedAdapterError
from backends.files.tensor_files import TensorRecord, read_contents
from tests.helpers.sentences import assert_one_sentence

W = [[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]]
DOWN, UP = [[1.0, 2.0]], [[0.5], [-1.0], [0.0]]
#: W + 2 * up down
SUM = [[4.0, 6.0], [-2.0, -2.0], [1.0, 0.0]]

Records = Callable[..., dict[str, TensorRecord]]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """Writes arrays as a file; their records by name."""

    def write(**arrays: list[list[float]] | list[float]) -> dict[str, TensorRecord]:
        file = tmp_path / "weights.safetensors"
        tensors = {name: np.array(array, np.float32) for name, array in arrays.items()}
        safetensors.numpy.save_file(tensors, file)
        return {record.name: record for record in read_contents(file).records}

    return write


def rows(tensor: MergedTensor) -> npt.NDArray[np.float32]:
    return np.concatenate(list(tensor.blocks()))


def test_what_is_added_is_up_times_down_times_the_scale(records: Records) -> None:
    found = records(w=W, down=DOWN, up=UP)
    change = LowRank(found["down"], found["up"], scale=2.0)

    assert rows(MergedTensor(found["w"], change)).tolist() == SUM


def test_a_magnitude_is_the_length_of_each_row(records: Records) -> None:
    found = records(w=W, down=[[1.0, 1.0]], up=[[0.0], [1.0], [0.0]], magnitude=[10.0, 1.0, 7.0])
    change = LowRank(found["down"], found["up"], 1.0, found["magnitude"])

    merged = rows(MergedTensor(found["w"], change))

    root = np.sqrt(np.float32(10))  # of [1, 3]
    expected = np.array([[6.0, 8.0], [1 / root, 3 / root], [7.0, 0.0]], np.float32)
    np.testing.assert_allclose(merged, expected, rtol=1e-6)


def test_what_is_added_to_a_normalised_matrix_is_not_normalised(records: Records) -> None:
    found = records(w=W, down=DOWN, up=UP)
    change = LowRank(found["down"], found["up"], scale=2.0)

    merged = rows(MergedTensor(found["w"], change, normalised=True))

    expected = np.array([[0.6 + 1, 0.8 + 2], [-2, 1 - 4], [1, 0]], np.float32)
    np.testing.assert_allclose(merged, expected, rtol=1e-6)


def test_a_matrix_that_is_read_row_by_row_comes_out_the_same(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = records(w=W, down=DOWN, up=UP, magnitude=[1.0, 2.0, 3.0])
    tensor = MergedTensor(found["w"], LowRank(found["down"], found["up"], 2.0, found["magnitude"]))
    whole = rows(tensor)

    monkeypatch.setattr(weight_rows, "BLOCK_WEIGHTS", 2)

    assert len(list(tensor.blocks())) == 3
    assert rows(tensor).tolist() == whole.tolist()


@pytest.mark.parametrize("name", ["down", "up", "magnitude"])
def test_a_factor_that_is_no_number_is_refused_by_its_name(name: str, records: Records) -> None:
    arrays = {"w": W, "down": DOWN, "up": UP, "magnitude": [1.0, 2.0, 3.0]}
    arrays[name] = (np.array(arrays[name]) * np.nan).tolist()
    found = records(**arrays)
    tensor = MergedTensor(found["w"], LowRank(found["down"], found["up"], 2.0, found["magnitude"]))

    with pytest.raises(DamagedAdapterError, match=f"“{name}” holds what is not a number") as caught:
        rows(tensor)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_a_sum_that_fp32_cannot_hold_is_refused(records: Records, scale: float) -> None:
    found = records(w=W, down=[[3e38, 0.0]], up=[[3e38], [0.0], [0.0]])

    with pytest.raises(DamagedAdapterError, match="“up”"):
        rows(MergedTensor(found["w"], LowRank(found["down"], found["up"], scale)))


def test_a_row_of_zeros_has_no_direction_for_a_magnitude(records: Records) -> None:
    found = records(w=[[0.0, 0.0]], down=DOWN, up=[[0.0]], magnitude=[1.0])

    with pytest.raises(DamagedAdapterError):
        rows(MergedTensor(found["w"], LowRank(found["down"], found["up"], 1.0, found["magnitude"])))
