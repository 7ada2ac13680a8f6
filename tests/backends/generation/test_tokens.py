"""The tokens of an answer, on a scripted model; and greedy ones, as published."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from backends.errors import InvalidLogitsError
from backends.events import FinishReason
from backends.generation.prefill import Prefill
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.generation.tokens import Token, generate
from backends.interface import CandidateRequest, Candidates, LoadedModel, LoadOptions, Logits
from backends.precision import Precision
from backends.torch_backend import cpu
from tests.helpers import goldens
from tests.helpers.fakes import ScriptedModel
from tests.helpers.quantized import finish
from tests.helpers.sentences import assert_one_sentence

EOS = 2


def ids(text: str) -> list[int]:
    return [ord(char) for char in text]


def tokens(
    model: LoadedModel,
    prompt: Sequence[int],
    cancel: threading.Event | None = None,
    **options: Any,
) -> Iterator[Token]:
    """Those of an answer to `prompt`, which is read first."""
    params = SamplingParams(**{"greedy": True, "max_new_tokens": 20, **options})
    logits = finish(Prefill(model, prompt).run(threading.Event()))
    assert logits is not None
    sampler = Sampler(params, model.vocab_size)
    sampler.see(list(prompt))
    return generate(
        model,
        logits,
        sampler,
        eos_ids=frozenset({EOS}),
        max_new_tokens=params.max_new_tokens,
        cancel=cancel or threading.Event(),
    )


def text_of(found: Sequence[Token]) -> str:
    return "".join(chr(token.token_id) for token in found)


# --- which, and how many -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "most", "found", "reason"),
    [
        ([*ids("ab"), EOS], 20, [*ids("ab"), EOS], FinishReason.STOP),
        ([EOS], 20, [EOS], FinishReason.STOP),
        (ids("abc"), 2, ids("ab"), FinishReason.LENGTH),
        (ids("abc"), 1, ids("a"), FinishReason.LENGTH),
        (ids("ab"), 99, ids("ababab"), FinishReason.CONTEXT),
        (ids("ab"), 6, ids("ababab"), FinishReason.LENGTH),  # both at once
        ([*ids("ab"), EOS], 3, [*ids("ab"), EOS], FinishReason.STOP),
    ],
)
def test_only_the_last_token_says_why_it_is_the_last(
    script: list[int], most: int, found: list[int], reason: FinishReason
) -> None:
    model = ScriptedModel(script, context_length=10)

    *before, last = tokens(model, ids("four"), max_new_tokens=most)

    assert [token.token_id for token in (*before, last)] == found
    assert [token.ends for token in before] == [None] * len(before)
    assert last.ends is reason
    assert model.passes == [4] + [1] * len(before)  # no pass after the last token


def test_a_token_comes_with_the_logits_it_was_chosen_from() -> None:
    model = ScriptedModel([*ids("ab"), EOS])

    found = list(tokens(model, ids("p"), temperature=5.0, greedy=False, seed=1))

    spoken = [int(token.logits.argmax()) for token in found[:2]]
    assert spoken == ids("ab")  # whatever was drawn
    assert all(token.logits.shape == (model.vocab_size,) for token in found)


def test_a_token_is_read_only_when_the_next_one_is_asked_for() -> None:
    model = ScriptedModel(ids("abc"))
    found = tokens(model, ids("p"))
    model.passes.clear()

    next(found)
    assert model.passes == []
    next(found)

    assert model.passes == [1]
    assert list(model.cached_ids) == ids("pa")


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_cancel_costs_at_most_one_token_which_ends_nothing(after: int) -> None:
    model, cancel = ScriptedModel(ids("abcdefgh")), threading.Event()
    if not after:
        cancel.set()

    found = []
    for token in tokens(model, ids("p"), cancel):
        found.append(token)
        if len(found) == after:
            cancel.set()

    assert text_of(found) == "abc"[:after]
    assert [token.ends for token in found] == [None] * after
    assert len(model.passes) <= 1 + after


# --- sampling ----------------------------------------------------------------------------


class FlatModel(ScriptedModel):
    """Every letter is as likely as the others."""

    def _pass(self, token_ids: Sequence[int]) -> Any:
        logits = super()._pass(token_ids)
        logits[:] = -30.0
        logits[97:123] = 1.0
        return logits


def test_the_same_seed_gives_the_same_answer() -> None:
    def answer(seed: int | None) -> str:
        return text_of(list(tokens(FlatModel([EOS]), ids("p"), greedy=False, seed=seed)))

    assert answer(5) == answer(5)
    assert answer(5) != answer(6)
    assert answer(None) != answer(None)


def test_the_penalty_counts_the_prompt_and_the_answer() -> None:
    """Every letter but “q” was in the prompt; once said, “q” is as any other."""
    prompt = ids("abcdefghijklmnoprstuvwxyz")

    found = list(tokens(FlatModel([EOS]), prompt, repetition_penalty=1.5, max_new_tokens=2))

    assert text_of(found) == "qa"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_an_error_in_place_of_their_token(value: float) -> None:
    class BrokenModel(ScriptedModel):
        def _pass(self, token_ids: Sequence[int]) -> Any:
            logits = super()._pass(token_ids)
            if self.spoken == 2:
                logits[5] = value
            return logits

    found = tokens(BrokenModel(ids("abcd")), ids("p"))
    assert text_of([next(found), next(found)]) == "ab"

    with pytest.raises(InvalidLogitsError) as caught:
        next(found)

    assert_one_sentence(caught.value)


# --- candidates ---------------------------------------------------------------------------


class ChoosyModel(ScriptedModel):
    """Gives the best few logits alone, as a model on a card does, and the others if asked."""

    def __init__(self, script: Sequence[int]) -> None:
        super().__init__(script)
        self.requests: list[CandidateRequest] = []
        self.wholes = 0

    def _pass(self, token_ids: Sequence[int]) -> Logits:
        logits = super()._pass(token_ids)
        logits -= np.arange(self.vocab_size) / 1000  # no two are equal
        return logits

    def decode_candidates(self, request: CandidateRequest) -> Callable[[int], Candidates]:
        self.requests.append(request)

        def decode(token_id: int) -> Candidates:
            logits = self.decode(token_id)

            def whole() -> Logits:
                self.wholes += 1
                return logits

            best = np.sort(np.argsort(logits)[-request.count :])
            return Candidates(best, logits[best], float(logits.min()), float(logits.max()), whole)

        return decode


def test_candidates_are_asked_for_once_with_what_the_prompt_has_shown() -> None:
    model = ChoosyModel([*ids("abc"), EOS])

    sampled: dict[str, Any] = {"greedy": False, "temperature": 0.1, "top_k": 5, "seed": 1}

    found = list(tokens(model, ids("hello"), repetition_penalty=1.1, **sampled))

    assert text_of(found[:-1]) == "abc"
    assert model.wholes == 0
    [request] = model.requests
    assert sorted(map(chr, request.seen)) == sorted(set("hello"))
    assert (request.count, request.repetition_penalty) == (5 + 128, 1.1)
    assert request.token_ids is None


@pytest.mark.parametrize(
    "options", [{"greedy": True}, {"temperature": 0.0}, {"top_k": 1}, {"top_k": 1024}], ids=str
)
def test_who_chooses_among_few_asks_for_few(options: dict[str, Any]) -> None:
    model = ChoosyModel(ids("ab"))

    list(tokens(model, ids("p"), **{"greedy": False, **options}))

    [request] = model.requests
    assert request.count == options.get("top_k", 1) + 128


@pytest.mark.parametrize("options", [{}, {"top_p": 0.5}, {"top_k": 1025}], ids=str)
def test_who_may_choose_among_all_never_asks_for_few(options: dict[str, Any]) -> None:
    model = ChoosyModel(ids("ab"))

    list(tokens(model, ids("p"), **{"greedy": False, **options}))

    assert model.requests == []


def test_a_token_s_logits_are_all_of_them_also_where_few_were_copied() -> None:
    model = ChoosyModel([*ids("ab"), EOS])

    rows = [token.logits for token in tokens(model, ids("p"))]

    assert [int(row.argmax()) for row in rows] == [*ids("ab"), EOS]
    assert {row.shape for row in rows} == {(model.vocab_size,)}
    assert model.wholes == 2  # the first came with the prompt


def test_a_backend_without_candidates_decodes_as_ever() -> None:
    model = ScriptedModel(ids("ab"))

    decode = model.decode_candidates(CandidateRequest(1, 1.0, None, np.array([], dtype=np.intp)))

    np.testing.assert_array_equal(decode(5), ScriptedModel(ids("ab")).decode(5))
    assert list(model.cached_ids) == [5]


# --- as published ------------------------------------------------------------------------


def load(name: str, layout: str, context_length: int = 256) -> LoadedModel:
    loading = cpu.load(
        goldens.checkpoint(name, layout),
        LoadOptions(
            Precision.FP32,
            context_length,
            threads=1,
            devices=goldens.on_cpu(goldens.checkpoint(name, layout)),
        ),
    )
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            return model


def greedy_tokens(model: LoadedModel, row: dict[str, Any]) -> list[int]:
    """What was chosen, the end-of-sequence token among it."""
    found = tokens(
        model,
        row["prompt"],
        max_new_tokens=len(row["new_tokens"]),
        repetition_penalty=row["repetition_penalty"],
    )
    return [token.token_id for token in found]


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_greedy_answers_are_the_published_ones(name: str, layout: str) -> None:
    rows = goldens.facts("model", name, "greedy.json")
    assert len(rows) >= 6
    with load(name, layout) as model:
        for row in rows:
            expected = row["new_tokens"]
            # A step that two tokens nearly share may go either way, and all after it.
            close = [i for i, margin in enumerate(row["top1_minus_top2"]) if margin < 1e-3]
            sure = close[0] if close else len(expected)
            assert sure > 0

            actual = greedy_tokens(model, row)

            assert actual[:sure] == expected[:sure]
            assert close or len(actual) == len(expected)


def test_most_published_greedy_steps_are_sure() -> None:
    """Else the test above would prove little."""
    margins = [
        margin
        for name in goldens.NAMES
        for row in goldens.facts("model", name, "greedy.json")
        for margin in row["top1_minus_top2"]
    ]

    assert len(margins) > 800
    assert sum(margin < 1e-3 for margin in margins) < 10


def test_an_answer_over_a_reused_prefix_is_the_answer_of_a_fresh_model() -> None:
    row = goldens.facts("model", "b2-7b", "greedy.json")[4]
    assert len(row["prompt"]) > 64  # more than one chunk
    with load("b2-7b", "single") as model:
        fresh = greedy_tokens(model, row)
        greedy_tokens(model, {**row, "prompt": [*row["prompt"][:50], 9, 8, 7]})

        assert greedy_tokens(model, row) == fresh


def test_a_closed_model_says_so() -> None:
    model = load("b1-7b", "single")
    model.close()

    with pytest.raises(ValueError, match="the model is closed"):
        model.prefill([5])
