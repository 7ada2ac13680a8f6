"""Streams and whole answers say the same, whatever is in them; and how they fail."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from backends.errors import (
    ContextLengthExceededError,
    EngineKilledError,
    InvalidLogitsError,
    LicenceNotAcceptedError,
    UserFacingError,
)
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.server.listening import ASKED, CHAT, STREAMED, Listener, objects, text_of
from tests.server.scripted_desk import Script, ScriptedDesk
from tests.server.serving import Served, serving

ALPHABET = 'ab 中文，。😀👨‍👩‍👧é\u0301\n\r\t"\\{}[]:\x00\x1f\x7f\x85\u2028\u2029\ufeffdata: [DONE]'


JSON = {"Content-Type": "application/json"}


def one_connection(served: Served) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_SECONDS)


def test_thousand_streams_parse_and_are_the_whole_answer() -> None:
    rng = random.Random(17)
    scripts = [
        Script(
            ["".join(rng.choices(ALPHABET, k=rng.randint(0, 6))) for _ in range(rng.randint(0, 9))]
        )
        for _ in range(1000)
    ]
    current = iter(scripts)
    desk = ScriptedDesk(script=lambda _: next(current))
    with serving(desk) as served, closing(one_connection(served)) as connection:
        for script in scripts:
            connection.request("POST", CHAT, json.dumps(STREAMED), JSON)
            raw = connection.getresponse().read()
            events = raw.decode().split("\n\n")  # nowhere is a character cut
            assert events.pop() == ""
            for event in events:
                assert len(event.splitlines()) == 1  # as any client splits it
            assert text_of(objects(events)) == "".join(script.tokens)
    desk.close()


def test_stream_of_a_completion_is_the_whole_one() -> None:
    desk = ScriptedDesk()
    content = {"prompt": "a 中", "echo": True, "logprobs": 2}
    with serving(desk) as served:
        whole = served.post("/v1/completions", content).json
        usage = {"stream": True, "stream_options": {"include_usage": True}}
        with Listener(served, content | usage, "/v1/completions") as listener:
            chunks = objects(listener.events())
    desk.close()

    assert "".join(c["choices"][0]["text"] for c in chunks[:-1]) == whole["choices"][0]["text"]
    for name, told in whole["choices"][0]["logprobs"].items():
        parts = [chunk["choices"][0]["logprobs"] for chunk in chunks[:-2]]
        assert [one for part in parts for one in part[name]] == told
    assert chunks[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert chunks[-1]["usage"] == whole["usage"]


def test_headers_of_a_stream_let_nobody_keep_or_gather_it() -> None:
    desk = ScriptedDesk()
    with serving(desk) as served, Listener(served, STREAMED) as listener:
        headers = listener.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        listener.events()
    desk.close()


@pytest.fixture
def failing() -> Iterator[tuple[Served, list[UserFacingError]]]:
    """A server whose answers end after two tokens with the error that a test puts here."""
    errors: list[UserFacingError] = []

    def script(_request: ChatRequest | CompleteRequest) -> Script:
        return Script(error=errors[0] if errors else None, error_at=2)

    desk = ScriptedDesk(script=script)
    with serving(desk) as served:
        yield served, errors
    desk.close()


def test_engine_that_ends_in_the_middle_of_a_stream_is_an_event_and_the_next_one_is_answered(
    failing: tuple[Served, list[UserFacingError]],
) -> None:
    served, errors = failing
    errors.append(EngineKilledError("it was killed"))
    with Listener(served, STREAMED) as listener:
        events = listener.events()
    errors.clear()

    assert events.pop() == "data: [DONE]"
    error = json.loads(events.pop().removeprefix("data: "))["error"]
    assert error["type"] == "server_error"
    assert error["message"]
    assert [event for event in events if 'finish_reason":"' in event] == []
    wait_until(lambda: len(served.journal.kept) == 1)
    assert served.journal.kept[0].ended
    with Listener(served, STREAMED) as listener:
        assert text_of(objects(listener.events())) == "Hello, you."


def test_engine_that_ends_before_a_whole_answer_is_a_status(
    failing: tuple[Served, list[UserFacingError]],
) -> None:
    served, errors = failing
    errors.append(InvalidLogitsError())

    answer = served.post(CHAT, ASKED)

    assert answer.status == 500
    assert answer.error["code"] == "invalid_numbers"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (
            ContextLengthExceededError(what="Your message", prompt_tokens=300, context_length=256),
            400,
            "context_length_exceeded",
        ),
        (LicenceNotAcceptedError("a-model", "A Model"), 403, "model_not_allowed"),
    ],
)
def test_what_is_known_before_anything_is_said_is_a_status_of_a_stream_too(
    error: UserFacingError, status: int, code: str
) -> None:
    def script(_request: ChatRequest | CompleteRequest) -> Script:
        raise error

    desk = ScriptedDesk(script=script)
    with serving(desk) as served:
        answer = served.post(CHAT, STREAMED)
    desk.close()

    assert answer.status == status
    assert answer.json["error"]["code"] == code


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [(CHAT, ASKED, "messages"), ("/v1/completions", {"prompt": "a"}, "prompt")],
)
def test_what_is_too_long_for_the_model_is_named(
    path: str, asked: dict[str, object], field: str
) -> None:
    def script(_request: ChatRequest | CompleteRequest) -> Script:
        raise ContextLengthExceededError(what="It", prompt_tokens=300, context_length=256)

    desk = ScriptedDesk(script=script)
    with serving(desk) as served:
        answer = served.post(path, asked)
    desk.close()

    assert answer.error["param"] == field


def test_answer_that_was_stopped_at_the_server_is_no_complete_one() -> None:
    desk = ScriptedDesk(is_held=True)
    with serving(desk) as served, Listener(served, ASKED) as listener:
        wait_until(lambda: bool(desk.asked))
        desk.close()
        assert listener.answer.status == 503
        assert listener.json()["error"]["code"] == "stopped"
