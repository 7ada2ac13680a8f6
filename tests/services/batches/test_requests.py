from __future__ import annotations

import io
import json

import pytest

from backends.text.chat_template import Message, Role
from baichuan_desktop.services.batches import requests
from baichuan_desktop.services.batches.requests import Asked, Wrong, lines_of, read_line


def line(**content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def test_a_conversation_is_read_with_all_that_goes_with_it() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Again"},
    ]
    asked = read_line(
        line(id="a", messages=messages, sampling={"top_k": 7}, adapter=None, variables={"x": "y"}),
        3,
        chats=True,
    )

    assert asked == Asked(
        "a",
        3,
        (
            Message(Role.SYSTEM, "Be brief."),
            Message(Role.USER, "你好"),
            Message(Role.ASSISTANT, "Hello."),
            Message(Role.USER, "Again"),
        ),
        sampling={"top_k": 7},
        adapter="",
        variables={"x": "y"},
    )


def test_a_prompt_is_a_text_to_go_on_with_or_a_message() -> None:
    wanted = Asked(7, 1, (Message(Role.USER, " Once "),), system="S", adapter="lora")

    for chats in (True, False):
        read = read_line(line(id=7, prompt=" Once ", system="S", adapter="lora"), 1, chats=chats)
        assert read == wanted


USER = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "it is no JSON object"),
        (b"[1]", "it is no JSON object"),
        (b"[" * 90_000, "it is no JSON object"),
        (line(prompt="x"), "“id” is missing or cannot be one"),
        (line(id="", prompt="x"), "“id” is missing or cannot be one"),
        (line(id=True, prompt="x"), "“id” is missing or cannot be one"),
        (line(id=1.5, prompt="x"), "“id” is missing or cannot be one"),
        (line(id="x" * 201, prompt="x"), "“id” is missing or cannot be one"),
        (line(id=1), "it needs either “prompt” or “messages”"),
        (line(id=1, prompt="x", messages=[USER]), "it needs either “prompt” or “messages”"),
        (line(id=1, prompt=7), "“prompt” is no text"),
        (line(id=1, prompt="a\0"), "“prompt” is no text"),
        (line(id=1, prompt=" "), "“prompt” is empty"),
        (line(id=1, messages=[]), "“messages” is no list of 1 to 2,000 messages"),
        (line(id=1, messages=[USER] * 2001), "“messages” is no list of 1 to 2,000 messages"),
        (line(id=1, messages=[7]), "message 1 has no text “content”"),
        (
            line(id=1, messages=[{"role": "tool", "content": "x"}]),
            "message 1 has no role “user”, “assistant” or “system”",
        ),
        (
            line(id=1, messages=[{"role": [], "content": "x"}]),
            "message 1 has no role “user”, “assistant” or “system”",
        ),
        (
            line(id=1, messages=[USER, {"role": "assistant", "content": "x"}]),
            "the last message is not of the role “user”",
        ),
        (
            line(id=1, messages=[USER, {"role": "system", "content": "x"}, USER]),
            "a message of the role “system” can only be the first",
        ),
        (line(id=1, prompt="x", sampling=7), "“sampling” is no object"),
        (
            line(id=1, prompt="x", sampling={"top_p": 2}),
            "“top_p” of “sampling” cannot be what it is there",
        ),
        (line(id=1, prompt="x", adapter=7), "“adapter” is no text"),
        (line(id=1, prompt="x", variables={"a": 7}), "“variables” is no object of texts"),
        (
            line(id=1, prompt="x", temperature=1),
            f"“temperature” is not known; known are: {', '.join(requests._KEYS)}",
        ),
    ],
)
def test_a_line_that_asks_for_nothing_says_why(content: bytes, reason: str) -> None:
    wrong = read_line(content, 5, chats=True)

    assert isinstance(wrong, Wrong)
    assert (wrong.line, str(wrong.reason)) == (5, reason)


def test_a_base_model_has_no_use_for_messages() -> None:
    wrong = read_line(line(id=1, messages=[USER]), 1, chats=False)

    assert isinstance(wrong, Wrong)
    assert "a base model needs “prompt”" in str(wrong.reason)


def test_lines_are_counted_as_in_an_editor_and_long_ones_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "MOST_BYTES", 8)

    found = list(lines_of(io.BytesIO(b"one\n\n" + b"x" * 50 + b"\n 12345\r\nlast")))

    assert found == [(1, b"one\n"), (3, None), (4, b" 12345\r\n"), (5, b"last")]
