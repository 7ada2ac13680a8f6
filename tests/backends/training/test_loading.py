"""The base of a training in memory."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")
pytest.importorskip("bitsandbytes")

import torch

from backends.training.loading import Numbers, fold_head, load_base
from backends.training.values import Compute, Method
from tests.helpers import goldens

CPU = Numbers(Compute.FP32, torch.device("cpu"))


@pytest.mark.parametrize("is_trained", [True, False])
def test_a_head_that_is_trained_is_normalised_in_each_pass_and_a_frozen_one_once(
    is_trained: bool,
) -> None:
    """Rows of twice the length say the same, unless nobody normalises them again."""
    model = load_base(goldens.checkpoint("b2-7b", "safetensors"), Method.FULL, CPU).eval()
    model.lm_head.weight.requires_grad_(is_trained)
    ids = torch.tensor([[195, 5, 196]])
    with torch.no_grad():
        fold_head(model)
        before = model(ids).logits
        model.lm_head.weight.mul_(2)
        after = model(ids).logits

    torch.testing.assert_close(after, before if is_trained else 2 * before)
