"""A fresh engine answers with the adapter that the one before answered with."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from backends.errors import InsufficientMemoryError, NotAnAdapterError, WrongBaseError
from backends.events import AdapterReady, ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import (
    AdapterRequest,
    ChatRequest,
    LoadRequest,
    Request,
)
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from tests.helpers import adapters, goldens
from tests.helpers.sentences import assert_one_sentence

LOAD = LoadRequest(str(goldens.folder("b2-7b", "safetensors")), Precision.FP32, threads=1)
PARAMS = SamplingParams(greedy=True, max_new_tokens=2)
CHAT = ChatRequest((Message(Role.USER, "hi"),), PARAMS)
ADAPTER = adapters.folder("b2-7b", "all_r8")
#: What the scripted model says without an adapter, and with one.
ALONE, ADAPTED = "aa", "bb"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineClient]:
    """Its engine is scripted: it needs no torch."""
    command = [sys.executable, "-m", "tests.helpers.scripted_engine"]
    monkeypatch.setattr(process, "_command", lambda: command)
    made = EngineClient(tmp_path / "engine.log", patience=Patience(stop=60))
    yield made
    made.close()


def run(client: EngineClient, request: Request) -> list[ClientEvent]:
    return list(client.run(request, threading.Event()))


def answer(client: EngineClient) -> tuple[str, ModelReady | None]:
    """What is answered, and what is said of a model that was loaded for it."""
    events = run(client, CHAT)
    ready = [event for event in events if isinstance(event, ModelReady)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, ready[0] if ready else None


def crash(client: EngineClient) -> None:
    assert client.pid is not None
    ended = psutil.Process(client.pid)
    client.kill()
    ended.wait()


def test_after_a_crash_the_model_answers_with_the_adapter_that_was_in_use(
    client: EngineClient,
) -> None:
    run(client, LOAD)
    assert answer(client) == (ALONE, None)
    *_, switched = run(client, AdapterRequest(str(ADAPTER)))
    assert isinstance(switched, AdapterReady)
    assert answer(client) == (ADAPTED, None)
    crash(client)

    text, ready = answer(client)

    assert text == ADAPTED
    assert ready is not None
    assert ready.adapter is not None
    assert ready.adapter.folder == str(ADAPTER)

    run(client, AdapterRequest(None))
    crash(client)
    text, ready = answer(client)
    assert text == ALONE
    assert ready is not None
    assert ready.adapter is None


def test_after_a_switch_that_failed_a_fresh_engine_has_no_adapter_either(
    client: EngineClient,
) -> None:
    run(client, replace(LOAD, adapter=str(ADAPTER)))
    assert answer(client) == (ADAPTED, None)
    with pytest.raises(WrongBaseError):
        run(client, AdapterRequest(str(adapters.folder("b2-13b", "all_r8"))))
    assert answer(client) == (ALONE, None)
    crash(client)

    assert answer(client)[0] == ALONE


def test_an_adapter_that_finds_no_memory_leaves_the_engine_and_its_model(
    client: EngineClient, tmp_path: Path
) -> None:
    shutil.copytree(ADAPTER, tmp_path / "too large")
    run(client, replace(LOAD, adapter=str(ADAPTER)))
    before = client.pid

    with pytest.raises(InsufficientMemoryError):
        run(client, AdapterRequest(str(tmp_path / "too large")))

    assert answer(client) == (ALONE, None)
    assert client.pid == before


def test_a_switch_after_a_crash_loads_the_model_once_and_without_the_adapter_before(
    client: EngineClient,
) -> None:
    run(client, replace(LOAD, adapter=str(ADAPTER)))
    crash(client)

    events = run(client, AdapterRequest(None))

    loads = [event for event in events if isinstance(event, ModelReady)]
    assert [ready.adapter for ready in loads] == [None]
    assert isinstance(events[-1], AdapterReady)
    assert answer(client) == (ALONE, None)


def test_an_adapter_that_is_gone_after_a_crash_is_told_once_and_the_model_goes_on_alone(
    client: EngineClient, tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(ADAPTER, folder)
    run(client, replace(LOAD, adapter=str(folder)))
    crash(client)
    shutil.rmtree(folder)

    with pytest.raises(NotAnAdapterError) as caught:
        answer(client)

    assert_one_sentence(caught.value)
    assert str(caught.value.hint).endswith("The model answers without an adapter now.")
    assert answer(client)[0] == ALONE
