"""The reference runs first; what is compared is remembered; nothing is left on the drive."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from backends.errors import InvalidRequestError, QualityError
from backends.events import ModelReady, QualityProgress
from backends.machine import hardware
from backends.machine.hardware import Machine
from backends.precision import Precision
from backends.protocol.engine_requests import QualityRequest, Request
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.engines.in_process import InProcessEngine
from baichuan_desktop.services.engines.one_shot import JobEngine, PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.measuring import quality
from baichuan_desktop.services.measuring.quality import (
    MOST_TOKENS,
    LeanParts,
    PrecisionJudged,
    QualityComparison,
    QualityEvent,
    compare,
    compared_precisions,
    leaner_precisions,
    quality_texts,
)
from baichuan_desktop.services.measuring.text_files import Texts
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import OpenedModel, Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import goldens, quantized
from tests.helpers.installed import installed
from tests.helpers.machines import card, machine
from tests.helpers.sentences import assert_one_sentence

FOLDER = goldens.folder("b2-7b", "safetensors")
TEXTS = Texts("text", ("How does a refrigerator make cold? 天空为什么是蓝色的？\n" * 4,))


@pytest.fixture
def paths(app_home: Path) -> AppPaths:
    return app_paths()


@pytest.fixture
def measurements(paths: AppPaths) -> Measurements:
    return Measurements(paths.measurements)


def job(
    precisions: Sequence[Precision], texts: Texts = TEXTS, tokens: int = 1000
) -> QualityComparison:
    return QualityComparison(
        installed(FOLDER), [LoadWish(name, "cpu") for name in precisions], texts, tokens
    )


def opened(measurements: Measurements, facts: Machine, folder: Path = FOLDER) -> OpenedModel:
    return Precisions(measurements, lambda: facts).open(installed(folder))


def begin(
    asked: QualityComparison,
    measurements: Measurements,
    paths: AppPaths,
    cancel: threading.Event,
    engine: EnginePort | None = None,
) -> Iterator[QualityEvent]:
    """A comparison by an engine; by one of this process, which starts at once, if none is given."""
    return compare(asked, measurements, (engine or InProcessEngine()).run, paths.cache, cancel)


def run(
    asked: QualityComparison,
    measurements: Measurements,
    paths: AppPaths,
    engine: EnginePort | None = None,
) -> list[QualityEvent]:
    return list(begin(asked, measurements, paths, threading.Event(), engine))


def judged_of(events: Sequence[QualityEvent]) -> list[PrecisionJudged]:
    return [event for event in events if isinstance(event, PrecisionJudged)]


def left_over(paths: AppPaths) -> list[Path]:
    return list(paths.cache.iterdir())


def test_each_precision_is_compared_with_the_first_and_remembered(
    measurements: Measurements, paths: AppPaths
) -> None:
    asked = job([Precision.FP32, Precision.NF4, Precision.FP32])
    events = run(asked, measurements, paths, JobEngine(paths.job_log))

    begun = [event.precision for event in events if isinstance(event, PrecisionBegun)]
    assert begun == ["fp32", "4bit", "fp32"]
    reference, four, same = (found.quality for found in judged_of(events))
    assert (reference.kl_divergence, reference.top1_agreement) == (None, None)
    assert four.kl_divergence is not None
    assert four.top1_agreement is not None
    assert four.kl_divergence > 1e-4
    assert 0.3 < four.top1_agreement < 1
    assert (same.kl_divergence, same.top1_agreement) == (0, 1)
    assert same.perplexity == reference.perplexity
    assert {found.reference for found in (reference, four, same)} == {"fp32"}
    assert not left_over(paths)
    rows = opened(Measurements(paths.measurements), machine()).whole.rows
    qualities = {row.precision: row.quality for row in rows}
    assert qualities[Precision.NF4] == four
    assert qualities[Precision.INT8] is None


def test_the_report_on_the_machine_tells_what_was_found(
    measurements: Measurements, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "detect", machine)
    store = ModelStore(paths)
    store.add(FOLDER)
    *_, found = judged_of(run(job([Precision.FP32, Precision.NF4]), measurements, paths))

    facts = doctor.report(store, measurements, lambda *_: iter(()))
    report = json.loads(json.dumps(facts))

    model = next(model for model in report["models"] if model["path"] == str(FOLDER))
    qualities = {row["precision"]: row["quality"] for row in model["precisions"]}
    assert qualities["4bit"] == found.quality.model_dump()
    assert qualities["bf16"] is None
    assert found.quality.top1_agreement is not None
    differing = 100 * (1 - found.quality.top1_agreement)
    assert f" {differing:.1f} % of next tokens differ from fp32." in doctor.as_text(report)


def test_a_text_longer_than_asked_for_is_cut(measurements: Measurements, paths: AppPaths) -> None:
    (found,) = judged_of(run(job([Precision.FP32], tokens=80), measurements, paths))

    assert found.is_cut
    assert found.quality.scored_tokens == 79


def test_what_cannot_run_is_told_and_the_rest_compared(
    measurements: Measurements, paths: AppPaths
) -> None:
    events = run(
        job([Precision.FP32, Precision.FP16, Precision.BF16]), measurements, paths
    )  # fp16 runs on cards only

    assert [e.precision for e in events if isinstance(e, PrecisionFailed)] == ["fp16"]
    assert [found.ready.precision for found in judged_of(events)] == ["fp32", "bf16"]


def test_without_a_reference_there_is_no_comparison(
    measurements: Measurements, paths: AppPaths
) -> None:
    with pytest.raises(QualityError, match="at least 64 are needed") as caught:
        run(
            job([Precision.FP32, Precision.BF16], Texts("short", ("A line.",))), measurements, paths
        )

    assert_one_sentence(caught.value)
    assert not left_over(paths)


@pytest.mark.parametrize("precision", [1, 2])
def test_a_cancel_leaves_nothing_on_the_drive(
    precision: int, measurements: Measurements, paths: AppPaths
) -> None:
    cancel = threading.Event()
    ready, events = 0, []
    long = Texts("text", (30 * TEXTS.texts[0],))  # that the engine is not done before it hears

    for event in begin(
        job([Precision.FP32, Precision.BF16, Precision.FP32], long, 9000),
        measurements,
        paths,
        cancel,
    ):
        events.append(event)
        ready += isinstance(event, ModelReady)
        if isinstance(event, QualityProgress) and ready == precision:
            assert left_over(paths)
            cancel.set()

    assert len(judged_of(events)) == precision - 1
    assert not left_over(paths)


def test_whoever_stops_listening_leaves_nothing_either(
    measurements: Measurements, paths: AppPaths
) -> None:
    engine = JobEngine(paths.job_log)
    running = begin(job([Precision.FP32]), measurements, paths, threading.Event(), engine)
    while not isinstance(next(running), QualityProgress):
        pass

    running.close()  # type: ignore[attr-defined]  # it is a generator

    assert not left_over(paths)
    engines = [p for p in psutil.Process().children() if "backends.engine.process" in p.cmdline()]
    assert not engines


def test_what_a_killed_comparison_left_is_taken_away(
    measurements: Measurements, paths: AppPaths
) -> None:
    for name in ("quality-4194305-dead", f"quality-{os.getpid()}-alive", "something else"):
        (paths.cache / name).mkdir(parents=True)
        (paths.cache / name / "reference").write_bytes(b"12345678")

    run(job([Precision.FP32]), measurements, paths)

    names = {left.name for left in left_over(paths)}
    assert names == {f"quality-{os.getpid()}-alive", "something else"}


def test_a_cache_folder_that_cannot_be_made_is_named(
    measurements: Measurements, paths: AppPaths
) -> None:
    paths.cache.parent.mkdir(parents=True, exist_ok=True)
    paths.cache.write_text("a file")

    with pytest.raises(QualityError, match="cannot be kept in") as caught:
        run(job([Precision.FP32]), measurements, paths)

    assert_one_sentence(caught.value)


# --- which precisions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "device", "gib", "expected"),
    [
        # without a card, fp32 is the reference
        ("all", None, None, ("fp32", "bf16", "8bit", "4bit", "fp4")),
        ("4bit", None, None, ("fp32", "4bit")),
        ("auto", None, None, ("fp32",)),
        ("fp32,4bit,4bit", "cpu", None, ("fp32", "4bit")),
        # on a card, its 16 bits; what is better and slow only if it is asked for
        ("all", None, 24, ("bf16", "8bit", "4bit", "fp4")),
        ("4bit", "cuda", 24, ("bf16", "4bit")),
        ("auto,8bit", None, 24, ("bf16", "8bit")),
        ("fp32,4bit", None, 24, ("fp32", "bf16", "4bit")),
        ("4bit", "cpu", 24, ("fp32", "4bit")),
    ],
)
def test_the_reference_is_the_best_that_fits(
    text: str,
    device: str | None,
    gib: int | None,
    expected: tuple[str, ...],
    measurements: Measurements,
) -> None:
    facts = machine(*[card(gib)] if gib else [])

    assert compared_precisions(text, opened(measurements, facts), device) == expected


def test_all_leaves_out_what_the_processor_lacks(measurements: Measurements) -> None:
    facts = replace(machine(), features=frozenset({"sse2", "sse4_1"}))

    named = compared_precisions("all", opened(measurements, facts))

    assert named == ("fp32", "8bit", "4bit", "fp4")


def test_every_precision_has_its_rank() -> None:
    assert set(quality._RANK) == {precision.value for precision in Precision}


def test_a_quantised_model_has_only_itself(measurements: Measurements) -> None:
    folder = quantized.published("b2-7b-4bits")

    model = opened(measurements, machine(), folder)

    assert compared_precisions("all", model) == ("4bit",)


def test_where_nothing_fits_the_wish_stays_and_is_refused(measurements: Measurements) -> None:
    facts = machine(free_gib=0.1)

    assert compared_precisions("4bit", opened(measurements, facts)) == ("4bit",)


# --- parts that are held as on a small card ----------------------------------------------


def lean_job(parts: LeanParts, *precisions: Precision) -> QualityComparison:
    return replace(job(precisions), parts=parts)


def test_an_embedding_on_the_host_is_no_difference_and_an_8_bit_head_a_small_one(
    measurements: Measurements, paths: AppPaths
) -> None:
    found = {}
    for parts in (LeanParts(embedding_on_host=True), LeanParts(head_in_8_bits=True)):
        events = run(lean_job(parts, Precision.BF16, Precision.BF16), measurements, paths)
        reference, leaner = judged_of(events)
        assert reference.parts == LeanParts()
        assert leaner.parts == parts
        found[parts] = (reference.quality, leaner.quality)

    whole, on_host = found[LeanParts(embedding_on_host=True)]
    assert (on_host.kl_divergence, on_host.top1_agreement) == (0, 1)
    assert on_host.perplexity == whole.perplexity
    _, in_8_bits = found[LeanParts(head_in_8_bits=True)]
    assert in_8_bits.kl_divergence is not None
    assert 0 < in_8_bits.kl_divergence < 1e-3


def test_the_engine_is_asked_to_hold_the_parts_so_but_for_the_reference(
    measurements: Measurements, paths: AppPaths
) -> None:
    parts = LeanParts(embedding_on_host=True, head_in_8_bits=True)
    asked: list[tuple[bool, bool]] = []

    def noted(request: Request, _cancel: threading.Event) -> Iterator[ClientEvent]:
        assert isinstance(request, QualityRequest)
        asked.append((request.load.embedding_on_host, request.load.head_in_8_bits))
        return iter(())

    what = lean_job(parts, Precision.BF16, Precision.BF16, Precision.NF4)
    list(compare(what, measurements, noted, paths.cache, threading.Event()))

    assert asked == [(False, False), (True, True), (True, True)]


def test_what_is_remembered_of_a_precision_is_how_the_app_runs_it(
    measurements: Measurements, paths: AppPaths
) -> None:
    run(job([Precision.FP32, Precision.BF16]), measurements, paths)
    before = {m.key: m for m in measurements.measured(FOLDER)}

    parts = LeanParts(head_in_8_bits=True)
    events = run(lean_job(parts, Precision.FP32, Precision.BF16), measurements, paths)

    assert len(judged_of(events)) == 2
    assert {m.key: m for m in Measurements(paths.measurements).measured(FOLDER)} == before


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("all", None, ("fp32", "fp32", "bf16", "8bit", "4bit", "fp4")),
        ("4bit", None, ("fp32", "fp32", "4bit")),
        ("4bit,bf16", Precision.BF16, ("bf16", "bf16", "4bit")),
        ("all", Precision.BF16, ("bf16", "bf16", "8bit", "4bit", "fp4")),
    ],
)
def test_the_reference_is_compared_with_itself_too(
    text: str,
    reference: Precision | None,
    expected: tuple[str, ...],
    measurements: Measurements,
) -> None:
    model = opened(measurements, machine())

    assert leaner_precisions(text, model, None, reference) == expected


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("4bit", Precision.BF16, ("bf16", "4bit")),
        ("all", Precision.INT8, ("8bit", "4bit", "fp4")),
        ("fp32,4bit", Precision.NF4, ("4bit", "fp32")),  # a better one does not take its place
    ],
)
def test_a_reference_that_is_named_is_the_first(
    text: str,
    reference: Precision,
    expected: tuple[str, ...],
    measurements: Measurements,
) -> None:
    model = opened(measurements, machine())

    assert compared_precisions(text, model, None, reference) == expected


def test_all_leaves_out_exports_whose_parts_are_as_they_were_written(
    measurements: Measurements, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (Precision.ONNX_FP32, Precision.BF16, Precision.ONNX_INT4)
    monkeypatch.setattr(quality, "compared_precisions", lambda *_, **__: found)
    model = opened(measurements, machine())

    assert leaner_precisions("all", model) == ("onnx-fp32", "bf16")
    assert leaner_precisions("bf16,onnx-int4", model) == found  # which says why it cannot


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (LeanParts(), ()),
        (LeanParts(embedding_on_host=True), ("embedding on host",)),
        (LeanParts(head_in_8_bits=True), ("8-bit head",)),
        (LeanParts(True, True), ("embedding on host", "8-bit head")),
    ],
)
def test_parts_have_names(parts: LeanParts, names: tuple[str, ...]) -> None:
    assert parts.names == names


# --- which text --------------------------------------------------------------------------


def test_the_sample_is_taken_where_nothing_is_named() -> None:
    assert len(quality_texts(None, 8192).texts) == 2


@pytest.mark.parametrize("tokens", [0, -1, MOST_TOKENS + 1])
def test_a_number_of_tokens_that_makes_no_sense(tokens: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        quality_texts(None, tokens)

    assert_one_sentence(caught.value)
