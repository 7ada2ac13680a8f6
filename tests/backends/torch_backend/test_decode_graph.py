"""Graphs of decoding steps: recorded on the card that the model is on, and checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.choice import memory
from backends.errors import GpuLostError
from backends.events import LoadProgress
from backends.interface import LayerDevices, LoadedModel
from backends.modeling.weights import load_model
from backends.precision import Precision
from backends.torch_backend import cuda
from backends.torch_backend.card_errors import translated_errors
from backends.torch_backend.cuda import CudaModel, chunk_of
from backends.torch_backend.decode_graph import keys_for
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import LOST, MIB, Card, Cards, CUDAGraph, fake_cards

LOGITS = 3e-5
Array = npt.NDArray[np.float32]


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs for 16, 32, 64, … keys, so that a short text needs several."""
    monkeypatch.setattr(memory, "LEAST_KEYS", 16)


@pytest.fixture
def cards() -> Iterator[Cards]:
    """Two cards; the first one is the current device, as everywhere."""
    with fake_cards(Card("first"), Card("second")) as cards:
        yield cards


def unrecorded(name: str, device: str = "cuda:1", context_length: int = 140) -> CudaModel:
    """A golden model in fp32 on a card."""
    checkpoint = goldens.checkpoint(name)
    devices = LayerDevices.all_on(device, checkpoint.config.num_layers)
    model = quantized.finish(load_model(checkpoint, torch.float32, devices))
    return CudaModel(
        model, devices=devices, context_length=context_length, prefill_chunk=chunk_of(devices)
    )


def recorded(name: str, device: str = "cuda:1", context_length: int = 140) -> CudaModel:
    """The same, with its graphs."""
    loaded = unrecorded(name, device, context_length)
    with translated_errors(loaded._devices):
        list(loaded.record_graphs())
    return loaded


def said(loaded: LoadedModel, ids: Sequence[int]) -> list[Array]:
    return [loaded.prefill(ids[:1]).copy(), *(loaded.decode(token).copy() for token in ids[1:])]


def assert_golden(name: str, logits: Sequence[Array]) -> None:
    """Logits after each of the 130 golden tokens, or after the first few."""
    data = goldens.arrays(name, "logits.npz")
    rows = data.get("rows_130", np.arange(130))
    known = rows < len(logits)
    assert known.any()
    expected = data["logits_130"][known]
    np.testing.assert_allclose(np.stack(logits)[rows[known]], expected, rtol=0, atol=LOGITS)


@dataclass
class Replays:
    """The replays of all graphs, and what is done to their results."""

    count: int = 0
    spoil: Callable[[torch.Tensor], object] | None = None


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> Replays:
    found = Replays()
    plain = CUDAGraph.replay

    def replay(graph: CUDAGraph) -> None:
        plain(graph)
        found.count += 1
        if found.spoil is not None:
            found.spoil(graph.outputs[-1])

    monkeypatch.setattr(CUDAGraph, "replay", replay)
    return found


# --- recorded right ----------------------------------------------------------------------


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("name", "device"), [*((name, "cuda:1") for name in goldens.NAMES), ("b2-7b", "cuda:0")]
)
def test_graphs_on_any_card_give_the_golden_logits(
    name: str, device: str, replays: Replays
) -> None:
    loaded = recorded(name, device)
    ids = goldens.text_ids(name)
    before = replays.count

    logits = said(loaded, ids)

    assert_golden(name, logits)
    assert loaded.cached_ids == ids
    assert replays.count - before == len(ids) - 1  # each token by a graph, but for the prompt's


def test_all_is_captured_and_nothing_is_done_at_once_for_a_token(cards: Cards) -> None:
    loaded = recorded("b2-7b")
    loaded.prefill([5])
    before = cards[1].launches

    loaded.decode(6)

    # the token and its position are written, and the logits are read
    assert cards[1].launches - before <= 4


@pytest.mark.usefixtures("cards")
def test_the_second_card_is_recorded_after_the_first_one_too() -> None:
    first, second = recorded("b2-7b", "cuda:0"), recorded("b2-7b", "cuda:1")
    ids = goldens.text_ids("b2-7b")[:30]

    assert_golden("b2-7b", said(second, ids))
    assert_golden("b2-7b", said(first, ids))
    assert first._graph is not None
    assert second._graph is not None


def test_smaller_graphs_lie_in_the_memory_of_the_largest(cards: Cards) -> None:
    loaded = unrecorded("b2-13b")
    recording = loaded.record_graphs()
    next(recording)
    first = cards[1].pool_bytes

    list(recording)

    assert 0 < first == cards[1].pool_bytes


@pytest.mark.usefixtures("cards")
def test_graphs_follow_prefill_and_truncation() -> None:
    loaded, other = recorded("b2-13b"), unrecorded("b2-13b")
    ids = goldens.text_ids("b2-13b")
    loaded.prefill(ids[:20])
    for token in range(30, 50):
        loaded.decode(token)

    loaded.truncate(10)
    logits = [loaded.prefill([token]) for token in ids[10:15]]
    logits += [loaded.decode(token).copy() for token in ids[15:40]]

    other.prefill(ids[:10])
    for actual, token in zip(logits, ids[10:40], strict=True):
        np.testing.assert_allclose(actual, other.prefill([token]), rtol=0, atol=LOGITS)


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("name", ["b2-7b", "b2-13b"])
def test_a_graph_reads_nothing_of_an_answer_that_ended_in_no_numbers(name: str) -> None:
    """Of slots behind its token too, a graph reads the values, and NaN times 0 is NaN."""
    loaded = recorded(name)
    ids = goldens.text_ids(name)
    expected = said(loaded, ids[:20])
    loaded.prefill(ids[20:])
    for layer in range(goldens.checkpoint(name, "single").config.num_layers):
        loaded._cache.layer(layer)[:, :, :, 20:130] = float("nan")

    loaded.truncate(20)
    loaded.truncate(0)

    np.testing.assert_array_equal(said(loaded, ids[:20]), expected)


def test_a_cache_that_is_cut_on_a_lost_card_names_it(cards: Cards) -> None:
    loaded = recorded("b2-7b")
    loaded.prefill([5, 6])
    cards[1].is_lost = True

    with pytest.raises(GpuLostError, match="second"):
        loaded.truncate(1)


@pytest.mark.parametrize(
    ("capacity", "sizes"),
    [(140, [140, 128, 64, 32, 16]), (128, [128, 64, 32, 16]), (16, [16]), (9, [9]), (17, [17, 16])],
)
def test_there_is_a_graph_for_every_length(capacity: int, sizes: list[int], cards: Cards) -> None:
    loaded = recorded("b1-7b", context_length=capacity)

    assert loaded._graph is not None
    assert loaded._graph.sizes == sizes
    for length in range(1, capacity + 1):
        keys = keys_for(length, capacity)
        assert keys in sizes
        assert keys == min(size for size in sizes if size >= length)


@pytest.mark.usefixtures("cards")
def test_no_token_waits_for_a_graph_to_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[CUDAGraph] = []
    plain = CUDAGraph.capture_begin

    def capture_begin(graph: CUDAGraph, *args: Any) -> None:
        begun.append(graph)
        plain(graph, *args)

    monkeypatch.setattr(CUDAGraph, "capture_begin", capture_begin)
    loaded = recorded("b2-7b")
    assert len(begun) == 5

    said(loaded, goldens.text_ids("b2-7b"))

    assert len(begun) == 5


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("name", ["b2-7b", "b2-13b"])
def test_recording_leaves_no_token_behind(name: str) -> None:
    loaded = recorded(name)

    assert loaded.cached_ids == []
    assert loaded._cache.length == 0


@pytest.mark.usefixtures("cards")
def test_a_load_says_how_many_graphs_are_recorded() -> None:
    checkpoint = goldens.checkpoint("b2-7b")
    options = quantized.options(checkpoint, Precision.BF16, "cuda:1")
    total = checkpoint.bytes_on_disk

    events = list(cuda.load(checkpoint, options))

    context = checkpoint.config.context_length
    count = len([n for n in range(4, 20) if 2**n < context]) + 1
    recording = [event for event in events if event.total_graphs]
    assert recording == [LoadProgress(total, total, n, count) for n in range(1, count + 1)]
    assert events[-count:] == recording
    assert all(event.is_last for event in recording)


@pytest.mark.usefixtures("cards")
def test_layers_on_several_cards_are_not_recorded() -> None:
    checkpoint = goldens.checkpoint("b2-13b")
    devices = LayerDevices(("cuda:0", "cuda:0", "cuda:1"))
    model = quantized.finish(load_model(checkpoint, torch.float32, devices))
    loaded = CudaModel(model, devices=devices, context_length=140, prefill_chunk=64)

    assert list(loaded.record_graphs()) == []
    assert_golden("b2-13b", said(loaded, goldens.text_ids("b2-13b")[:20]))


# --- given up ----------------------------------------------------------------------------

SPOILS: dict[str, Callable[[torch.Tensor], object]] = {
    "larger": lambda logits: logits.mul_(1.5),
    "the other way round": lambda logits: logits.neg_(),
    "nothing": lambda logits: logits.zero_(),
    "no number": lambda logits: logits.fill_(float("nan")),
    "infinite": lambda logits: logits.fill_(float("inf")),
    "of other tokens": lambda logits: logits.copy_(logits.roll(1)),
    "one of them": lambda logits: logits[7].fill_(1e4),
}


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_graph_that_computes_something_else_is_given_up(
    spoil: Callable[[torch.Tensor], object], replays: Replays, caplog: pytest.LogCaptureFixture
) -> None:
    replays.spoil = spoil
    with caplog.at_level(logging.WARNING):
        loaded = recorded("b1-7b")

    assert loaded._graph is None
    assert "logits differ by" in caplog.text
    assert_golden("b1-7b", said(loaded, goldens.text_ids("b1-7b")[:40]))


@pytest.mark.usefixtures("cards")
def test_a_replay_that_computes_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was computed at once while it was recorded must not pass for the replay's."""
    plain = torch.cuda.graph

    def without_a_stream(*args: Any, stream: object, **kwargs: Any) -> object:
        return plain(*args, **kwargs)

    plain(torch.cuda.CUDAGraph())  # whose stream, of the first card, is taken from now on
    monkeypatch.setattr(torch.cuda, "graph", without_a_stream)
    with caplog.at_level(logging.WARNING):
        loaded = recorded("b2-7b", "cuda:1")

    assert loaded._graph is None
    assert "logits differ by nan" in caplog.text
    assert_golden("b2-7b", said(loaded, goldens.text_ids("b2-7b")[:20]))


@pytest.mark.usefixtures("cards")
def test_a_step_that_cannot_be_captured_is_given_up_and_the_stream_is_the_one_before(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As LLM.int8 does, which looks at its outliers on the host."""
    loaded = unrecorded("b2-7b")
    assert loaded._model is not None
    norm = loaded._model.model.norm
    plain = norm.forward

    def looks(x: torch.Tensor) -> torch.Tensor:
        x.max().item()
        return plain(x)

    monkeypatch.setattr(norm, "forward", looks)
    before = torch.cuda.current_stream("cuda:1")

    with caplog.at_level(logging.WARNING):
        list(loaded.record_graphs())

    assert loaded._graph is None
    assert caplog.messages[0].startswith("Decoding without CUDA graphs: CUDA error: operation")
    assert torch.cuda.current_stream("cuda:1") is before
    assert torch.cuda.current_device() == 0
    assert_golden("b2-7b", said(loaded, goldens.text_ids("b2-7b")[:20]))


@pytest.mark.usefixtures("cards")
def test_rounding_is_no_reason_to_give_a_graph_up(replays: Replays) -> None:
    replays.spoil = lambda logits: logits.mul_(1.001)

    assert recorded("b1-7b")._graph is not None


@pytest.mark.parametrize(
    "refusal",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    "at",
    [
        *("aten::silu", "aten::index_copy_", "aten::arange.start", "aten::fill_.Scalar"),
        "aten::copy_",  # of the ordinary path, which a graph is compared with
    ],
)
def test_no_memory_while_recording_leaves_the_ordinary_path_and_its_memory(
    at: str, refusal: Exception, cards: Cards, caplog: pytest.LogCaptureFixture
) -> None:
    """In whatever words: a kernel that is used first takes memory that torch does not count."""
    loaded = unrecorded("b2-7b")
    assert list(loaded.prefill([5])[:1])
    loaded.truncate(0)
    held = torch.cuda.memory_allocated("cuda:1")
    cards[1].failures[at] = refusal

    with caplog.at_level(logging.WARNING):
        list(loaded.record_graphs())
    cards[1].failures.clear()

    assert caplog.messages == [f"Decoding without CUDA graphs: {refusal}"]
    assert loaded._graph is None
    assert torch.cuda.memory_allocated("cuda:1") == held
    assert cards[1].pool_bytes == 0
    assert_golden("b2-7b", said(loaded, goldens.text_ids("b2-7b")[:20]))


def test_a_second_graph_without_memory_gives_that_of_the_first_back(cards: Cards) -> None:
    loaded = unrecorded("b2-7b")
    held = torch.cuda.memory_allocated("cuda:1")
    recording = loaded.record_graphs()
    assert next(recording) == (1, 5)
    assert cards[1].pool_bytes > 0

    cards[1].others_bytes = cards[1].memory_bytes - cards[1].reserved_bytes - 500 * MIB
    cards[1].failures["aten::linear"] = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    assert list(recording) == []
    cards[1].failures.clear()

    assert loaded._graph is None
    assert cards[1].pool_bytes == 0
    assert torch.cuda.memory_allocated("cuda:1") == held


def test_what_a_recording_took_in_vain_is_no_peak(cards: Cards) -> None:
    """Else the next start would look for that much, and not find it."""
    loaded = unrecorded("b2-7b")
    before = loaded.peak_bytes()
    recording = loaded.record_graphs()
    next(recording)
    cards[1].take(64 * MIB)
    cards[1].allocated_bytes -= 64 * MIB  # what a step may take for itself
    assert loaded.peak_bytes() >= before + 64 * MIB
    cards[1].failures["aten::linear"] = torch.cuda.OutOfMemoryError("CUDA out of memory.")

    assert list(recording) == []

    cards[1].failures.clear()
    assert loaded.peak_bytes() == before


def test_a_card_that_is_lost_while_recording_is_no_model_without_graphs(cards: Cards) -> None:
    loaded = unrecorded("b2-7b")
    recording = loaded.record_graphs()
    next(recording)
    cards[1].is_lost = True

    with pytest.raises(GpuLostError, match="second"), translated_errors(loaded._devices):
        list(recording)


def test_a_card_that_is_lost_while_decoding_is_named(cards: Cards) -> None:
    loaded = recorded("b2-7b")
    loaded.prefill([5])
    cards[1].is_lost = True

    with pytest.raises(GpuLostError) as caught:
        loaded.decode(6)

    assert caught.value.message == (f"second (cuda:1) stopped working: {LOST.splitlines()[0]}.")
    assert loaded.cached_ids == [5]
    loaded.close()


@pytest.mark.usefixtures("cards")
def test_a_cache_that_is_full_is_a_bug_of_the_caller() -> None:
    loaded = recorded("b1-7b", context_length=3)
    loaded.prefill([5, 6])
    loaded.decode(7)

    with pytest.raises(ValueError, match="the KV cache of 3 tokens is full"):
        loaded.decode(8)

    assert loaded.cached_ids == [5, 6, 7]


@pytest.mark.usefixtures("cards")
def test_a_closed_model_answers_no_more() -> None:
    loaded = recorded("b1-7b")
    loaded.prefill([5])

    loaded.close()

    with pytest.raises(ValueError, match="closed"):
        loaded.decode(6)
    with pytest.raises(ValueError, match="closed"):
        loaded.prefill([6])
    assert torch.cuda.memory_allocated("cuda:1") == 0
