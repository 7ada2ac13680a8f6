"""What a card is asked for: on cards that are played, as torch tells of them."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("transformers")

from backends.training.steps.arguments import allow_tf32, compute_device, resolved_compute
from backends.training.values import Compute, Device
from tests.helpers.fake_cards import GIB, Card, fake_cards

AMPERE, VOLTA = (8, 0), (7, 0)


@pytest.mark.parametrize(
    ("capability", "compute"),
    [(AMPERE, Compute.BF16), (VOLTA, Compute.FP32)],
    ids=["with bf16", "with bf16 that is emulated"],
)
def test_a_card_computes_in_bf16_where_nobody_chose_if_it_has_it(
    capability: tuple[int, int], compute: Compute
) -> None:
    with fake_cards(Card("a card", 24 * GIB, capability=capability)):
        device = compute_device(Device.AUTO)

        assert device == torch.device("cuda", 0)
        assert resolved_compute(Compute.AUTO, device) is compute
        assert resolved_compute(Compute.FP16, device) is Compute.FP16


@pytest.mark.parametrize(
    ("capability", "wanted", "precision"),
    [(AMPERE, True, "high"), (AMPERE, False, "highest"), (VOLTA, True, "highest")],
)
def test_tf32_is_on_where_it_is_wanted_on_a_card_that_has_it(
    capability: tuple[int, int], wanted: bool, precision: str
) -> None:
    before = torch.get_float32_matmul_precision()
    try:
        with fake_cards(Card("a card", 24 * GIB, capability=capability)):
            allow_tf32(torch.device("cuda", 0), wanted)
            assert torch.get_float32_matmul_precision() == precision
    finally:
        torch.set_float32_matmul_precision(before)


def test_without_a_card_the_processor_computes_in_fp32() -> None:
    assert resolved_compute(Compute.AUTO, compute_device(Device.CPU)) is Compute.FP32
