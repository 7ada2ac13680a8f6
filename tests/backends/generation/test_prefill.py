"""Prompts on their way into the KV cache: what is read, in which parts, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest

from backends.errors import ContextLengthExceededError, InvalidRequestError
from backends.events import PrefillProgress
from backends.generation.prefill import Chunk, Prefill, PromptMemo, read_chunks
from backends.interface import Logits
from tests.helpers.fakes import ScriptedModel
from tests.helpers.quantized import finish
from tests.helpers.sentences import assert_one_sentence


def ids(text: str) -> list[int]:
    return [ord(char) for char in text]


def read(model: ScriptedModel, prompt: Sequence[int], memo: PromptMemo | None = None) -> Prefill:
    prefill = Prefill(model, prompt, memo)
    assert finish(prefill.run(threading.Event())) is not None
    return prefill


# --- chunks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "size", "begin", "spans"),
    [
        (6, 4, 0, [(0, 4), (4, 6)]),
        (8, 4, 0, [(0, 4), (4, 8)]),
        (8, 4, 3, [(3, 7), (7, 8)]),
        (8, 4, 7, [(7, 8)]),
        (8, 4, 8, []),
        (3, 64, 0, [(0, 3)]),
        (3, 1, 0, [(0, 1), (1, 2), (2, 3)]),
        (0, 4, 0, []),
    ],
)
def test_chunks_follow_one_another_to_the_end(
    count: int, size: int, begin: int, spans: list[tuple[int, int]]
) -> None:
    model = ScriptedModel([5])
    prompt = list(range(count))

    chunks = list(read_chunks(model.prefill, prompt, size, threading.Event(), begin=begin))

    assert [(chunk.begin, chunk.end) for chunk in chunks] == spans
    assert list(model.cached_ids) == prompt[begin:]
    assert all(one.end == other.begin for one, other in pairwise(chunks))


def test_a_chunk_has_the_logits_of_its_own_pass() -> None:
    passes = []

    def each(token_ids: Sequence[int]) -> Logits:
        passes.append(model.prefill_logits(token_ids))
        return passes[-1]

    model = ScriptedModel([5])

    chunks: list[Chunk] = list(read_chunks(each, ids("abcde"), 3, threading.Event()))

    assert [chunk.logits.shape[0] for chunk in chunks] == [3, 2]
    assert all(chunk.logits is rows for chunk, rows in zip(chunks, passes, strict=True))


def test_a_chunk_is_read_only_when_it_is_asked_for() -> None:
    model = ScriptedModel([5])

    chunks = read_chunks(model.prefill, ids("abcdefgh"), 4, threading.Event())
    assert model.passes == []
    next(chunks)

    assert model.passes == [4]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_cancel_ends_the_chunks_before_the_next_one(after: int) -> None:
    model, cancel = ScriptedModel([5]), threading.Event()
    if not after:
        cancel.set()

    found = []
    for chunk in read_chunks(model.prefill, ids("abcdefghij"), 4, cancel):
        found.append(chunk.end)
        if len(found) == after:
            cancel.set()

    assert found == [4, 8][:after]
    assert model.passes == [4, 4][:after]


# --- prompts -----------------------------------------------------------------------------


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"There is no text to continue\."):
        Prefill(ScriptedModel([5]), [])


@pytest.mark.parametrize("length", [10, 11, 5000])
def test_a_prompt_longer_than_the_context_is_refused_before_any_work(length: int) -> None:
    model = ScriptedModel([5], context_length=10)
    model.prefill(ids("abc"))

    with pytest.raises(ContextLengthExceededError) as caught:
        Prefill(model, [97] * length)

    assert_one_sentence(caught.value)
    assert caught.value.facts["prompt_tokens"] == length + 1
    assert model.passes == [3]
    assert list(model.cached_ids) == ids("abc")


def test_progress_counts_what_was_not_in_the_cache() -> None:
    model = ScriptedModel([5])
    read(model, ids("abc"))

    prefill = Prefill(model, ids("abc") + ids("defghi"))

    assert prefill.cached_tokens == 3
    assert list(prefill.run(threading.Event())) == [PrefillProgress(4, 6), PrefillProgress(6, 6)]


def test_the_logits_are_those_after_the_last_token_of_the_prompt() -> None:
    model = ScriptedModel([7])

    logits = finish(Prefill(model, ids("prompt")).run(threading.Event()))

    assert logits is not None
    assert logits.shape == (model.vocab_size,)
    assert logits.argmax() == 7


# --- what is in the cache already --------------------------------------------------------


def test_a_prompt_that_differs_is_read_from_there() -> None:
    model = ScriptedModel([5])
    read(model, ids("abcdefgh"))
    model.passes.clear()

    prefill = read(model, ids("abcXefgh"))

    assert prefill.cached_tokens == 3
    assert model.passes == [4, 1]
    assert list(model.cached_ids) == ids("abcXefgh")


def test_what_is_not_of_the_prompt_is_given_up_before_the_rest_is_read() -> None:
    model = ScriptedModel([5])
    read(model, ids("abcdefgh"))

    Prefill(model, ids("abX"))

    assert list(model.cached_ids) == ids("ab")


def test_a_prompt_that_begins_the_cached_one_is_read_from_its_last_token() -> None:
    """The logits of its last token are needed, and only a pass over it gives them."""
    model = ScriptedModel([5])
    read(model, ids("abcdefgh"))
    model.passes.clear()

    prefill = read(model, ids("abcde"))

    assert (prefill.cached_tokens, model.passes) == (4, [1])


def test_a_prompt_that_is_remembered_costs_no_pass() -> None:
    model, memo = ScriptedModel([5]), PromptMemo()
    read(model, ids("prompt"), memo)
    kept = memo.logits
    model.decode(97)  # of an answer
    model.passes.clear()

    prefill = Prefill(model, ids("prompt"), memo)

    assert prefill.cached_tokens == 6
    assert finish(prefill.run(threading.Event())) is kept
    assert model.passes == []
    assert list(model.cached_ids) == ids("prompt")


def test_logits_of_another_prompt_are_not_taken_for_this_one() -> None:
    model, memo = ScriptedModel([5]), PromptMemo()
    read(model, ids("prompt"), memo)
    model.passes.clear()

    read(model, ids("prom"), memo)

    assert model.passes == [1]


def test_logits_are_not_taken_for_a_prompt_that_has_left_the_cache() -> None:
    model, memo = ScriptedModel([5]), PromptMemo()
    read(model, ids("prompt"), memo)
    model.truncate(0)
    model.passes.clear()

    read(model, ids("prompt"), memo)

    assert model.passes == [4, 2]


def test_a_prompt_whose_prefill_was_stopped_is_not_remembered() -> None:
    model, memo, cancel = ScriptedModel([5]), PromptMemo(), threading.Event()
    run = Prefill(model, ids("long prompt"), memo).run(cancel)
    next(run)
    cancel.set()

    assert finish(run) is None
    assert (memo.ids, memo.logits) == ([], None)
    assert read(model, ids("long prompt"), memo).cached_tokens == 4
    assert memo.ids == ids("long prompt")
