"""Precisions and devices are asked for by the names that people know them by."""

from __future__ import annotations

import pytest

from backends.errors import BackendUnavailableError
from backends.interface import LayerDevices
from backends.precision import (
    COPY_PRECISIONS,
    DeviceKind,
    Precision,
    is_as_wanted,
    parse_device,
    parse_name,
    parse_precision,
)
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


@pytest.mark.parametrize(
    ("layers", "kind"),
    [
        (("cpu", "cpu"), DeviceKind.CPU),
        (("cuda:1", "cuda:1"), DeviceKind.CUDA),
        (("cuda:0", "cuda:1"), DeviceKind.CUDA),
        (("cuda:0", "cuda:1", "cpu"), DeviceKind.SPREAD),
    ],
)
def test_layers_lie_on_a_kind_of_device(layers: tuple[str, ...], kind: DeviceKind) -> None:
    assert LayerDevices(layers).kind is kind


def test_a_spread_model_uses_cards_and_processor() -> None:
    assert [kind for kind in DeviceKind if kind.uses_cards] == ["cuda", "cuda+cpu"]
    assert [kind for kind in DeviceKind if kind.uses_processor] == ["cpu", "cuda+cpu"]


@pytest.mark.parametrize(
    ("wanted", "kind", "device", "is_it"),
    [
        ("auto", DeviceKind.SPREAD, None, True),
        ("cuda", DeviceKind.CUDA, "cuda:1", True),
        ("cuda", DeviceKind.CUDA, None, True),  # spread over several cards
        ("cuda", DeviceKind.SPREAD, None, False),
        ("cuda:1", DeviceKind.CUDA, "cuda:1", True),
        ("cuda:0", DeviceKind.CUDA, "cuda:1", False),
        ("cuda:0", DeviceKind.CUDA, None, False),
        ("cpu", DeviceKind.CUDA, "cuda:0", False),
        ("cpu", DeviceKind.SPREAD, None, False),
    ],
)
def test_a_device_is_the_wanted_one_by_kind_or_by_number(
    wanted: str, kind: DeviceKind, device: str | None, is_it: bool
) -> None:
    assert is_as_wanted(parse_device(wanted), kind, device) is is_it
