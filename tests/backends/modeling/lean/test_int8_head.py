"""The head in 8 bits: made of the rows it stands for while it streams in, near it in its logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.interface import LoadOptions
from backends.modeling import weights
from backends.modeling.baichuan import normalised
from backends.modeling.lean import int8_products, int8_rows
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_rows import quantize_rows
from backends.modeling.static_decode import StaticDecode
from backends.modeling.weights import load_model, map_tensor
from backends.precision import Precision
from backends.torch_backend import cpu, low_bits
from tests.helpers import goldens, quantized
from tests.helpers.allocations import Allocations

#: Largest error of a logit, as a share of their range: a row is rounded by half of 1/127.
CLOSE = 0.01


def in_8_bits(options: LoadOptions) -> LoadOptions:
    return replace(options, head_in_8_bits=True)


def head_of(name: str, dtype: torch.dtype = torch.float32) -> Int8Linear:
    checkpoint = goldens.checkpoint(name, "single")
    loading = load_model(checkpoint, dtype, goldens.on_cpu(checkpoint), head_in_8_bits=True)
    head = quantized.finish(loading).lm_head
    assert isinstance(head, Int8Linear)
    return head


@pytest.mark.parametrize("name", goldens.NAMES)
def test_rows_are_those_of_the_head_of_norm_1_where_the_model_has_such(name: str) -> None:
    stored = map_tensor(goldens.checkpoint(name, "single").tensors["lm_head.weight"])
    matrix = normalised(stored) if name in goldens.NORM_HEAD_NAMES else stored.float()

    head = head_of(name)

    found = head.weight.float() * head.scale[:, None]
    half_steps = matrix.abs().amax(dim=1, keepdim=True) / 127 * 0.5001
    assert bool(((found - matrix).abs() <= half_steps).all())
    if name in goldens.NORM_HEAD_NAMES:
        torch.testing.assert_close(found.norm(dim=1), torch.ones(len(found)), rtol=0, atol=5e-3)


def test_a_head_that_was_folded_in_its_files_is_the_same_head(tmp_path: Path) -> None:
    source = goldens.checkpoint("b2-7b", "safetensors")
    state = {name: tensor.float() for name, tensor in quantized.state_of(source).items()}
    state["lm_head.weight"] = normalised(state["lm_head.weight"])
    folded = quantized.write_folder(tmp_path / "folded", state, source.folder)
    checkpoint = Checkpoint.open(folded)
    loading = load_model(checkpoint, torch.float32, goldens.on_cpu(checkpoint), head_in_8_bits=True)

    head, other = quantized.finish(loading).lm_head, head_of("b2-7b")

    # A row that is divided by its norm twice may round to the other side of a half.
    steps = (head.weight.int() - other.weight.int()).abs()
    assert int(steps.max()) <= 1
    assert float(steps.float().mean()) < 1e-3


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16, Precision.NF4])
@pytest.mark.parametrize("name", goldens.NAMES)
def test_logits_are_near_those_of_the_whole_head(name: str, precision: Precision) -> None:
    backend = low_bits if precision is Precision.NF4 else cpu
    checkpoint = goldens.checkpoint(name, "single")
    options = quantized.options(checkpoint, precision)
    ids = goldens.text_ids(name)[:40]

    with quantized.finish(backend.load(checkpoint, options)) as plain:
        expected = [plain.prefill_logits(ids[:30]), plain.decode(ids[30])[None]]
    with quantized.finish(backend.load(checkpoint, in_8_bits(options))) as lean:
        assert isinstance(quantized.inner(lean).lm_head, Int8Linear)
        actual = [lean.prefill_logits(ids[:30]), lean.decode(ids[30])[None]]

    for mine, theirs in zip(actual, expected, strict=True):
        span = float(np.ptp(theirs))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=CLOSE * span)
        assert not np.array_equal(mine, theirs)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_a_static_step_takes_the_same_head(name: str) -> None:
    checkpoint = goldens.checkpoint(name, "single")
    loading = load_model(checkpoint, torch.float32, goldens.on_cpu(checkpoint), head_in_8_bits=True)
    model = quantized.finish(loading)
    one, other = quantized.empty_cache(model), quantized.empty_cache(model)
    step = StaticDecode(model, one)

    for at, token in enumerate(goldens.text_ids(name)[:8]):
        step.feed(token, at)
        with torch.inference_mode():
            mine, theirs = step.step(32), model.last_logits(torch.tensor([[token]]), other)
        one.advance(1)

        torch.testing.assert_close(mine, theirs, rtol=0, atol=3e-5)


# --- while it streams in -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b1-7b", "b2-7b"])
def test_loading_makes_no_second_copy_of_the_head(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in 16 bits nor in fp32 but some rows at a time, and no copy that is folded."""
    record = goldens.checkpoint(name, "single").tensors["lm_head.weight"]
    rows, columns = record.shape
    taken: list[Allocations] = []

    def noted(weight: Tensor, *rest: object) -> tuple[Tensor, Tensor]:
        taken.append(Allocations())
        with taken[-1]:
            return quantize_rows(weight, *rest)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(int8_rows, "_ROWS", 64)  # of a thousand: a released model has 125,696
    monkeypatch.setattr(weights, "quantize_rows", noted)
    head_of(name, torch.bfloat16)

    (allocations,) = taken
    some_in_fp32 = 4 * 64 * columns
    assert allocations.largest == rows * columns  # the bytes that stay
    assert allocations.peak <= rows * (columns + 4) + 5 * some_in_fp32
    assert allocations.peak < 2 * rows * columns + rows * 4  # what a copy in 16 bits would add


def test_a_token_makes_no_copy_of_the_head_and_reads_it_by_blocks_or_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With blocks as small against the head as the app's are against a released one."""
    head = head_of("b2-7b", torch.bfloat16)
    x = torch.randn(1, head.weight.shape[1]).bfloat16()
    block = head.weight.numel() // 77  # of 125,696 x 5,120
    monkeypatch.setattr(int8_products, "BLOCK_WEIGHTS", block)

    for product in (int8_products.by_kernel, int8_products.by_blocks):
        monkeypatch.setattr(int8_products, "token_product", lambda _, p=product: p)
        with torch.inference_mode(), Allocations() as allocations:
            head(x)

        assert allocations.largest <= 4 * max(len(head.weight), block)
        assert allocations.largest < 2 * head.weight.numel() / 10
