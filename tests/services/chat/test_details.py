"""How an answer was made is kept, and read again."""

from __future__ import annotations

from backends.errors import ContextLengthExceededError, InsufficientMemoryError, UserFacingError
from backends.events import Finished, FinishReason, PromptReady
from backends.generation.sampling import SamplingParams
from backends.phrases import Phrase
from baichuan_desktop.services.chat import details as kept
from baichuan_desktop.services.chat.values import AnswerDetails, Status

PARAMS = SamplingParams(temperature=0.3, top_k=5, seed=7, stop=("###",), max_new_tokens=9)
FINISHED = Finished(FinishReason.LENGTH, 10, 0, 21, 31, 0.1, 0.1, 2.0)


def test_the_sampling_comes_back_as_it_was() -> None:
    assert kept.params_of(kept.begun(None, PARAMS)) == PARAMS


def test_sampling_that_another_version_wrote_is_not_known() -> None:
    for text in ("", "[]", "{}", "null", '{"temperature": "hot"}', "{" * 10_000):
        assert kept.params_of(AnswerDetails(sampling=text)) is None
    sampling = kept.begun(None, PARAMS).sampling
    assert '"temperature": 0.3' in sampling
    impossible = sampling.replace('"temperature": 0.3', '"temperature": -1')
    assert kept.params_of(AnswerDetails(sampling=impossible)) is None


def test_an_error_comes_back_with_its_class_and_its_facts() -> None:
    for error in (
        ContextLengthExceededError(what="Your message", prompt_tokens=9, context_length=8),
        InsufficientMemoryError(device=Phrase("{n} cards", n=2), needed_bytes=2, free_bytes=1),
        UserFacingError("{name} is no model.", name="\x1b[31m河"),
    ):
        details = kept.ended(AnswerDetails(), None, error)

        again = kept.error_of(details)

        assert type(again) is type(error)
        assert again is not None
        assert (again.template, again.hint) == (error.template, error.hint)
        assert again.facts == error.facts


def test_an_error_that_is_not_understood_is_its_own_text() -> None:
    no_fact = '{"type": "X", "template": "{x}", "facts": {}, "hint": ""}'
    for text in ("a sentence", "{}", "[1]", "7", no_fact):
        error = kept.error_of(AnswerDetails(error=text))
        assert error is not None
        assert error.message == text
    assert kept.error_of(AnswerDetails()) is None


def test_an_end_is_kept_with_its_figures() -> None:
    prompt = kept.read(AnswerDetails(), PromptReady(10, 0, 4, 1996))

    ended = kept.ended(prompt, FINISHED, None)

    assert (ended.dropped_messages, ended.room_tokens) == (4, 1996)
    assert (ended.new_tokens, ended.prompt_tokens, ended.tokens_per_second) == (21, 10, 10.0)
    assert kept.reason_of(ended) is FinishReason.LENGTH
    assert kept.reason_of(kept.ended(prompt, None, None)) is FinishReason.CANCELLED


def test_the_status_says_how_an_answer_ended() -> None:
    error = UserFacingError("x")
    ends = {
        FinishReason.STOP: Status.FINISHED,
        FinishReason.STOP_STRING: Status.FINISHED,
        FinishReason.LENGTH: Status.CUT,
        FinishReason.CONTEXT: Status.CUT,
        FinishReason.CANCELLED: Status.STOPPED,
    }

    found = {
        reason: kept.status_of(Finished(reason, 1, 0, 1, 2, 0.1, 0.1, 0.1), None)
        for reason in FinishReason
    }

    assert found == ends
    assert kept.status_of(None, error) is Status.BROKEN
    assert kept.status_of(None, None) is Status.STOPPED
