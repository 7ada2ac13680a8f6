"""Tokens of the model that is loaded, as vLLM's API tells them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from backends.events import ModelReady
from baichuan_desktop.server import running
from baichuan_desktop.services.tokens.client import TokenClient, Tokens
from tests.helpers import goldens
from tests.helpers.patience import wait_until
from tests.server.scripted_desk import BASE, CHAT, ScriptedDesk
from tests.server.serving import Served, serving

TEXT = "hello 你好<reserved_106>"


class GoldenDesk(ScriptedDesk):
    """Says that the model in memory is one whose tokenizer there is."""

    @override
    def _ready(self) -> ModelReady:
        return replace(super()._ready(), folder=str(goldens.folder("b2-7b", "safetensors")))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    desk = GoldenDesk()
    with serving(desk) as served:
        yield served
    desk.close()


def test_text_becomes_tokens_and_the_text_again(served: Served) -> None:
    told = served.post("/tokenize", {"model": CHAT.id, "prompt": TEXT}).json
    ids = goldens.tokenizer("b2-7b").encode(TEXT)

    back = served.post("/detokenize", {"model": CHAT.id, "tokens": told["tokens"]}).json

    assert told == {"count": len(ids), "max_model_len": 256, "tokens": ids, "token_strs": None}
    assert back == {"prompt": TEXT}


def test_pieces_are_told_to_who_asks(served: Served) -> None:
    told = served.post("/tokenize", {"prompt": "a b", "return_token_strs": True}).json

    assert "".join(told["token_strs"]).replace("▁", " ") == "a b"


def test_messages_become_the_prompt_of_a_chat(served: Served) -> None:
    asked = {"messages": [{"role": "user", "content": TEXT}]}
    ids = goldens.tokenizer("b2-7b").encode(TEXT)

    told = served.post("/tokenize", asked).json
    closed = served.post("/tokenize", asked | {"add_generation_prompt": False}).json

    assert told["tokens"] == [195, *ids, 196]
    assert closed["tokens"] == [195, *ids]
    assert closed["count"] == len(ids) + 1


def test_id_that_is_no_token_is_refused(served: Served) -> None:
    answer = served.post("/detokenize", {"tokens": [5, 10**9]})

    assert answer.status == 400
    assert "1,000,000,000" in answer.error["message"]


def test_model_that_is_not_loaded_has_no_tokens_yet(served: Served) -> None:
    other = served.post("/tokenize", {"model": BASE.id, "prompt": "a"})
    unknown = served.post("/detokenize", {"model": "none", "tokens": [5]})

    assert (other.status, other.error["code"]) == (400, "model_not_loaded")
    assert unknown.status == 404


def test_without_any_model_in_memory_there_are_no_tokens() -> None:
    desk = ScriptedDesk(is_loaded=False)
    with serving(desk) as served:
        answer = served.post("/tokenize", {"prompt": "a"})
    desk.close()

    assert (answer.status, answer.error["code"]) == (400, "model_not_loaded")


class BusyTokens(TokenClient):
    """Has something else to do first, for as long as anybody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Future[Tokens]] = []

    @override
    def tokens(self, folder: Path, text: str) -> Future[Tokens]:
        self.asked.append(Future())
        return self.asked[-1]


def test_question_of_a_client_that_left_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, desk = BusyTokens(), GoldenDesk()
    monkeypatch.setattr(running, "TokenClient", lambda: busy)
    body = json.dumps({"prompt": TEXT}).encode()
    head = "POST /tokenize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with serving(desk) as served:
        with served.connect() as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            wait_until(lambda: bool(busy.asked))
            assert not busy.asked[0].cancelled()
        wait_until(busy.asked[0].cancelled)

        assert served.lines_after(0, 1)[0].ended == "the client left"
    desk.close()
