"""The bytes of MatMulNBits, worked out by hand and against ONNX Runtime's own kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from backends.onnx_backend.quantize import QuantizedRows, quantize_rows
from tests.helpers.exports import dequantize_rows

Array = npt.NDArray[np.float32]

FORMS = [(bits, symmetric) for bits in (4, 8) for symmetric in (True, False)]


def row(*values: float) -> Array:
    return np.array([values], np.float32)


def test_symmetric_four_bits_by_hand() -> None:
    """The largest weight, 4, becomes level 0 by a scale of 4 / -8."""
    quantized = quantize_rows(row(4, 1, -1, 0), bits=4, block_size=4, symmetric=True)

    assert quantized.scales.tolist() == [[-0.5]]
    # 4 / -0.5 + 8 = 0; 1 / -0.5 + 8 = 6; 10; 8
    assert quantized.blocks.tolist() == [[[0 | 6 << 4, 10 | 8 << 4]]]
    assert quantized.zero_points is None


def test_asymmetric_four_bits_by_hand() -> None:
    quantized = quantize_rows(row(-1, 14, 5, 0), bits=4, block_size=4, symmetric=False)

    assert quantized.scales.tolist() == [[1.0]]  # 15 steps from -1 to 14
    assert quantized.zero_points is not None
    assert quantized.zero_points.tolist() == [[1]]
    assert quantized.blocks.tolist() == [[[0 | 15 << 4, 6 | 1 << 4]]]


def test_symmetric_eight_bits_by_hand() -> None:
    quantized = quantize_rows(row(-64, 32, 0.5, 0), bits=8, block_size=4, symmetric=True)

    assert quantized.scales.tolist() == [[0.5]]
    assert quantized.blocks.tolist() == [[[0, 192, 129, 128]]]


def test_a_block_of_ones_sign_keeps_zero() -> None:
    """Zero is a level whatever the block holds, so that padding adds nothing."""
    quantized = quantize_rows(row(3, 6), bits=4, block_size=2, symmetric=False)

    assert quantized.zero_points is not None
    assert quantized.zero_points.tolist() == [[0]]
    assert dequantize_rows(quantized, bits=4, columns=2)[0, 1] == 6


@pytest.mark.parametrize(("bits", "symmetric"), FORMS)
@pytest.mark.parametrize("value", [0.0, 1e-42])
def test_a_block_of_nothing_stays_nothing(bits: int, symmetric: bool, value: float) -> None:
    weight = np.full((2, 32), value, np.float32)

    quantized = quantize_rows(weight, bits=bits, block_size=32, symmetric=symmetric)

    assert np.abs(dequantize_rows(quantized, bits=bits, columns=32)).max() < 1e-40


@pytest.mark.parametrize(("bits", "symmetric"), FORMS)
@pytest.mark.parametrize("columns", [32, 64, 70, 96, 20])
def test_no_weight_moves_by_more_than_half_a_step(bits: int, symmetric: bool, columns: int) -> None:
    weight = np.random.default_rng(0).standard_normal((5, columns)).astype(np.float32)

    quantized = quantize_rows(weight, bits=bits, block_size=32, symmetric=symmetric)

    error = np.abs(dequantize_rows(quantized, bits=bits, columns=columns) - weight)
    steps = np.repeat(np.abs(quantized.scales), 32, axis=1)[:, :columns]
    # In the symmetric form there is one level less above zero: the far end may be cut by a step.
    assert (error <= steps * (1.0 if symmetric else 0.51)).all()
    assert np.median(error / steps) < 0.3


@pytest.mark.parametrize(("bits", "symmetric"), FORMS)
@pytest.mark.parametrize("columns", [32, 70, 96])
def test_onnx_runtime_reads_the_bytes_as_we_do(bits: int, symmetric: bool, columns: int) -> None:
    """The kernel multiplies with exactly the weights that `dequantize_rows` gives."""
    rng = np.random.default_rng(1)
    weight = rng.standard_normal((6, columns)).astype(np.float32)
    x = rng.standard_normal((3, columns)).astype(np.float32)
    quantized = quantize_rows(weight, bits=bits, block_size=32, symmetric=symmetric)

    actual = product(x, quantized, bits, columns)

    expected = x @ dequantize_rows(quantized, bits=bits, columns=columns).T
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5)


def product(x: Array, quantized: QuantizedRows, bits: int, columns: int) -> Array:
    """`x` times the transposed matrix, by MatMulNBits in fp32."""
    rows = len(quantized.scales)
    tensors: dict[str, npt.NDArray[Any]] = {
        "blocks": quantized.blocks,
        "scales": quantized.scales.reshape(-1),
    }
    if quantized.zero_points is not None:
        tensors["zero_points"] = quantized.zero_points.reshape(-1)
    node = helper.make_node(
        "MatMulNBits", ["x", *tensors], ["y"], domain="com.microsoft",
        K=columns, N=rows, bits=bits, block_size=32, accuracy_level=0,
    )  # fmt: skip
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (len(x), rows))],
        [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: Array = session.run(["y"], {"x": x})[0]
    return found


def test_the_same_weights_give_the_same_bytes_whatever_rows_come_together() -> None:
    weight = np.random.default_rng(2).standard_normal((7, 64)).astype(np.float32)

    whole = quantize_rows(weight, bits=4, block_size=32, symmetric=False)
    parts = [
        quantize_rows(part, bits=4, block_size=32, symmetric=False)
        for part in np.array_split(weight, 3)
    ]

    assert whole.blocks.tobytes() == b"".join(part.blocks.tobytes() for part in parts)
    assert whole.scales.tobytes() == b"".join(part.scales.tobytes() for part in parts)
