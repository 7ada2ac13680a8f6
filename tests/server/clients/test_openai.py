"""OpenAI's own Python client, against a server whose engine holds the guide model."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict

from baichuan_desktop.services.serving.values import LEFT
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.server.guide import GUIDE, guide_desk
from tests.server.serving import KEY, Served, serving

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What can you do?"}]
PROMPT = "Baichuan Desktop 是"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Below it lies all that the app writes meanwhile."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    with guide_desk(home) as desk, serving(desk) as served:
        yield served


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"http://{served.host}/v1",
        api_key=KEY.decode(),
        max_retries=0,
        timeout=PATIENCE_SECONDS,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def answer(client: openai.OpenAI) -> str:
    """The greedy answer to `ASKED`."""
    told = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0)
    return told.choices[0].message.content or ""


def refusal(call: Any, **fields: Any) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as raised:
        call(model=GUIDE, **fields)
    return raised.value


# --- models ---------------------------------------------------------------------------------------


def test_models_are_listed_with_how_much_they_read(client: openai.OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}

    assert listed[GUIDE].object == "model"
    assert listed[GUIDE].to_dict()["max_model_len"] == 512
    assert client.models.retrieve(GUIDE) == listed[GUIDE]


def test_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("gpt-5")
    with pytest.raises(openai.NotFoundError) as asked:
        client.chat.completions.create(model="gpt-5", messages=ASKED)

    assert raised.value.code == asked.value.code == "model_not_found"


# --- chats ----------------------------------------------------------------------------------------


def test_chat_is_answered(client: openai.OpenAI, answer: str) -> None:
    told = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0)

    assert "Baichuan Desktop" in answer
    assert told.choices[0].message.content == answer
    assert told.choices[0].message.role == "assistant"
    assert told.choices[0].finish_reason == "stop"
    assert told.model == GUIDE
    assert told.usage is not None
    assert told.usage.total_tokens == told.usage.prompt_tokens + told.usage.completion_tokens


def test_stream_is_the_whole_answer(client: openai.OpenAI, answer: str) -> None:
    chunks = list(
        client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0, stream=True)
    )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == answer
    assert len(chunks) > 10
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]


def test_stream_tells_what_it_took_to_who_asks(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0)
    *others, last = client.chat.completions.create(
        model=GUIDE,
        messages=ASKED,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )

    assert whole.usage is not None
    assert last.usage is not None
    assert last.choices == []
    assert last.usage.completion_tokens == whole.usage.completion_tokens
    assert not [chunk for chunk in others if chunk.usage is not None]


def test_helper_of_the_client_gathers_a_stream(client: openai.OpenAI, answer: str) -> None:
    with client.chat.completions.stream(model=GUIDE, messages=ASKED, temperature=0) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()

    assert "".join(deltas) == answer
    assert final.choices[0].message.content == answer


QUESTIONS = ["Who are you?", "你好", "What is RAM?", "Thanks!", "How do I stop?", "Why?", "1", "…"]


def test_sixteen_at_once_are_each_answered_as_if_alone_or_told_to_wait(
    client: openai.OpenAI, served: Served
) -> None:
    def asked(question: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": question}]
        return {"model": GUIDE, "messages": messages, "temperature": 0, "max_tokens": 12}

    async def all_at_once() -> list[Any]:
        url = f"http://{served.host}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="x", max_retries=0) as many:
            asking = [many.chat.completions.create(**asked(one)) for one in QUESTIONS * 2]
            return await asyncio.gather(*asking, return_exceptions=True)

    alone = [client.chat.completions.create(**asked(one)) for one in QUESTIONS]
    expected = [told.choices[0].message.content for told in alone]
    told = asyncio.run(all_at_once())

    answered = [one for one in told if not isinstance(one, openai.RateLimitError)]
    assert len(answered) >= 9  # one is answered, eight wait
    for one, text in zip(told, expected * 2, strict=True):
        if isinstance(one, openai.RateLimitError):
            assert int(one.response.headers["retry-after"]) > 0
        else:
            assert one.choices[0].message.content == text


def test_streams_of_random_prompts_are_the_whole_answers(client: openai.OpenAI) -> None:
    rng = random.Random(5)
    letters = 'abc 你好，😀é\n<reserved_106></s>{}"\\\x00'
    for _ in range(20):
        prompt = "".join(rng.choices(letters, k=rng.randint(1, 30)))
        asked: Any = {
            "model": GUIDE,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": 8,
            "seed": 3,
        }

        whole = client.chat.completions.create(**asked)
        streamed = client.chat.completions.create(**asked, stream=True)

        text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
        assert text == whole.choices[0].message.content


def test_system_and_developer_speak_before_the_conversation(client: openai.OpenAI) -> None:
    def prompt_tokens(role: Any) -> int:
        messages: Any = [{"role": role, "content": "Answer in Chinese."}, *ASKED]
        told = client.chat.completions.create(model=GUIDE, messages=messages, max_tokens=1)
        assert told.usage is not None
        return told.usage.prompt_tokens

    assert prompt_tokens("system") == prompt_tokens("developer")


def test_conversation_is_read_whole(client: openai.OpenAI, answer: str) -> None:
    messages: list[ChatCompletionMessageParam] = [
        *ASKED,
        {"role": "assistant", "content": answer},
        {"role": "user", "content": [{"type": "text", "text": "Thank you!"}]},
    ]

    told = client.chat.completions.create(model=GUIDE, messages=messages, temperature=0)

    assert told.choices[0].message.content
    assert told.choices[0].message.content != answer


def test_answer_that_was_begun_goes_on(client: openai.OpenAI, answer: str) -> None:
    begun = answer.partition(":")[0]
    messages: list[ChatCompletionMessageParam] = [
        *ASKED,
        {"role": "assistant", "content": begun},
    ]

    told = client.chat.completions.create(model=GUIDE, messages=messages, temperature=0)

    assert begun + (told.choices[0].message.content or "") == answer


def test_default_model_is_the_loaded_one(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(model="", messages=ASKED, max_tokens=1)

    assert told.model == GUIDE


# --- how an answer is sampled and where it ends ---------------------------------------------------


def test_answer_ends_at_a_stop_text_which_is_no_part_of_it(
    client: openai.OpenAI, answer: str
) -> None:
    word = answer.split()[3]

    told = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0, stop=[word])

    assert told.choices[0].message.content == answer[: answer.index(word)]
    assert told.choices[0].finish_reason == "stop"


def test_four_stop_texts_end_an_answer_at_the_first_that_comes(
    client: openai.OpenAI, answer: str
) -> None:
    words = answer.split()[2:6]

    told = client.chat.completions.create(
        model=GUIDE, messages=ASKED, temperature=0, stop=[*reversed(words)]
    )

    assert told.choices[0].message.content == answer[: min(map(answer.index, words))]


def test_more_tokens_than_there_is_room_for_may_be_asked_for(
    client: openai.OpenAI, answer: str
) -> None:
    """Clients send a large number as a rule; where the context ends, the answer says it was cut."""
    told = client.chat.completions.create(
        model=GUIDE, messages=ASKED, temperature=0, max_tokens=100_000
    )
    cut = client.completions.create(
        model=GUIDE, prompt="1" * 100, temperature=0, max_tokens=100_000, extra_body={"top_k": 1}
    )

    assert told.choices[0].message.content == answer
    assert cut.usage is not None
    if cut.choices[0].finish_reason == "length":
        assert cut.usage.total_tokens == 512


def test_every_character_comes_back_as_it_was(client: openai.OpenAI) -> None:
    """Emoji that are joined, a letter with its accent apart, and half of a pair, which is none."""
    text = "👨‍👩‍👧 e\u0301 \u2028 𠮷 <reserved_106>"

    told = client.completions.create(model=GUIDE, prompt=text, echo=True, logprobs=0, max_tokens=0)
    with pytest.raises(openai.BadRequestError, match="surrogate"):
        client.post("/completions", cast_to=object, content=b'{"prompt": "half \\ud83d"}')

    assert told.choices[0].text == text
    assert told.choices[0].logprobs is not None
    assert told.choices[0].logprobs.text_offset == sorted(
        told.choices[0].logprobs.text_offset or []
    )


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_answer_that_was_cut_says_so(client: openai.OpenAI, answer: str, name: Any) -> None:
    told = client.chat.completions.create(  # type: ignore[call-overload]  # a name of two
        model=GUIDE, messages=ASKED, temperature=0, **{name: 4}
    )

    assert told.choices[0].finish_reason == "length"
    assert told.usage.completion_tokens == 4
    assert answer.startswith(told.choices[0].message.content)


def test_same_seed_gives_the_same_answer(client: openai.OpenAI) -> None:
    def told(seed: int) -> str:
        given = client.chat.completions.create(
            model=GUIDE,
            messages=[{"role": "user", "content": "Tell me something."}],
            temperature=2.0,
            top_p=1.0,
            seed=seed,
            max_tokens=24,
            extra_body={"top_k": 0, "repetition_penalty": 1.0},
        )
        return given.choices[0].message.content or ""

    assert told(7) == told(7)
    assert len({told(seed) for seed in range(5)}) > 1


def test_penalties_keep_an_answer_from_saying_the_same(client: openai.OpenAI) -> None:
    asked: Any = {"model": GUIDE, "prompt": "11111111", "temperature": 0, "max_tokens": 24}

    plain = client.completions.create(**asked)
    varied = client.completions.create(**asked, frequency_penalty=2, presence_penalty=2)

    assert len(set(varied.choices[0].text)) > len(set(plain.choices[0].text))


# --- how likely tokens were -----------------------------------------------------------------------


def test_logprobs_are_of_the_tokens_of_the_answer(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(
        model=GUIDE,
        messages=[{"role": "user", "content": "你好"}],
        temperature=0,
        logprobs=True,
        top_logprobs=3,
    )

    assert told.choices[0].logprobs is not None
    tokens = told.choices[0].logprobs.content or []
    octets = b"".join(bytes(token.bytes or []) for token in tokens)
    assert octets.decode() == told.choices[0].message.content
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        likeliest = [one.logprob for one in token.top_logprobs]
        assert likeliest == sorted(likeliest, reverse=True)
        assert token.token == token.top_logprobs[0].token  # greedy, with a mild penalty


def test_streamed_logprobs_are_those_of_the_whole_answer(client: openai.OpenAI) -> None:
    asked: Any = {"model": GUIDE, "messages": ASKED, "temperature": 0, "logprobs": True}
    whole = client.chat.completions.create(**asked)
    streamed = client.chat.completions.create(**asked, stream=True)

    parts = [chunk.choices[0].logprobs for chunk in streamed]
    tokens = [token for part in parts if part is not None for token in part.content]
    assert [token.token for token in tokens] == [
        token.token for token in whole.choices[0].logprobs.content
    ]


# --- JSON -----------------------------------------------------------------------------------------


class Verdict(BaseModel):
    """What an answer is held to."""

    model_config = ConfigDict(extra="forbid")

    is_good: bool
    kind: Literal["model", "window", "terminal"]


def test_answer_is_held_to_a_schema(client: openai.OpenAI) -> None:
    """The guide model was never trained to write JSON."""
    for seed in range(5):
        told = client.chat.completions.parse(
            model=GUIDE, messages=ASKED, response_format=Verdict, seed=seed
        )

        assert told.choices[0].finish_reason == "stop"
        assert isinstance(told.choices[0].message.parsed, Verdict)


def test_answer_in_json_mode_is_an_object_unless_it_was_cut(client: openai.OpenAI) -> None:
    for seed in range(5):
        told = client.chat.completions.create(
            model=GUIDE,
            messages=ASKED,
            response_format={"type": "json_object"},
            seed=seed,
            max_tokens=60,
        )

        text = told.choices[0].message.content or ""
        assert text.lstrip().startswith("{")
        if told.choices[0].finish_reason == "stop":
            assert isinstance(json.loads(text), dict)


def test_streamed_json_is_json(client: openai.OpenAI) -> None:
    chunks = client.chat.completions.create(
        model=GUIDE,
        messages=ASKED,
        stream=True,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "verdict", "schema": Verdict.model_json_schema()},
        },
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert Verdict.model_validate_json(text)


def test_schema_that_nothing_can_be_held_to_is_refused_with_the_reason(
    client: openai.OpenAI,
) -> None:
    schema = {"type": "object", "not": {"required": ["a"]}}
    held = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}

    error = refusal(client.chat.completions.create, messages=ASKED, response_format=held)

    assert "schema" in error.message


# --- completions ----------------------------------------------------------------------------------


def test_text_is_continued_whole_and_as_a_stream(client: openai.OpenAI) -> None:
    whole = client.completions.create(model=GUIDE, prompt=PROMPT, temperature=0)
    streamed = client.completions.create(model=GUIDE, prompt=PROMPT, temperature=0, stream=True)

    assert whole.choices[0].text
    assert "".join(chunk.choices[0].text for chunk in streamed) == whole.choices[0].text


def test_text_is_scored(client: openai.OpenAI) -> None:
    told = client.completions.create(
        model=GUIDE, prompt=PROMPT, echo=True, logprobs=2, max_tokens=0, temperature=0
    )

    choice = told.choices[0]
    assert choice.text == PROMPT
    assert choice.finish_reason == "length"
    assert choice.logprobs is not None
    assert "".join(choice.logprobs.tokens or []) == PROMPT
    logprobs: Any = choice.logprobs.token_logprobs
    assert logprobs[0] is None
    assert all(one < 0 for one in logprobs[1:])
    assert told.usage is not None
    assert told.usage.completion_tokens == 0


def test_ids_are_continued_as_their_text_is(client: openai.OpenAI, served: Served) -> None:
    ids = served.post("/tokenize", {"prompt": PROMPT}).json["tokens"]
    asked: Any = {"model": GUIDE, "temperature": 0, "echo": True, "logprobs": 1}

    of_text = client.completions.create(prompt=PROMPT, **asked)
    of_ids = client.completions.create(prompt=ids, **asked)
    of_a_list = client.completions.create(prompt=[ids], **asked)

    assert of_text.choices == of_ids.choices == of_a_list.choices


def test_ids_need_the_key(served: Served) -> None:
    """They may be those that begin turns, which no text is."""
    with (
        openai.OpenAI(base_url=f"http://{served.host}/v1", api_key="another") as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.completions.create(model=GUIDE, prompt=[5, 6])


# --- what does not fit, and what is not done ------------------------------------------------------


def test_conversation_that_is_too_long_is_refused_and_not_cut(client: openai.OpenAI) -> None:
    long: list[ChatCompletionMessageParam] = [{"role": "user", "content": "你好" * 1000}]

    assert refusal(client.chat.completions.create, messages=long).code == "context_length_exceeded"
    assert refusal(client.completions.create, prompt="你好" * 1000).code == (
        "context_length_exceeded"
    )


def test_oldest_messages_are_left_out_for_who_asks_and_it_is_told(client: openai.OpenAI) -> None:
    old: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "你好" * 100},
        {"role": "assistant", "content": "你好"},
    ]
    asked: Any = {"model": GUIDE, "messages": [*old * 6, *ASKED], "max_tokens": 4}

    told = client.chat.completions.create(**asked, extra_body={"truncation": "auto"})
    *_, last = client.chat.completions.create(
        **asked, stream=True, extra_body={"truncation": "auto"}
    )

    assert told.to_dict()["truncation"] == last.to_dict()["truncation"]
    dropped: Any = told.to_dict()["truncation"]
    assert dropped["dropped_messages"] in range(2, 12, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        {"n": 2},
        {"logit_bias": {"5": 1}},
        {"modalities": ["text", "audio"]},
        {"temperature": 3},
        {"extra_body": {"min_p": 0.1}},
    ],
)
def test_what_is_not_done_is_refused_by_its_name(
    client: openai.OpenAI, fields: dict[str, Any]
) -> None:
    error = refusal(client.chat.completions.create, messages=ASKED, **fields)

    assert error.param in (*fields, "min_p")


def test_picture_is_refused(client: openai.OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}

    error = refusal(
        client.chat.completions.create, messages=[{"role": "user", "content": [picture]}]
    )

    assert error.param == "messages[0].content[0].type"


# --- leaving --------------------------------------------------------------------------------------


def test_stream_that_is_closed_is_ended_at_the_server_and_the_next_one_is_answered(
    client: openai.OpenAI, served: Served, answer: str
) -> None:
    known = len(served.journal.kept)
    stream = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0, stream=True)
    for _, _chunk in zip(range(3), stream, strict=False):
        pass
    stream.close()
    wait_until(lambda: len(served.journal.kept) > known)

    told = client.chat.completions.create(model=GUIDE, messages=ASKED, temperature=0)

    assert served.journal.kept[known].ended == LEFT
    assert told.choices[0].message.content == answer


def test_log_has_figures_and_nothing_of_what_was_said(
    client: openai.OpenAI, served: Served, home: Path
) -> None:
    known = len(served.journal.kept)
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "canary canary"}]
    told = client.chat.completions.create(model=GUIDE, messages=messages, max_tokens=3)
    wait_until(lambda: len(served.journal.kept) > known)

    line = served.journal.kept[known]
    assert told.usage is not None
    assert (line.model, line.status, line.path) == (GUIDE, 200, "/v1/chat/completions")
    assert line.prompt_tokens == told.usage.prompt_tokens
    assert line.new_tokens == told.usage.completion_tokens
    assert "canary" not in repr(served.journal.kept)
    assert not [
        file for file in home.rglob("*") if file.is_file() and b"canary" in file.read_bytes()
    ]
