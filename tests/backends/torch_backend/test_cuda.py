"""Models on cards: how they are loaded; the rest where there is a real card."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.errors import InsufficientMemoryError
from backends.interface import LayerDevices, LoadedModel
from backends.precision import Precision
from backends.torch_backend import cuda
from backends.torch_backend.cuda import CudaModel, chunk_of
from tests.helpers import goldens, quantized
from tests.helpers.graphs import on_processor
from tests.helpers.sentences import assert_one_sentence

LOGITS = 3e-5
Array = npt.NDArray[np.float32]

needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two NVIDIA cards")


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs for 16, 32, 64, … keys, so that a short text needs several."""
    monkeypatch.setattr(memory, "LEAST_KEYS", 16)


@pytest.mark.parametrize("name", ["b2-7b"])
def test_without_a_card_nothing_is_recorded(name: str) -> None:
    loaded = on_processor(name)

    assert list(loaded.record_graphs()) == []
    np.testing.assert_array_equal(loaded.decode(5), on_processor(name).prefill([5]))


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


@pytest.mark.parametrize(
    ("layers", "chunk"),
    [(("cuda:0",) * 2, 512), (("cuda:0", "cuda:1"), 512), (("cuda:0", "cpu"), 64)],
)
def test_a_processor_that_takes_part_gets_short_chunks(layers: tuple[str, ...], chunk: int) -> None:
    assert chunk_of(LayerDevices(layers)) == chunk


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
    prompt = goldens.text_ids(name)[:20]

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
