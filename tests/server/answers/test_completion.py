from __future__ import annotations

from openai.types import Completion

from backends.events import Finished, FinishReason, ScoredToken, TokenScore
from baichuan_desktop.server.answers.completion import CompletionForm
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerPart, Wanted
from baichuan_desktop.server.answers.head import AnswerHead

HEAD = AnswerHead("cmpl-1", 1_700_000_000, "guide", None)
NOTHING = AnswerPart("")
ALL = Wanted(has_scores=True, has_echo=True)
END = AnswerEnd(
    Finished(
        reason=FinishReason.CONTEXT,
        prompt_tokens=2,
        cached_tokens=0,
        new_tokens=3,
        context_tokens=5,
        prefill_seconds=0.1,
        first_token_seconds=0.2,
        decode_seconds=0.3,
    ),
    0,
)


def scored(octets: bytes, logprob: float | None, *likeliest: TokenScore) -> ScoredToken:
    return ScoredToken(TokenScore(4, tuple(octets), logprob), likeliest)


def test_whole_completion_is_what_the_client_knows() -> None:
    whole = CompletionForm(HEAD, Wanted(), "a").whole(NOTHING, AnswerPart("xyz"), END)

    read = Completion.model_validate(whole, strict=True)
    assert read.choices[0].text == "xyz"
    assert read.choices[0].finish_reason == "length"
    assert read.choices[0].logprobs is None
    assert read.usage is not None
    assert read.usage.total_tokens == 5


def test_stream_with_echo_says_the_prompt_first() -> None:
    form = CompletionForm(HEAD, Wanted(tells_usage=True, has_echo=True), "a b")

    chunks = [*form.begin(NOTHING), form.part(AnswerPart("c")), *form.end(END)]

    assert [chunk["choices"][0]["text"] for chunk in chunks[:-1]] == ["a b", "c", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, "length"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["prompt_tokens"] == 2


def test_offsets_count_characters_of_prompt_and_answer_together() -> None:
    """The middle token completes a character that the one before began."""
    form = CompletionForm(HEAD, ALL, "é")
    prompt = AnswerPart("", [scored("é".encode(), None)])
    answer = AnswerPart(
        "中a", [scored(b"\xe4", -1.0), scored(b"\xb8\xad", -2.0), scored(b"a", -3.0)]
    )

    whole = form.whole(prompt, answer, END)

    (choice,) = whole["choices"]
    assert choice["text"] == "é中a"
    assert choice["logprobs"]["text_offset"] == [0, 1, 1, 2]
    assert choice["logprobs"]["token_logprobs"] == [None, -1.0, -2.0, -3.0]
    assert choice["logprobs"]["tokens"] == ["é", "bytes:\\xe4", "bytes:\\xb8\\xad", "a"]
    assert choice["logprobs"]["top_logprobs"][0] is None


def test_streamed_scores_are_those_of_the_whole_answer() -> None:
    prompt = AnswerPart("", [scored(b"p", None), scored(b"q", -0.25)])
    parts = [AnswerPart("r", [scored(b"r", -1.0)]), AnswerPart("s", [scored(b"s", -2.0)])]
    both = AnswerPart("rs", [*parts[0].scores, *parts[1].scores])
    whole = CompletionForm(HEAD, ALL, "pq").whole(prompt, both, END)
    form = CompletionForm(HEAD, ALL, "pq")

    chunks = [*form.begin(prompt), *map(form.part, parts)]

    pieces = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    for name, entries in whole["choices"][0]["logprobs"].items():
        assert [entry for piece in pieces for entry in piece[name]] == entries


def test_token_itself_is_told_where_it_is_none_of_the_likeliest() -> None:
    """Two tokens of one text are one entry, as likely as the likelier."""
    likeliest = (TokenScore(1, tuple(b"a"), -0.1), TokenScore(2, tuple(b"a"), -0.9))
    form = CompletionForm(HEAD, Wanted(has_scores=True), "a")

    chunk = form.part(AnswerPart("b", [scored(b"b", -5.0, *likeliest)]))

    assert chunk["choices"][0]["logprobs"]["top_logprobs"] == [{"a": -0.1, "b": -5.0}]


def test_text_of_ids_is_that_of_their_scores() -> None:
    """Nobody but the model's tokenizer knows it."""
    form = CompletionForm(HEAD, Wanted(has_echo=True), None)
    prompt = AnswerPart("", [scored(b"\xe4", None), scored(b"\xb8\xad", -1.0)])

    whole = form.whole(prompt, AnswerPart("a", [scored(b"a", -1.0)]), END)

    assert whole["choices"][0]["text"] == "中a"
    assert whole["choices"][0]["logprobs"] is None
