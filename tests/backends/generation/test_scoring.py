"""How likely tokens were: by numpy, by hand, and in step with the text."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from backends.errors import InvalidLogitsError
from backends.events import (
    Finished,
    FinishReason,
    GenerationEvent,
    PrefillProgress,
    TextDelta,
    TokenScore,
    TokensScored,
)
from backends.generation.prefill import Chunk, Prefill, PromptMemo
from backends.generation.sampling import SamplingParams
from backends.generation.scoring import PromptScores, Scorer
from backends.generation.stream import stream
from backends.generation.terms import AnswerTerms
from backends.interface import LoadedModel, Logits
from backends.text.detokenizer import StreamingDetokenizer
from backends.text.tokenizer import Tokenizer
from tests.helpers import goldens
from tests.helpers.fakes import ScriptedModel, text_of

EOS = 2


def letter(token_id: int) -> bytes:
    return chr(token_id).encode()


def log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    wide = logits.astype(np.float64)
    found: npt.NDArray[np.float64] = wide - np.log(np.exp(wide).sum())
    return found


def array(*values: float) -> Logits:
    return np.array(values, dtype=np.float32)


# --- one token ---------------------------------------------------------------------------


def test_a_score_is_the_log_softmax_of_the_logits() -> None:
    logits = np.random.default_rng(1).normal(size=1000).astype(np.float32) * 5
    expected = log_softmax(logits)
    order = np.argsort(-logits)

    scored = Scorer(3, letter).score(logits, 97)

    assert scored.token.logprob == pytest.approx(expected[97], abs=1e-12)
    assert (scored.token.token_id, scored.token.octets) == (97, (97,))
    assert [one.token_id for one in scored.likeliest] == order[:3].tolist()
    assert [one.logprob for one in scored.likeliest] == pytest.approx(expected[order[:3]].tolist())


def test_rows_that_are_no_tokens_take_no_part() -> None:
    scorer = Scorer(5, letter, np.array([0, 1, 3]))

    scored = scorer.score(array(1, 2, 99, 1), 3)

    assert scored.token.logprob == pytest.approx(log_softmax(array(1, 2, 1))[2])
    assert [one.token_id for one in scored.likeliest] == [1, 0, 3]  # of equals, the lower id


@pytest.mark.parametrize("most", [0, 1, 2, 4])
def test_so_many_of_the_likeliest_are_told_as_were_asked_for(most: int) -> None:
    scored = Scorer(most, letter).score(array(2, 5, 2, 2), 0)

    assert [one.token_id for one in scored.likeliest] == [1, 0, 2, 3][:most]


def test_a_token_beyond_all_hope_is_still_a_number() -> None:
    scored = Scorer(1, letter).score(array(-3e38, 3e38), 0)

    assert scored.token.logprob == pytest.approx(-6e38)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_an_error(value: float) -> None:
    with pytest.raises(InvalidLogitsError):
        Scorer(1, letter).score(array(1, value, 2), 0)


# --- an answer ---------------------------------------------------------------------------


class PieceDetokenizer:
    """Gives some ids texts of several letters; 128 and above are parts of “好”."""

    def __init__(self) -> None:
        self._bytes = b""

    def octets(self, token_id: int) -> bytes:
        return PIECES.get(token_id, b"")

    def add(self, token_id: int) -> str:
        self._bytes += self.octets(token_id)
        try:
            text = self._bytes.decode()
        except UnicodeDecodeError:
            return ""
        self._bytes = b""
        return text

    def flush(self) -> str:
        return "\ufffd" * len(self._bytes)


PIECES = {10: b"ab", 11: b"cd", 12: b"e", 20: b"\xe5", 21: b"\xa5", 22: b"\xbd"}  # 30 has no text


def answer(
    script: Sequence[int], *, stop: Sequence[str] = (), most: int = 20, likeliest: int | None = 1
) -> list[GenerationEvent]:
    return list(
        stream(
            Prefill(ScriptedModel([*script, EOS]), [5]),
            SamplingParams(greedy=True, max_new_tokens=most, stop=tuple(stop)),
            eos_ids=frozenset({EOS}),
            detokenizer=PieceDetokenizer(),
            cancel=threading.Event(),
            terms=AnswerTerms(likeliest=likeliest),
        )
    )


def told(events: Sequence[GenerationEvent]) -> list[list[int] | str]:
    """The ids of each event that scores tokens, and the texts between them."""
    found: list[list[int] | str] = []
    for event in events:
        if isinstance(event, TokensScored):
            found.append([scored.token.token_id for scored in event.tokens])
        elif isinstance(event, TextDelta):
            found.append(event.text)
    return found


@pytest.mark.parametrize(
    ("script", "stop", "expected"),
    [
        ([10, 11], [], [[10], "ab", [11], "cd"]),
        ([20, 21, 22, 10], [], [[20, 21, 22], "好", [10], "ab"]),
        ([10, 30, 11], [], [[10], "ab", [30, 11], "cd"]),
        ([10, 30], [], [[10], "ab", [30]]),  # nothing follows that it could go with
        ([30], [], [[30]]),
        ([10, 20], [], [[10], "ab", [20], "\ufffd"]),
        # What may be the beginning of a stop string waits with its whole token.
        ([10, 11], ["bx"], [[10, 11], "abcd"]),
        ([10, 12, 11], ["exx"], [[10], "ab", [12, 11], "ecd"]),
        # What is cut off is not told.
        ([10, 11, 12], ["cd"], [[10], "ab"]),
        ([10, 12, 11], ["ec"], [[10], "ab"]),
        ([10, 20, 21, 22], ["好"], [[10], "ab"]),
        ([10, 30, 12], ["e"], [[10], "ab"]),
        ([10], ["a"], []),
        ([11, 10, 11], ["bc"], [[11], "cd", [10], "a"]),
        ([10, 11], ["d"], [[10], "ab", [11], "c"]),
        ([], [], []),
    ],
)
def test_scores_come_right_before_the_text_of_their_tokens(
    script: list[int], stop: list[str], expected: list[object]
) -> None:
    assert told(answer(script, stop=stop)) == expected


@pytest.mark.parametrize("stop", [[], ["bcd"], ["cdab"], ["d"], ["好"], ["e好"]])
def test_the_bytes_that_are_told_are_those_of_the_text(stop: list[str]) -> None:
    events = answer([12, 10, 11, 10, 12, 20, 21, 22, 30, 11, 12], stop=stop)

    octets = b""
    for event in events:
        if isinstance(event, TokensScored):
            octets += b"".join(bytes(one.token.octets) for one in event.tokens)
    assert octets.decode() == text_of(events)
    plain = answer([12, 10, 11, 10, 12, 20, 21, 22, 30, 11, 12], stop=stop, likeliest=None)
    assert text_of(plain) == text_of(events)
    assert not any(isinstance(event, TokensScored) for event in plain)


def test_a_cut_token_keeps_its_score_and_has_one_text_among_the_likeliest_too() -> None:
    *_, scored, text, _ = answer([10, 11], stop=["d"])

    assert text == TextDelta("c")
    assert isinstance(scored, TokensScored)
    [one] = scored.tokens
    assert one.token == TokenScore(11, tuple(b"c"), one.likeliest[0].logprob)
    assert one.likeliest[0] == one.token
    assert not scored.of_prompt


def test_what_ends_an_answer_has_no_score_but_the_last_token_of_its_length_has() -> None:
    ended, cut = answer([10, 11]), answer([10, 11], most=1)

    assert told(ended) == [[10], "ab", [11], "cd"]
    assert told(cut) == [[10], "ab"]
    assert isinstance(cut[-1], Finished)
    assert cut[-1].reason is FinishReason.LENGTH


def test_scores_are_of_the_logits_before_temperature_and_penalties() -> None:
    events = list(
        stream(
            Prefill(ScriptedModel([97, 97, 97]), [5]),
            SamplingParams(temperature=50.0, top_k=3, repetition_penalty=2.0, max_new_tokens=3),
            eos_ids=frozenset({EOS}),
            detokenizer=PieceDetokenizer(),
            cancel=threading.Event(),
            terms=AnswerTerms(frequency_penalty=2.0, likeliest=1),
        )
    )

    logits = np.zeros(301, dtype=np.float32)
    logits[97] = 9.0
    scores = [one for event in events if isinstance(event, TokensScored) for one in event.tokens]
    assert [one.likeliest[0].logprob for one in scores] == pytest.approx(
        [log_softmax(logits)[97]] * 3
    )


# --- a prompt ----------------------------------------------------------------------------


def test_each_token_of_a_prompt_is_scored_by_what_stands_before_it() -> None:
    rows = np.random.default_rng(2).normal(size=(5, 300)).astype(np.float32)
    prompt = [97, 98, 99, 100, 101]
    scores = PromptScores(Scorer(2, letter), prompt)

    events = [scores.score(Chunk(0, 2, rows[:2])), scores.score(Chunk(2, 5, rows[2:]))]

    assert all(event.of_prompt for event in events)
    found = [one for event in events for one in event.tokens]
    assert found[0].token == TokenScore(97, (97,), None)
    assert found[0].likeliest == ()
    for token_id, row, scored in zip(prompt[1:], rows, found[1:], strict=False):
        assert scored.token.logprob == pytest.approx(log_softmax(row)[token_id])
        assert scored.likeliest[0].token_id == row.argmax()


class RowsModel(ScriptedModel):
    """Wants to say its script also after a prompt whose logits it has given one by one."""

    def prefill_logits(self, token_ids: Sequence[int]) -> Logits:
        return np.stack([self.prefill([token_id]) for token_id in token_ids])


def scored_prompt(
    model: LoadedModel, prompt: list[int], memo: PromptMemo, *, continues: bool = True
) -> list[GenerationEvent]:
    scorer = Scorer(1, letter)
    return list(
        stream(
            Prefill(model, prompt, memo, PromptScores(scorer, prompt).score),
            SamplingParams(greedy=True, max_new_tokens=2),
            eos_ids=frozenset({EOS}),
            detokenizer=PieceDetokenizer(),
            cancel=threading.Event(),
            continues=continues,
        )
    )


def test_a_prompt_is_scored_from_its_beginning_whatever_the_cache_holds() -> None:
    model, memo = RowsModel([10, 11], chunk=4), PromptMemo()
    prompt = [97, 98, 99, 100, 101, 102]
    first = scored_prompt(model, prompt, memo)
    again = scored_prompt(model, prompt, memo)

    for events in (first, again):
        assert told(events) == [[97, 98, 99, 100], [101, 102], "ab", "cd"]
        assert [e for e in events if isinstance(e, PrefillProgress)] == [
            PrefillProgress(4, 6),
            PrefillProgress(6, 6),
        ]
        assert isinstance(events[-1], Finished)
        assert (events[-1].cached_tokens, events[-1].new_tokens) == (0, 2)


def test_an_answer_that_does_not_continue_is_empty() -> None:
    model = RowsModel([10, 11])

    events = scored_prompt(model, [97, 98], PromptMemo(), continues=False)

    assert told(events) == [[97, 98]]
    assert isinstance(events[-1], Finished)
    assert (events[-1].reason, events[-1].new_tokens) == (FinishReason.LENGTH, 0)
    assert sum(model.passes) == 2


def test_a_prompt_that_was_scored_is_answered_without_reading_it_again() -> None:
    model, memo = RowsModel([10, 11]), PromptMemo()
    scored_prompt(model, [97, 98], memo, continues=False)
    model.passes.clear()

    prefill = Prefill(model, [97, 98], memo)
    list(prefill.run(threading.Event()))

    assert (prefill.cached_tokens, model.passes) == (2, [])


# --- a tokenizer -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b1-7b", "b2-7b"])
def test_the_bytes_of_ids_joined_are_the_bytes_of_their_text(name: str) -> None:
    tokenizer: Tokenizer = goldens.tokenizer(name)
    text = "Bytes: \U0001f600 and 𠮷 — 你好，  two spaces\n\tand <reserved_106> typed"
    ids = tokenizer.encode(text)

    assert b"".join(map(tokenizer.octets, ids)).decode() == text
    detokenizer = StreamingDetokenizer(tokenizer)
    assert [detokenizer.octets(i) for i in ids] == [tokenizer.octets(i) for i in ids]


def test_what_has_no_text_has_no_bytes() -> None:
    tokenizer: Tokenizer = goldens.tokenizer("b2-7b")

    assert [tokenizer.octets(i) for i in (0, 1, 2, 10**6)] == [b""] * 4
