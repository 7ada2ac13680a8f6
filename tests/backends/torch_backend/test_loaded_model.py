"""Where torch gets no memory of the machine, the person reads how much was needed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from backends.errors import GIB, InsufficientMemoryError
from backends.interface import LayerDevices, LoadOptions
from backends.modeling.kv_cache import KVCache
from backends.precision import Precision
from backends.torch_backend.cpu import load
from backends.torch_backend.loaded_model import TorchModel, translated_memory_errors
from tests.helpers import goldens

PETABYTE = 2**50


def test_memory_that_the_machine_does_not_have_is_named() -> None:
    with pytest.raises(InsufficientMemoryError) as caught, translated_memory_errors():
        torch.empty(PETABYTE, dtype=torch.uint8)

    needed, free = caught.value.facts["needed"], caught.value.facts["free"]
    assert isinstance(needed, float)
    assert isinstance(free, float)
    assert PETABYTE / GIB < needed < PETABYTE / GIB + free
    assert 0 < free < 2**20


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), translated_memory_errors():
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_a_cache_that_finds_no_room_ends_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        torch.empty(PETABYTE, dtype=torch.uint8)

    monkeypatch.setattr(KVCache, "__init__", no_room)
    checkpoint = goldens.checkpoint("b2-7b", "safetensors")
    devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
    options = LoadOptions(Precision.FP32, 64, 1, devices)

    with pytest.raises(InsufficientMemoryError):
        list(load(checkpoint, options))


def test_an_answer_that_finds_no_room_says_so_and_the_model_still_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkpoint = goldens.checkpoint("b2-7b", "safetensors")
    devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
    loading = load(checkpoint, LoadOptions(Precision.FP32, 64, 1, devices))
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: TorchModel = finished.value
            break
    expected = model.prefill((5, 6, 7))
    model.truncate(0)
    inner = model._model
    assert inner is not None

    def no_room(*_: Any) -> None:
        torch.empty(PETABYTE, dtype=torch.uint8)

    with monkeypatch.context() as patch:
        patch.setattr(inner, "last_logits", no_room)
        with pytest.raises(InsufficientMemoryError):
            model.prefill((5, 6, 7))

    assert model.cached_ids == []
    assert (model.prefill((5, 6, 7)) == expected).all()
