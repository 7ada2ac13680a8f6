"""What other programs ask of an answer, on a real model: terms, ids, scores, nothing left out."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import ContextLengthExceededError, InvalidRequestError
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    PrefillProgress,
    PromptReady,
    ScoredToken,
    TextDelta,
    TokensScored,
)
from backends.generation.sampling import SamplingParams
from backends.generation.terms import AnswerTerms, Grammar, GrammarKind
from backends.machine.hardware import Machine
from backends.protocol.engine_requests import (
    ChatRequest,
    CompleteRequest,
    DescribePromptRequest,
    LoadRequest,
    Request,
)
from backends.text.chat_template import Message, Role
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

MACHINE = Machine(
    "A processor", 1, frozenset(), 8 * 2**30, 4 * 2**30, libraries={"torch": "2.13.0"}
)
GREEDY = SamplingParams(greedy=True, max_new_tokens=12)
TEXT = "我们一起去公园散步" * 9  # more than one chunk


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine(lambda: MACHINE)
    list(run_request(engine, LoadRequest(str(goldens.folder("b2-7b")), threads=1), _never()))
    return engine


def _never() -> threading.Event:
    return threading.Event()


def run(engine: Engine, request: Request) -> list[EngineEvent]:
    return list(run_request(engine, request, _never()))


def scores(events: Sequence[EngineEvent], *, of_prompt: bool) -> list[ScoredToken]:
    return [
        one
        for event in events
        if isinstance(event, TokensScored) and event.of_prompt is of_prompt
        for one in event.tokens
    ]


def finished(events: Sequence[EngineEvent]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def text_of(events: Sequence[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def chat(*texts: str, max_new_tokens: int = 12) -> ChatRequest:
    """A conversation in turns, the first one of the user."""
    roles = (Role.USER, Role.ASSISTANT)
    messages = tuple(Message(roles[i % 2], text) for i, text in enumerate(texts))
    return ChatRequest(messages, replace(GREEDY, max_new_tokens=max_new_tokens), drops_oldest=False)


# --- terms -------------------------------------------------------------------------------


def test_a_presence_penalty_keeps_a_greedy_answer_from_saying_a_token_again(engine: Engine) -> None:
    request = CompleteRequest("你好", GREEDY, AnswerTerms(likeliest=0))
    plain = scores(run(engine, request), of_prompt=False)
    terms = AnswerTerms(frequency_penalty=2.0, presence_penalty=2.0, likeliest=0)

    changed = scores(run(engine, replace(request, terms=terms)), of_prompt=False)

    def repeats(tokens: Sequence[ScoredToken]) -> int:
        return len(tokens) - len({one.token.token_id for one in tokens})

    assert repeats(plain) > repeats(changed)
    assert changed[0] == plain[0]  # nothing was said before it


def test_an_answer_tells_how_likely_its_tokens_were(engine: Engine) -> None:
    chatted = replace(chat("你好"), terms=AnswerTerms(likeliest=3))

    events = run(engine, chatted)

    found = scores(events, of_prompt=False)
    assert len(found) == finished(events).new_tokens - (
        finished(events).reason is FinishReason.STOP
    )
    octets = b"".join(bytes(one.token.octets) for one in found)
    assert octets.decode("utf-8", "replace").replace("\ufffd", "") == text_of(events).replace(
        "\ufffd", ""
    )
    for one in found:
        assert one.token == one.likeliest[0]  # greedy, without a penalty
        logprobs = [token.logprob or 0 for token in one.likeliest]
        assert logprobs == sorted(logprobs, reverse=True)
        assert sum(map(np.exp, logprobs)) <= 1
    assert text_of(run(engine, replace(chatted, terms=AnswerTerms()))) == text_of(events)


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5])
def test_an_answer_that_is_held_to_a_schema_keeps_to_it(engine: Engine, seed: int | None) -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["公园", "散步"]}, "far": {"type": "boolean"}},
        "required": ["kind", "far"],
        "additionalProperties": False,
    }
    params = SamplingParams(greedy=seed is None, seed=seed, max_new_tokens=200, top_k=5)
    grammar = Grammar(GrammarKind.JSON_SCHEMA, json.dumps(schema))
    request = replace(chat("你好"), params=params, terms=AnswerTerms(grammar=grammar))

    events = run(engine, request)

    assert finished(events).reason is FinishReason.STOP
    value = json.loads(text_of(events))
    assert value["kind"] in ("公园", "散步")
    assert value["far"] in (True, False)
    assert len(value) == 2


def test_a_schema_is_refused_before_anything_is_read(engine: Engine) -> None:
    grammar = Grammar(GrammarKind.JSON_SCHEMA, '{"not": {}}')
    request = replace(chat("你好"), terms=AnswerTerms(grammar=grammar))

    with pytest.raises(InvalidRequestError) as caught:
        next(iter(run_request(engine, request, _never())))
    assert_one_sentence(caught.value)


def test_the_tokens_of_a_model_are_made_ready_for_grammars_once(engine: Engine) -> None:
    params = replace(GREEDY, max_new_tokens=2)
    terms = AnswerTerms(grammar=Grammar(GrammarKind.JSON_OBJECT))
    run(engine, CompleteRequest("你好", params, terms))
    vocabulary = engine.loaded.vocabulary

    run(engine, CompleteRequest("好", params, terms))

    assert vocabulary is not None
    assert engine.loaded.vocabulary is vocabulary


# --- ids and scores ----------------------------------------------------------------------


def test_ids_are_continued_as_their_text_is(engine: Engine) -> None:
    ids = tuple(engine.loaded.tokenizer.encode(TEXT))

    by_ids = run(engine, CompleteRequest("", GREEDY, prompt_ids=ids))

    assert text_of(by_ids) == text_of(run(engine, CompleteRequest(TEXT, GREEDY)))
    assert finished(by_ids).prompt_tokens == len(ids)


def test_ids_may_steer_the_model(engine: Engine) -> None:
    tokenizer = engine.loaded.tokenizer
    ids = (195, *tokenizer.encode("你好"), 196)

    by_ids = run(engine, CompleteRequest("", GREEDY, prompt_ids=ids))

    assert text_of(by_ids) == text_of(run(engine, chat("你好")))


@pytest.mark.parametrize("token_id", [-1, 2**31, 10**9])
def test_an_id_that_is_no_token_is_named(engine: Engine, token_id: int) -> None:
    request = CompleteRequest("", GREEDY, prompt_ids=(5, token_id, 7))

    for asked in (request, DescribePromptRequest(complete=request)):
        with pytest.raises(InvalidRequestError, match="is no token of this model") as caught:
            run(engine, asked)
        assert_one_sentence(caught.value)
        assert caught.value.facts["token_id"] == token_id


def test_no_ids_are_no_text(engine: Engine) -> None:
    with pytest.raises(InvalidRequestError, match="There is no text to continue"):
        run(engine, CompleteRequest("", GREEDY, prompt_ids=()))


def test_a_prompt_is_scored_by_the_model_s_own_logits(engine: Engine) -> None:
    ids = engine.loaded.tokenizer.encode(TEXT)
    request = CompleteRequest(
        TEXT, GREEDY, AnswerTerms(likeliest=2), scores_prompt=True, continues=False
    )
    run(engine, CompleteRequest(TEXT, GREEDY))  # the cache holds all of it

    events = run(engine, request)

    found = scores(events, of_prompt=True)
    assert [one.token.token_id for one in found] == ids
    assert found[0].token.logprob is None
    model = engine.loaded.model
    model.truncate(0)
    rows = np.concatenate([model.prefill_logits(ids[:64]), model.prefill_logits(ids[64:])])
    wide = rows.astype(np.float64)
    expected = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    assert [one.token.logprob for one in found[1:]] == pytest.approx(
        [row[i] for row, i in zip(expected, ids[1:], strict=False)], abs=1e-4
    )
    assert [one.likeliest[0].token_id for one in found[1:]] == rows[:-1].argmax(axis=1).tolist()
    assert (finished(events).new_tokens, finished(events).reason) == (0, FinishReason.LENGTH)
    assert finished(events).cached_tokens == 0


def test_a_scored_prompt_is_continued_as_one_that_is_not(engine: Engine) -> None:
    request = CompleteRequest(TEXT, GREEDY, AnswerTerms(likeliest=0), scores_prompt=True)

    events = run(engine, request)

    assert text_of(events) == text_of(run(engine, CompleteRequest(TEXT, GREEDY)))
    assert scores(events, of_prompt=False)


def test_scoring_stops_after_a_chunk(engine: Engine) -> None:
    cancel = threading.Event()
    request = CompleteRequest(TEXT, GREEDY, AnswerTerms(likeliest=0), scores_prompt=True)

    events = []
    for event in run_request(engine, request, cancel):
        events.append(event)
        if isinstance(event, PrefillProgress):
            cancel.set()

    assert len(scores(events, of_prompt=True)) == 64
    assert finished(events).reason is FinishReason.CANCELLED


# --- nothing left out --------------------------------------------------------------------


def test_a_conversation_that_fits_is_read_whole_however_long_the_answer_may_be(
    engine: Engine,
) -> None:
    texts = ["我们一起去公园散步" * 4, "好" * 20] * 3
    request = chat(*texts, "谢谢", max_new_tokens=10_000)

    ready = next(iter(run_request(engine, request, _never())))
    dropping = next(iter(run_request(engine, replace(request, drops_oldest=True), _never())))

    assert isinstance(ready, PromptReady)
    assert isinstance(dropping, PromptReady)
    assert dropping.dropped_messages > 0
    assert ready.dropped_messages == 0
    assert 128 < ready.prompt_tokens < 256
    assert ready.room_tokens == 256 - ready.prompt_tokens


def test_a_conversation_that_leaves_no_room_is_refused_with_its_length(engine: Engine) -> None:
    texts = ["我们一起去公园散步" * 5, "好" * 40] * 6
    request = chat(*texts, "谢谢")
    encode = engine.loaded.tokenizer.encode
    length = sum(1 + len(encode(text)) for text in (*texts, "谢谢")) + 1

    for asked in (request, DescribePromptRequest(chat=request)):
        with pytest.raises(ContextLengthExceededError) as caught:
            run(engine, asked)
        assert_one_sentence(caught.value)
        assert caught.value.message.startswith("The conversation needs ")
        assert caught.value.facts["prompt_tokens"] == length + 1
        assert caught.value.facts["context_length"] == 256
