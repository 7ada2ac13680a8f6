"""Numbers read from every type and rounded to it, against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.checkpoint.weight_rows import floats, rounded

TYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}


@pytest.mark.parametrize("dtype", TYPES)
def test_numbers_are_rounded_as_torch_rounds_them(dtype: str) -> None:
    """Ties to even, and those too small for the type's exponent."""
    generator = np.random.default_rng(0)
    values = (generator.standard_normal(4096) * 10.0 ** generator.integers(-9, 4, 4096)).astype("f")
    ties = np.array([1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, -0.0, 2.0**-25, 2.0**-24], np.float32)
    values = np.concatenate((values, ties, -ties))

    raw = rounded(values, dtype)

    assert raw is not None
    expected = torch.from_numpy(values).to(TYPES[dtype])
    assert raw == expected.view(torch.uint8).numpy().tobytes()
    assert floats(raw, dtype).tolist() == expected.float().tolist()


@pytest.mark.parametrize(
    ("dtype", "largest"),
    [("BF16", 3.3895313892515355e38), ("F16", 65504.0), ("F32", float(np.finfo("f").max))],
)
def test_a_number_too_large_for_the_type_has_no_bytes(dtype: str, largest: float) -> None:
    assert rounded(np.array([largest, -largest], np.float32), dtype) is not None
    for value in (largest * 1.004, -largest * 1.004, np.nan, np.inf):
        with np.errstate(over="ignore"):
            assert rounded(np.array([1.0, value]).astype(np.float32), dtype) is None
