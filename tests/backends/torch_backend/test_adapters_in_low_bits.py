"""Adapters over weights of 8 and 4 bits, compared with PEFT over the same values in fp32."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from backends.checkpoint.quantized_layout import Layout
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.quantized import dequantize, quantize
from backends.modeling.weights import LayerBuilder, load_model
from backends.precision import Precision
from backends.torch_backend.loaded_model import TorchModel
from backends.torch_backend.low_bits import BnbQuantizer, Int8Layers
from tests.helpers import adapters, goldens, quantized
from tests.helpers.adapted import LOGITS, said, use
from tests.helpers.peft_judge import logits_of, with_peft

NAME = "b2-7b"
IDS = goldens.text_ids(NAME)[:40]
ROWS = 10
CASES = ["all_r8", "dora_r4", "rslora_r4"]


def plain(precision: Precision) -> BaichuanForCausalLM:
    """The model in fp32 with torch's own layers, of the values that are quantised."""
    opened = goldens.checkpoint(NAME, "safetensors")
    model = quantized.finish(load_model(opened, torch.float32, goldens.on_cpu(opened)))
    weights = quantized.state_of(opened)
    for name in quantized.matrix_names(opened.config):
        weight = weights[f"{name}.weight"]
        shape = (weight.shape[0], weight.shape[1])
        parts = quantize(weight, precision)
        values = dequantize(parts, Layout.BITSANDBYTES, precision, shape, torch.float32)
        linear = nn.Linear(shape[1], shape[0], bias=False)
        linear.weight = nn.Parameter(values, requires_grad=False)
        model.set_submodule(name, linear)
    return model


@cache
def by_peft(
    precision: Precision, folder: Path
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    found: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = logits_of(
        with_peft(plain(precision), folder), IDS, ROWS
    )
    return found


def loaded(dtype: torch.dtype, builder: LayerBuilder) -> TorchModel:
    opened = goldens.checkpoint(NAME, "safetensors")
    devices = goldens.on_cpu(opened)
    model = quantized.finish(load_model(opened, dtype, devices, builder))
    return TorchModel(model, devices=devices, context_length=140, prefill_chunk=64)


@pytest.mark.filterwarnings("ignore:inner dimension .* is not aligned:UserWarning")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("precision", "builder"),
    [
        (Precision.NF4, BnbQuantizer(Precision.NF4, torch.float32)),
        (Precision.FP4, BnbQuantizer(Precision.FP4, torch.float32)),
        (Precision.INT8, Int8Layers()),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, Precision) else value.value,
)
def test_with_activations_in_fp32_logits_are_those_of_peft(
    precision: Precision, builder: LayerBuilder, case: str
) -> None:
    folder = adapters.folder(NAME, case)
    model = loaded(torch.float32, builder)
    use(model, folder)

    found = said(model, IDS, ROWS)

    np.testing.assert_allclose(found, by_peft(precision, folder), rtol=0, atol=LOGITS)


@pytest.mark.filterwarnings("ignore:inner dimension .* is not aligned:UserWarning")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("precision", "tolerance"), [(Precision.NF4, 0.02), (Precision.INT8, 0.05)]
)
def test_as_it_is_loaded_it_answers_as_peft_up_to_what_its_activations_cost(
    precision: Precision, tolerance: float, case: str
) -> None:
    folder = adapters.folder(NAME, case)
    model = quantized.load(goldens.folder(NAME, "safetensors"), precision)
    before = said(model, IDS, ROWS)
    use(model, folder)

    found = said(model, IDS, ROWS)

    expected = by_peft(precision, folder)
    atol = tolerance * float(np.ptp(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    assert np.abs(before - expected).max() > 2 * atol or case == "dora_r4"
    use(model, None)
    assert np.array_equal(said(model, IDS, ROWS), before)


@pytest.mark.parametrize("head", ["save_head_r2"])
def test_a_saved_head_is_in_8_bits_where_the_models_own_is(head: str) -> None:
    opened = goldens.checkpoint(NAME, "safetensors")
    devices = goldens.on_cpu(opened)
    inner = quantized.finish(load_model(opened, torch.float32, devices, head_in_8_bits=True))
    model = TorchModel(inner, devices=devices, context_length=140, prefill_chunk=64)
    _, arrays = adapters.logits(NAME, head)
    expected = arrays["logits_130"]
    use(model, adapters.folder(NAME, head))

    found = said(model, arrays["ids_130"], len(expected))

    assert isinstance(inner.lm_head, Int8Linear)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01 * float(np.ptp(expected)))
