"""When an engine hangs: seconds by hand, no clock and no process."""

from __future__ import annotations

import pytest

from baichuan_desktop.services.engines.silence import AwakeClock, Patience, Silence, Work


def hears(work: Work, *steps: float) -> Silence:
    """Of a request that began at 0 and made steps at these times."""
    silence = Silence(Patience())
    silence.begin(work, 0.0)
    for at in steps:
        silence.on_step(at)
    return silence


def first_second(silence: Silence, *, beats_from: float | None = None) -> int:
    """The first whole second at which it is said to hang; with beats every half a second."""
    for half in range(2 * 200):
        at = half / 2
        if silence.seconds(at) is not None:
            return half // 2
        if beats_from is not None and at >= beats_from:
            silence.on_alive(7, at)
    raise AssertionError("it is never said")


@pytest.mark.parametrize(
    ("steps", "second"),
    [
        ((), 10),  # nothing is known
        ((1.0,), 11),  # what comes before the first step is none
        ((0.0, 0.1, 0.2), 10),  # 20 times 0.1 s are less than the least
        ((0.0, 1.0, 1.5), 21),  # 20 times the slowest, not the last: 1.5 + 20
        ((0.0, 2.0), 42),
        ((0.0, 9.5), 129),  # no more than 120 s
    ],
)
@pytest.mark.parametrize("work", list(Work))
def test_a_process_that_sends_nothing_hangs_after_twenty_of_its_slowest_steps(
    work: Work, steps: tuple[float, ...], second: int
) -> None:
    assert first_second(hears(work, *steps)) == second


@pytest.mark.parametrize(
    ("work", "steps", "second"),
    [
        (Work.ANSWER, (0.0, 1.0), 21),
        (Work.ANSWER, (), 120),  # the first chunk may take long, and the process lives
        (Work.ANSWER, (0.0,), 120),
        (Work.LOAD, (0.0, 0.1), 120),  # a session is made in one step, after many short ones
        (Work.JOB, (0.0, 0.1), 120),
    ],
)
def test_a_process_that_lives_but_makes_no_step_hangs_by_what_is_known_of_its_steps(
    work: Work, steps: tuple[float, ...], second: int
) -> None:
    silence = hears(work, *steps)
    silence.on_alive(7, steps[-1] if steps else 0.0)

    assert first_second(silence, beats_from=0.5) == second


def test_tokens_that_are_no_text_are_steps_too() -> None:
    silence = hears(Work.ANSWER, 0.0, 0.1)

    for second in range(1, 300):
        silence.on_alive(second, float(second))
        assert silence.seconds(second + 0.9) is None


def test_what_was_measured_of_answers_is_known_until_another_model_is_loaded() -> None:
    silence = hears(Work.ANSWER, 0.0, 3.0)

    silence.begin(Work.ANSWER, 0.0)
    assert first_second(silence) == 60
    silence.begin(Work.LOAD, 0.0)
    silence.begin(Work.ANSWER, 0.0)
    assert first_second(silence) == 10


def test_an_engine_that_goes_on_hangs_no_more_and_its_pause_was_no_step() -> None:
    silence = hears(Work.ANSWER, 0.0, 0.1)
    assert silence.seconds(40.1) == 40.0

    silence.on_step(50.0)
    assert silence.seconds(50.0) is None
    assert silence.seconds(60.0) == 10.0, "20 times 50 s would be 120"


def ends_at(silence: Silence, stopped: float) -> float:
    """When an engine is ended that sends nothing after it was asked to stop."""
    silence.on_stop(stopped)
    return next(t / 10 for t in range(int(stopped * 10), 3000) if silence.must_end(t / 10))


def test_no_engine_is_ended_that_nobody_asked_to_stop() -> None:
    assert not hears(Work.ANSWER, 0.0, 0.1).must_end(1000.0)


@pytest.mark.parametrize("last", [0.0, 4.0, 5.0])
@pytest.mark.parametrize("slowest", [0.1, 4.0])
def test_a_process_that_does_not_answer_a_stop_is_ended_within_three_seconds(
    last: float, slowest: float
) -> None:
    silence = hears(Work.ANSWER, last - slowest, last)

    assert 2.0 <= ends_at(silence, 5.0) - 5.0 <= 2.6


def test_a_process_that_works_on_its_step_is_not_ended_at_a_stop() -> None:
    """A chunk of a prompt of 13B takes 20 s on slow cores."""
    silence = hears(Work.ANSWER, 0.0, 20.0, 40.0)
    silence.on_stop(41.0)

    for half in range(2 * 45, 2 * 60):
        silence.on_alive(7, half / 2)
        assert not silence.must_end(half / 2 + 0.4)


@pytest.mark.parametrize(("slowest", "seconds"), [(0.1, 2.5), (0.5, 10.0)])
def test_a_process_that_lives_and_does_not_stop_is_ended_after_twenty_steps(
    slowest: float, seconds: float
) -> None:
    silence = hears(Work.ANSWER, 0.0, slowest)
    silence.on_alive(7, slowest)
    silence.on_stop(slowest)
    at = slowest
    while not silence.must_end(at):
        silence.on_alive(7, at)
        at += 0.1

    assert seconds <= at - slowest <= seconds + 0.2


def test_a_stop_of_one_request_does_not_hold_for_the_next() -> None:
    silence = hears(Work.ANSWER, 0.0, 0.1)
    silence.on_stop(0.1)
    silence.begin(Work.ANSWER, 50.0)

    assert not silence.must_end(59.0)


def test_time_that_this_process_did_not_live_through_is_no_silence() -> None:
    times = iter([100.0, 100.5, 101.0, 4000.0, 4000.5])
    clock = AwakeClock(lambda: next(times))

    assert [clock.now() for _ in range(4)] == [0.5, 1.0, 2.0, 2.5]
