"""A desk of its own answers with each model of this machine, in order, with one in memory."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    DamagedCheckpointError,
    EngineCrashedError,
    EngineEndedError,
    InvalidRequestError,
    LicenceNotAcceptedError,
    ModelAwayError,
    ModelNotServedError,
    NotVerifiedError,
    PolicyError,
    QueueFullError,
    UserFacingError,
)
from backends.events import Finished, FinishReason, LoadProgress, TextDelta
from backends.generation.sampling import SamplingParams
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest, UnloadRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.own_desk import OwnDesk
from baichuan_desktop.services.serving.port import Asked, Begun, InLine, LoadedFacts, Over
from baichuan_desktop.services.serving.values import DeskState
from tests.helpers import goldens
from tests.helpers.engine_of_models import EngineOfModels, said
from tests.helpers.patience import wait_until
from tests.helpers.policies import write_policy
from tests.helpers.turns import Heard

MakeDesk = Callable[..., OwnDesk]


@pytest.fixture
def engine() -> EngineOfModels:
    return EngineOfModels()


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def one(store: ModelStore) -> InstalledModel:
    return store.add(goldens.folder("b2-7b", "safetensors"))


@pytest.fixture
def other(store: ModelStore) -> InstalledModel:
    return store.add(goldens.folder("b1-7b", "safetensors"))


class Timers:
    """Timers that ring when a test lets them."""

    def __init__(self) -> None:
        self.made: list[tuple[float, Callable[[], None]]] = []
        self.cancelled = 0

    def __call__(self, seconds: float, act: Callable[[], None]) -> Timers:
        self.made.append((seconds, act))
        return self

    def start(self) -> None: ...

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def timers() -> Timers:
    return Timers()


@pytest.fixture
def now() -> list[float]:
    """What the clock of a desk says, in seconds."""
    return [0.0]


@pytest.fixture
def make(
    engine: EngineOfModels, store: ModelStore, timers: Timers, now: list[float]
) -> Iterator[MakeDesk]:
    made: list[OwnDesk] = []
    paths = app_paths()

    def make(**terms: Any) -> OwnDesk:
        desk = OwnDesk(
            engine,
            store,
            ManifestStore(paths.manifests),
            Measurements(paths.measurements),
            LastUsed(paths.last_used),
            DeskTerms(**terms),
            clock=lambda: now[0],
            make_timer=timers,
        )
        made.append(desk)
        return desk

    yield make
    engine.release()
    for desk in made:
        desk.close()


def ask(desk: OwnDesk, model: InstalledModel | None, text: str = "hi") -> tuple[Heard, Asked]:
    """Ask a desk to have a model repeat a text."""
    heard = Heard()
    request = ChatRequest((Message(Role.USER, text),), SamplingParams())
    return heard, desk.ask(None if model is None else model.id, lambda _: request, heard)


def kinds(heard: Heard) -> list[str]:
    return [type(event).__name__ for event in heard.events]


def test_a_model_is_loaded_when_it_is_asked_for_and_then_answers(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make()
    assert desk.status.state is DeskState.EMPTY
    heard, _ = ask(desk, one)
    assert heard.over() == Over()
    assert kinds(heard) == [
        "InLine", "LoadProgress", "LoadProgress", "ModelReady", "Begun", "TextDelta", "TextDelta",
        "Finished", "Over",
    ]  # fmt: skip
    again, _ = ask(desk, one)
    again.over()
    assert kinds(again) == ["InLine", "Begun", "TextDelta", "TextDelta", "Finished", "Over"]
    assert engine.loads == ["b2-7b"]
    assert (desk.status.state, desk.status.model) == (DeskState.READY, one.id)


def test_a_model_that_is_asked_for_takes_the_place_of_the_one_before_in_its_own_turn(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    engine.is_held = True
    heard = [ask(desk, model, text)[0] for model, text in ((one, "a"), (other, "b"), (one, "c"))]
    engine.release()
    for each in heard:
        assert each.over() == Over()
    assert said(engine.requests) == ["a", "b", "c"]  # nobody overtakes
    assert engine.loads == ["b2-7b", "b1-7b", "b2-7b"]
    assert [model.id for model in desk.models() if model.is_loaded] == [one.id]


def test_the_loaded_model_is_listed_first_with_the_context_that_it_has(
    make: MakeDesk, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make(first=other, wish=LoadWish(context_length=128))
    listed = desk.models()
    assert [model.id for model in listed] == [other.id, GUIDE_ID, one.id]
    assert listed[0].context_length == 128
    ask(desk, one)[0].over()
    first = desk.models()[0]
    assert (first.id, first.is_loaded, first.context_length) == (one.id, True, 4096)
    assert datetime.date.fromtimestamp(first.added).isoformat() == one.added
    assert listed[1].added == 0


def test_what_is_gone_or_not_allowed_is_not_listed(
    make: MakeDesk,
    store: ModelStore,
    tmp_path: Path,
    one: InstalledModel,
    other: InstalledModel,
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    for file in other.path.iterdir():
        (gone / file.name).write_bytes(file.read_bytes())
    lost = store.add(gone)
    write_policy(tmp_path, f'models: ["{other.path}", "{gone}"]')
    (gone / "config.json").unlink()
    assert {model.id for model in make().models()} == {other.id}
    assert store.of_id(lost.id) is not None


def test_what_no_model_is_called_is_refused_and_no_path_is_taken_for_a_name(
    make: MakeDesk, one: InstalledModel
) -> None:
    desk = make()
    for name in ("gpt-4", str(one.path), "hf:baichuan-inc/Baichuan2-7B-Chat", ""):
        with pytest.raises(UnknownModelError):
            desk.ask(name, lambda _: pytest.fail("it was not asked"), Heard())


def test_where_only_the_first_model_is_served_another_one_is_refused(
    make: MakeDesk, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make(first=one, only_first=True)
    assert [model.id for model in desk.models()] == [one.id]
    with pytest.raises(ModelNotServedError):
        ask(desk, other)
    ask(desk, one)[0].over()


def test_who_names_no_model_gets_the_loaded_one_or_the_first_or_is_refused(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    with pytest.raises(InvalidRequestError):
        ask(desk, None)
    ask(desk, other)[0].over()
    ask(desk, None)[0].over()
    assert engine.loads == ["b1-7b"]
    desk = make(first=one)
    ask(desk, None)[0].over()
    assert engine.loads == ["b1-7b", "b2-7b"]


def test_a_model_that_was_named_by_its_folder_is_served_too(
    make: MakeDesk, store: ModelStore, engine: EngineOfModels
) -> None:
    unlisted = store.model(str(goldens.folder("b2-7b", "safetensors")))
    desk = make(first=unlisted)
    assert unlisted.id in {model.id for model in desk.models()}
    ask(desk, unlisted)[0].over()
    assert engine.loads == ["b2-7b"]


def test_the_wish_is_for_the_first_model_and_its_device_for_the_others_too(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    wish = LoadWish(Precision.FP32, "cpu", 128, 2, Path("/adapters/a"))
    desk = make(first=one, wish=wish, prefer_speed=True)
    ask(desk, one)[0].over()
    ask(desk, other)[0].over()
    first, second = (each for each in engine.requests if isinstance(each, LoadRequest))
    assert (first.precision, first.wanted_device, first.context_length, first.threads) == (
        Precision.FP32, "cpu", 128, 2,
    )  # fmt: skip
    assert first.adapter == "/adapters/a"
    assert (second.precision, second.wanted_device, second.context_length, second.threads) == (
        None, "cpu", None, 2,
    )  # fmt: skip
    assert second.adapter is None
    assert first.prefer_speed
    assert second.prefer_speed


def test_the_first_model_is_loaded_before_anybody_asks(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make(first=one)
    engine.is_held = True
    heard = Heard()
    desk.load_first(heard)
    heard.until(LoadProgress(1, 2))
    wait_until(lambda: desk.status.load_share == 0.5)
    assert (desk.status.state, desk.status.model) == (DeskState.LOADING, one.id)
    engine.release()
    assert heard.over() == Over()
    assert desk.status.ready is not None
    ask(desk, one)[0].over()
    assert engine.loads == ["b2-7b"]


def test_a_request_is_made_with_the_facts_of_the_model_that_answers(
    make: MakeDesk, one: InstalledModel
) -> None:
    desk = make()
    facts: list[LoadedFacts] = []

    def made(of: LoadedFacts) -> ChatRequest:
        facts.append(of)
        raise InvalidRequestError("No.")

    heard = Heard()
    desk.ask(one.id, made, heard)
    assert isinstance(heard.over().error, InvalidRequestError)
    assert facts[0].model.id == one.id
    assert facts[0].status.ready is not None
    assert facts[0].status.ready.folder == str(one.path)
    assert desk.status.state is DeskState.READY
    ask(desk, one)[0].over()  # which did no harm


def test_more_than_may_wait_are_refused_and_those_who_wait_know_their_place(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make(most_waiting=2)
    engine.is_held = True
    first, _ = ask(desk, one)
    second, _ = ask(desk, one)
    third, _ = ask(desk, one)
    third.until(InLine(2))
    with pytest.raises(QueueFullError):
        ask(desk, one)
    assert desk.status.waiting == 2
    engine.release()
    for heard in (first, second, third):
        assert heard.over() == Over()


def test_what_is_cancelled_while_it_waits_never_starts(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    engine.is_held = True
    first, _ = ask(desk, one)
    second, asked = ask(desk, other)
    asked.cancel()
    assert second.over() == Over()
    engine.release()
    first.over()
    assert engine.loads == ["b2-7b"]
    assert kinds(second) == ["InLine", "Over"]


def test_an_answer_that_is_cancelled_computes_no_more_than_the_step_it_was_at(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make(first=one)
    ask(desk, one, "")[0].over()
    engine.is_held, engine.steps = True, 0
    heard, asked = ask(desk, one, "abc")
    engine.let_go_on(1)
    heard.until(TextDelta("a"))
    asked.cancel()
    heard.over()
    assert engine.steps == 1
    finished = heard.events[-2]
    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.CANCELLED
    assert desk.status.state is DeskState.READY


def test_a_load_whose_asker_left_is_stopped_where_another_model_is_wanted_next(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    engine.is_held = True
    heard, asked = ask(desk, one)
    heard.until(LoadProgress(1, 2))
    after, _ = ask(desk, other)
    asked.cancel()
    engine.let_go_on(1)
    assert heard.over() == Over()
    assert "Begun" not in kinds(heard)
    engine.release()
    assert after.over() == Over()
    assert engine.loads == ["b2-7b", "b1-7b"]
    assert [type(each) for each in engine.requests[:2]] == [LoadRequest, UnloadRequest]


def test_a_load_whose_asker_left_goes_on_for_who_asks_again(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make()
    engine.is_held = True
    heard, asked = ask(desk, one, "never")
    heard.until(LoadProgress(1, 2))
    asked.cancel()
    again, _ = ask(desk, one, "again")
    engine.release()
    assert heard.over() == Over()
    assert again.over() == Over()
    assert engine.loads == ["b2-7b"]
    assert said(engine.requests) == ["again"]


def test_the_first_load_is_stopped_when_it_is_cancelled(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make(first=one)
    engine.is_held = True
    heard = Heard()
    asked = desk.load_first(heard)
    heard.until(LoadProgress(1, 2))
    asked.cancel()
    engine.let_go_on(1)
    assert heard.over() == Over()
    assert desk.status.state is DeskState.EMPTY
    engine.release()
    assert ask(desk, one)[0].over() == Over()


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ("models: [baichuan-guide]", PolicyError),
        ("require_verification: true", NotVerifiedError),
        ("licence_text: Do no harm.", LicenceNotAcceptedError),
    ],
)
def test_what_a_policy_or_a_licence_asks_for_holds_for_other_programs_too(
    engine: EngineOfModels,
    store: ModelStore,
    one: InstalledModel,
    tmp_path: Path,
    rule: str,
    refusal: type[UserFacingError],
) -> None:
    paths = app_paths()
    manifests = ManifestStore(paths.manifests)
    write_policy(tmp_path, rule)
    gate = AdmittedEngine(engine, Admission(store, manifests, Acceptances(paths.licences)))
    kept = Measurements(paths.measurements), LastUsed(paths.last_used)
    desk = OwnDesk(gate, store, manifests, *kept, DeskTerms())
    heard, _ = ask(desk, one)
    assert isinstance(heard.over().error, refusal)
    assert not engine.loads
    desk.close()


def test_a_model_that_may_not_be_loaded_leaves_the_one_before_in_memory(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    ask(desk, one)[0].over()
    engine.refused[str(other.path)] = NotVerifiedError(other.id, None, [], None)
    heard, _ = ask(desk, other)
    assert isinstance(heard.over().error, NotVerifiedError)
    assert (desk.status.state, desk.status.model) == (DeskState.READY, one.id)
    ask(desk, one)[0].over()
    assert engine.loads == ["b2-7b"]


def test_a_model_that_cannot_be_loaded_ends_its_request_and_the_one_before_loads_again(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    desk = make()
    ask(desk, one)[0].over()
    engine.broken[str(other.path)] = DamagedCheckpointError(other.path, Phrase("it is broken"))
    heard, _ = ask(desk, other)
    assert isinstance(heard.over().error, DamagedCheckpointError)
    assert desk.status.state is DeskState.EMPTY
    assert ask(desk, one)[0].over() == Over()
    assert engine.loads == ["b2-7b", "b1-7b", "b2-7b"]


def test_a_model_whose_folder_is_gone_ends_its_request_alone(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, other: InstalledModel
) -> None:
    gone = replace(other, id="gone", path=Path("/nowhere/at all"))
    desk = make(first=gone)
    ask(desk, one)[0].over()
    assert isinstance(ask(desk, gone)[0].over().error, ModelAwayError)
    assert (desk.status.state, engine.loaded) == (DeskState.READY, str(one.path))


def test_a_model_is_loaded_from_where_a_terminal_has_moved_it_meanwhile(
    make: MakeDesk, engine: EngineOfModels, tmp_path: Path, one: InstalledModel
) -> None:
    desk = make()
    moved = tmp_path / "moved" / "safetensors"
    shutil.copytree(one.path, moved)
    ModelStore(app_paths()).relocate(one, moved)
    ask(desk, one)[0].over()
    assert engine.loads == ["moved"]


def test_an_engine_that_ends_in_the_middle_ends_that_answer_and_the_next_one_loads_again(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make()
    engine.is_held = True
    heard, _ = ask(desk, one, "abc")
    after, _ = ask(desk, one, "de")
    engine.let_go_on(2)
    heard.until(TextDelta("a"))
    engine.is_crashed = True
    assert isinstance(heard.over().error, EngineCrashedError)
    engine.release()
    assert after.over() == Over()
    assert after.texts == ["d", "e"]
    assert engine.loads == ["b2-7b", "b2-7b"]


def test_the_model_leaves_the_memory_once_nobody_asked_for_the_minutes_that_were_set(
    make: MakeDesk, engine: EngineOfModels, timers: Timers, one: InstalledModel
) -> None:
    desk = make(idle_minutes=5)
    ask(desk, one)[0].over()
    wait_until(lambda: len(timers.made) == 1)
    seconds, ring = timers.made[-1]
    assert seconds == 300
    ring()
    wait_until(lambda: desk.status.state is DeskState.EMPTY)
    wait_until(lambda: isinstance(engine.requests[-1], UnloadRequest))
    assert engine.loaded is None
    assert ask(desk, None)[0].over() == Over()  # which is loaded again
    assert engine.loads == ["b2-7b", "b2-7b"]


def test_a_timer_that_rings_late_takes_no_model_away_that_was_asked_since(
    make: MakeDesk, engine: EngineOfModels, timers: Timers, one: InstalledModel
) -> None:
    desk = make(idle_minutes=5)
    ask(desk, one)[0].over()
    wait_until(lambda: len(timers.made) == 1)
    _, ring = timers.made[-1]
    ask(desk, one)[0].over()
    ring()
    ask(desk, one)[0].over()
    assert engine.loads == ["b2-7b"]
    assert timers.cancelled


def test_without_minutes_no_model_ever_leaves_by_itself(
    make: MakeDesk, timers: Timers, one: InstalledModel
) -> None:
    ask(make(), one)[0].over()
    assert not timers.made


def test_a_desk_that_is_closed_ends_what_runs_and_what_waits_and_its_engine(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel
) -> None:
    desk = make(idle_minutes=1)
    engine.is_held = True
    first, _ = ask(desk, one)
    second, _ = ask(desk, one)
    first.until(LoadProgress(1, 2))
    desk.close()
    desk.close()
    for heard in (first, second):
        assert isinstance(heard.over().error, EngineEndedError)
    assert engine.is_closed
    with pytest.raises(EngineEndedError):
        ask(desk, one)


def test_what_loading_took_and_when_it_was_is_remembered(
    make: MakeDesk, one: InstalledModel
) -> None:
    ask(make(), one)[0].over()
    assert Measurements(app_paths().measurements).peaks(one.path)
    assert LastUsed(app_paths().last_used).of(one.id) is not None


def test_how_long_it_waited_is_told_when_a_request_begins(
    make: MakeDesk, engine: EngineOfModels, one: InstalledModel, now: list[float]
) -> None:
    desk = make()
    engine.is_held = True
    first, _ = ask(desk, one)
    first.until(LoadProgress(1, 2))
    second, _ = ask(desk, one)
    now[0] = 7.0
    engine.release()
    waited = []
    for heard in (first, second):
        heard.over()
        waited += [one.queued_seconds for one in heard.events if isinstance(one, Begun)]
    assert waited == [0.0, 7.0]
