"""Bytes from shapes: the published tables, and what is really allocated."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from backends.checkpoint.quantized_layout import Layout
from backends.choice import memory
from backends.model_config import ModelConfig
from backends.modeling.kv_cache import KVCache
from backends.modeling.quantized import make_linear, quantize
from backends.precision import BackendName, DeviceKind, Precision
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


def need(config: ModelConfig = BAICHUAN2_7B, **facts: Any) -> memory.MemoryNeed:
    context_length = facts.pop("context_length", 4096)
    facts = {"prefill_chunk": 512, "library_bytes": 700 * 2**20, **facts}
    return memory.needed(config, Precision.BF16, context_length, **facts)


def test_a_need_is_the_sum_of_its_parts() -> None:
    seven = need()

    assert seven.weights == memory.weight_bytes(BAICHUAN2_7B, Precision.BF16)
    assert seven.kv_cache == 2 * GIB
    assert seven.library == 700 * 2**20
    # 512 tokens of q, k, v, gate, up and their product, scores of a head; logits in bf16 and fp32
    widths = 3 * 4096 + 3 * 11_008 + 4096
    assert seven.activations == 512 * widths * 4 + 125_696 * (2 + 4)
    assert seven.graphs == 0
    assert seven.total == seven.weights + seven.kv_cache + seven.activations + seven.library


def test_scoring_a_text_needs_the_logits_of_every_token_of_a_chunk_in_two_types() -> None:
    more = need(scores_every_token=True).activations - need().activations

    assert more == 511 * 125_696 * (2 + 4)  # 368 MiB


@pytest.mark.parametrize(
    ("tokens", "graphs"), [(1, 1), (512, 1), (513, 2), (1024, 2), (1025, 3), (4096, 4), (4097, 5)]
)
def test_a_step_is_recorded_for_512_keys_and_for_twice_as_many_up_to_the_context(
    tokens: int, graphs: int
) -> None:
    assert memory.graph_bytes(tokens) == graphs * memory.graph_bytes(1) > 0


@pytest.mark.parametrize("config", [BAICHUAN2_7B, BAICHUAN2_13B])
def test_an_embedding_on_the_host_is_not_on_the_card(config: ModelConfig) -> None:
    plain, without = need(config), need(config, embedding_on_host=True)

    assert plain.weights - without.weights == 125_696 * config.hidden_size * 2
    assert plain.total - without.total == plain.weights - without.weights


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
def test_a_head_in_8_bits_takes_a_byte_a_weight_and_a_scale_a_row(precision: Precision) -> None:
    plain = memory.weight_bytes(BAICHUAN2_13B, precision)
    small = memory.weight_bytes(BAICHUAN2_13B, precision, head_in_8_bits=True)

    assert plain - small == 125_696 * 5120 * 2 - (125_696 * 5120 + 125_696 * 4)


@pytest.mark.parametrize("config", [BAICHUAN_7B, BAICHUAN2_7B, BAICHUAN2_13B])
@pytest.mark.parametrize("overhead", [None, 900 * 2**20])
def test_the_product_of_a_head_in_8_bits_has_room_in_the_graph_and_beside_it(
    config: ModelConfig, overhead: int | None
) -> None:
    """Sums of 32 rows in 32 bits, or a block of 8,388,608 weights in 16: twice."""

    def activations(*, head_in_8_bits: bool) -> int:
        return memory.needed(
            config,
            Precision.NF4,
            4096,
            prefill_chunk=256,
            library_bytes=0,
            overhead=overhead,  # measured, maybe of another form
            head_in_8_bits=head_in_8_bits,
        ).activations

    more = activations(head_in_8_bits=True) - activations(head_in_8_bits=False)
    sums, block = 32 * config.vocab_size * 4, 8 * 2**20 * 2
    assert more >= 2 * block
    assert more >= 2 * sums - 2**20


def test_a_token_reads_half_of_a_head_in_8_bits() -> None:
    plain, small = (
        memory.bytes_per_token(BAICHUAN2_7B, Precision.NF4, 512, head_in_8_bits=is_small)
        for is_small in (False, True)
    )

    assert plain - small == 125_696 * 4096 - 125_696 * 4


def test_alibi_needs_scores_of_every_head() -> None:
    heads = BAICHUAN2_13B.num_heads

    more = need(BAICHUAN2_13B, context_length=4096).activations
    less = need(BAICHUAN2_13B, context_length=1).activations

    assert more - less == 512 * heads * 4095 * 4


def test_what_was_measured_replaces_the_guesses_of_libraries_and_recorded_steps() -> None:
    guessed = need(graphs=96 * 2**20)

    measured = need(graphs=96 * 2**20, overhead=123)

    assert (measured.library, measured.graphs) == (123, 0)
    assert measured.total == guessed.total - 700 * 2**20 - 96 * 2**20 + 123


MIB = 2**20


def peak(
    total: int, weights: int | None, kind: DeviceKind = DeviceKind.CUDA
) -> memory.MeasuredPeak:
    return memory.MeasuredPeak(
        BackendName.BITSANDBYTES, Precision.NF4, kind, total, weights, "NVIDIA GeForce RTX 3060"
    )


@pytest.mark.parametrize(
    ("measured", "overhead"),
    [
        (peak(5 * GIB + 600 * MIB, 5 * GIB), 600 * MIB),
        (peak(4 * GIB + 600 * MIB, 4 * GIB), 600 * MIB),  # its embedding lay on the host
        (peak(7 * GIB, None), 2 * GIB),  # those of the whole model
        (peak(0, 5 * GIB), None),  # a system that counts nothing
        (peak(3 * GIB, 5 * GIB), None),  # a card that held some of the layers
        (peak(5 * GIB + 20 * MIB, 5 * GIB), None),  # no context is so small
        (peak(5 * GIB + 20 * MIB, 5 * GIB, DeviceKind.CPU), 20 * MIB),  # the processor needs none
    ],
)
def test_what_a_peak_tells_beside_the_weights(
    measured: memory.MeasuredPeak, overhead: int | None
) -> None:
    assert memory.overhead_of(measured, 5 * GIB) == overhead
