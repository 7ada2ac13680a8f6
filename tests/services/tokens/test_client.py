"""Tokens of texts, asked for from any thread."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from backends.errors import InvalidRequestError, NotACheckpointError
from backends.operating_system import start_child
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.tokens import client as client_module
from baichuan_desktop.services.tokens import process
from baichuan_desktop.services.tokens.client import TokenClient
from tests.helpers import goldens
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

CHAT = goldens.folder("b2-7b", "safetensors")
BASE = goldens.folder("b1-7b")
#: Each of the patterns is held against all others.
ENDLESS = {"type": "object", "patternProperties": {f"^x{i}_": {} for i in range(2000)}}


@pytest.fixture(scope="module")
def client() -> Iterator[TokenClient]:
    client = TokenClient()
    yield client
    client.close()


def test_texts_become_ids_and_pieces_and_text_again(client: TokenClient) -> None:
    for text in ["", "hello you", "你好，世界\n", "<reserved_106></s>", "😀\x00", " a  b "]:
        found = client.tokens(CHAT, text).result()

        assert found.ids == goldens.tokenizer("b2-7b").encode(text)
        assert client.text(CHAT, found.ids).result() == text
        assert len(found.pieces) == len(found.ids)


def test_messages_become_the_prompt_that_is_answered(client: TokenClient) -> None:
    messages = [
        Message(Role.SYSTEM, "be kind"),
        Message(Role.USER, "hello"),
        Message(Role.ASSISTANT, "hi"),
        Message(Role.USER, "<reserved_107>"),
    ]
    texts = [goldens.tokenizer("b2-7b").encode(message.text) for message in messages]

    found = client.prompt(CHAT, messages, as_chat=False).result()

    assert found.ids == [*texts[0], 195, *texts[1], 196, *texts[2], 195, *texts[3], 196]


def test_base_model_has_a_prompt_for_who_uses_it_for_chats(client: TokenClient) -> None:
    messages = [Message(Role.USER, "hello")]

    with pytest.raises(InvalidRequestError, match="does not chat"):
        client.prompt(BASE, messages, as_chat=False).result()
    found = client.prompt(BASE, messages, as_chat=True).result()

    assert (found.ids[0], found.ids[-1]) == (195, 196)


def test_what_is_no_model_and_no_token_is_an_error_and_the_next_is_answered(
    client: TokenClient, tmp_path: Path
) -> None:
    with pytest.raises(NotACheckpointError):
        client.tokens(tmp_path, "a").result()
    with pytest.raises(InvalidRequestError, match="999,999"):
        client.text(CHAT, [5, 999_999]).result()

    assert client.tokens(CHAT, "hello").result().ids


def test_many_threads_are_each_answered_their_own(client: TokenClient) -> None:
    texts = ["a" * count for count in range(1, 60)]

    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda text: client.tokens(CHAT, text).result(), texts)
        asked_back = [client.text(CHAT, found.ids).result() for found in told]

    assert asked_back == texts


def test_schema_is_tried_before_an_engine_gets_it(
    client: TokenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.schema('{"enum": ["好"]}').result()

    with pytest.raises(InvalidRequestError, match="No answer can be held to this JSON schema"):
        client.schema('{"not": {}}').result()
    monkeypatch.setattr(process, "SCHEMA_SECONDS", 1.0)
    with pytest.raises(ChildProcessError):  # it takes minutes
        client.schema(json.dumps(ENDLESS)).result()
    assert client.tokens(CHAT, "a").result().ids


def test_process_that_ended_over_a_question_is_an_error_once() -> None:
    client = TokenClient()

    with pytest.raises(ChildProcessError):
        client._thread.submit(client._tokens, b"no question\n").result()
    assert client.tokens(CHAT, "a").result().ids
    client.close()


def test_process_that_ended_while_it_was_idle_is_no_error() -> None:
    client = TokenClient()
    client.tokens(CHAT, "a").result()
    child = client._child
    assert child is not None
    child.kill()
    child.wait()

    assert client.tokens(CHAT, "a").result().ids
    client.close()


def test_nothing_is_started_for_who_asks_nothing_and_nothing_stays_when_closed() -> None:
    unasked, asked = TokenClient(), TokenClient()
    asked.tokens(CHAT, "a").result()
    child = asked._child
    unasked.close()
    asked.close()
    asked.close()

    assert unasked._child is None
    assert child is not None
    assert child.poll() is not None


def test_a_process_that_starts_while_the_client_is_closed_answers_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, started, closes = TokenClient(), threading.Event(), threading.Event()
    children: list[subprocess.Popen[bytes]] = []

    def start_late(*parts: Any) -> subprocess.Popen[bytes]:
        started.set()
        assert closes.wait(PATIENCE_SECONDS)
        children.append(start_child(*parts))
        return children[-1]

    monkeypatch.setattr(client_module, "start_child", start_late)
    told = asked.tokens(CHAT, "a")
    assert started.wait(PATIENCE_SECONDS)
    closing = threading.Thread(target=asked.close)
    closing.start()
    wait_until(lambda: asked._is_closed)
    closes.set()
    closing.join()

    with pytest.raises(ChildProcessError):
        told.result()
    assert children[0].poll() is not None
