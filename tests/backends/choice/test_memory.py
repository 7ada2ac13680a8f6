"""Bytes from shapes: the published tables, and what is really allocated."""

from __future__ import annotations

import pytest
import torch

from backends.checkpoint.quantized_layout import Layout
from backends.choice import memory
from backends.model_config import ModelConfig
from backends.modeling.kv_cache import KVCache
from backends.modeling.quantized import make_linear, quantize
from backends.precision import Precision
from backends.torch_backend import cpu
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import goldens, quantized
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, BAICHUAN_7B, BAICHUAN_13B, GIB

WITHIN = 0.03


@pytest.mark.parametrize(
    ("precision", "gib"), [(Precision.BF16, 14.0), (Precision.INT8, 8.0), (Precision.NF4, 5.1)]
)
def test_baichuan2_7b_takes_what_was_published(precision: Precision, gib: float) -> None:
    assert memory.weight_bytes(BAICHUAN2_7B, precision) / GIB == pytest.approx(gib, rel=WITHIN)


@pytest.mark.parametrize(
    ("precision", "gib"), [(Precision.BF16, 25.9), (Precision.INT8, 14.2), (Precision.NF4, 8.6)]
)
def test_baichuan2_13b_takes_what_was_published(precision: Precision, gib: float) -> None:
    assert memory.weight_bytes(BAICHUAN2_13B, precision) / GIB == pytest.approx(gib, rel=WITHIN)


def test_baichuan_13b_takes_what_was_published() -> None:
    """That table counts in 1e9 bytes: 13.26e9 weights of two bytes are 26.53e9, 24.7 GiB."""
    assert memory.weight_bytes(BAICHUAN_13B, Precision.BF16) == 26_529_802_240
    assert memory.weight_bytes(BAICHUAN_13B, Precision.BF16) / 1e9 == pytest.approx(
        26.0, rel=WITHIN
    )


@pytest.mark.parametrize("config", [BAICHUAN_7B, BAICHUAN_13B, BAICHUAN2_7B, BAICHUAN2_13B])
def test_unquantised_weights_take_their_parameters(config: ModelConfig) -> None:
    assert memory.weight_bytes(config, Precision.BF16) == 2 * config.parameters
    assert memory.weight_bytes(config, Precision.FP16) == 2 * config.parameters
    assert memory.weight_bytes(config, Precision.FP32) == 4 * config.parameters


def test_fp4_takes_what_nf4_takes() -> None:
    assert memory.weight_bytes(BAICHUAN2_7B, Precision.FP4) == memory.weight_bytes(
        BAICHUAN2_7B, Precision.NF4
    )


#: What runs in fp32; exports in 8 and 4 bits do, whatever their weights are held in.
CACHED_IN_FP32 = {Precision(name) for name in ("fp32", "onnx-fp32", "onnx-int8", "onnx-int4")}


@pytest.mark.parametrize(
    ("config", "kib"),
    [(BAICHUAN_7B, 512), (BAICHUAN2_7B, 512), (BAICHUAN_13B, 800), (BAICHUAN2_13B, 800)],
)
def test_kv_cache_of_a_token(config: ModelConfig, kib: int) -> None:
    for precision in Precision:
        expected = kib * 1024 * (2 if precision in CACHED_IN_FP32 else 1)
        assert memory.kv_bytes_per_token(config, precision) == expected


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
@pytest.mark.parametrize("shape", [(64, 64), (192, 64), (172, 64), (64, 172), (1024, 320)])
def test_a_quantised_matrix_takes_what_its_parts_take(
    precision: Precision, shape: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    parts = quantize(torch.randn(shape).bfloat16(), precision)
    parts.pop("quant_state", None)  # a description of text, from which the offset is read
    offset = 0 if precision is Precision.INT8 else 4

    actual = sum(part.nbytes for part in parts.values()) + offset

    assert memory.matrix_bytes(*shape, precision) == actual


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.FP4])
def test_a_quantised_matrix_takes_what_bitsandbytes_holds(precision: Precision) -> None:
    shape = (320, 1024)
    parts = quantize(torch.randn(shape).bfloat16(), precision)
    linear = make_linear(parts, Layout.BITSANDBYTES, precision, shape, torch.float32)
    state = getattr(linear.weight, "quant_state")  # noqa: B009  mypy knows no such attribute

    held = (linear.weight, state.absmax, state.code, state.offset)
    nested = (state.state2.absmax, state.state2.code)

    assert memory.matrix_bytes(*shape, precision) == sum(t.nbytes for t in (*held, *nested))


@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16])
def test_a_loaded_model_takes_what_was_foretold(name: str, precision: Precision) -> None:
    loaded = quantized.load(goldens.folder(name), precision, cpu)
    assert isinstance(loaded, TorchModel)
    model = loaded._model
    assert model is not None

    assert memory.weight_bytes(model.config, precision) == sum(
        parameter.numel() * parameter.element_size() for parameter in model.parameters()
    )


@pytest.mark.parametrize(("precision", "dtype"), [("FP32", "float32"), ("BF16", "bfloat16")])
def test_the_kv_cache_takes_what_was_foretold(precision: str, dtype: str) -> None:
    config = goldens.checkpoint("b2-13b").config
    devices = ["cpu"] * config.num_layers
    cache = KVCache(config, 77, dtype=getattr(torch, dtype), devices=devices)

    assert cache.nbytes == 77 * memory.kv_bytes_per_token(config, Precision[precision])


def need(config: ModelConfig = BAICHUAN2_7B, **facts: int) -> memory.MemoryNeed:
    context_length = facts.pop("context_length", 4096)
    facts = {"prefill_chunk": 512, "library_bytes": 700 * 2**20, **facts}
    return memory.needed(config, Precision.BF16, context_length, **facts)


def test_a_need_is_the_sum_of_its_parts() -> None:
    seven = need()

    assert seven.weights == memory.weight_bytes(BAICHUAN2_7B, Precision.BF16)
    assert seven.kv_cache == 2 * GIB
    assert seven.library == 700 * 2**20
    # 512 tokens of q, k, v, gate, up and their product, scores of a head; two rows of logits
    widths = 3 * 4096 + 3 * 11_008 + 4096
    assert seven.activations == 512 * widths * 4 + 2 * 125_696 * 4
    assert seven.total == seven.weights + seven.kv_cache + seven.activations + seven.library


def test_alibi_needs_scores_of_every_head() -> None:
    heads = BAICHUAN2_13B.num_heads

    more = need(BAICHUAN2_13B, context_length=4096).activations
    less = need(BAICHUAN2_13B, context_length=1).activations

    assert more - less == 512 * heads * 4095 * 4


def test_a_measured_peak_replaces_the_estimate() -> None:
    weights = memory.weight_bytes(BAICHUAN2_7B, Precision.BF16)

    measured = need(measured_peak=weights + 123)

    assert measured.library == 123
    assert measured.total == need().total - 700 * 2**20 + 123


@pytest.mark.parametrize("peak", [0, 3 * GIB])
def test_a_peak_that_cannot_be_of_the_whole_model_is_not_believed(peak: int) -> None:
    """A card that held some of the layers, or a system that counts nothing."""
    assert need(measured_peak=peak) == need()
