"""A desk of its own outlives each engine process that it has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backends.errors import EngineCrashedError, EngineKilledError
from backends.events import Finished, FinishReason, ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.own_desk import OwnDesk
from baichuan_desktop.services.serving.port import Asked, Begun, Over
from baichuan_desktop.services.serving.values import DeskState
from tests.helpers import goldens
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
from tests.helpers.turns import Heard


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineClient:
    """Its engine is scripted, and needs no torch."""
    command = [sys.executable, "-m", "tests.helpers.scripted_engine"]
    monkeypatch.setattr(process, "_command", lambda: command)
    endless = Patience(least=PATIENCE_SECONDS, most=PATIENCE_SECONDS, stop=PATIENCE_SECONDS)
    return EngineClient(tmp_path / "engine.log", patience=endless)


@pytest.fixture
def desk(client: EngineClient) -> Iterator[OwnDesk]:
    paths = app_paths()
    store = ModelStore(paths)
    made = OwnDesk(
        client,
        store,
        ManifestStore(paths.manifests),
        Measurements(paths.measurements),
        LastUsed(paths.last_used),
        DeskTerms(
            first=store.model(str(goldens.folder("b2-7b", "safetensors"))),
            wish=LoadWish(Precision.FP32, threads=1),
        ),
    )
    yield made
    made.close()


def ask(desk: OwnDesk, text: str = "hi", tokens: int = 3) -> tuple[Heard, Asked]:
    heard = Heard()
    params = SamplingParams(greedy=True, max_new_tokens=tokens)
    request = ChatRequest((Message(Role.USER, text),), params)
    return heard, desk.ask(None, lambda _: request, heard)


def until_text(heard: Heard) -> Heard:
    wait_until(lambda: any(isinstance(event, TextDelta) for event in heard.events))
    return heard


def test_an_engine_that_is_killed_in_the_middle_ends_its_answer_and_those_who_wait_are_answered(
    desk: OwnDesk, client: EngineClient
) -> None:
    heard, _ = ask(desk, tokens=200)
    after, _ = ask(desk)
    until_text(heard)
    assert client.pid is not None
    psutil.Process(client.pid).kill()
    assert isinstance(heard.over().error, EngineKilledError)
    assert after.over() == Over()
    assert "".join(after.texts) == "aaa"


def test_an_engine_that_is_killed_while_nobody_asks_costs_nobody_an_answer(
    desk: OwnDesk, client: EngineClient
) -> None:
    ask(desk)[0].over()
    assert client.pid is not None
    killed = psutil.Process(client.pid)
    killed.kill()
    wait_until(lambda: client.pid is None)
    heard, _ = ask(desk)
    assert heard.over() == Over()
    assert "".join(heard.texts) == "aaa"
    assert any(isinstance(event, ModelReady) for event in heard.events)
    assert (desk.status.state, desk.status.model) == (DeskState.READY, desk.models()[0].id)


def test_an_engine_that_crashes_again_and_again_ends_each_answer_and_no_more(
    desk: OwnDesk,
) -> None:
    for text in ("segfault", "exit"):
        heard, _ = ask(desk, text, tokens=200)
        assert isinstance(heard.over().error, EngineCrashedError), text
        assert desk.status.state is DeskState.EMPTY
    assert ask(desk)[0].over() == Over()


def test_an_answer_that_is_cancelled_leaves_its_model_where_it_is(
    desk: OwnDesk, client: EngineClient
) -> None:
    heard, asked = ask(desk, tokens=200)
    until_text(heard)
    pid = client.pid
    asked.cancel()
    assert heard.over() == Over()
    assert [e.reason for e in heard.events if isinstance(e, Finished)] == [FinishReason.CANCELLED]
    after, _ = ask(desk)
    assert after.over() == Over()
    assert client.pid == pid
    assert [type(event) for event in after.events][:2] == [type(after.events[0]), Begun]


def test_a_desk_that_is_closed_in_the_middle_leaves_no_process(
    desk: OwnDesk, client: EngineClient
) -> None:
    heard, _ = ask(desk, tokens=200)
    until_text(heard)
    assert client.pid is not None
    running = psutil.Process(client.pid)
    desk.close()
    assert not running.is_running()
    assert heard.is_over or heard.over()
