"""The events of an answer, from prompt to text, on a scripted model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from backends.errors import InvalidLogitsError, InvalidRequestError
from backends.events import (
    Finished,
    FinishReason,
    GenerationEvent,
    PrefillProgress,
    TextDelta,
)
from backends.generation import stream as generation
from backends.generation.prefill import Prefill, PromptMemo
from backends.generation.sampling import SamplingParams
from backends.interface import LoadedModel
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
    """The events of an answer, from the first prompt token that is read."""
    yield from generation.stream(
        Prefill(model, prompt, memo),
        SamplingParams(**{"greedy": True, "max_new_tokens": 20, **options}),
        eos_ids=frozenset({EOS}),
        detokenizer=CharacterDetokenizer(),
        cancel=cancel or threading.Event(),
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
    model = ScriptedModel(ids("x"), chunk=4)

    events = stream(model, ids("prompt"))
    assert model.passes == []
    next(events)

    assert model.passes == [4]


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


def test_a_prompt_that_is_refused_has_no_events() -> None:
    with pytest.raises(InvalidRequestError):
        next(stream(ScriptedModel([EOS]), []))


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


def test_the_same_prompt_is_not_read_again() -> None:
    model, memo = ScriptedModel([*ids("ab"), EOS]), PromptMemo()
    first = run(model, ids("prompt"), memo=memo)[0]
    model.passes.clear()
    model.spoken = 0  # the script begins anew without a prefill

    text, finished = run(model, ids("prompt"), memo=memo)

    assert text == first
    assert finished.cached_tokens == 6
    assert model.passes == [1, 1]


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
