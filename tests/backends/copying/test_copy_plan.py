"""A copy means what its source means, whatever layout that has."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.modeling.weights import map_tensor
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from backends.torch_backend import cpu, low_bits
from tests.helpers import goldens, quantized
from tests.helpers.copies import QUANTIZED, assert_nothing, copy, refusal


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
@pytest.mark.parametrize("precision", [*QUANTIZED, None])
def test_a_copy_of_every_layout_opens_and_loads(
    name: str, layout: str, precision: Precision | None, out: Path
) -> None:
    source = goldens.folder(name, layout)

    checkpoint = copy(source, out, precision)

    original = Checkpoint.open(source)
    assert checkpoint.config == original.config
    assert checkpoint.stored is precision
    assert checkpoint.defaults == original.defaults
    assert checkpoint.chat_tokens == original.chat_tokens
    for key, record in checkpoint.tensors.items():  # what is not quantised is the same bits
        ours, theirs = map_tensor(record), map_tensor(original.tensors[key])
        assert torch.equal(ours.view(torch.uint8), theirs.view(torch.uint8)), key
    backend = cpu if precision is None else low_bits
    with quantized.load(out, precision or Precision.FP32, backend) as model:
        assert np.isfinite(model.prefill([5, 6, 7])).all()


def test_a_copy_of_a_bin_is_what_transformers_wrote_as_safetensors(out: Path) -> None:
    copy(goldens.folder("b2-13b", "sharded"), out, None)

    expected = safetensors.torch.load_file(
        goldens.folder("b2-13b", "safetensors") / "model.safetensors"
    )
    actual = safetensors.torch.load_file(out / "model.safetensors")
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        assert actual[name].dtype == tensor.dtype
        assert torch.equal(actual[name], tensor)


def test_rotary_frequencies_that_were_published_are_not_copied(out: Path) -> None:
    copy(goldens.folder("b1-7b", "sharded"), out, None)

    names = safetensors.torch.load_file(out / "model.safetensors").keys()
    assert not [name for name in names if "inv_freq" in name]


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
@pytest.mark.parametrize("precision", [Precision.NF4, Precision.INT8, None])
def test_a_source_that_is_quantised_already(
    name: str, precision: Precision | None, out: Path
) -> None:
    request = CopyRequest(str(quantized.published(name)), str(out), precision)

    message = refusal(lambda: list(run_request(Engine(), request, threading.Event())))

    assert message.startswith(f"“{name}” is quantised")
    assert_nothing(out)


def test_a_copy_that_is_quantised_already(source: Path, out: Path) -> None:
    copy(source, out.with_name("first"))

    message = refusal(lambda: copy(out.with_name("first"), out))

    assert message == "“first” is quantised already (4-bit)."
    assert [file.name for file in out.parent.iterdir()] == ["first"]
