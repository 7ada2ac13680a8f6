"""The benchmarks run and say what they promise. Nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules
from backends.interface import LayerDevices, LoadOptions
from backends.model_config import Family
from backends.precision import BackendName, Precision
from backends.text.tokenizer import Tokenizer
from baichuan_desktop.services.library.integrity.folder_files import files_of
from baichuan_desktop.services.library.integrity.reading import FileReading, weight_records
from benchmarks import hashing, random_checkpoint, threads
from benchmarks.engine_blows import TRIALS, Blow, Phase
from benchmarks.machine import ROOT, child_environment
from benchmarks.random_checkpoint import (
    SHAPES,
    NotEnoughDiskError,
    Shape,
    make,
    make_or_reuse,
)
from tests.helpers.fakes import ScriptedModel
from tests.helpers.quantized import finish


@pytest.mark.parametrize(
    ("name", "family"),
    [("tiny", Family.BAICHUAN2_7B), ("tiny-alibi", Family.BAICHUAN2_13B)],
)
def test_random_checkpoint_is_complete_and_computes(
    name: str, family: Family, tmp_path: Path
) -> None:
    make(SHAPES[name], tmp_path / name, shard_bytes=2_000_000)

    checkpoint = Checkpoint.open(tmp_path / name)
    loading = heavy_modules.backend_module(BackendName.TORCH_CPU).load(
        checkpoint,
        LoadOptions(
            Precision.FP32,
            context_length=32,
            threads=1,
            devices=LayerDevices.all_on("cpu", checkpoint.config.num_layers),
        ),
    )
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model = finished.value
            break
    with model:
        logits = model.prefill(range(20))
    tokenizer = Tokenizer(checkpoint.tokenizer_file, vocab_size=checkpoint.config.vocab_size)

    assert checkpoint.config.family is family
    assert checkpoint.kind == "chat"
    assert len({record.file for record in checkpoint.tensors.values()}) > 1
    assert tokenizer.encode("Which weights? 这台机器")
    assert np.isfinite(logits).all()
    best = int(logits.argmax())
    assert best < tokenizer.vocab_size
    assert best not in tokenizer.control_ids  # a random model's answer does not end by chance


def test_a_vocabulary_far_larger_than_its_text_is_no_damage_to_the_app(tmp_path: Path) -> None:
    """Half a head of zeros is what a file looks like that was not written to its end."""
    make(Shape(64, 1, 2, 128, 6000), tmp_path / "wide")
    checkpoint = Checkpoint.open(tmp_path / "wide")
    devices = LayerDevices.all_on("cpu", 1)
    loading = heavy_modules.backend_module(BackendName.TORCH_CPU).load(
        checkpoint, LoadOptions(Precision.FP32, context_length=32, threads=1, devices=devices)
    )

    with finish(loading) as model:
        logits = model.prefill(range(20))

    tokenizer = Tokenizer(checkpoint.tokenizer_file, vocab_size=checkpoint.config.vocab_size)
    best = int(logits.argmax())
    assert best < 2100  # a piece of text, of which there are so many
    assert best not in tokenizer.control_ids


def test_random_checkpoint_is_the_same_every_time(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        make(SHAPES["tiny"], tmp_path / folder)

    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    )
    assert one == two
    assert len(one) == 4


def test_a_complete_checkpoint_is_reused_and_an_interrupted_one_made_again(tmp_path: Path) -> None:
    folder = make_or_reuse("tiny", tmp_path)
    weights = folder / "model.safetensors"
    first = weights.stat().st_mtime_ns

    make_or_reuse("tiny", tmp_path)

    assert weights.stat().st_mtime_ns == first
    (folder / "config.json").unlink()  # it is written last
    make_or_reuse("tiny", tmp_path)
    assert weights.stat().st_mtime_ns != first
    Checkpoint.open(folder)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_what_it_is_called(name: str) -> None:
    config = SHAPES[name].config

    assert config.family.uses_alibi == ("alibi" in name or "13b" in name)
    assert config.family.uses_norm_head == (not name.startswith("mid"))


def test_full_disk_is_named_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_checkpoint, "_free_bytes", lambda _folder: 10_000_000_000)

    with pytest.raises(NotEnoughDiskError, match=r"needs 25\.9 GiB .* only 9\.3 GiB is free"):
        make(SHAPES["baichuan2-13b"], tmp_path / "large")

    assert not list((tmp_path / "large").iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "bandwidth",
        "cuda",
        "decode",
        "library_page",
        "onnx_export",
        "sidebar",
        "threads",
        "ui_latency",
    ],
)
def test_each_benchmark_starts_as_a_script(name: str) -> None:
    result = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--help"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )

    assert result.stdout.startswith(f"usage: {name}.py")


def test_opening_scrolling_and_searching_the_sidebar_are_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/sidebar.py", "--conversations=60", "--messages=2", "--json"],
        cwd=ROOT,
        check=False,  # of how long it takes nothing is asked here
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment() | {"QT_QPA_PLATFORM": "offscreen"},
    )

    assert [one["what"] for one in json.loads(result.stdout)["times"]] == [
        "open", "frame of scrolling", "one conversation that changed", "search: 1 hanzi",
        "search: 2 hanzi", "search: 3 hanzi", "search: absent pair", "search: a word",
    ]  # fmt: skip


def test_opening_scrolling_and_searching_the_page_of_models_are_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/library_page.py", "--models=30", "--json"],
        cwd=ROOT,
        check=False,  # of how long it takes nothing is asked here
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment() | {"QT_QPA_PLATFORM": "offscreen"},
    )

    assert [one["what"] for one in json.loads(result.stdout)["times"]] == [
        "open", "what was seen of all models", "frame of scrolling", "another row is chosen",
        "search: model 4", "search: 部门", "search: baichuan2", "search: no such model",
    ]  # fmt: skip


def test_torch_can_be_imported_beside_the_benchmark_named_cuda() -> None:
    import_torch = f"import sys; sys.path.insert(0, {str(ROOT / 'benchmarks')!r}); import torch"

    subprocess.run([sys.executable, "-c", import_torch], cwd=ROOT, check=True)


def test_decode_reports_every_figure(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/decode.py", "--shape", "tiny", "--threads", "1"]
    command += ["--prompt", "96", "--new", "4", "--reuse", str(tmp_path), "--json"]

    result = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=child_environment()
    )
    report = json.loads(result.stdout)

    assert report["shape"] == "tiny"
    assert report["parameters"] == 4_212_992
    assert report["weights_bytes"] == 4 * 4_212_992
    assert report["prefill_chunk"] == 64
    assert report["prefill"]["tokens"] == 96
    assert [speed["context_tokens"] for speed in report["decode"]] == [16, 512]
    for speed in (report["prefill"], *report["decode"]):
        assert speed["tokens_per_second"] > 0
    # weights without the embedding, and keys and values of 16 + 2 tokens, in fp32
    head_and_layers = 4_212_992 - 2048 * 256
    assert report["decode"][0]["bytes_per_token"] == 4 * (head_and_layers + 18 * 2 * 4 * 256)
    assert report["decode"][0]["bandwidth_share"] > 0
    assert report["load_seconds"] > 0
    assert report["load_rss_limit_bytes"] > report["weights_bytes"]
    for when in ("before", "after"):
        assert report[f"bandwidth_{when}"]["read"] > 0


def rounds(*speeds: tuple[float, float, float]) -> tuple[tuple[threads.Run, ...], ...]:
    names = ("default", "1 thread", "all threads")
    return tuple(
        tuple(threads.Run(name, speed, 1) for name, speed in zip(names, each, strict=True))
        for each in speeds
    )


def test_ways_are_compared_within_a_round() -> None:
    # The machine became ten times slower; the default was 0.8, 0.9 and 1.0 times one thread.
    phase = threads.Phase("busy", 0.0, rounds((80, 100, 1), (9, 10, 1), (10, 10, 1)))

    assert phase.ratio("default", "1 thread") == pytest.approx(0.9)
    ((name, other, ratio, least),) = threads.verdicts([phase])
    assert (name, other, least) == ("busy", "1 thread", 0.80)
    assert ratio == pytest.approx(0.9)


def test_the_table_says_whether_the_goals_are_met() -> None:
    alone = threads.Phase("alone", 0.3, rounds((96, 50, 100)))
    busy = threads.Phase("busy", 0.1, rounds((40, 50, 2)))

    text = threads.table("small", "fp32", [alone, busy])

    assert "alone: default is 0.96 x all threads (goal 0.97): FAIL" in text
    assert "busy: default is 0.80 x 1 thread (goal 0.80): PASS" in text
    assert "others kept 0.3 cores busy" in text
    assert "Others disturbed this (alone): measure again." in text


def test_decoding_goes_on_when_the_context_is_full() -> None:
    model = ScriptedModel([7], context_length=20, chunk=16)

    def count() -> None:
        assert len(model.passes) < 50

    model.before_pass = count
    with pytest.raises(AssertionError):
        threads.decode_speed(model, 3600.0)

    assert model.passes == [16, *[1] * 49]


@pytest.mark.slow
def test_threads_reports_every_way_in_both_phases() -> None:
    command = [sys.executable, "benchmarks/threads.py", "--model", "guide", "--rounds", "1"]
    command += ["--seconds", "0.1", "--busy", "1", "--json"]

    result = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=child_environment()
    )
    (report,) = json.loads(result.stdout)

    assert [phase["name"] for phase in report["phases"]] == ["alone", "busy"]
    for phase in report["phases"]:
        (runs,) = phase["rounds"]
        assert [run["way"] for run in runs] == [way.name for way in threads.ways(2)]
        assert all(run["tokens_per_second"] > 0 for run in runs)
        assert runs[1]["threads"] == 1
    assert [ratio["goal"] for ratio in report["ratios"]] == [0.97, 0.8]


def test_an_engine_is_killed_stopped_starved_and_crashed_in_every_phase() -> None:
    struck = {(trial.blow, trial.phase) for trial in TRIALS}

    assert len(TRIALS) == 26
    for blow in (Blow.KILL, Blow.STOP, Blow.MEMORY, Blow.SEGV):
        assert {phase for one, phase in struck if one is blow} == set(Phase)


def test_the_file_that_verifying_is_measured_with_holds_weights(tmp_path: Path) -> None:
    hashing.write_weights(tmp_path / "model.safetensors", 3)

    (record,) = weight_records(tmp_path, "model.safetensors")

    assert record.nbytes == 3 * 2**20
    reading = FileReading(files_of(tmp_path)["model.safetensors"], [record])
    assert sum(reading) == (tmp_path / "model.safetensors").stat().st_size
    assert not reading.odd_tensors()
