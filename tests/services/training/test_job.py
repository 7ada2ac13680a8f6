"""A training at the desk of jobs: paused, gone on with, stopped, done; what it finds."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import cast

import pytest

from backends.errors import PolicyError, UserFacingError
from backends.events import JobProgress, JobStep
from backends.phrases import Phrase
from backends.training.curve import CurvePoint, EvaluationPoint
from backends.training.events import TrainingEvaluated, TrainingPaused, TrainingStopped
from backends.training.values import TrainingRequest
from baichuan_desktop.services.jobs.desk import JobDesk, JobState
from baichuan_desktop.services.jobs.job import Job, JobResult
from baichuan_desktop.services.training.job import Trained, training_job
from baichuan_desktop.services.training.tuner import TrainingListed, Tuner
from tests.helpers.gate import Gate
from tests.helpers.kept_trainings import keep_checkpoint
from tests.helpers.library import listed
from tests.helpers.scripted_training import began, ready, step
from tests.helpers.scripted_tuner import ScriptedRuns, ScriptedTuner, Told
from tests.services.training.conftest import Home

#: Nothing that a test looks at.
LISTED = TrainingListed(None)


def passed() -> Gate:
    """A place where nobody waits: what was asked before it counts there."""
    gate = Gate()
    gate.open.set()
    return gate


def no_engine(*_: object) -> None:
    raise AssertionError("a training needs no engine")


def run(job: Job, cancel: threading.Event | None = None) -> list[object]:
    return list(job.steps(no_engine, cancel or threading.Event()))  # type: ignore[arg-type]  # never called


@pytest.fixture
def tuner(home: Home) -> ScriptedTuner:
    return ScriptedTuner(home.store, ScriptedRuns())


def asked(home: Home) -> TrainingRequest:
    return home.request()


def test_a_job_is_called_after_its_model_and_needs_no_engine(
    home: Home, tuner: ScriptedTuner
) -> None:
    job = training_job(tuner, home.base, asked(home))

    assert str(job.words.title) == "Fine-tune a model"
    assert job.of == home.base.shown_name
    assert job.can_pause


def test_it_ends_with_what_was_listed_and_the_whole_curve(home: Home, tuner: ScriptedTuner) -> None:
    facts = listed("facts", name="My facts")
    told: list[Told] = [began(), step(1), step(2), TrainingEvaluated(2, 0.5), ready("out")]
    tuner.scripts = [[*told, TrainingListed(facts)]]
    job = training_job(tuner, home.base, asked(home), "My facts")

    *_, result = run(job)

    assert isinstance(result, JobResult)
    assert str(result.sentence) == "“My facts” is listed."
    found = result.found
    assert isinstance(found, Trained)
    assert (found.base, found.listed) == (home.base, facts)
    assert found.curve.points == (CurvePoint(1, 4.0, 1e-3), CurvePoint(2, 3.0, 1e-3))
    assert found.curve.evaluations == (EvaluationPoint(2, 0.5),)
    assert tuner.names == ["My facts"]


def test_a_result_that_is_not_listed_is_whole_and_the_sentence_says_why(
    home: Home, tuner: ScriptedTuner
) -> None:
    refusal = PolicyError(Phrase("Models are not added here"), home.folder, None)
    tuner.scripts = [[began(), ready("/results/facts"), TrainingListed(None, refusal)]]
    job = training_job(tuner, home.base, asked(home))
    *_, result = run(job)

    assert isinstance(result, JobResult)
    assert "is whole in “/results/facts”, and is not listed: " in str(result.sentence)
    assert "Models are not added here" in str(result.sentence)


def at_desk(home: Home, tuner: ScriptedTuner, scripts: Sequence[Sequence[Told]]) -> JobDesk:
    tuner.scripts = list(scripts)
    desk = JobDesk()
    desk.add(training_job(tuner, home.base, asked(home)))
    return desk


def let_run(desk: JobDesk, *, pause_after: int = 0, cancel_after: int = 0) -> None:
    """The next job, which is paused or cancelled after so many events."""
    record = desk.begin_next()
    assert record is not None
    cancel = threading.Event()
    try:
        for number, event in enumerate(record.job.steps(no_engine, cancel), 1):  # type: ignore[arg-type]  # never called
            desk.hear(event)
            if number == pause_after:
                desk.pause(record)
                cancel.set()  # as the window does, whose engines know no pause
            if number == cancel_after:
                desk.cancel(record)
                cancel.set()
    except UserFacingError as error:
        desk.fail(error)
    desk.end()


def test_a_paused_job_goes_on_from_its_checkpoint_and_tells_one_curve(
    home: Home, tuner: ScriptedTuner
) -> None:
    first: list[Told] = [began(), step(1), step(2), passed()]
    second: list[Told] = [began(first_step=2), step(3), step(4), ready("out"), LISTED]
    desk = at_desk(home, tuner, [first, second])

    let_run(desk, pause_after=5)
    (record,) = desk.paused
    assert str(record.meter.step) == "Paused at step 2"
    desk.resume(record)
    let_run(desk)

    assert record.state is JobState.DONE
    assert [one.resume for one in tuner.asked] == [False, True]
    assert record.result is not None
    assert isinstance(record.result.found, Trained)
    assert [point.step for point in record.result.found.curve.points] == [1, 2, 3, 4]


def test_a_pause_while_the_data_are_read_begins_nothing(home: Home) -> None:
    pause = threading.Event()

    class Reading:
        def run(self, *_: object) -> Generator[object, None, None]:
            yield JobProgress(JobStep.CHECK, 1, 2)
            pause.set()
            yield JobProgress(JobStep.CHECK, 2, 2)
            raise AssertionError("nothing may begin any more")

    job = training_job(cast("Tuner", Reading()), home.base, asked(home))
    assert job.pause is not None
    pause = job.pause.wanted

    assert len(run(job)) == 2


def test_a_training_of_before_a_restart_has_its_earlier_steps_in_the_curve(
    home: Home, tuner: ScriptedTuner
) -> None:
    request = replace(asked(home), resume=True)
    keep_checkpoint(request, 2)
    tuner.scripts = [[began(first_step=2), step(3), ready("out"), LISTED]]

    *_, result = run(training_job(tuner, home.base, request))

    assert isinstance(result, JobResult)
    assert isinstance(result.found, Trained)
    assert [point.step for point in result.found.curve.points] == [1, 2, 3]


def test_a_stopped_job_is_cancelled_and_says_what_is_kept(home: Home, tuner: ScriptedTuner) -> None:
    desk = at_desk(home, tuner, [[began(), step(1), passed()]])

    let_run(desk, cancel_after=4)

    (record,) = desk.finished
    assert record.state is JobState.CANCELLED
    assert str(record.meter.step) == "Stopped at step 1; no checkpoint was kept"


def test_cancelling_a_paused_job_deletes_nothing(home: Home, tuner: ScriptedTuner) -> None:
    desk = at_desk(home, tuner, [[began(), step(1), passed()]])
    let_run(desk, pause_after=4)
    (record,) = desk.paused
    kept = keep_checkpoint(asked(home), 1)
    assert record.job.pause is not None

    record.job.pause.discard()
    desk.cancel(record)

    assert kept.is_dir()


@pytest.mark.parametrize("wants_room", [True, False])
def test_the_chats_model_steps_aside_where_the_tuner_says_so(
    home: Home, tuner: ScriptedTuner, wants_room: bool
) -> None:
    tuner.takes_all = wants_room
    job = training_job(tuner, home.base, asked(home))

    assert job.needs_room is not None
    assert job.needs_room(None) is wants_room


def test_how_a_run_ended_is_the_last_thing_that_is_told(home: Home, tuner: ScriptedTuner) -> None:
    tuner.scripts = [[began(), step(1), TrainingStopped(1, 1)], [began(), TrainingPaused(0)]]
    job = training_job(tuner, home.base, asked(home))

    assert run(job)[-1] == TrainingStopped(1, 1)
    assert run(job)[-1] == TrainingPaused(0)
