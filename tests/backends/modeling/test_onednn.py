"""Products on a processor: each way is right, or not taken; with and without what it needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backends.checkpoint.quantized_layout import Layout
from backends.engine import heavy_modules
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import BackendUnavailableError
from backends.events import ModelReady, ProductsTried
from backends.machine import memory_room, processor
from backends.machine.memory_room import Bound
from backends.modeling import onednn, quantized
from backends.modeling.trial import multiplies_rightly, random_matrix
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest, ProductsRequest
from backends.torch_backend import cpu, low_bits
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import goldens
from tests.helpers.machines import machine
from tests.helpers.quantized import load
from tests.helpers.sentences import assert_one_sentence

BF16, FP32 = Precision.BF16, Precision.FP32
ORDINARY = "torch's ordinary product"


@pytest.fixture(autouse=True)
def untried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is remembered of a trial, and no feature is taken for missing."""
    monkeypatch.delenv(processor.WITHOUT_VARIABLE, raising=False)
    tried = (onednn._packs_bf16, onednn._multiplies_fp32, onednn.linear_is_right,
             quantized._is_right)  # fmt: skip
    for trial in tried:
        trial.cache_clear()
    yield
    for trial in tried:
        trial.cache_clear()


def without(monkeypatch: pytest.MonkeyPatch, features: str) -> None:
    monkeypatch.setenv(processor.WITHOUT_VARIABLE, features)


def linears(model: object) -> list[nn.Module]:
    assert isinstance(model, TorchModel)
    assert model._model is not None
    kinds = (nn.Linear, onednn.OneDnnLinear)
    return [module for module in model._model.modules() if isinstance(module, kinds)]


# --- the trial ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("wrong", "is_right"),
    [
        (lambda rows, matrix: rows @ matrix.t(), True),
        (lambda rows, matrix: rows @ matrix.t() * 1.05, False),
        (lambda rows, matrix: rows @ matrix.t() + 3, False),
        (lambda rows, matrix: rows @ matrix.flip(0).t(), False),
        (lambda rows, matrix: rows @ matrix.t() * float("nan"), False),
        (lambda rows, matrix: rows @ matrix.t() * (1 if len(rows) > 1 else 0), False),
        (lambda rows, matrix: rows @ matrix.t() * (1 if len(rows) == 1 else 0), False),
    ],
    ids=["right", "scaled", "shifted", "other rows", "NaN", "one row", "several rows"],
)
def test_a_way_that_is_wrong_is_found(
    wrong: Callable[[Tensor, Tensor], Tensor], is_right: bool, dtype: torch.dtype
) -> None:
    matrix = random_matrix(dtype)

    assert multiplies_rightly(lambda: lambda x: wrong(x, matrix), matrix, dtype) is is_right


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, AttributeError])
def test_a_way_that_is_not_there_is_not_right(error: type[Exception]) -> None:
    def make() -> Callable[[Tensor], Tensor]:
        raise error("could not create a primitive")

    assert not multiplies_rightly(make, random_matrix(torch.float32), torch.float32)


def test_a_trial_without_memory_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it remembered: the processor is the same when there is memory again."""
    bounds = [Bound(memory_room._DATA, 2**30, 0)]
    monkeypatch.setattr(memory_room, "bounds", lambda _: bounds)

    def make() -> Callable[[Tensor], Tensor]:
        raise RuntimeError("could not create a primitive")

    with pytest.raises(RuntimeError, match="primitive"):
        multiplies_rightly(make, random_matrix(torch.float32), torch.float32)


def test_other_errors_are_no_answer() -> None:
    def make() -> Callable[[Tensor], Tensor]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        multiplies_rightly(make, random_matrix(torch.float32), torch.float32)


# --- oneDNN ------------------------------------------------------------------------------


def test_bf16_is_packed_exactly_where_torch_says_that_onednn_multiplies_it() -> None:
    """Whatever this processor is, and whatever ONEDNN_MAX_CPU_ISA says."""
    assert onednn.packs_bf16() == torch.ops.mkldnn._is_mkldnn_bf16_supported()


@pytest.mark.parametrize("feature", ["avx512bw", "avx512dq", "avx512vl", "avx512f", "avx2"])
def test_bf16_is_not_packed_without_what_it_needs(
    feature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever torch says, and this processor can."""
    wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
    monkeypatch.setattr(processor, "processor_features", lambda: {"sse2", "sse4_1", "avx2"} | wide)
    monkeypatch.setattr(onednn, "_packs_bf16", lambda: True)
    assert onednn.packs_bf16()

    without(monkeypatch, feature)

    assert not onednn.packs_bf16()


@pytest.mark.parametrize("name", ["_linear_pointwise", "_reorder_linear_weight"])
def test_an_operator_that_this_torch_lacks_is_not_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> Tensor:
        raise AttributeError(name)

    monkeypatch.setattr(torch.ops.mkldnn, name, gone)

    assert not onednn.packs_bf16()
    assert not (onednn.multiplies_fp32() and name == "_linear_pointwise")


@pytest.mark.parametrize("precision", [FP32, BF16])
@pytest.mark.parametrize("features", ["", "avx512f,asimd", "sse4_1,asimd"])
def test_a_model_says_the_same_in_every_way(
    precision: Precision, features: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = goldens.arrays("b2-7b", "logits.npz")
    ids = [int(token) for token in golden["ids"].reshape(-1)[:20]] if "ids" in golden else [5, 6, 7]
    with load(goldens.folder("b2-7b"), FP32, cpu) as exact:
        expected = exact.prefill(ids)

    without(monkeypatch, features)
    with load(goldens.folder("b2-7b"), precision, cpu) as loaded:
        found = loaded.prefill(ids[:-1]), loaded.decode(ids[-1])
        kinds = {type(linear) for linear in linears(loaded)}

    tolerance = 1e-4 if precision is FP32 else 0.05 * float(np.ptp(expected))
    np.testing.assert_allclose(found[1], expected, rtol=0, atol=tolerance)
    is_possible = onednn.multiplies_fp32() if precision is FP32 else onednn.packs_bf16()
    assert (onednn.OneDnnLinear in kinds) is is_possible
    assert len(kinds) == 1 or not is_possible


def test_what_onednn_refuses_later_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = onednn.OneDnnLinear(random_matrix(torch.float32))

    def refuse(*_: object) -> Tensor:
        raise RuntimeError("could not create a primitive descriptor.\nRun workload with …")

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", refuse)

    with pytest.raises(BackendUnavailableError) as caught:
        layer(torch.zeros(1, 128))

    assert_one_sentence(caught.value)
    assert "could not create a primitive descriptor" in caught.value.message


def test_memory_that_onednn_does_not_get_is_not_taken_for_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = onednn.OneDnnLinear(random_matrix(torch.float32))

    def refuse(*_: object) -> Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 99 bytes")

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", refuse)

    with pytest.raises(RuntimeError, match="DefaultCPUAllocator"):
        layer(torch.zeros(1, 128))


# --- the ways, by name -------------------------------------------------------------------


def test_each_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((onednn, "_multiplies_fp32"), (onednn, "_packs_bf16")):
        monkeypatch.setattr(module, name, lambda: True)
    monkeypatch.setattr(processor, "processor_features", set)  # nothing is known
    monkeypatch.setattr(quantized, "packs", lambda _: True)

    ways = {precision: str(heavy_modules.processor_way(precision)) for precision in Precision
            if heavy_modules.processor_way(precision)}  # fmt: skip

    assert ways == {
        FP32: "oneDNN",
        BF16: "oneDNN, packed",
        Precision.INT8: "bitsandbytes, packed",
        Precision.NF4: "bitsandbytes, packed",
        Precision.FP4: "bitsandbytes, packed",
    }


def test_each_way_is_named_without_the_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "processor_features", lambda: {"sse2"})

    assert str(cpu.way(FP32)) == ORDINARY
    assert str(cpu.way(BF16)) == f"{ORDINARY}, slow at prompts"
    assert str(low_bits.way(Precision.NF4)) == "bitsandbytes, unpacked for each product"


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.FP4, Precision.INT8])
def test_packed_matrices_that_are_wrong_are_not_used(
    precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is there, by its name, and what it computes is not what it should be."""
    monkeypatch.setattr(processor, "processor_features", lambda: {"sse2", "avx512_bf16"})
    monkeypatch.setattr(quantized, "_is_right", lambda precision, *, is_packed: not is_packed)

    assert not quantized.packs(precision)
    assert str(low_bits.way(precision)) == "bitsandbytes, unpacked for each product"


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.FP4])
@pytest.mark.parametrize("features", ["", "avx512_bf16"])
def test_4_bits_are_right_packed_and_unpacked(
    precision: Precision, features: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, features)
    parts = quantized.quantize(random_matrix(torch.bfloat16), precision)
    layout, shape = Layout.BITSANDBYTES, (64, 128)
    exact = quantized.dequantize(parts, layout, precision, shape, torch.float32)
    linear = quantized.make_linear(parts, layout, precision, shape, torch.bfloat16).eval()
    x = torch.randn(3, 128, generator=torch.Generator().manual_seed(3)).to(torch.bfloat16)

    with torch.inference_mode():
        actual = linear(x).float()

    expected = x.float() @ exact.t()
    assert float((actual - expected).abs().max()) <= 0.02 * float(expected.abs().max())
    state = getattr(linear.weight, "quant_state")  # noqa: B009  mypy knows no such attribute
    is_packed = getattr(state, "packing_format_for_cpu", False)
    assert is_packed is quantized.packs(precision)
    assert not (features and is_packed)


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
def test_bitsandbytes_that_is_wrong_is_refused(
    precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantized, "_is_right", lambda precision, *, is_packed: False)

    with pytest.raises(BackendUnavailableError) as caught:
        low_bits.way(precision)

    assert_one_sentence(caught.value)


# --- through the engine ------------------------------------------------------------------


def wrong_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor on which no product in bf16 is right, as nobody could know before."""
    monkeypatch.setattr(onednn, "_packs_bf16", lambda: False)
    right = onednn.linear_is_right
    monkeypatch.setattr(
        onednn, "linear_is_right", lambda dtype: dtype != torch.bfloat16 and right(dtype)
    )


def ready_of(request: LoadRequest) -> ModelReady:
    *_, ready = run_request(Engine(lambda: machine(bf16=True)), request, threading.Event())
    assert isinstance(ready, ModelReady)
    return ready


def test_what_is_found_wrong_is_not_chosen_by_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    request = LoadRequest(str(goldens.folder("b2-7b")), threads=1)
    assert ready_of(request).precision == "bf16"

    wrong_bf16(monkeypatch)

    ready = ready_of(request)
    assert ready.precision == "fp32"
    assert "multiplies wrongly in bf16 on this processor" in str(ready.reason)


def test_what_is_found_wrong_is_refused_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_bf16(monkeypatch)

    with pytest.raises(BackendUnavailableError) as caught:
        ready_of(LoadRequest(str(goldens.folder("b2-7b")), precision=Precision.BF16, threads=1))

    assert_one_sentence(caught.value)
    assert "multiplies wrongly in bf16 on this processor" in caught.value.message


def tried(features: set[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, ProductsTried]:
    monkeypatch.setattr(processor, "processor_features", lambda: features)
    events = list(run_request(Engine(), ProductsRequest(), threading.Event()))
    assert all(isinstance(event, ProductsTried) for event in events)
    return {event.precision: event for event in events if isinstance(event, ProductsTried)}


def test_the_engine_tries_every_precision_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tried({"sse2", "sse4_1", "avx2"}, monkeypatch)

    assert found.keys() == {"fp32", "bf16", "8bit", "4bit", "fp4"}
    assert all(event.is_right for event in found.values())
    assert found["bf16"].way == Phrase("torch's ordinary product, slow at prompts")


def test_the_engine_says_what_a_processor_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tried({"sse2", "sse4_1"}, monkeypatch)

    assert not found["bf16"].is_right
    assert str(found["bf16"].way).startswith("bf16 needs AVX2, which ")
    assert found["fp32"].is_right
