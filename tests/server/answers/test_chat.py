from __future__ import annotations

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from backends.events import Finished, FinishReason, ScoredToken, TokenScore
from baichuan_desktop.server.answers.chat import ChatForm
from baichuan_desktop.server.answers.form import AnswerEnd, AnswerPart, Wanted
from baichuan_desktop.server.answers.head import AnswerHead

HEAD = AnswerHead("chatcmpl-1", 1_700_000_000, "guide", "fp_0")
NOTHING = AnswerPart("")


def end(reason: FinishReason = FinishReason.STOP, dropped: int = 0) -> AnswerEnd:
    finished = Finished(
        reason=reason,
        prompt_tokens=7,
        cached_tokens=5,
        new_tokens=3,
        context_tokens=10,
        prefill_seconds=0.1,
        first_token_seconds=0.2,
        decode_seconds=0.3,
    )
    return AnswerEnd(finished, dropped)


def scored(text: str) -> ScoredToken:
    token = TokenScore(4, tuple(text.encode()), -0.5)
    return ScoredToken(token, (token, TokenScore(5, (0xE4, 0xB8), -1.5)))


def test_whole_answer_is_what_the_client_knows_as_a_chat_completion() -> None:
    whole = ChatForm(HEAD, Wanted()).whole(NOTHING, AnswerPart("你好"), end())

    read = ChatCompletion.model_validate(whole, strict=True)
    assert read.id == "chatcmpl-1"
    assert read.system_fingerprint == "fp_0"
    assert read.choices[0].message.content == "你好"
    assert read.choices[0].finish_reason == "stop"
    assert read.choices[0].logprobs is None
    assert read.usage is not None
    assert (read.usage.prompt_tokens, read.usage.completion_tokens) == (7, 3)
    assert read.usage.total_tokens == 10
    assert read.usage.prompt_tokens_details is not None
    assert read.usage.prompt_tokens_details.cached_tokens == 5
    assert "truncation" not in whole


def test_chunks_name_who_speaks_first_and_why_it_ended_last() -> None:
    form = ChatForm(HEAD, Wanted())

    chunks = [
        ChatCompletionChunk.model_validate(chunk, strict=True)
        for chunk in [
            *form.begin(NOTHING),
            form.part(AnswerPart("a")),
            form.part(AnswerPart("b")),
            *form.end(end(FinishReason.LENGTH)),
        ]
    ]

    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None, None]
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "a", "b", None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "length"]
    assert {chunk.id for chunk in chunks} == {"chatcmpl-1"}
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_is_in_a_last_chunk_without_choices_and_null_in_the_others() -> None:
    form = ChatForm(HEAD, Wanted(tells_usage=True))

    chunks = [*form.begin(NOTHING), form.part(AnswerPart("a")), *form.end(end())]

    last = chunks.pop()
    assert [chunk["usage"] for chunk in chunks] == [None, None, None]
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 10


def test_dropped_messages_are_told_to_who_allowed_it() -> None:
    form = ChatForm(HEAD, Wanted(tells_dropped=True))

    whole = form.whole(NOTHING, AnswerPart("a"), end(dropped=4))
    (last,) = form.end(end(dropped=4))

    assert whole["truncation"] == {"dropped_messages": 4}
    assert last["truncation"] == {"dropped_messages": 4}


def test_scores_are_those_of_the_tokens_of_a_part() -> None:
    form = ChatForm(HEAD, Wanted(has_scores=True))

    chunk = ChatCompletionChunk.model_validate(form.part(AnswerPart("中", [scored("中")])))
    whole = form.whole(NOTHING, AnswerPart("中", [scored("中")]), end())

    assert chunk.choices[0].logprobs is not None
    (token,) = chunk.choices[0].logprobs.content or []
    assert (token.token, token.bytes, token.logprob) == ("中", [0xE4, 0xB8, 0xAD], -0.5)
    assert [(one.token, one.bytes) for one in token.top_logprobs] == [
        ("中", [0xE4, 0xB8, 0xAD]),
        ("\\xe4\\xb8", [0xE4, 0xB8]),
    ]
    assert whole["choices"][0]["logprobs"] == chunk.choices[0].logprobs.model_dump()
