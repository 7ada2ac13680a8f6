"""Benchmarks and comparisons of an engine: load, measure, unload, and stop on the way."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import QualityError
from backends.events import (
    BenchmarkReady,
    LoadProgress,
    ModelReady,
    QualityProgress,
    QualityReady,
)
from backends.precision import Precision
from backends.protocol.engine_requests import BenchmarkRequest, LoadRequest, QualityRequest
from tests.helpers import goldens
from tests.helpers.reads import counted

TEXT = "How does a refrigerator make cold? 天空为什么是蓝色的？\n" * 12


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reference"


# --- benchmarks --------------------------------------------------------------------------


def test_the_engine_measures_a_model_and_unloads_it() -> None:
    folder = goldens.folder("b2-7b", "safetensors")  # context 256
    load = LoadRequest(str(folder), Precision.FP32, threads=1)
    engine = Engine()

    events = list(
        run_request(engine, BenchmarkRequest(load, (64, 300), (16, 250), 8), threading.Event())
    )

    (ready,) = (event for event in events if isinstance(event, ModelReady))
    assert ready.context_length == 64
    last = events[-1]
    assert isinstance(last, BenchmarkReady)
    assert [speed.tokens for speed in last.prefill] == [64]
    assert [decoding.speed.tokens for decoding in last.decode] == [16]
    assert (last.skipped_prompts, last.skipped_contexts) == ((300,), (250,))
    assert last.peak_bytes >= ready.peak_bytes > 0
    assert last.read_bytes_per_second is not None
    (decoding,) = last.decode
    moved = decoding.bytes_per_token * decoding.speed.tokens_per_second
    assert decoding.bandwidth_share == moved / last.read_bytes_per_second
    assert engine._loaded is None


@pytest.mark.parametrize("kind", ["LoadProgress", "ModelReady", "BenchmarkProgress"])
def test_a_cancel_of_the_engines_benchmark_measures_nothing(kind: str) -> None:
    folder = goldens.folder("b2-7b", "safetensors")
    cancel = threading.Event()
    request = BenchmarkRequest(LoadRequest(str(folder), Precision.FP32, threads=1), (64,), (16,), 8)
    kinds = []

    for event in run_request(Engine(), request, cancel):
        kinds.append(type(event).__name__)
        if kinds[-1] == kind:
            cancel.set()

    assert kinds[-1] == kind
    assert kinds.count(kind) == 1


def test_a_benchmark_opens_its_folder_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = goldens.folder("b2-7b", "safetensors")
    reads = counted(monkeypatch)

    load = LoadRequest(str(folder), Precision.FP32, threads=1)
    list(run_request(Engine(), BenchmarkRequest(load, (8,), (), 4), threading.Event()))

    assert reads.opened == [folder]
    assert reads.tokenizers == [folder / "tokenizer.model"]


# --- comparisons -------------------------------------------------------------------------


def comparison(file: Path, *, is_reference: bool, text: str = TEXT) -> QualityRequest:
    load = LoadRequest(str(goldens.folder("b2-7b", "safetensors")), Precision.FP32, threads=1)
    return QualityRequest(load, (text,), "text", 1000, str(file), is_reference)


def test_the_engine_scores_and_unloads(file: Path) -> None:
    engine = Engine()
    results = []

    for is_reference in (True, False):
        events = list(
            run_request(engine, comparison(file, is_reference=is_reference), threading.Event())
        )
        (ready,) = (event for event in events if isinstance(event, ModelReady))
        assert ready.context_length == 256  # shorter than a window
        assert isinstance(events[-1], QualityReady)
        results.append(events[-1])

    assert engine._loaded is None
    assert results[0].top1_agreement is None
    assert results[1].top1_agreement == 1


def test_the_engine_refuses_a_short_text_before_it_loads(file: Path) -> None:
    asked = comparison(file, is_reference=True, text="a")

    with pytest.raises(QualityError):
        next(run_request(Engine(), asked, threading.Event()))  # that is, before the first event


@pytest.mark.parametrize("kind", [LoadProgress, ModelReady, QualityProgress])
def test_a_cancel_of_the_engine_gives_no_result(kind: type, file: Path) -> None:
    cancel, events = threading.Event(), []

    for event in run_request(Engine(), comparison(file, is_reference=True), cancel):
        events.append(event)
        if isinstance(event, kind):
            cancel.set()

    assert isinstance(events[-1], kind)


def test_a_comparison_opens_its_folder_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = comparison(file, is_reference=True)
    reads = counted(monkeypatch)

    list(run_request(Engine(), asked, threading.Event()))

    assert reads.opened == [Path(asked.load.folder)]
    assert reads.tokenizers == [Path(asked.load.folder) / "tokenizer.model"]
