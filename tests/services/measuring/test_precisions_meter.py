from __future__ import annotations

import pytest

from backends.events import BenchmarkProgress, BenchmarkStep, LoadProgress, QualityProgress
from backends.precision import Precision
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.measuring.precisions_meter import (
    PrecisionsMeter,
    quality_steps,
    speed_steps,
)

# Seven steps a precision: loading, three prompts, three contexts from the longest on.


@pytest.mark.parametrize(
    ("events", "percent"),
    [
        ([], 0),
        ([PrecisionBegun(Precision.BF16, 1, 1), LoadProgress(1, 2)], 7),
        ([PrecisionBegun(Precision.BF16, 2, 2)], 50),
        (
            [
                PrecisionBegun(Precision.BF16, 1, 1),
                BenchmarkProgress(BenchmarkStep.PREFILL, 128, 128, 128),
            ],
            28,
        ),
        (
            [
                PrecisionBegun(Precision.BF16, 1, 2),
                BenchmarkProgress(BenchmarkStep.DECODE, 2048, 32, 32),
            ],
            35,
        ),
        (
            [
                PrecisionBegun(Precision.BF16, 1, 1),
                BenchmarkProgress(BenchmarkStep.DECODE, 16, 32, 32),
            ],
            100,
        ),
        (
            [
                PrecisionBegun(Precision.BF16, 1, 1),
                BenchmarkProgress(BenchmarkStep.WARM, 128, 64, 64),
            ],
            0,
        ),
        (
            [
                PrecisionBegun(Precision.BF16, 1, 1),
                BenchmarkProgress(BenchmarkStep.PREFILL, 77, 77, 77),
            ],
            0,
        ),
    ],
)
def test_steps_of_all_precisions_count_alike(events: list[object], percent: int) -> None:
    progress = PrecisionsMeter(speed_steps())
    for event in events:
        progress.read(event)

    assert progress.percent == percent


def test_a_prompt_that_is_read_again_takes_nothing_back() -> None:
    progress = PrecisionsMeter(speed_steps())
    progress.read(PrecisionBegun(Precision.BF16, 1, 1))
    progress.read(BenchmarkProgress(BenchmarkStep.PREFILL, 128, 128, 128))
    progress.read(BenchmarkProgress(BenchmarkStep.PREFILL, 128, 64, 128))

    assert progress.percent == 28


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_follows_from_the_precisions_before() -> None:
    clock = Clock()
    progress = PrecisionsMeter(speed_steps(), clock)
    progress.read(PrecisionBegun(Precision.BF16, 1, 3))
    clock.now += 60
    assert str(progress.time_left) == "Time left: not known yet"

    clock.now += 60  # two minutes for the first: four for the other two
    progress.read(PrecisionBegun(Precision.FP32, 2, 3))
    assert str(progress.time_left) == "About 4 min left"
    clock.now += 60
    assert str(progress.time_left) == "About 3 min left"
    clock.now += 240  # longer than the first: the last one is still to come
    assert str(progress.time_left) == "About 2 min left"


@pytest.mark.parametrize(
    ("event", "step"),
    [
        (None, "bf16 (1 of 2): starting"),
        (LoadProgress(1, 2), "bf16 (1 of 2): loading, 50 %"),
        (
            BenchmarkProgress(BenchmarkStep.DECODE, 512, 8, 32),
            "bf16 (1 of 2): decoding after 512 tokens",
        ),
        (
            BenchmarkProgress(BenchmarkStep.PREFILL, 128, 1, 128),
            "bf16 (1 of 2): reading 128 tokens",
        ),
        (QualityProgress(256, 1000), "bf16 (1 of 2): 256 of 1,000 tokens"),
    ],
)
def test_what_is_done_now_is_told_with_the_precision(event: object, step: str) -> None:
    progress = PrecisionsMeter(speed_steps())
    assert progress.step is None
    progress.read(PrecisionBegun(Precision.BF16, 1, 2))
    progress.read(event)

    assert str(progress.step) == step


def test_a_precision_that_is_left_to_the_app_is_told_as_auto() -> None:
    progress = PrecisionsMeter(speed_steps())

    progress.read(PrecisionBegun(None, 1, 2))

    assert str(progress.step) == "auto (1 of 2): starting"


def test_a_comparison_loads_and_reads() -> None:
    progress = PrecisionsMeter(quality_steps())
    progress.read(PrecisionBegun(Precision.BF16, 2, 2))
    progress.read(QualityProgress(256, 512))

    assert progress.percent == 87
