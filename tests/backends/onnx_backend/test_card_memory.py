"""The memory of a card under ONNX Runtime, with a stand-in for its build for cards."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state

from backends.interface import LayerDevices, LoadOptions
from backends.machine.cards import lookup
from backends.machine.cards.values import Gpu
from backends.model_config import ModelConfig
from backends.onnx_backend import card_memory, session
from backends.onnx_backend.card_memory import CardMemory
from backends.onnx_backend.graph import Scheme
from backends.onnx_backend.session import OnnxModel
from backends.precision import Precision
from tests.helpers import exports, goldens
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, card
from tests.helpers.quantized import finish

MIB, GIB = 2**20, 2**30
FP16 = Scheme(Precision.ONNX_FP16)
#: Of `b1-7b` with 32 tokens in fp16: 2 layers, keys and values, 4 heads of 16.
CACHE = 2 * 2 * 4 * 16 * 32 * 2

Cards = Callable[..., None]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Cards:
    """Says which cards there are, and what the driver counts of a process; until said otherwise."""

    def say(*found: Gpu, held: int | None = None) -> None:
        monkeypatch.setattr(lookup, "gpus", lambda: found)
        counts = {(gpu.uuid, os.getpid()): held for gpu in found if gpu.uuid}
        monkeypatch.setattr(lookup, "held_bytes", lambda uuid, pid: counts.get((uuid, pid)))

    return say


class CudaBuild:
    """ONNX Runtime as its build for cards: the session and the KV cache are the processor's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.providers: list[Any] = []
        self.strategies: list[str] = []
        plain = onnxruntime.InferenceSession
        slots = onnxruntime.OrtValue.ortvalue_from_shape_and_type

        def make(graph: bytes, settings: Any, providers: list[Any]) -> Any:
            self.providers = providers
            made = plain(graph, settings, providers=["CPUExecutionProvider"])
            made.get_providers = lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
            return made

        def on_processor(shape: Any, element: Any, _device: str, _number: int) -> Any:
            return slots(shape, element, "cpu", 0)

        both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: both)
        monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
        monkeypatch.setattr(onnxruntime, "InferenceSession", make)
        monkeypatch.setattr(onnxruntime.OrtValue, "ortvalue_from_shape_and_type", on_processor)
        monkeypatch.setattr(
            onnxruntime_pybind11_state,
            "set_arena_extend_strategy",
            lambda strategy: self.strategies.append(strategy.name),
            raising=False,
        )


@pytest.fixture
def cuda_build(monkeypatch: pytest.MonkeyPatch) -> CudaBuild:
    return CudaBuild(monkeypatch)


def loaded(device: str, scheme: Scheme = FP16) -> OnnxModel:
    checkpoint = exports.of_golden("b1-7b", scheme)
    options = LoadOptions(scheme.precision, 32, 1, LayerDevices.all_on(device, 2))
    model = finish(session.load(checkpoint, options))
    assert isinstance(model, OnnxModel)
    return model


# --- what the provider is told ---------------------------------------------------------------


def test_the_arena_of_a_card_grows_by_need_and_within_what_is_free(
    cards: Cards, cuda_build: CudaBuild
) -> None:
    cards(card(8, index=0), card(12, free_gib=11, index=1))

    loaded("cuda:1").close()

    assert cuda_build.providers == [
        (
            "CUDAExecutionProvider",
            {
                "device_id": 1,
                "arena_extend_strategy": "kSameAsRequested",
                "gpu_mem_limit": 11 * GIB - CACHE,
            },
        ),
        "CPUExecutionProvider",
    ]


def test_the_kv_cache_grows_by_need_too(cards: Cards, cuda_build: CudaBuild) -> None:
    """It lies in an arena of no session, which has no options of a provider."""
    cards(card(12))

    loaded("cuda:0").close()

    assert cuda_build.strategies == ["kSameAsRequested"]


def test_a_processor_has_no_arena_of_a_card(cuda_build: CudaBuild) -> None:
    loaded("cpu").close()

    assert cuda_build.providers == ["CPUExecutionProvider"]
    assert cuda_build.strategies == []


def test_a_card_that_nobody_knows_has_no_limit(cards: Cards, cuda_build: CudaBuild) -> None:
    cards()

    model = loaded("cuda:0")

    assert cuda_build.providers[0][1] == {
        "device_id": 0,
        "arena_extend_strategy": "kSameAsRequested",
    }
    assert model.peak_bytes() == 0  # which tells nothing, and no figure of another memory
    model.close()


@pytest.mark.parametrize(
    ("config", "precision", "cache_bytes"),
    [
        # 32 layers, keys and values, 32 heads of 128, 4,096 tokens, two bytes
        (BAICHUAN2_7B, Precision.ONNX_FP16, 2 * GIB),
        (BAICHUAN2_13B, Precision.ONNX_FP16, 3_355_443_200),
        # of quantised exports the activations, and so the cache, are fp32
        (BAICHUAN2_13B, Precision.ONNX_INT4, 6_710_886_400),
    ],
)
def test_what_is_free_beside_the_kv_cache_is_the_limit(
    config: ModelConfig, precision: Precision, cache_bytes: int, cards: Cards
) -> None:
    cards(card(24, free_gib=22))
    devices = LayerDevices.all_on("cuda:0", config.num_layers)

    memory = session.card_memory(config, LoadOptions(precision, 4096, 1, devices))

    assert memory is not None
    assert memory.provider_options["gpu_mem_limit"] == 22 * GIB - cache_bytes


def test_a_kv_cache_larger_than_what_is_free_leaves_the_arena_nothing() -> None:
    assert card_memory.provider_options(0, 2 * GIB, 3 * GIB)["gpu_mem_limit"] == 1


# --- what is held ----------------------------------------------------------------------------


def test_the_peak_on_a_card_is_what_the_driver_counts_there(
    cards: Cards, cuda_build: CudaBuild
) -> None:
    found = replace(card(12, free_gib=11, index=1), uuid="GPU-1b9f")
    cards(card(8, index=0), found)
    model = loaded("cuda:1")
    cards(card(8, index=0), found, held=5 * GIB)

    assert model.peak_bytes() == 5 * GIB - CACHE
    model.close()


def test_where_nobody_counts_the_peak_is_what_is_less_free_than_before(
    cards: Cards, cuda_build: CudaBuild
) -> None:
    """As on Windows, and of a card whose UUID is not told."""
    cards(card(8, free_gib=7))
    model = loaded("cuda:0")
    cards(card(8, free_gib=3))

    assert model.peak_bytes() == 4 * GIB - CACHE
    model.close()


def test_memory_that_others_gave_back_makes_no_negative_peak(cards: Cards) -> None:
    cards(card(8, free_gib=3))
    memory = CardMemory(0, CACHE)
    cards(card(8, free_gib=7))

    assert memory.peak_bytes() == 0


def test_a_card_that_is_gone_tells_nothing(cards: Cards) -> None:
    cards(card(8, free_gib=7))
    memory = CardMemory(0, CACHE)
    cards()

    assert memory.peak_bytes() == 0


def test_the_peak_on_a_processor_is_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "resident_peak", lambda: 123 * MIB)

    with loaded("cpu") as model:
        assert model.peak_bytes() == 123 * MIB


@pytest.mark.parametrize(
    ("counted", "before", "now", "held"),
    [
        (5 * GIB, 7 * GIB, 1 * GIB, 5 * GIB),  # 1 GiB of it was taken by somebody else
        (0, 7 * GIB, 1 * GIB, 0),
        (None, 7 * GIB, 1 * GIB, 6 * GIB),
        (None, None, 1 * GIB, 0),
        (None, 7 * GIB, None, 0),
    ],
)
def test_what_the_driver_counts_goes_before_what_is_less_free(
    counted: int | None, before: int | None, now: int | None, held: int
) -> None:
    assert card_memory.held_bytes(counted, before, now) == held


# --- with a card -----------------------------------------------------------------------------

needs_card = pytest.mark.skipif(
    "CUDAExecutionProvider" not in onnxruntime.get_available_providers(),
    reason="needs an NVIDIA card and onnxruntime-gpu",
)


@needs_card
def test_an_export_on_a_card_gives_the_golden_logits_and_the_cards_memory() -> None:
    data = goldens.arrays("b1-7b", "logits.npz")

    with loaded("cuda:0") as model:
        actual = model.prefill([int(i) for i in data["ids_7"]])
        peak = model.peak_bytes()

    np.testing.assert_allclose(actual, data["logits_7"][-1], rtol=0, atol=0.05)
    # A context, and next to nothing: a gigabyte would be an arena that doubles.
    assert 100 * MIB < peak < GIB
