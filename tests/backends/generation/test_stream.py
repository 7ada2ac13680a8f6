"""The loop from a prompt to an answer, on a scripted model, and greedy answers as published."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from backends.errors import ContextLengthExceededError, InvalidLogitsError, InvalidRequestError
from backends.events import (
    Finished,
    FinishReason,
    GenerationEvent,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation import stream as generation
from backends.generation.prefill import PromptMemo
from backends.generation.sampling import SamplingParams
from backends.generation.stop_strings import StopStrings
from backends.interface import LoadedModel, LoadOptions
from backends.precision import Precision
from backends.torch_backend import cpu
from tests.helpers import goldens
from tests.helpers.fakes import CharacterDetokenizer, ScriptedModel, text_of
from tests.helpers.sentences import assert_one_sentence

EOS = 2


def ids(text: str) -> list[int]:
    return [ord(char) for char in text]


def stream(
    model: LoadedModel,
    prompt: Sequence[int],
    cancel: threading.Event | None = None,
    memo: PromptMemo | None = None,
    clock: Callable[[], float] = time.perf_counter,
    **options: Any,
) -> Iterator[GenerationEvent]:
    return generation.stream(
        model,
        prompt,
        SamplingParams(**{"greedy": True, "max_new_tokens": 20, **options}),
        eos_ids=frozenset({EOS}),
        detokenizer=CharacterDetokenizer(),
        cancel=cancel or threading.Event(),
        memo=memo,
        clock=clock,
    )


def run(model: LoadedModel, prompt: Sequence[int], **options: Any) -> tuple[str, Finished]:
    events = list(stream(model, prompt, **options))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert sum(isinstance(event, Finished) for event in events) == 1
    return text_of(events), finished


# --- the order of things -----------------------------------------------------------------


def test_the_end_tells_how_many_threads_compute_now() -> None:
    model = ScriptedModel([*ids("ab"), EOS])
    assert run(model, ids("prompt"))[1].threads is None
    model.threads = 1

    assert run(model, ids("prompt"))[1].threads == 1


def test_the_events_of_an_answer() -> None:
    model = ScriptedModel([*ids("你好"), EOS])
    ticks = iter([0.0, 2.0, 3.0, 7.0])

    events = list(stream(model, ids("prompt"), clock=lambda: next(ticks)))

    assert events == [
        PromptReady(prompt_tokens=6, cached_tokens=0, dropped_messages=0),
        PrefillProgress(4, 6),
        PrefillProgress(6, 6),
        TextDelta("你"),
        TextDelta("好"),
        Finished(
            reason=FinishReason.STOP,
            prompt_tokens=6,
            cached_tokens=0,
            new_tokens=3,
            context_tokens=9,
            prefill_seconds=2.0,
            first_token_seconds=3.0,
            decode_seconds=4.0,
        ),
    ]
    assert events[-1].tokens_per_second == 0.5  # type: ignore[union-attr]
    assert model.passes == [4, 2, 1, 1]  # no pass after the last token


def test_the_model_is_not_touched_before_the_first_event_is_asked_for() -> None:
    model = ScriptedModel(ids("x"))

    events = stream(model, ids("prompt"))
    assert isinstance(next(events), PromptReady)

    assert model.passes == []


@pytest.mark.parametrize(
    ("script", "options", "reason", "text"),
    [
        ([*ids("ab"), EOS], {}, FinishReason.STOP, "ab"),
        ([EOS], {}, FinishReason.STOP, ""),
        (ids("abc"), {"max_new_tokens": 2}, FinishReason.LENGTH, "ab"),
        (ids("abc"), {"max_new_tokens": 1}, FinishReason.LENGTH, "a"),
        (ids("ab"), {"max_new_tokens": 99}, FinishReason.CONTEXT, "ababab"),
        ([*ids("ab"), EOS], {"max_new_tokens": 3}, FinishReason.STOP, "ab"),
        (ids("ab"), {"max_new_tokens": 6}, FinishReason.LENGTH, "ababab"),
    ],
)
def test_why_an_answer_ends(
    script: list[int], options: dict[str, Any], reason: FinishReason, text: str
) -> None:
    model = ScriptedModel(script, context_length=10)

    answer, finished = run(model, ids("four"), **options)

    assert (answer, finished.reason) == (text, reason)
    assert finished.new_tokens == len(text) + (reason is FinishReason.STOP)


# --- prompts -----------------------------------------------------------------------------


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"There is no text to continue\."):
        list(stream(ScriptedModel([EOS]), []))


@pytest.mark.parametrize("length", [10, 11, 5000])
def test_a_prompt_longer_than_the_context_is_refused_before_any_work(length: int) -> None:
    model = ScriptedModel([EOS], context_length=10)

    with pytest.raises(ContextLengthExceededError) as caught:
        list(stream(model, [97] * length))

    assert_one_sentence(caught.value)
    assert caught.value.facts["prompt_tokens"] == length + 1
    assert model.passes == []


def test_a_prompt_one_token_shorter_than_the_context_gives_one_token() -> None:
    text, finished = run(ScriptedModel(ids("xyz"), context_length=10), [97] * 9)

    assert (text, finished.reason) == ("x", FinishReason.CONTEXT)


# --- what is in the cache already --------------------------------------------------------


def test_a_second_turn_prefills_only_its_own_tokens() -> None:
    model = ScriptedModel([*ids("answer"), EOS])
    first, _ = run(model, ids("question one"))
    model.passes.clear()

    # The end-of-sequence token was chosen and never read, so it is not in the cache.
    second = ids("question one") + ids(first) + ids("next")
    _, finished = run(model, second)

    assert sum(model.passes) == len("next") + len("answer")
    assert finished.cached_tokens == len(second) - len("next")
    assert list(model.cached_ids) == second + ids("answer")


def test_a_prompt_that_differs_is_read_from_there() -> None:
    model = ScriptedModel([EOS])
    run(model, ids("abcdefgh"))
    model.passes.clear()

    _, finished = run(model, ids("abcXefgh"))

    assert finished.cached_tokens == 3
    assert model.passes == [4, 1]
    assert list(model.cached_ids) == ids("abcXefgh")


def test_a_prompt_that_begins_the_cached_one_is_read_from_its_last_token() -> None:
    """The logits of its last token are needed, and only a pass over it gives them."""
    model = ScriptedModel([EOS])
    run(model, ids("abcdefgh"))
    model.passes.clear()

    _, finished = run(model, ids("abcde"))

    assert (finished.cached_tokens, model.passes) == (4, [1])


def test_the_same_prompt_is_not_read_again() -> None:
    model, memo = ScriptedModel([*ids("ab"), EOS]), PromptMemo()
    first = run(model, ids("prompt"), memo=memo)[0]
    model.passes.clear()
    model.spoken = 0  # the script begins anew without a prefill

    text, finished = run(model, ids("prompt"), memo=memo)

    assert text == first
    assert finished.cached_tokens == 6
    assert model.passes == [1, 1]


def test_logits_of_another_prompt_are_not_taken_for_this_one() -> None:
    model, memo = ScriptedModel([*ids("ab"), EOS]), PromptMemo()
    run(model, ids("prompt"), memo=memo)
    model.passes.clear()

    run(model, ids("prom"), memo=memo)

    assert model.passes[0] == 1


def test_a_prompt_whose_prefill_was_stopped_is_not_remembered() -> None:
    model, memo, cancel = ScriptedModel([*ids("ab"), EOS]), PromptMemo(), threading.Event()
    for event in stream(model, ids("long prompt"), cancel, memo):
        if isinstance(event, PrefillProgress):
            cancel.set()

    assert (memo.ids, memo.logits) == ([], None)
    text, finished = run(model, ids("long prompt"), memo=memo)
    assert (text, finished.cached_tokens) == ("ab", 4)


# --- stopping ----------------------------------------------------------------------------


def test_a_stop_in_the_prefill_costs_no_further_chunk() -> None:
    model, cancel = ScriptedModel([EOS], chunk=4), threading.Event()

    def stop_in_the_second_pass() -> None:
        if len(model.passes) == 1:
            cancel.set()

    model.before_pass = stop_in_the_second_pass

    events = list(stream(model, [97] * 40, cancel))

    assert model.passes == [4, 4]  # the one in which the stop came is the last
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.new_tokens) == (FinishReason.CANCELLED, 0)
    assert text_of(events) == ""


def test_a_stop_costs_at_most_one_token_and_keeps_the_text() -> None:
    model, cancel = ScriptedModel(ids("abcdefgh")), threading.Event()
    text = ""
    finished: GenerationEvent | None = None
    for event in stream(model, ids("p"), cancel):
        if isinstance(event, TextDelta):
            text += event.text
            if text == "abc":
                cancel.set()
        finished = event

    assert text == "abc"
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.new_tokens) == (FinishReason.CANCELLED, 3)
    assert len(model.passes) <= 1 + 3


def test_a_stop_before_the_start_reads_nothing() -> None:
    model, cancel = ScriptedModel([EOS]), threading.Event()
    cancel.set()

    finished = list(stream(model, ids("prompt"), cancel))[-1]

    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.CANCELLED
    assert model.passes == []


def test_after_a_stop_the_next_turn_continues_from_the_cache() -> None:
    model, cancel = ScriptedModel(ids("abcdefgh")), threading.Event()
    shown = ""
    for event in stream(model, ids("p"), cancel):
        if isinstance(event, TextDelta):
            shown += event.text
            if len(shown) == 3:
                cancel.set()
    model.passes.clear()

    _, finished = run(model, ids("p") + ids(shown) + ids("more"), max_new_tokens=1)

    # The third token was shown but may not have been read yet.
    assert finished.cached_tokens in (3, 4)
    assert sum(model.passes) == 8 - finished.cached_tokens


@pytest.mark.parametrize(
    ("script", "stop", "text"),
    [
        ("hello###rest", ("###",), "hello"),
        ("hello##rest.", ("###",), "hello##rest."),
        ("####", ("###",), ""),
        ("a#b##c###d", ("###",), "a#b##c"),
        ("one two", ("two", "ne"), "o"),
        ("aab", ("ab",), "a"),
        ("xabab!", ("ababc", "b!"), "xaba"),
        ("你好。再见。", ("。再",), "你好"),
        ("ends ##", ("###",), "ends ##"),
        ("both", ("both", "bot"), ""),
    ],
)
def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(
    script: str, stop: tuple[str, ...], text: str
) -> None:
    model = ScriptedModel([*ids(script), EOS])

    answer, finished = run(model, ids("p"), stop=stop)

    assert answer == text
    found = any(s in script for s in stop)
    assert (finished.reason is FinishReason.STOP_STRING) == found


def test_every_way_to_cut_a_text_into_deltas_finds_the_same_stop() -> None:
    text, stop = "ab##c###d", ("###",)
    for cuts in range(2 ** (len(text) - 1)):
        tail, shown, part = StopStrings(stop), "", ""
        for position, char in enumerate(text):
            part += char
            if cuts >> position & 1 or position == len(text) - 1:
                shown += tail.add(part)
                part = ""
        assert (shown + tail.flush(), tail.found) == ("ab##c", True)


def test_text_that_may_become_a_stop_text_is_held_back_and_then_shown() -> None:
    tail = StopStrings(("END",))

    assert [tail.add("x"), tail.add("E"), tail.add("N"), tail.add("x"), tail.add("E")] == [
        "x", "", "", "ENx", "",
    ]  # fmt: skip
    assert tail.flush() == "E"
    assert not tail.found


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
        return run(FlatModel([EOS]), ids("p"), greedy=False, seed=seed)[0]

    assert answer(5) == answer(5)
    assert answer(5) != answer(6)
    assert answer(None) != answer(None)


def test_the_penalty_counts_the_prompt_and_the_answer() -> None:
    """Every letter but “q” was in the prompt; once said, “q” is as any other."""
    prompt = ids("abcdefghijklmnoprstuvwxyz")

    text, _ = run(FlatModel([EOS]), prompt, repetition_penalty=1.5, max_new_tokens=2)

    assert text == "qa"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_stop_the_answer_with_a_sentence(value: float) -> None:
    class BrokenModel(ScriptedModel):
        def _pass(self, token_ids: Sequence[int]) -> Any:
            logits = super()._pass(token_ids)
            if self.spoken == 2:
                logits[5] = value
            return logits

    text = ""
    with pytest.raises(InvalidLogitsError) as caught:  # noqa: PT012  what came before is looked at
        for event in stream(BrokenModel(ids("abcd")), ids("p")):
            if isinstance(event, TextDelta):
                text += event.text

    assert text == "ab"
    assert_one_sentence(caught.value)


# --- as published ------------------------------------------------------------------------


class IdDetokenizer:
    """Ids as numbers, to see which tokens were chosen."""

    def add(self, token_id: int) -> str:
        return f"{token_id} "

    def flush(self) -> str:
        return ""


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
    """What was chosen; the end-of-sequence token, which has no text, is put back."""
    events = list(
        generation.stream(
            model,
            row["prompt"],
            SamplingParams(
                greedy=True,
                max_new_tokens=len(row["new_tokens"]),
                repetition_penalty=row["repetition_penalty"],
            ),
            eos_ids=frozenset({EOS}),
            detokenizer=IdDetokenizer(),
            cancel=threading.Event(),
        )
    )
    finished = events[-1]
    assert isinstance(finished, Finished)
    tokens = [int(number) for number in text_of(events).split()]
    return tokens + [EOS] * (finished.reason is FinishReason.STOP)


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
