"""Whole answers of a model whose logits lie on a card, with the processor for a card."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.errors import GpuLostError, InvalidLogitsError
from backends.generation import sampler as choosing
from backends.generation.prefill import Prefill, PromptMemo
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.generation.tokens import Token, generate
from backends.interface import LayerDevices, LoadedModel
from backends.modeling.weights import load_model
from backends.precision import Precision
from backends.text.vocabulary import read_tokenizer
from backends.torch_backend import cuda
from backends.torch_backend.cuda import CudaModel
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import LOST, Card, Cards, CardTensor, fake_cards
from tests.helpers.padded import padded

#: As the checkpoints of Baichuan 2 ask for.
RELEASED = SamplingParams(
    temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05, seed=3, max_new_tokens=60
)
HOT = SamplingParams(temperature=3, top_k=50, repetition_penalty=1.3, seed=11, max_new_tokens=60)
GREEDY = SamplingParams(greedy=True, repetition_penalty=1.1, max_new_tokens=60)
ALL = SamplingParams(temperature=1.5, top_p=0.95, seed=8, max_new_tokens=60)
WAYS = {"released": RELEASED, "hot": HOT, "greedy": GREEDY, "all": ALL}


def model_on(device: str, name: str) -> CudaModel:
    """A golden model in fp32, with graphs where that is a card."""
    checkpoint = goldens.checkpoint(name)
    devices = LayerDevices.all_on(device, checkpoint.config.num_layers)
    model = quantized.finish(load_model(checkpoint, torch.float32, devices))
    loaded = CudaModel(model, devices=devices, context_length=140, prefill_chunk=64)
    list(loaded.record_graphs())
    return loaded


def on_processor(name: str) -> CudaModel:
    """A `CudaModel` whose “card” is the processor."""
    return model_on("cpu", name)


def answer(
    model: LoadedModel,
    params: SamplingParams,
    prompt: Sequence[int],
    token_ids: npt.NDArray[np.intp] | None = None,
    memo: PromptMemo | None = None,
    look: Callable[[Token], None] = lambda _: None,
) -> list[int]:
    """The ids of an answer; `look` is called with each token before the next is asked for."""
    logits = quantized.finish(Prefill(model, prompt, memo).run(threading.Event()))
    assert logits is not None
    sampler = Sampler(params, model.vocab_size, token_ids)
    sampler.see(list(prompt))
    found = []
    for token in generate(
        model,
        logits,
        sampler,
        eos_ids=frozenset({2}),
        max_new_tokens=params.max_new_tokens,
        cancel=threading.Event(),
    ):
        look(token)
        found.append(token.token_id)
    return found


@pytest.fixture
def on_host(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], list[int]]], list[int]]:
    """Runs an answer as a backend without candidates gives it."""

    def run(make: Callable[[], list[int]]) -> list[int]:
        with monkeypatch.context() as patch:
            patch.setattr(CudaModel, "decode_candidates", LoadedModel.decode_candidates)
            return make()

    return run


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many numbers each copy brought to the host."""
    counts: list[int] = []
    cpu, copy = Tensor.cpu, Tensor.copy_

    def counted_cpu(tensor: Tensor, *args: Any) -> Tensor:
        counts.append(tensor.numel())
        return cpu(tensor, *args)

    def counted_copy(tensor: Tensor, *args: Any, **options: Any) -> Tensor:
        counts.append(tensor.numel())
        return copy(tensor, *args, **options)

    monkeypatch.setattr(Tensor, "cpu", counted_cpu)
    monkeypatch.setattr(Tensor, "copy_", counted_copy)
    return counts


# --- the copies --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["released", "greedy"])
def test_a_token_costs_one_small_copy_from_the_card(way: str, copied: list[int]) -> None:
    loaded = on_processor("b2-7b")
    copied.clear()

    found = answer(loaded, WAYS[way], goldens.text_ids("b2-7b")[:20])

    first, *others = copied  # after the prompt come all logits, which are kept for it
    assert first == loaded.vocab_size == 1120
    assert len(others) == len(found) - 1 > 5
    assert max(others) < 300


def test_who_needs_all_logits_gets_all(copied: list[int]) -> None:
    loaded = on_processor("b2-7b")
    copied.clear()

    found = answer(loaded, ALL, goldens.text_ids("b2-7b")[:20])

    assert copied == [1120] * len(found)


def test_a_step_waits_for_its_card_once_after_a_dozen_launches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are queued while the step's graph still runs; what waits would undo that."""
    run, calls, divisors = Cards.run, [], []

    def noted(cards: Cards, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before = cards[1].launches
        pinned = kwargs.get("pin_memory")
        if func.name() == "aten::div.Tensor" and args[0].shape == (1120,):
            divisors.append(args[1])
        found = run(cards, func, args, kwargs)
        if pinned or cards[1].launches > before:
            calls.append((func.name(), found))
        return found

    steps = []

    def look(_: Token) -> None:
        steps.append(list(calls))
        calls.clear()

    checkpoint = Checkpoint.open(goldens.folder("b2-7b"))
    with fake_cards(Card(), Card()):
        loaded = quantized.finish(
            cuda.load(checkpoint, quantized.options(checkpoint, Precision.BF16, "cuda:1"))
        )
        monkeypatch.setattr(Cards, "run", noted)
        answer(loaded, RELEASED, goldens.text_ids("b2-7b")[:20], look=look)

    prompt, _, *others = steps
    # By a number, CUDA would multiply with its inverse instead: another last bit.
    assert [by.shape for by in divisors] == [(1120,)] * (len(steps) - 1)
    assert sum(name == "aten::empty.memory_format" for name, _ in prompt) == 1  # pinned
    for step in others:
        found = [made for _, made in step if isinstance(made, Tensor)]
        to_host = [made.shape for made in found if not isinstance(made, CardTensor)]
        assert to_host == [(2 + 2 * (5 + 128),)]
        assert len(step) <= 14  # two of them give the graph its token and its position


# --- the same ids ------------------------------------------------------------------------


@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("way", WAYS)
def test_the_answer_is_the_one_that_the_host_chooses(
    name: str, way: str, on_host: Callable[[Callable[[], list[int]]], list[int]]
) -> None:
    prompt = goldens.text_ids(name)[:40]

    found = answer(on_processor(name), WAYS[way], prompt)

    assert found == on_host(lambda: answer(on_processor(name), WAYS[way], prompt))
    assert len(found) > 3


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP16])
@pytest.mark.parametrize("way", WAYS)
def test_16_bits_give_the_same_answer_too(
    precision: Precision,
    way: str,
    on_host: Callable[[Callable[[], list[int]]], list[int]],
) -> None:
    loaded = quantized.load(goldens.folder("b2-13b"), precision, cuda)
    prompt = goldens.text_ids("b2-13b")[:40]

    found = answer(loaded, WAYS[way], prompt)
    loaded.truncate(0)

    assert found == on_host(lambda: answer(loaded, WAYS[way], prompt))


@pytest.mark.parametrize("device", ["cuda:0", "cuda:1"])
@pytest.mark.parametrize("way", WAYS)
def test_graphs_on_any_card_give_the_same_answer(way: str, device: str) -> None:
    prompt = goldens.text_ids("b1-13b")[:40]
    with fake_cards(Card("first"), Card("second")):
        loaded = model_on(device, "b1-13b")
        found = answer(loaded, WAYS[way], prompt)
        assert loaded._graph is not None

    assert list(loaded.cached_ids) == [*prompt, *found[:-1]]
    assert found == answer(on_processor("b1-13b"), WAYS[way], prompt)


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_the_card_counts_each_token_of_the_answer(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With hardly more candidates than top_k, those that it forgot would crowd others out."""
    prompt = goldens.text_ids("b1-13b")[:40]
    expected = answer(on_processor("b1-13b"), HOT, prompt)
    monkeypatch.setattr(choosing, "_SPARE_CANDIDATES", 2)
    with fake_cards(Card("first"), Card("second")):
        assert answer(model_on(device, "b1-13b"), HOT, prompt) == expected


def test_an_answer_leaves_nothing_behind_for_the_next_one() -> None:
    loaded, prompt = on_processor("b2-7b"), goldens.text_ids("b2-7b")[:40]
    first = answer(loaded, HOT, prompt)
    answer(loaded, GREEDY, [5, 6, 7, *first])

    assert answer(loaded, HOT, prompt) == first


def test_the_same_prompt_again_gives_the_same_answer_without_reading_it() -> None:
    loaded, prompt, memo = on_processor("b2-7b"), goldens.text_ids("b2-7b")[:40], PromptMemo()

    first = answer(loaded, HOT, prompt, memo=memo)

    assert answer(loaded, HOT, prompt, memo=memo) == first
    assert Prefill(loaded, prompt, memo).cached_tokens == 40


@pytest.mark.parametrize("fill", [None, float("nan")], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_padding_has_no_part_in_the_answer(tmp_path: Path, fill: float | None, way: str) -> None:
    def of(folder: Path) -> list[int]:
        checkpoint = Checkpoint.open(folder)
        tokenizer = read_tokenizer(folder / "tokenizer.model", checkpoint.config)
        loaded = quantized.load(folder, Precision.BF16, cuda)
        return answer(loaded, WAYS[way], [195, 300, 301, 196], tokenizer.token_ids())

    assert of(padded(tmp_path, fill=fill)) == of(goldens.folder("b1-13b", "safetensors"))


# --- the logits behind a token -----------------------------------------------------------


def test_a_token_s_logits_are_those_it_was_chosen_from() -> None:
    prompt = goldens.text_ids("b2-7b")[:40]
    rows: list[npt.NDArray[np.float32]] = []

    found = answer(
        on_processor("b2-7b"), RELEASED, prompt, look=lambda token: rows.append(token.logits)
    )

    model = on_processor("b2-7b")
    expected = [model.prefill(prompt), *(model.decode(token) for token in found[:-1])]
    assert len(rows) == len(found)
    np.testing.assert_array_equal(np.stack(rows), np.stack(expected))


def test_logits_that_are_asked_for_too_late_are_not_those_of_another_token() -> None:
    tokens: list[Token] = []
    answer(on_processor("b2-7b"), RELEASED, goldens.text_ids("b2-7b")[:40], look=tokens.append)

    for token in tokens[1:-1]:  # the first has those of the prompt, which are kept
        with pytest.raises(ValueError, match="the model has read on"):
            _ = token.logits
    assert tokens[-1].logits.shape == tokens[0].logits.shape == (1120,)


# --- errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_logits_that_are_no_numbers_end_the_answer(
    way: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = on_processor("b1-7b")
    assert loaded._model is not None
    last_logits = loaded._model.last_logits
    said: list[int] = []

    def spoil(token: Token) -> None:
        said.append(token.token_id)
        if len(said) == 3:
            more = torch.zeros(loaded.vocab_size)
            more[1] = value
            monkeypatch.setattr(
                loaded._model, "last_logits", lambda *args: last_logits(*args) + more
            )

    with pytest.raises(InvalidLogitsError):
        answer(loaded, WAYS[way], goldens.text_ids("b1-7b")[:40], look=spoil)

    assert len(said) == 3


@pytest.mark.parametrize("operation", ["aten::topk", "aten::fill_.Scalar", "aten::copy_"])
def test_a_card_that_is_lost_while_candidates_are_chosen_is_named(operation: str) -> None:
    """What a step did wrong, CUDA tells at the next copy."""
    with fake_cards(Card("first"), Card("second")) as cards:
        loaded = model_on("cuda:1", "b2-7b")
        said: list[int] = []

        def lose(token: Token) -> None:
            said.append(token.token_id)
            if len(said) == 3:
                cards[1].failures[operation] = torch.AcceleratorError(LOST)

        with pytest.raises(GpuLostError):
            answer(loaded, RELEASED, goldens.text_ids("b2-7b")[:40], look=lose)

        assert len(said) == 3


def test_a_card_that_is_lost_before_a_row_is_copied_after_all_is_named() -> None:
    with fake_cards(Card("first"), Card("second")) as cards:
        loaded = model_on("cuda:1", "b2-7b")
        said: list[int] = []

        def ask(token: Token) -> None:
            said.append(token.token_id)
            if len(said) == 3:
                cards[1].is_lost = True
                _ = token.logits

        with pytest.raises(GpuLostError):
            answer(loaded, RELEASED, goldens.text_ids("b2-7b")[:40], look=ask)

        assert len(said) == 3


def test_a_model_that_was_closed_in_the_middle_says_so() -> None:
    loaded = on_processor("b2-7b")

    with pytest.raises(ValueError, match="closed"):
        answer(loaded, RELEASED, goldens.text_ids("b2-7b")[:40], look=lambda _: loaded.close())
