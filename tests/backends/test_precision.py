"""Precisions are asked for by the names that people know them by."""

from __future__ import annotations

import pytest

from backends.errors import BackendUnavailableError
from backends.precision import COPY_PRECISIONS, Precision, parse_name, parse_precision
from tests.helpers.copies import refusal
from tests.helpers.sentences import assert_one_sentence


def test_precisions_have_names() -> None:
    assert parse_precision("auto") is None
    for precision in Precision:
        assert parse_precision(precision.value) is precision


@pytest.mark.parametrize("text", ["int8", "4 bit", "", "BF16", "q4_0"])
def test_a_precision_that_is_not_there(text: str) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        parse_precision(text)

    assert_one_sentence(caught.value)
    assert caught.value.message == (
        f"There is no precision “{text}”; there are auto, fp32, bf16, fp16, 8bit, 4bit, fp4, "
        "onnx-int4, onnx-int8, onnx-fp16, onnx-fp32."
    )


@pytest.mark.parametrize("precision", ["3bit", "", "NF4", "int8", "bf16", "auto", "onnx-int4"])
def test_a_name_of_a_precision_that_quantises_nothing(precision: str) -> None:
    message = refusal(lambda: parse_name(precision, COPY_PRECISIONS), BackendUnavailableError)

    assert message == f"There is no precision “{precision}”; there are 8bit, 4bit, fp4."
