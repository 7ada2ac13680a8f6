from __future__ import annotations

import pytest

from backends.events import BenchmarkProgress, BenchmarkStep, LoadProgress, QualityProgress
from backends.precision import Precision
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.measuring.job_source import JobEvent
from baichuan_desktop.services.measuring.progress import MeasureProgress, quality_steps, speed_steps

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
def test_steps_of_all_precisions_count_alike(events: list[JobEvent], percent: int) -> None:
    progress = MeasureProgress(speed_steps())
    for event in events:
        progress.read(event)

    assert progress.percent == percent


def test_a_prompt_that_is_read_again_takes_nothing_back() -> None:
    progress = MeasureProgress(speed_steps())
    progress.read(PrecisionBegun(Precision.BF16, 1, 1))
    progress.read(BenchmarkProgress(BenchmarkStep.PREFILL, 128, 128, 128))
    progress.read(BenchmarkProgress(BenchmarkStep.PREFILL, 128, 64, 128))

    assert progress.percent == 28


def test_a_comparison_loads_and_reads() -> None:
    progress = MeasureProgress(quality_steps())
    progress.read(PrecisionBegun(Precision.BF16, 2, 2))
    progress.read(QualityProgress(256, 512))

    assert progress.percent == 87
