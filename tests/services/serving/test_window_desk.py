"""The model of the window for other programs: in line, woken, refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from backends.errors import (
    AdapterError,
    EngineCrashedError,
    EngineEndedError,
    ModelNotServedError,
    NoModelServedError,
    QueueFullError,
    UserFacingError,
)
from backends.events import AdapterInUse, AdapterReady, LoadProgress, ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import (
    AdapterRequest,
    CompleteRequest,
    LoadRequest,
    UnloadRequest,
)
from baichuan_desktop.services.engines.queue import EngineQueue
from baichuan_desktop.services.engines.silence import EngineHeard, EngineSilent
from baichuan_desktop.services.engines.turns import InLine, Over
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.serving.port import Asked, Begun, LoadedFacts
from baichuan_desktop.services.serving.values import DeskState, DeskStatus, ServedModel
from baichuan_desktop.services.serving.window_desk import ShownModel, WindowDesk
from baichuan_desktop.services.serving.window_engine import WindowEngine
from tests.helpers.patience import wait_until
from tests.helpers.turns import Heard
from tests.server.scripted_desk import READY

GUIDE = ShownModel(ServedModel("guide", "Guide", True, 4096, 0), "/models/guide")
OTHER = ShownModel(ServedModel("other", "Other", True, 4096, 0), "/models/other")


class Engine:
    """Loads at once and says the prompt, each as soon as `go_on` is set."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails: UserFacingError | None = None  # the next request does
        self.before: list[Any] = []  # events that come first in the next answer
        self.hangs = False  # the next answer does, until it is killed
        self.killed = threading.Event()

    def run(self, request: Any, cancel: threading.Event) -> Iterator[Any]:
        self.asked.append(request)
        wait_until(lambda: self.go_on.is_set() or cancel.is_set())
        if cancel.is_set():
            return
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        match request:
            case LoadRequest():
                yield LoadProgress(5, 10)
                yield replace(READY, folder=request.folder, context_length=1024)
            case AdapterRequest(folder):
                yield AdapterReady(None if folder is None else AdapterInUse(folder, 1), 0.1)
            case CompleteRequest():
                before, self.before = self.before, []
                yield from before
                if self.hangs:
                    self.hangs = False
                    self.killed.wait()
                    raise EngineEndedError
                yield TextDelta(request.prompt)

    def kill(self) -> None:
        self.killed.set()

    def close(self) -> None:
        pass

    @property
    def prompts(self) -> list[str]:
        return [one.prompt for one in self.asked if isinstance(one, CompleteRequest)]


class Ears:
    """Keeps what the window hears."""

    def __init__(self) -> None:
        self.wakes, self.uses = 0, 0
        self.reloads: list[ModelReady] = []
        self.lost: list[AdapterError] = []
        self.silences: list[int] = []

    def wake(self) -> None:
        self.wakes += 1

    def used(self) -> None:
        self.uses += 1

    def reloaded(self, ready: ModelReady) -> None:
        self.reloads.append(ready)

    def silent(self, seconds: int) -> None:
        self.silences.append(seconds)

    def adapter_lost(self, error: AdapterError) -> None:
        self.lost.append(error)


class Here:
    """A desk, its line and what is under it; the window does what a test has it do."""

    def __init__(self) -> None:
        self.engine, self.ears = Engine(), Ears()
        watched = WindowEngine(self.engine)
        self.line = EngineQueue(watched)
        self.desk = WindowDesk(
            self.line, watched, self.ears, {"guide", "other"}.__contains__, most_waiting=3
        )

    def run(self, request: Any) -> Heard:
        """What the window itself asks, once it is in line."""
        heard = Heard()
        self.line.submit(lambda engine, stop: engine.run(request, stop), heard)
        return heard

    def load(self, model: ShownModel = GUIDE) -> None:
        self.desk.show(model)
        self.run(LoadRequest(model.folder)).over()

    def ask(self, prompt: str, model: str | None = None) -> tuple[Heard, Asked]:
        heard = Heard()
        return heard, self.desk.ask(model, saying(prompt), heard)

    @property
    def state(self) -> DeskState:
        return self.desk.status.state


def saying(prompt: str) -> Callable[[LoadedFacts], CompleteRequest]:
    return lambda _: CompleteRequest(prompt, SamplingParams())


@pytest.fixture
def here() -> Iterator[Here]:
    made = Here()
    yield made
    made.engine.go_on.set()
    made.line.close()


def test_the_model_of_the_window_answers(here: Here) -> None:
    here.load()

    heard, _ = here.ask("hello", "guide")

    assert heard.over() == Over()
    assert heard.texts == ["hello"]
    assert [type(one) for one in heard.events] == [InLine, Begun, TextDelta, Over]


def test_what_a_request_is_made_with_is_the_model_as_it_is_loaded(here: Here) -> None:
    here.load()
    made: list[LoadedFacts] = []

    def make(facts: LoadedFacts) -> CompleteRequest:
        made.append(facts)
        return CompleteRequest("x", SamplingParams())

    heard = Heard()
    here.desk.ask(None, make, heard)
    heard.over()

    (facts,) = made
    assert (facts.model.id, facts.model.context_length, facts.model.is_loaded) == (
        "guide",
        1024,
        True,
    )
    assert facts.status.ready is not None
    assert facts.status.ready.context_length == 1024


def test_the_window_and_others_are_answered_in_the_order_in_which_they_asked(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()

    ends = [here.ask("one")[0]]
    ends.append(here.run(CompleteRequest("of the window", SamplingParams())))
    ends.append(here.ask("two")[0])
    here.engine.go_on.set()
    for end in ends:
        end.over()

    assert here.engine.prompts == ["one", "of the window", "two"]
    assert ends[2].places[0] == 2


def test_a_request_that_finds_the_model_asleep_wakes_it_and_waits(here: Here) -> None:
    here.load()
    here.run(UnloadRequest()).over()
    here.desk.show(replace(GUIDE, is_asleep=True))
    assert (here.state, here.desk.status.model) == (DeskState.EMPTY, "guide")

    heard, _ = here.ask("hello")
    assert here.ears.wakes == 1
    assert not heard.is_over
    assert here.desk.status.waiting == 1
    here.load()

    assert heard.over() == Over()
    assert heard.texts == ["hello"]


def test_what_stood_in_line_when_the_model_fell_asleep_wakes_it_too(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()
    here.run(CompleteRequest("of the window", SamplingParams()))
    here.run(UnloadRequest())
    heard, _ = here.ask("late")
    here.engine.go_on.set()
    wait_until(lambda: here.state is DeskState.LOADING)
    here.desk.show(replace(GUIDE, is_asleep=True))

    wait_until(lambda: here.ears.wakes > 0)
    here.load()
    assert heard.over() == Over()
    assert here.engine.prompts == ["of the window", "late"]


def test_requests_that_wait_for_a_load_are_answered_in_order_after_it(here: Here) -> None:
    here.desk.show(GUIDE)
    assert here.desk.status == DeskStatus(DeskState.LOADING, "guide")
    ends = [here.ask(prompt)[0] for prompt in ("one", "two", "three")]
    assert [one.places for one in ends] == [[0], [1], [2]]

    here.run(LoadRequest(GUIDE.folder)).over()
    for end in ends:
        end.over()

    assert here.engine.prompts == ["one", "two", "three"]
    assert here.state is DeskState.READY


def test_how_far_a_load_is_is_known(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()
    load = here.run(LoadRequest(OTHER.folder))
    here.desk.show(OTHER)
    wait_until(lambda: here.state is DeskState.LOADING)
    assert here.desk.status.model == "other"
    here.engine.go_on.set()
    load.over()

    assert here.desk.status.load_share is None


def test_a_model_that_is_chosen_meanwhile_is_not_the_one_that_was_asked(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()
    first, _ = here.ask("one")
    here.run(LoadRequest(OTHER.folder))
    here.desk.show(OTHER)
    named, _ = here.ask("two", "other")
    any_model, _ = here.ask("three")
    here.engine.go_on.set()

    assert first.over() == named.over() == any_model.over() == Over()
    here.engine.go_on.clear()
    here.ask("four", "other")
    late, _ = here.ask("five", "other")
    here.run(LoadRequest(GUIDE.folder))
    later, _ = here.ask("six", "other")
    here.desk.show(GUIDE)
    here.engine.go_on.set()

    assert late.over() == Over()
    assert isinstance(later.over().error, ModelNotServedError)


def test_other_models_are_not_served_and_unknown_ones_are_unknown(here: Here) -> None:
    here.load()

    with pytest.raises(ModelNotServedError):
        here.ask("hello", "other")
    with pytest.raises(UnknownModelError):
        here.ask("hello", "gpt-4")
    assert [one.id for one in here.desk.models()] == ["guide"]


def test_without_a_model_nobody_is_served(here: Here) -> None:
    assert here.state is DeskState.EMPTY
    assert here.desk.models() == ()
    with pytest.raises(NoModelServedError):
        here.ask("hello")


def test_who_waits_for_a_model_that_cannot_be_loaded_hears_why(here: Here) -> None:
    here.desk.show(GUIDE)
    heard, _ = here.ask("hello")
    error = EngineCrashedError("it ran out of memory")

    here.desk.show(None, error)

    assert heard.over() == Over(error)
    assert not here.desk.is_asked


def test_no_more_wait_than_the_queue_takes_and_the_windows_own_always_do(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()
    ends = [here.ask("one")[0]]
    wait_until(lambda: here.engine.prompts == ["one"])
    ends += [here.ask(prompt)[0] for prompt in ("two", "three", "four")]

    with pytest.raises(QueueFullError):
        here.ask("five")
    assert here.desk.status.waiting == 3
    here.run(CompleteRequest("of the window", SamplingParams()))
    here.engine.go_on.set()
    assert [one.over().error for one in ends] == [None] * 4
    wait_until(lambda: len(here.engine.prompts) == 5)


def test_those_that_wait_for_a_model_count_too(here: Here) -> None:
    here.desk.show(GUIDE)
    for prompt in ("one", "two", "three"):
        here.ask(prompt)

    with pytest.raises(QueueFullError):
        here.ask("four")


def test_who_asks_or_waits_while_the_window_closes_hears_of_the_end(here: Here) -> None:
    here.desk.show(OTHER)
    waiting = [here.ask(prompt)[0] for prompt in ("one", "two")]
    here.run(LoadRequest(GUIDE.folder)).over()
    here.line.close()

    here.desk.show(GUIDE)
    late, _ = here.ask("late")

    assert {type(one.over().error) for one in (*waiting, late)} == {EngineEndedError}
    assert not here.desk.is_asked


def test_who_leaves_while_they_wait_is_never_begun(here: Here) -> None:
    here.desk.show(GUIDE)
    parked, leaves_early = here.ask("parked")
    leaves_early.cancel()
    assert parked.over() == Over()
    here.load()
    here.engine.go_on.clear()
    here.ask("runs")
    in_line, leaves_line = here.ask("in line")
    leaves_line.cancel()
    here.engine.go_on.set()

    assert in_line.over() == Over()
    wait_until(lambda: not here.desk.is_asked)
    assert here.engine.prompts == ["runs"]


def test_who_leaves_in_the_middle_has_the_engine_stop(here: Here) -> None:
    here.load()
    here.engine.go_on.clear()
    heard, asked = here.ask("long")
    wait_until(lambda: here.engine.prompts == ["long"])

    asked.cancel()

    assert heard.over() == Over()
    assert heard.texts == []


def test_what_cannot_be_made_into_a_request_ends_with_its_error(here: Here) -> None:
    here.load()
    error = UserFacingError("That cannot be asked.")

    def make(_: LoadedFacts) -> CompleteRequest:
        raise error

    heard = Heard()
    here.desk.ask(None, make, heard)

    assert heard.over() == Over(error)
    assert here.engine.prompts == []


def test_an_engine_that_ends_in_the_middle_is_an_error_and_the_next_request_runs(
    here: Here,
) -> None:
    here.load()
    here.engine.fails = EngineCrashedError("killed")
    broken, _ = here.ask("one")
    assert isinstance(broken.over().error, EngineCrashedError)

    fresh = replace(READY, folder=GUIDE.folder)
    here.engine.before = [fresh]
    heard, _ = here.ask("two")
    assert heard.over() == Over()
    assert here.ears.reloads == [fresh]


def test_the_window_hears_that_the_engine_is_silent_and_can_end_it(here: Here) -> None:
    here.load()
    here.engine.before = [EngineSilent(20), EngineHeard(), EngineSilent(30)]
    here.engine.hangs = True
    heard, _ = here.ask("one")
    late, _ = here.ask("two")
    wait_until(lambda: here.ears.silences == [20, 0, 30])

    here.desk.end_running()

    assert isinstance(heard.over().error, EngineEndedError)
    assert late.over() == Over(), "it waited, and is not what was ended"
    assert here.ears.silences == [20, 0, 30, 0, 0]


def test_the_window_hears_that_an_adapter_is_lost(here: Here) -> None:
    here.load()
    error = here.engine.fails = AdapterError("It is gone.")

    heard, _ = here.ask("one")
    heard.over()

    assert here.ears.lost == [error]


def test_a_load_that_failed_leaves_nothing_in_memory(here: Here) -> None:
    here.load()
    here.engine.fails = EngineCrashedError("killed")
    here.desk.show(OTHER)
    assert here.run(LoadRequest(OTHER.folder)).over().error is not None

    assert here.state is DeskState.LOADING, "the window tries another one, or says there is none"


def test_each_request_counts_as_use_of_the_model(here: Here) -> None:
    here.load()
    assert not here.desk.is_asked
    here.engine.go_on.clear()

    heard, _ = here.ask("one")
    assert here.desk.is_asked
    here.engine.go_on.set()
    heard.over()

    assert not here.desk.is_asked
    assert here.ears.uses == 2, "when it begins and when it is over"


def test_another_adapter_of_the_window_is_the_one_that_is_told(here: Here) -> None:
    here.load()

    here.run(AdapterRequest("/models/adapter")).over()

    ready = here.desk.status.ready
    assert ready is not None
    assert ready.adapter == AdapterInUse("/models/adapter", 1)
