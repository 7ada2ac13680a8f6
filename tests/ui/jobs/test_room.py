"""Whether the chat's model makes room is decided when a job begins, and not while a model loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool

from backends.errors import InsufficientMemoryError, UserFacingError
from backends.events import JobProgress, JobStep, ModelReady
from backends.protocol.engine_requests import LoadRequest, UnloadRequest
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.jobs.entry import plain_entry
from baichuan_desktop.ui.jobs.plain_dialog import PlainJobDialog
from tests.ui.harness import READY, Gate, Harness, ScriptedEngine
from tests.ui.jobs.counting import counting_job

GOES_ON = JobProgress(JobStep.CHECK, 1, 2)
Decision = Callable[[ModelReady | None], bool]


@pytest.fixture
def other(ui: Harness, tmp_path: Path) -> InstalledModel:
    return replace(ui.store.models[0], id="other", path=tmp_path)


def begin(ui: Harness, name: str, needs_room: Decision | None = None) -> JobRecord:
    job = replace(counting_job(name), needs_room=needs_room)
    ui.window.jobs.open(plain_entry(lambda: name, lambda _asked: job))
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, PlainJobDialog)
    dialog.begin_button.click()
    assert dialog.record is not None
    return dialog.record


def settle(ui: Harness) -> None:
    """Let everything come that is on its way."""
    for _ in range(3):
        QThreadPool.globalInstance().waitForDone()
        ui.app.processEvents()


def test_a_job_that_waits_for_its_turn_begins_when_a_load_is_over_and_has_made_room(
    ui: Harness, engine: ScriptedEngine, other: InstalledModel
) -> None:
    first, load, count = Gate(), Gate(), Gate()
    ui.jobs.answers += [[GOES_ON, first], [GOES_ON, count]]
    begin(ui, "Seven")
    second = begin(ui, "Eight", lambda _aside: True)
    ui.until(first.reached.is_set)
    engine.loads.append([load, ready_of(other)])
    ui.window.switcher.load(other)
    ui.until(load.reached.is_set)

    first.open.set()
    ui.until(lambda: second.state is JobState.RUNNING)
    settle(ui)
    assert len(ui.jobs.requests) == 1, "a model loads"
    load.open.set()
    ui.until(count.reached.is_set)

    assert isinstance(engine.requests[-1], UnloadRequest)
    assert ui.window.switcher.current is None
    count.open.set()
    ui.until(lambda: ui.window.switcher.current == other)


def test_a_job_that_begins_while_a_model_loads_waits_for_it_too(
    ui: Harness, engine: ScriptedEngine, other: InstalledModel
) -> None:
    load, count = Gate(), Gate()
    asked: list[Path | None] = []

    def needs_room(_aside: ModelReady | None) -> bool:
        asked.append(loaded(ui))
        return True

    begin_later = opened(ui, needs_room)
    ui.jobs.answers.append([GOES_ON, count])
    engine.loads.append([load, ready_of(other)])
    ui.window.switcher.load(other)
    ui.until(load.reached.is_set)
    begin_later()
    settle(ui)
    assert (asked, ui.jobs.requests) == ([], [])

    load.open.set()
    ui.until(count.reached.is_set)

    assert asked == [other.path]
    assert ui.window.switcher.current is None
    count.open.set()


def test_a_model_that_was_loaded_meanwhile_decides_and_not_the_one_of_the_dialog(
    ui: Harness, other: InstalledModel
) -> None:
    first, count = Gate(), Gate()
    ui.jobs.answers += [[GOES_ON, first], [GOES_ON, count]]
    begin(ui, "Seven")
    begin(ui, "Eight", lambda _aside: loaded(ui) == other.path)
    ui.until(first.reached.is_set)
    ui.window.switcher.load(other)
    ui.until(lambda: ui.window.switcher.current == other)

    first.open.set()
    ui.until(count.reached.is_set)

    assert ui.window.switcher.current is None
    count.open.set()
    ui.until(lambda: ui.window.switcher.current == other)


def test_where_there_is_room_the_model_stays_loaded(ui: Harness, engine: ScriptedEngine) -> None:
    ui.jobs.answers.append([])
    record = begin(ui, "Seven", lambda _aside: False)
    ui.until(lambda: record.state is JobState.DONE)

    assert ui.window.switcher.current is not None
    assert not any(isinstance(request, UnloadRequest) for request in engine.requests)


def test_between_two_jobs_that_need_room_the_model_is_not_loaded(
    ui: Harness, engine: ScriptedEngine
) -> None:
    ui.jobs.answers += [[], []]
    asides: list[ModelReady | None] = []

    def needs_room(aside: ModelReady | None) -> bool:
        asides.append(aside)
        return True

    begin(ui, "Seven", needs_room)
    last = begin(ui, "Eight", needs_room)
    ui.until(lambda: last.state is JobState.DONE)
    ui.until(lambda: ui.window.switcher.current is not None)

    assert asides == [None, ui.window.switcher.running], "it counts as loaded"
    kinds = [type(request) for request in engine.requests]
    assert kinds == [LoadRequest, UnloadRequest, LoadRequest]


def test_a_model_that_is_chosen_while_room_is_made_makes_room_too(
    ui: Harness, engine: ScriptedEngine, other: InstalledModel
) -> None:
    count = Gate()
    ui.jobs.answers.append([GOES_ON, count])
    chosen: list[InstalledModel] = []

    def choose() -> None:
        if not chosen:
            chosen.append(other)
            ui.window.switcher.load(other)

    ui.window.switcher.stepped_aside.connect(choose)
    begin(ui, "Seven", lambda _aside: True)
    ui.until(count.reached.is_set)

    assert ui.window.switcher.current is None
    assert isinstance(engine.requests[-1], UnloadRequest)
    count.open.set()
    ui.until(lambda: ui.window.switcher.current == other)


def test_a_cancel_while_a_model_loads_begins_nothing(
    ui: Harness, engine: ScriptedEngine, other: InstalledModel
) -> None:
    load = Gate()
    begin_later = opened(ui, lambda _aside: True)
    engine.loads.append([load, ready_of(other)])
    ui.window.switcher.load(other)
    ui.until(load.reached.is_set)
    record = begin_later()

    ui.window.jobs.page.rows[record].cancel.click()
    assert record.state is JobState.CANCELLED
    load.open.set()
    ui.until(lambda: ui.window.switcher.current == other)
    settle(ui)

    assert ui.jobs.requests == []
    assert ui.window.switcher.current == other


def test_where_the_machine_cannot_be_looked_at_the_job_fails_with_the_reason(ui: Harness) -> None:
    error = UserFacingError("The machine cannot be looked at.")

    def fails(_aside: ModelReady | None) -> bool:
        raise error

    record = begin(ui, "Seven", fails)
    ui.until(lambda: record.state.is_over)

    assert (record.state, record.error) == (JobState.FAILED, error)
    assert ui.jobs.requests == []


def test_what_an_engine_says_of_another_request_is_not_heard(ui: Harness) -> None:
    gate = Gate()
    ui.jobs.answers.append([GOES_ON, gate])
    record = begin(ui, "Seven")
    ui.until(lambda: record.meter.percent == 50)
    worker = ui.window.jobs._worker
    assert worker is not None

    worker.produced.emit(JobProgress(JobStep.CHECK, 9, 10), 0)
    worker.failed.emit(
        InsufficientMemoryError(device="the processor", needed_bytes=2, free_bytes=1), 0
    )
    worker.ended.emit(0)
    settle(ui)

    assert record.meter.percent == 50
    assert (record.state, record.error) == (JobState.RUNNING, None)
    gate.open.set()
    ui.until(lambda: record.state is JobState.DONE)


def loaded(ui: Harness) -> Path | None:
    model = ui.window.switcher.current
    return model.path if model is not None else None


def ready_of(model: InstalledModel) -> ModelReady:
    return replace(READY, folder=str(model.path))


def opened(ui: Harness, needs_room: Decision) -> Callable[[], JobRecord]:
    """The dialog of a job, which is open already; call it to begin."""
    job = replace(counting_job("Seven"), needs_room=needs_room)
    ui.window.jobs.open(plain_entry(lambda: "Count", lambda _asked: job))
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, PlainJobDialog)

    def begin() -> JobRecord:
        dialog.begin_button.click()
        assert dialog.record is not None
        return dialog.record

    return begin
