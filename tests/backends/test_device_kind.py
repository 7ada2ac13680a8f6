"""What a device is, and whether it is the one that was asked for."""

from __future__ import annotations

import pytest

from backends.interface import LayerDevices
from backends.precision import DeviceKind, is_as_wanted, parse_device


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
