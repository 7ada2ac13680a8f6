"""When fewer threads compute, and when more are tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from backends.torch_backend.thread_pace import ThreadPace

#: Of each look: the seconds of its steps, and the seconds that threads waited in them.
Steps = list[tuple[float, float]]

QUIET = (0.03, 0.0005)


def paced(most: int, steps: Steps) -> ThreadPace:
    pace = ThreadPace(most)
    for seconds, waited in steps:
        pace.saw(seconds, waited)
    return pace


def run(pace: ThreadPace, machine: Callable[[int], tuple[float, float]], seconds: float) -> Steps:
    """Compute for so long on a machine that says what a step with some threads is like.

    The threads of each step, and its seconds.
    """
    taken: Steps = []
    computed = 0.0
    while computed < seconds:
        threads = pace.threads
        length, waited = machine(threads)
        pace.saw(length, waited)
        taken.append((threads, length))
        computed += length
    return taken


def busy(threads: int) -> tuple[float, float]:
    """Two cores beside two busy programs: two threads wait for each other, one waits a third."""
    return (0.045, 0.045) if threads == 2 else (0.003, 0.001)


def half_busy(threads: int) -> tuple[float, float]:
    """Two cores beside one busy program: it leaves one thread alone."""
    return (0.060, 0.030) if threads == 2 else (0.055, 0.0)


def quiet(threads: int) -> tuple[float, float]:
    return (0.06 / threads, 0.0)


def test_on_a_quiet_machine_all_threads_compute_every_step() -> None:
    assert {threads for threads, _ in run(ThreadPace(2), quiet, 600)} == {2}


def test_one_step_beside_busy_programs_is_enough() -> None:
    assert paced(2, [busy(2)]).threads == 1


def test_a_short_disturbance_is_no_reason() -> None:
    # 10 of 30 ms: 2.5 ms beyond what is tolerated, which the quiet steps after it make up for
    assert paced(2, [(0.03, 0.01), QUIET, QUIET] * 1000).threads == 2


def test_a_little_waiting_all_the_time_is_no_reason() -> None:
    assert paced(2, [(0.03, 0.2 * 0.03)] * 1000).threads == 2


def test_waiting_adds_up_over_short_steps() -> None:
    # Each is 10 ms beyond a quarter of its 20 ms; the third reaches 25 ms.
    step = (0.02, 0.015)

    assert paced(2, [step, step]).threads == 2
    assert paced(2, [step, step, step]).threads == 1


@pytest.mark.parametrize(
    ("most", "waiting", "threads"),
    [
        (16, 0.5, 15),  # one busy program: a thread shares its core, and waits half of the time
        (16, 1.0, 14),
        (16, 8.0, 1),  # a busy program on each core
        (8, 1.1, 5),
        (3, 0.3, 2),
        (1, 1.0, 1),
    ],
)
def test_as_many_threads_go_as_share_their_core(most: int, waiting: float, threads: int) -> None:
    assert paced(most, [(1.0, waiting)]).threads == threads


def test_nothing_is_tried_while_the_one_thread_waits_too() -> None:
    taken = run(ThreadPace(2), busy, 600)

    assert [threads for threads, _ in taken].count(2) == 1


def test_all_threads_compute_again_half_a_second_after_the_others_ended() -> None:
    pace = ThreadPace(2)
    run(pace, busy, 60)

    taken = run(pace, quiet, 60)

    threads = [threads for threads, _ in taken]
    assert threads == sorted(threads), "once up, it stays"
    assert 0.5 <= sum(length for count, length in taken if count == 1) <= 0.5 + 2 * 0.06


def test_tries_that_fail_become_rare_and_cost_at_most_a_twentieth() -> None:
    taken = run(ThreadPace(2), half_busy, 600)

    tried = [length for threads, length in taken if threads == 2]
    assert sum(tried) <= 600 / 20
    changes = sum(1 for one, after in pairwise(taken) if one[0] != after[0])
    assert changes <= 2 * (600 / 8 + 5)


def test_a_try_that_takes_very_long_is_followed_by_a_longer_pause() -> None:
    def slow(threads: int) -> tuple[float, float]:
        return (2.0, 2.0) if threads == 2 else (0.05, 0.0)

    taken = run(ThreadPace(2), slow, 1200)

    first, *tries = [length for threads, length in taken if threads == 2]
    assert first == 2.0
    assert 2 <= len(tries) <= 1200 / (20 * 2.0) + 1


@pytest.mark.parametrize("seed", range(6))
def test_a_program_that_works_now_and_then_takes_no_threads_in_between(seed: int) -> None:
    """Pauses grew with tries that had gone well for seconds: to more than twenty minutes."""
    chance = random.Random(seed)
    pace = ThreadPace(2)
    all_threads = calm = 0.0
    for _ in range(100):
        quiet_steps = run(pace, quiet, chance.expovariate(1 / 20.0))
        run(pace, half_busy, chance.expovariate(1 / 2.0))
        calm += sum(length for _, length in quiet_steps)
        all_threads += sum(length for threads, length in quiet_steps if threads == 2)

    assert all_threads > 0.75 * calm


def test_more_threads_are_tried_by_doubling() -> None:
    pace = paced(16, [(1.0, 8.0)])

    taken = run(pace, lambda threads: (0.1 / threads, 0.0), 10)

    assert sorted({int(threads) for threads, _ in taken}) == [1, 2, 4, 8, 16]
    assert pace.threads == 16


def test_a_try_that_lasts_ends_the_long_pauses() -> None:
    pace = ThreadPace(2)
    run(pace, half_busy, 200)  # pauses of eight seconds by now
    run(pace, quiet, 60)
    run(pace, half_busy, 0.2)
    assert pace.threads == 1

    taken = run(pace, quiet, 20)

    assert sum(length for threads, length in taken if threads == 1) < 1.0


def test_the_same_steps_give_the_same_numbers() -> None:
    steps = [busy(2), *[QUIET] * 40, busy(2), *[(0.02, 0.004)] * 30, *[QUIET] * 99]

    def numbers() -> list[int]:
        pace, found = ThreadPace(4), []
        for seconds, waited in steps:
            pace.saw(seconds, waited)
            found.append(pace.threads)
        return found

    assert numbers() == numbers()


def test_steps_without_time_change_nothing() -> None:
    assert paced(2, [(0.0, 0.0)] * 10).threads == 2
    assert paced(2, [(0.0, 1.0)]).threads == 1, "waiting that no time is known of still counts"
