"""Each precision in an engine of its own; what is measured is remembered, what fails is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from backends.errors import BackendUnavailableError, InsufficientMemoryError
from backends.events import BenchmarkProgress, ModelReady
from backends.machine.hardware import Machine
from backends.precision import DeviceKind, Precision, name_of
from baichuan_desktop.services.engines.one_shot import JobEngine, PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.measuring.speed import (
    BenchmarkEvent,
    PrecisionMeasured,
    SpeedMeasurement,
    benchmark,
)
from baichuan_desktop.services.precisions.measurements import Benchmark, DecodeFigure, Measurements
from baichuan_desktop.services.precisions.opened import OpenedModel, Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import goldens
from tests.helpers.installed import installed
from tests.helpers.machines import SECOND, card, machine

FOLDER = goldens.folder("b2-7b", "safetensors")  # context 256


@pytest.fixture
def measurements(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path / "measurements.json")


def run(
    precisions: Sequence[Precision], measurements: Measurements, tmp_path: Path, device: str = "cpu"
) -> list[BenchmarkEvent]:
    return list(begin(precisions, measurements, tmp_path, threading.Event(), device))


def opened(measurements: Measurements, facts: Machine) -> OpenedModel:
    return Precisions(measurements, lambda: facts).open(installed(FOLDER))


def begin(
    precisions: Sequence[Precision],
    measurements: Measurements,
    tmp_path: Path,
    cancel: threading.Event,
    device: str = "cpu",
) -> Iterator[BenchmarkEvent]:
    job = SpeedMeasurement(
        installed(FOLDER), [LoadWish(precision, device) for precision in precisions]
    )
    return benchmark(job, measurements, JobEngine(tmp_path / "job.log").run, cancel)


def engines() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "backends.engine.process" in process.cmdline()
    ]


@dataclass(frozen=True)
class Run:
    """One run over a precision that cannot run here and two that can, for all who look at it."""

    events: list[BenchmarkEvent]
    file: Path  #: where it was remembered
    engines_left: int

    @property
    def measured(self) -> list[PrecisionMeasured]:
        return [event for event in self.events if isinstance(event, PrecisionMeasured)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("benchmark")
    file = folder / "measurements.json"
    events = run([Precision.FP16, Precision.FP32, SECOND], Measurements(file), folder)
    return Run(events, file, len(engines()))


def test_every_precision_is_measured_and_remembered(whole: Run) -> None:
    begun = [event for event in whole.events if isinstance(event, PrecisionBegun)]
    assert begun == [
        PrecisionBegun(Precision.FP16, 1, 3),
        PrecisionBegun(Precision.FP32, 2, 3),
        PrecisionBegun(SECOND, 3, 3),
    ]  # fmt: skip
    assert [found.ready.precision for found in whole.measured] == ["fp32", SECOND]
    for found in whole.measured:
        assert [figure.tokens for figure in found.benchmark.prefill] == [128]
        assert [figure.context_tokens for figure in found.benchmark.decode] == [16]
        assert found.skipped_prompts == (512, 2048)
        assert found.skipped_contexts == (512, 2048)
        assert found.benchmark.peak_bytes > 50 * 2**20  # the engine's, torch and all
    assert whole.engines_left == 0
    again = Measurements(whole.file)
    assert [(m.precision, m.benchmark) for m in again.measured(FOLDER)] == [
        (found.ready.precision, found.benchmark) for found in whole.measured
    ]


def test_the_rows_of_the_precisions_show_the_speed(whole: Run) -> None:
    rows = Precisions(Measurements(whole.file), machine).open(installed(FOLDER)).whole.rows

    speeds = {row.precision: row.tokens_per_second for row in rows}
    assert speeds[Precision.FP32] == round(
        whole.measured[0].benchmark.decode[0].tokens_per_second, 1
    )
    assert speeds[Precision.NF4] is None


def test_what_cannot_run_is_told_and_the_rest_measured(whole: Run) -> None:
    (failed,) = (event for event in whole.events if isinstance(event, PrecisionFailed))
    assert failed.precision == "fp16"  # runs on cards only
    assert isinstance(failed.error, BackendUnavailableError)
    assert isinstance(whole.events[-1], PrecisionMeasured)


def test_a_cancel_keeps_what_was_measured_before(
    measurements: Measurements, tmp_path: Path
) -> None:
    cancel = threading.Event()
    ready = 0
    kinds = []

    for event in begin([Precision.FP32, SECOND, Precision.FP32], measurements, tmp_path, cancel):
        kinds.append(type(event))
        ready += isinstance(event, ModelReady)
        if isinstance(event, BenchmarkProgress) and ready == 2:
            cancel.set()

    assert kinds.count(PrecisionBegun) == 2
    assert kinds.count(PrecisionMeasured) == 1
    assert [m.precision for m in measurements.measured(FOLDER)] == ["fp32"]
    assert not engines()


def test_whoever_stops_listening_ends_the_engine(
    measurements: Measurements, tmp_path: Path
) -> None:
    job = begin([Precision.FP32], measurements, tmp_path, threading.Event())
    while not isinstance(next(job), ModelReady):
        assert len(engines()) <= 1

    job.close()  # type: ignore[attr-defined]  # it is a generator

    assert not engines()


def figure(context: int, speed: float) -> DecodeFigure:
    return DecodeFigure(
        context_tokens=context, tokens_per_second=speed, bytes_per_token=1, bandwidth_share=None
    )


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([figure(16, 3.0), figure(512, 2.04), figure(2048, 1.0)], 2.0),
        ([figure(16, 3.0)], 3.0),
        ([], None),
    ],
)
def test_the_speed_at_512_tokens_stands_for_the_precision(
    figures: list[DecodeFigure], expected: float | None, measurements: Measurements, whole: Run
) -> None:
    last = whole.measured[0]
    entry = Benchmark(**last.benchmark.model_dump() | {"decode": tuple(figures)})

    measurements.benchmarked(last.ready, entry)

    known = measurements.of(
        Path(last.ready.folder), last.ready.backend, Precision.FP32, DeviceKind.CPU
    )
    assert known is not None
    assert known.tokens_per_second == expected


# --- which precisions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auto", ("auto",)),
        ("fp32", ("fp32",)),
        (" bf16 ,fp32,bf16", ("bf16", "fp32")),
        ("fp32,", ("fp32",)),
        ("8bit,auto", ("8bit", "auto")),
    ],
)
def test_precisions_are_named_by_commas(
    text: str, expected: tuple[str, ...], measurements: Measurements
) -> None:
    found = Precisions(measurements).open(installed(FOLDER)).wanted(text)

    assert tuple(map(name_of, found)) == expected


@pytest.mark.parametrize("text", ["", ",", "fp31", "int8"])
def test_a_name_that_is_none_is_refused(text: str, measurements: Measurements) -> None:
    model = Precisions(measurements).open(installed(FOLDER))

    with pytest.raises(BackendUnavailableError, match="There is no precision"):
        model.wanted(text)


def test_all_is_what_runs_here_each_once(measurements: Measurements) -> None:
    def wanted(device: str | None = None, **facts: float) -> set[str]:
        seen = machine(card(24), **facts)  # type: ignore[arg-type]
        found = opened(measurements, seen).wanted("all", device)
        assert len(set(found)) == len(found)
        return {name_of(precision) for precision in found}

    assert wanted() == {"bf16", "fp32", "8bit", "4bit", "fp4"}
    assert wanted("cuda:0") == {"bf16", "8bit", "4bit", "fp4"}
    assert wanted("cpu", free_gib=0.1) == {"auto"}


def test_all_on_a_card_is_what_runs_on_this_very_card(measurements: Measurements) -> None:
    new, old = card(24), card(24, index=1, capability=(7, 5))

    def wanted(device: str) -> set[str]:
        found = opened(measurements, machine(new, old)).wanted("all", device)
        return {name_of(precision) for precision in found}

    # One multiplies bf16, the other fp16.
    assert wanted("cuda:0") == {"bf16", "8bit", "4bit", "fp4"}
    assert wanted("cuda:1") == {"fp16", "8bit", "4bit", "fp4"}
    assert wanted("cuda") == {"bf16", "fp16", "8bit", "4bit", "fp4"}


def test_all_leaves_out_what_the_processor_lacks(measurements: Measurements) -> None:
    facts = replace(machine(), features=frozenset({"sse2", "sse4_1"}))

    assert set(opened(measurements, facts).wanted("all")) == {
        "fp32", "8bit", "4bit", "fp4",
    }  # fmt: skip


def test_nothing_is_measured_where_nothing_fits(measurements: Measurements, tmp_path: Path) -> None:
    """The engine decides anew: memory may have been taken meanwhile."""
    (failed,) = (
        e
        for e in run([Precision.INT8], measurements, tmp_path, "cuda")
        if isinstance(e, PrecisionFailed)
    )

    assert isinstance(failed.error, BackendUnavailableError | InsufficientMemoryError)
    assert measurements.measured(FOLDER) == ()
