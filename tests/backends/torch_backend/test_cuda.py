"""Cards: graphs and their fallback with a stand-in here, the real ones where there is a card."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.errors import GpuLostError, InsufficientMemoryError
from backends.interface import LayerDevices, LoadedModel
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.kv_cache import KVCache
from backends.precision import Precision
from backends.torch_backend import cuda
from backends.torch_backend.cuda import (
    CudaModel,
    DecodeGraph,
    GraphError,
    chunk_of,
    translated_errors,
)
from tests.helpers import goldens, quantized
from tests.helpers.sentences import assert_one_sentence

LOGITS = 3e-5
Array = npt.NDArray[np.float32]

needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two NVIDIA cards")


def golden_ids(name: str) -> list[int]:
    return [int(i) for i in goldens.arrays(name, "logits.npz")["ids_130"]]


def on_processor(name: str, context_length: int = 140) -> CudaModel:
    """A `CudaModel` in fp32 whose “card” is the processor; it has no graph."""
    model = quantized.plain_model(name)
    devices = LayerDevices(("cpu",) * model.config.num_layers)
    return CudaModel(
        model, devices=devices, context_length=context_length, prefill_chunk=chunk_of(devices)
    )


class Replay:
    """What `torch.cuda.CUDAGraph` does: the same step into the same memory."""

    def __init__(self, graph: StandIn, keys: int, logits: Tensor) -> None:
        self._graph, self._keys, self._logits = graph, keys, logits
        self.count = 0

    def replay(self) -> None:
        self.count += 1
        logits = self._graph._step.step(self._keys)
        self._logits.copy_(logits * self._graph.factor)


class StandIn(DecodeGraph):
    """Records without a card."""

    factor = 1.0
    failure: RuntimeError | None = None

    def __init__(self, model: BaichuanForCausalLM, cache: KVCache) -> None:
        super().__init__(model, cache)
        self.replays: dict[int, Replay] = {}
        for layer in range(model.config.num_layers):
            for slots in cache.layer(layer):
                slots.zero_()  # as the slots of a cache on a card are

    def decode(self, token_id: int) -> Array:
        return super().decode(token_id).copy()  # the next replay writes to the same memory

    def _record(self, keys: int) -> Any:
        if self.failure is not None:
            raise self.failure
        logits = torch.empty(self._model.config.vocab_size)
        self.replays[keys] = Replay(self, keys, logits)
        return self.replays[keys], logits


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs for 16, 32, 64, … keys, so that a short text needs several."""
    monkeypatch.setattr(cuda, "_LEAST_KEYS", 16)


def with_stand_in(name: str, context_length: int = 140) -> tuple[CudaModel, StandIn]:
    loaded = on_processor(name, context_length)
    assert loaded._model is not None
    graph = StandIn(loaded._model, loaded._cache)
    loaded._graph = graph
    return loaded, graph


def assert_golden(name: str, logits: Sequence[Array]) -> None:
    """Logits after each of the 130 golden tokens, or after the first few."""
    data = goldens.arrays(name, "logits.npz")
    rows = data.get("rows_130", np.arange(130))
    known = rows < len(logits)
    assert known.any()
    expected = data["logits_130"][known]
    np.testing.assert_allclose(np.stack(logits)[rows[known]], expected, rtol=0, atol=LOGITS)


# --- graphs, without a card --------------------------------------------------------------


@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.usefixtures("few_keys")
def test_graphs_of_several_sizes_give_the_golden_logits(name: str) -> None:
    loaded, graph = with_stand_in(name)
    ids = golden_ids(name)

    logits = [loaded.prefill(ids[:1]), *(loaded.decode(token) for token in ids[1:])]

    assert_golden(name, logits)
    assert loaded.cached_ids == ids
    assert list(graph.replays) == [16, 32, 64, 128, 140]
    # each once more than its tokens: the first replay is compared
    assert [r.count for r in graph.replays.values()] == [16, 17, 33, 65, 3]


@pytest.mark.usefixtures("few_keys")
def test_graphs_follow_prefill_and_truncation() -> None:
    loaded, _ = with_stand_in("b2-13b")
    ids = golden_ids("b2-13b")
    loaded.prefill(ids[:20])
    for token in range(30, 50):
        loaded.decode(token)

    loaded.truncate(10)
    logits = [loaded.prefill([token]) for token in ids[10:15]]
    logits += [loaded.decode(token) for token in ids[15:40]]

    other = on_processor("b2-13b")
    other.prefill(ids[:10])
    for actual, token in zip(logits, ids[10:40], strict=True):
        np.testing.assert_allclose(actual, other.prefill([token]), rtol=0, atol=LOGITS)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
@pytest.mark.usefixtures("few_keys")
def test_a_graph_that_cannot_be_recorded_is_given_up(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    loaded, graph = with_stand_in(name)
    graph.failure = GraphError("operation not permitted when stream is capturing")
    ids = golden_ids(name)

    with caplog.at_level(logging.WARNING):
        logits = [loaded.prefill(ids[:1]), *(loaded.decode(token) for token in ids[1:40])]

    assert_golden(name, logits)
    assert loaded.cached_ids == ids[:40]
    assert loaded._graph is None
    assert [record.getMessage() for record in caplog.records] == [
        "Decoding without CUDA graphs: operation not permitted when stream is capturing"
    ]


@pytest.mark.parametrize("factor", [1.5, -1.0, 0.0, float("nan"), float("inf")])
@pytest.mark.usefixtures("few_keys")
def test_a_graph_that_computes_something_else_is_given_up(
    factor: float, caplog: pytest.LogCaptureFixture
) -> None:
    loaded, graph = with_stand_in("b1-7b")
    graph.factor = factor
    ids = golden_ids("b1-7b")

    with caplog.at_level(logging.WARNING):
        logits = [loaded.prefill(ids[:1]), *(loaded.decode(token) for token in ids[1:40])]

    assert_golden("b1-7b", logits)
    assert loaded._graph is None
    assert "logits differ by" in caplog.text


@pytest.mark.usefixtures("few_keys")
def test_a_second_graph_that_is_wrong_is_given_up_too() -> None:
    loaded, graph = with_stand_in("b1-7b")
    ids = golden_ids("b1-7b")
    logits = [loaded.prefill(ids[:1]), *(loaded.decode(token) for token in ids[1:16])]
    graph.factor = 2.0

    logits += [loaded.decode(token) for token in ids[16:40]]

    assert_golden("b1-7b", logits)
    assert loaded._graph is None


def test_rounding_is_no_reason_to_give_a_graph_up() -> None:
    loaded, graph = with_stand_in("b1-7b")
    graph.factor = 1.001
    ids = golden_ids("b1-7b")
    loaded.prefill(ids[:1])

    loaded.decode(ids[1])

    assert loaded._graph is graph


def test_a_cache_that_is_full_is_a_bug_of_the_caller() -> None:
    loaded, _ = with_stand_in("b1-7b", context_length=3)
    loaded.prefill([5, 6])
    loaded.decode(7)

    with pytest.raises(ValueError, match="the KV cache of 3 tokens is full"):
        loaded.decode(8)

    assert loaded.cached_ids == [5, 6, 7]


def test_layers_that_cannot_be_recorded_have_no_graph() -> None:
    model = quantized.plain_model("b1-7b")
    devices = LayerDevices(("cpu",) * model.config.num_layers)

    loaded = CudaModel(model, devices=devices, context_length=20, prefill_chunk=4, use_graph=False)

    assert loaded._graph is None
    np.testing.assert_array_equal(loaded.decode(5), on_processor("b1-7b").prefill([5]))


def test_a_closed_model_answers_no_more() -> None:
    loaded, _ = with_stand_in("b1-7b")
    loaded.prefill([5])

    loaded.close()

    with pytest.raises(ValueError, match="closed"):
        loaded.decode(6)
    with pytest.raises(ValueError, match="closed"):
        loaded.prefill([6])


# --- loading -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [(Precision.BF16, torch.bfloat16), (Precision.FP16, torch.float16)],
)
def test_a_precision_is_the_type_of_weights_and_cache(
    precision: Precision, dtype: torch.dtype
) -> None:
    loaded = quantized.load(goldens.folder("b2-7b"), precision, cuda)

    assert isinstance(loaded, CudaModel)
    assert loaded._model is not None
    assert {parameter.dtype for parameter in loaded._model.parameters()} == {dtype}
    assert loaded._cache.layer(0)[0].dtype == dtype
    expected = goldens.arrays("b2-7b", "logits.npz")
    actual = loaded.prefill([int(i) for i in expected["ids_7"]])
    np.testing.assert_allclose(actual, expected["logits_7"][-1], rtol=0, atol=0.15)


def test_cards_are_numbered_as_selection_numbers_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)

    quantized.load(goldens.folder("b2-7b"), Precision.BF16, cuda).close()

    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


@pytest.mark.parametrize(
    ("layers", "chunk"),
    [(("cuda:0",) * 2, 512), (("cuda:0", "cuda:1"), 512), (("cuda:0", "cpu"), 64)],
)
def test_a_processor_that_takes_part_gets_short_chunks(layers: tuple[str, ...], chunk: int) -> None:
    assert chunk_of(LayerDevices(layers)) == chunk


# --- errors ------------------------------------------------------------------------------

OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate {asked}. GPU 0 has a total capacity of 11.65 GiB of "
    "which 1.12 GiB is free. Including non-PyTorch memory, this process has 10.53 GiB memory in "
    "use. Of the allocated memory 10.01 GiB is allocated by PyTorch, and 251.20 MiB is reserved "
    "by PyTorch but unallocated."
)
GIB = 2**30


@pytest.fixture
def full_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card with 1 GiB free and 10 GiB in use by us."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (GIB, 12 * GIB))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "NVIDIA GeForce RTX 3060")
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda *_: 10 * GIB)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)


@pytest.mark.usefixtures("full_card")
@pytest.mark.parametrize(
    ("asked", "gib"),
    [("2.50 GiB", 2.5), ("512.00 MiB", 0.5), ("20.00 KiB", 0.0), ("7 bytes", 0.0)],
)
def test_a_card_that_is_full_is_told_with_its_numbers(asked: str, gib: float) -> None:
    with pytest.raises(InsufficientMemoryError) as caught, translated_errors():
        raise torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked=asked))

    assert_one_sentence(caught.value)
    assert caught.value.message == (
        f"The model needs {10 + gib:.1f} GiB on NVIDIA GeForce RTX 3060, but only 11.0 GiB is free."
    )
    assert isinstance(caught.value.__cause__, torch.cuda.OutOfMemoryError)


@pytest.mark.usefixtures("full_card", "few_keys")
def test_a_card_that_fills_up_while_decoding_keeps_what_was_said() -> None:
    loaded, graph = with_stand_in("b1-7b")
    ids = golden_ids("b1-7b")
    logits = [loaded.prefill(ids[:1]), *(loaded.decode(token) for token in ids[1:16])]
    graph.failure = torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked="2.00 GiB"))

    with pytest.raises(InsufficientMemoryError):
        loaded.decode(ids[16])

    assert loaded.cached_ids == ids[:16]
    graph.failure = None
    logits += [loaded.decode(token) for token in ids[16:40]]
    assert_golden("b1-7b", logits)


@pytest.mark.usefixtures("full_card")
def test_a_card_that_fills_up_in_prefill_keeps_what_was_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = on_processor("b1-7b")
    ids = golden_ids("b1-7b")
    loaded.prefill(ids[:10])

    def full(*_: object) -> Tensor:
        raise torch.cuda.OutOfMemoryError(OUT_OF_MEMORY.format(asked="2.00 GiB"))

    with monkeypatch.context() as patch:
        patch.setattr(loaded._model.model.layers[1].mlp, "forward", full)  # type: ignore[union-attr]
        with pytest.raises(InsufficientMemoryError):
            loaded.prefill(ids[10:20])

    assert loaded.cached_ids == ids[:10]
    expected = on_processor("b1-7b").prefill(ids[:20])
    np.testing.assert_allclose(loaded.prefill(ids[10:20]), expected, rtol=0, atol=LOGITS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            (
                "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously "  # noqa: E501
                "reported at some other API call.\n"
            ),
            "The graphics card stopped working: CUDA error: unspecified launch failure.",
        ),
        ("", "The graphics card stopped working: AcceleratorError."),
        ("x" * 1000, f"The graphics card stopped working: {'x' * 200}."),
        ("CUDA error: {unknown}", "The graphics card stopped working: CUDA error: {unknown}."),
    ],
)
def test_a_card_that_is_lost_is_named(text: str, sentence: str) -> None:
    with pytest.raises(GpuLostError) as caught, translated_errors():
        raise torch.AcceleratorError(text)

    assert_one_sentence(caught.value)
    assert caught.value.message == sentence
    assert "cpu" in caught.value.hint


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), translated_errors():
        raise RuntimeError("shapes")


# --- with a card -------------------------------------------------------------------------


def on_card(name: str, precision: Precision = Precision.BF16) -> CudaModel:
    checkpoint = Checkpoint.open(goldens.folder(name))
    options = quantized.options(checkpoint, precision, "cuda:0")
    loaded = quantized.finish(cuda.load(checkpoint, options))
    assert isinstance(loaded, CudaModel)
    return loaded


def greedy(loaded: LoadedModel, prompt: list[int], steps: int) -> tuple[list[int], list[Array]]:
    logits = [loaded.prefill(prompt)]
    said = [int(logits[0].argmax())]
    for _ in range(steps):
        logits.append(loaded.decode(said[-1]))
        said.append(int(logits[-1].argmax()))
    return said, logits


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.usefixtures("few_keys")
def test_graphs_on_a_card_say_what_the_ordinary_path_says(name: str) -> None:
    graphs, plain = on_card(name), on_card(name)
    plain._graph = None
    prompt = golden_ids(name)[:20]

    said, actual = greedy(graphs, prompt, 64)
    _, expected = greedy(plain, prompt, 0)
    expected += [plain.decode(token) for token in said[:-1]]

    assert graphs._graph is not None  # it was not given up on the way
    for token, mine, theirs in zip(said, actual, expected, strict=True):
        span = float(np.ptp(theirs))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=0.02 * span)
        best, second = np.sort(theirs)[-1], np.sort(theirs)[-2]
        if best - second > 0.02 * span:
            assert token == int(theirs.argmax())
    graphs.close()
    plain.close()


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP16])
def test_a_card_gives_the_golden_logits_within_16_bits(name: str, precision: Precision) -> None:
    data = goldens.arrays(name, "logits.npz")

    with on_card(name, precision) as loaded:
        actual = loaded.prefill([int(i) for i in data["ids_7"]])

    np.testing.assert_allclose(actual, data["logits_7"][-1], rtol=0, atol=0.15)


@needs_card
def test_a_card_has_its_memory_back_after_close() -> None:
    left: list[int] = []
    for _ in range(2):  # libraries keep workspaces from their first use
        loaded = on_card("b2-13b")
        loaded.prefill([5])
        loaded.decode(6)
        held = torch.cuda.memory_allocated()
        loaded.close()
        del loaded
        left.append(torch.cuda.memory_allocated())
        assert left[-1] < held

    assert left[0] == left[1]


@needs_card
def test_a_real_card_that_is_full_is_told() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b"))
    options = quantized.options(checkpoint, Precision.BF16, "cuda:0")
    _, total = torch.cuda.mem_get_info()
    options = replace(options, context_length=total // 256)

    with pytest.raises(InsufficientMemoryError) as caught:
        quantized.finish(cuda.load(checkpoint, options))

    assert_one_sentence(caught.value)
    assert torch.cuda.get_device_name() in caught.value.message


@needs_card
def test_layers_on_card_and_processor() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-13b"))
    options = quantized.options(checkpoint, Precision.BF16)
    options = replace(options, devices=LayerDevices(("cuda:0", "cpu", "cpu")))
    data = goldens.arrays("b2-13b", "logits.npz")

    with quantized.finish(cuda.load(checkpoint, options)) as loaded:
        actual = loaded.prefill([int(i) for i in data["ids_7"]])

    np.testing.assert_allclose(actual, data["logits_7"][-1], rtol=0, atol=0.15)


@needs_two
def test_layers_on_two_cards() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-13b"))
    options = quantized.options(checkpoint, Precision.BF16)
    options = replace(options, devices=LayerDevices(("cuda:0", "cuda:0", "cuda:1")))
    data = goldens.arrays("b2-13b", "logits.npz")

    with quantized.finish(cuda.load(checkpoint, options)) as loaded:
        actual = loaded.prefill([int(i) for i in data["ids_7"]])

    np.testing.assert_allclose(actual, data["logits_7"][-1], rtol=0, atol=0.15)
