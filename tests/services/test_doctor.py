"""The report on a machine and its models: whole, true, and fit for a program to read."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import EngineCrashedError
from backends.events import EngineEvent, ProductsTried
from backends.machine import hardware
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.machine.memory_room import Bound
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import ProductsRequest, Request
from baichuan_desktop import __version__
from baichuan_desktop.services import doctor, input_methods
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from tests.helpers import adapters, exports, goldens, quantized
from tests.helpers.machines import BAICHUAN2_7B, GIB, LIBRARIES, PROCESSOR, card, machine

TWO_CARDS = machine(
    card(24, name="NVIDIA GeForce RTX 4090", capability=(8, 9), index=0),
    card(11, name="NVIDIA GeForce GTX 1080 Ti", capability=(6, 1), index=1),
)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """With three models, one of which is gone."""
    paths = app_paths()
    store = ModelStore(paths)
    for name, source in (
        ("seven", goldens.folder("b2-7b", "safetensors")),
        ("four", quantized.published("b2-13b-4bits")),
        ("gone", goldens.folder("b1-7b", "safetensors")),
    ):
        shutil.copytree(source, tmp_path / name)
        store.add(tmp_path / name)
    shutil.rmtree(tmp_path / "gone")
    return store


def tried(request: Request, _: threading.Event) -> Iterator[EngineEvent]:
    """An engine that multiplies in two precisions, and not in a third."""
    assert request == ProductsRequest()
    yield ProductsTried(Precision.FP32, Phrase("oneDNN"), True)
    yield ProductsTried(Precision.BF16, Phrase("{one}, packed", one="oneDNN"), True)
    yield ProductsTried(
        Precision.NF4, Phrase("4-bit needs bitsandbytes, which is not installed."), False
    )


def report(
    store: ModelStore,
    facts: Machine = TWO_CARDS,
    providers: tuple[str, ...] = (),
    run: RunRequest = tried,
) -> dict[str, Any]:
    measurements = Measurements(app_paths().measurements)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hardware, "detect", lambda: facts)
        patch.setattr(hardware, "onnx_providers", lambda: providers)
        return doctor.report(store, measurements, run)


def entry(content: dict[str, Any], folder: str) -> dict[str, Any]:
    (found,) = [m for m in content["models"] if Path(m["path"]).name == folder]
    assert isinstance(found, dict)
    return found


def test_adapters_are_told_with_their_models_and_what_is_wrong_with_them(
    store: ModelStore, tmp_path: Path
) -> None:
    for name in ("legal", "lost"):
        shutil.copytree(adapters.folder("b2-7b", "all_r8"), tmp_path / name)
        store.add_adapter(tmp_path / name, "seven")
    (tmp_path / "lost" / "adapter_config.json").unlink()

    content = report(store)

    legal, lost = content["adapters"]
    assert (legal["id"], legal["summary"], legal["models"]) == ("legal", "LoRA · r 8", ["seven"])
    assert (legal["error"], lost["summary"]) == (None, None)
    assert "adapter_config.json" in lost["error"]
    text = doctor.as_text(content)
    assert f"  LoRA · r 8, {legal['bytes']:,} bytes, an adapter for seven\n" in text
    assert f"lost ({tmp_path / 'lost'})\n  {lost['error']}" in text


def test_the_machine_is_told_as_it_was_found(store: ModelStore) -> None:
    content = report(store)

    assert content["app"] == __version__
    facts = content["machine"]
    assert facts["processor"] == PROCESSOR
    assert facts["memory_bytes"] == TWO_CARDS.memory_bytes
    assert facts["free_memory_bytes"] == TWO_CARDS.free_memory_bytes
    assert facts["libraries"] == LIBRARIES
    assert facts["torch_cuda"] == "13.0"
    assert [gpu["name"] for gpu in facts["gpus"]] == [gpu.name for gpu in TWO_CARDS.gpus]
    assert facts["gpus"][1]["compute_capability"] == (6, 1)


def test_what_the_server_lacks_is_told(store: ModelStore) -> None:
    whole = {**LIBRARIES, "starlette": "1", "uvicorn": "1", "llguidance": "1"}
    without = {name: "1" for name in whole if name != "uvicorn"}

    has, lacks = (
        doctor.as_text(report(store, replace(TWO_CARDS, libraries=libraries)))
        for libraries in (whole, without)
    )

    assert "Server for other programs: its libraries are installed\n" in has
    assert "Server for other programs: not installed is uvicorn (extra “server”)\n" in lacks


def test_what_makes_room_on_a_small_card_is_told(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Checkpoint.open
    monkeypatch.setattr(
        Checkpoint, "open", lambda folder: replace(read(folder), config=BAICHUAN2_7B)
    )

    content = report(store, machine(card(6), free_gib=8.0))

    (row,) = (
        row
        for row in entry(content, "seven")["precisions"]
        if (row["precision"], row["device"]) == ("4bit", "cuda")
    )
    assert row["chosen"]
    assert (row["embedding_on_host"], row["head_in_8_bits"], row["context_length"]) == (
        True, True, 2048,
    )  # fmt: skip
    assert row["host_bytes"] > 125_696 * 4096 * 2
    assert "8-bit head, in a context of 2,048 tokens instead of 4,096, needs 5.4" in row["sentence"]
    assert row["sentence"] in doctor.as_text(content)
    assert json.dumps(content)


def test_the_way_of_each_precision_is_told(store: ModelStore) -> None:
    facts = replace(TWO_CARDS, libraries={**LIBRARIES, "onnx": "1", "onnxruntime": "1"})

    content = report(store, facts)

    assert [(each["precision"], each["way"]) for each in content["machine"]["products"]] == [
        ("fp32", "oneDNN"),
        ("bf16", "oneDNN, packed"),
        ("4bit", "4-bit needs bitsandbytes, which is not installed."),
        ("onnx-int4", "ONNX Runtime"),
        ("onnx-int8", "ONNX Runtime"),
        ("onnx-fp32", "ONNX Runtime"),
    ]
    assert [each["is_right"] for each in content["machine"]["products"]] == [
        True, True, False, True, True, True,
    ]  # fmt: skip
    assert "  bf16        oneDNN, packed" in doctor.as_text(content).splitlines()
    assert json.dumps(content)


def test_nothing_is_tried_without_torch(store: ModelStore) -> None:
    def never(*_: object) -> Iterator[EngineEvent]:
        raise AssertionError("an engine was started")

    content = report(store, replace(TWO_CARDS, libraries={}), run=never)

    assert content["machine"]["products"] == []


@pytest.mark.parametrize(
    "error", [EngineCrashedError("signal 4"), PermissionError(13, "Permission denied", "job.log")]
)
def test_an_engine_that_ends_in_the_trial_is_told(store: ModelStore, error: Exception) -> None:
    def run(*_: object) -> Iterator[EngineEvent]:
        yield ProductsTried(Precision.FP32, Phrase("oneDNN"), True)
        raise error

    content = report(store, run=run)

    assert content["machine"]["products_error"] == str(error)
    assert f"What it multiplies could not be tried: {error}" in doctor.as_text(content)


def test_features_that_are_taken_for_missing_are_told(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAICHUAN_DESKTOP_WITHOUT", "avx512f,nonsense,avx2")

    content = report(store)

    assert content["machine"]["features_left_out"] == ["avx2", "avx512f"]
    assert "Taken for missing (BAICHUAN_DESKTOP_WITHOUT): avx2, avx512f" in doctor.as_text(content)


def test_every_model_is_told(store: ModelStore) -> None:
    content = report(store)

    assert [model["id"] for model in content["models"]] == [model.id for model in store.models]


def test_an_export_of_weights_that_changed_is_told(store: ModelStore, tmp_path: Path) -> None:
    export = tmp_path / "export"
    shutil.copytree(exports.of_golden("b2-7b").folder, export)
    seven = next(model for model in store.models if model.path == tmp_path / "seven")
    store.add_export(seven, export)
    (weights,) = seven.path.glob("*.safetensors")
    os.utime(weights, (1, 1))

    content = report(ModelStore(app_paths()))

    assert entry(content, "seven")["outdated_exports"] == [{"id": "export", "path": str(export)}]
    assert f"({export}) is left out" in doctor.as_text(content)


def test_an_export_that_lacks_a_file_is_told(store: ModelStore, tmp_path: Path) -> None:
    """It is not chosen, and nobody would know why."""
    export = tmp_path / "export"
    shutil.copytree(exports.of_golden("b2-7b").folder, export)
    seven = next(model for model in store.models if model.path == tmp_path / "seven")
    store.add_export(seven, export)
    (export / "model.onnx.data").unlink()

    content = report(ModelStore(app_paths()))

    (refusal,) = entry(content, "seven")["refused_exports"]
    assert refusal["error"].startswith(f"The export in “{export}” was refused:")
    assert f"{refusal['error']} {refusal['hint']}" in doctor.as_text(content)


def test_every_precision_of_a_model_is_told_with_its_reason(store: ModelStore) -> None:
    seven = entry(report(store), "seven")

    assert seven["error"] is None
    assert [row["precision"] for row in seven["precisions"] if row["chosen"]] == ["bf16"]
    for row in seven["precisions"]:
        assert isinstance(row["sentence"], str)
        assert row["sentence"].endswith(".")
    sentences = [row["sentence"] for row in seven["precisions"]]
    assert (
        "NVIDIA GeForce GTX 1080 Ti has compute capability 6.1, but the installed torch (CUDA "
        "13.0) needs 7.5." in sentences
    )


def test_quantised_files_are_told_as_they_are(store: ModelStore) -> None:
    four = entry(report(store), "four")

    assert {row["precision"] for row in four["precisions"]} == {"4bit"}


def test_a_model_whose_folder_is_gone_is_told_with_its_error(store: ModelStore) -> None:
    gone = entry(report(store), "gone")

    assert gone["error"].endswith("there is no such folder.")
    assert gone["hint"]
    assert gone["precisions"] == []


def test_the_report_is_json(store: ModelStore) -> None:
    content = report(store)

    again = json.loads(json.dumps(content, allow_nan=False))

    assert again["machine"]["gpus"][0]["compute_capability"] == [8, 9]
    assert [m["id"] for m in again["models"]] == [m["id"] for m in content["models"]]
    assert again["models"][-1].keys() == content["models"][-1].keys()


@pytest.mark.parametrize(
    ("facts", "warnings"),
    [
        (machine(), []),
        (TWO_CARDS, []),
        (
            machine(card(24), torch_cuda=None),
            [
                (
                    "NVIDIA GeForce RTX 3060 cannot be used: torch is installed without CUDA. "
                    "Install torch with CUDA: /opt/app/.venv/bin/python -m pip install "
                    '"torch==2.11.0+cu130" --index-url https://download.pytorch.org/whl/cu130'
                )
            ],
        ),
        (
            machine(replace(card(24), driver="550.90.07")),
            [
                (
                    "NVIDIA GeForce RTX 3060 has driver 550.90.07, but the installed torch (CUDA "
                    "13.0) needs driver 580 or newer. Install NVIDIA's driver 580 or newer."
                )
            ],
        ),
        (machine(card(24), libraries={}, torch_cuda=None), []),  # another sentence says so
        (machine(libraries={"onnxruntime": "1.31.1"}), []),
        (
            machine(libraries={"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"}),
            [
                (
                    "onnxruntime and onnxruntime-gpu are both installed; the one installed last wins. "  # noqa: E501
                    "Remove both, then install the one you want."
                )
            ],
        ),
    ],
)
def test_warnings(facts: Machine, warnings: list[str], store: ModelStore) -> None:
    content = report(store, facts)

    assert content["warnings"] == warnings
    for text in warnings:
        assert f"Warning: {text}" in doctor.as_text(content)


def test_what_onnx_runtime_could_run_on_is_told_and_what_of_it_is_used(store: ModelStore) -> None:
    content = report(store, providers=("OpenVINOExecutionProvider", "CPUExecutionProvider"))

    assert content["onnx_providers"] == {
        "OpenVINOExecutionProvider": False, "CPUExecutionProvider": True
    }  # fmt: skip
    expected = "OpenVINOExecutionProvider (untested, never used), CPUExecutionProvider"
    assert f"Providers of ONNX Runtime: {expected}" in doctor.as_text(content).splitlines()
    assert "Providers of ONNX Runtime: none" in doctor.as_text(report(store))


def test_a_limit_of_memory_is_named(store: ModelStore) -> None:
    limit = Bound(Phrase("the shell (ulimit -v)"), 4 * GIB, GIB)
    facts = replace(machine(), memory_bytes=4 * GIB, free_memory_bytes=GIB, limit=limit)

    content = report(store, facts)

    assert content["machine"]["memory_limit"] == "the shell (ulimit -v)"
    expected = "Memory: 1.0 of 4.0 GiB free, as the shell (ulimit -v) allows"
    assert expected in doctor.as_text(content).splitlines()


def test_a_single_core_is_told_as_one(store: ModelStore) -> None:
    text = doctor.as_text(report(store, replace(machine(), physical_cores=1)))

    assert f"Processor: {PROCESSOR}, 1 core, avx2" in text


def test_a_person_reads_facts_and_reasons(store: ModelStore) -> None:
    lines = doctor.as_text(report(store)).splitlines()

    assert lines[0].startswith(f"Baichuan Desktop {__version__} · Python 3.")
    assert f"Processor: {PROCESSOR}, 8 cores, avx2 sse2 sse4_1" in lines
    assert "Memory: 56.0 of 64.0 GiB free" in lines
    assert (
        "Graphics card 0: NVIDIA GeForce RTX 4090, 23.3 of 24.0 GiB free, compute capability 8.9, "
        "driver 580.95.05" in lines
    )
    assert "Libraries: torch 2.11.0, bitsandbytes 0.50.2; CUDA of torch: 13.0" in lines
    chosen = [line for line in lines if line.startswith("  * ")]
    assert [line.split()[1] for line in chosen if "RTX 4090" in line][-2:] == ["bf16", "4-bit"]
    assert any("there is no such folder" in line for line in lines)
    assert not [line for line in lines if "{" in line or "Phrase(" in line]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"driver_cuda": (13, 0), "has_display": True},
            (
                "Graphics card 0: NVIDIA GeForce RTX 3060, 20.0 of 24.0 GiB free, compute "
                "capability 8.6, driver 580.95.05 (CUDA 13.0), a display is on it"
            ),
        ),
        (
            {"is_unified": True, "name": "NVIDIA GB10", "compute_capability": (12, 1)},
            (
                "Graphics card 0: NVIDIA GB10, 20.0 of 24.0 GiB free, shared with the processor, "
                "compute capability 12.1, driver 580.95.05"
            ),
        ),
        (
            {"driver": "", "driver_cuda": (12, 8)},
            (
                "Graphics card 0: NVIDIA GeForce RTX 3060, 20.0 of 24.0 GiB free, compute "
                "capability 8.6, driver for CUDA 12.8"
            ),
        ),
        (
            {"driver": ""},
            (
                "Graphics card 0: NVIDIA GeForce RTX 3060, 20.0 of 24.0 GiB free, compute "
                "capability 8.6"
            ),
        ),
    ],
)
def test_what_the_driver_tells_of_a_card_is_read(
    facts: dict[str, Any], line: str, store: ModelStore
) -> None:
    one = replace(card(24, free_gib=20), **facts)

    assert line in doctor.as_text(report(store, machine(one))).splitlines()


def test_a_machine_without_anything_is_told_too(store: ModelStore) -> None:
    text = doctor.as_text(report(store, machine(libraries={}, torch_cuda=None, free_gib=1.0)))

    assert "Graphics cards: none that NVIDIA's driver reports" in text
    assert "Libraries: none; CUDA of torch: -" in text
    assert "torch is not installed." in text


@pytest.mark.parametrize(
    ("cards", "hidden", "line"),
    [
        ((), 2, "2 cards that NVIDIA's driver reports are hidden"),
        ((), 1, "1 card that NVIDIA's driver reports is hidden"),
        ((card(24),), 1, "1 more card that NVIDIA's driver reports is hidden"),
        ((card(24),), 3, "3 more cards that NVIDIA's driver reports are hidden"),
    ],
)
def test_cards_that_the_variable_hides_are_told_with_its_name(
    cards: tuple[Gpu, ...], hidden: int, line: str, store: ModelStore
) -> None:
    content = report(store, replace(machine(*cards), hidden_cards=hidden))

    assert content["machine"]["hidden_gpus"] == hidden
    lines = doctor.as_text(content).splitlines()
    assert f"Graphics cards: {line} by the variable CUDA_VISIBLE_DEVICES" in lines
    assert not any("none that" in one for one in lines)


def test_the_last_measured_speed_is_told(store: ModelStore, tmp_path: Path) -> None:
    file = app_paths().measurements
    file.parent.mkdir(parents=True, exist_ok=True)
    measured = {
        "folder": str(tmp_path / "seven"), "backend": "torch_cuda", "precision": "bf16",
        "device": "cuda", "peak_bytes": 0, "load_seconds": 1.0, "tokens_per_second": 47.5,
    }  # fmt: skip
    file.write_text(json.dumps({"measurements": [measured]}), encoding="utf-8")

    text = doctor.as_text(report(store))

    assert "Last 47.5 tokens/s." in text


def test_this_machine_can_be_reported(store: ModelStore) -> None:
    run = JobEngine(app_paths().job_log).run
    content = doctor.report(store, Measurements(app_paths().measurements), run)

    assert json.dumps(content)
    assert content["machine"]["products_error"] is None
    ways = {each["precision"]: each["way"] for each in content["machine"]["products"]}
    assert ways["fp32"] in ("oneDNN", "torch's ordinary product")
    assert "bf16" in ways
    assert content["onnx_providers"]["CPUExecutionProvider"] is True
    assert doctor.as_text(content)


def test_an_engine_takes_the_same_features_for_missing(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It inherits the environment, so that every answer can be seen on any machine."""
    monkeypatch.setenv("BAICHUAN_DESKTOP_WITHOUT", "sse4_1,asimd")
    run = JobEngine(app_paths().job_log).run

    content = doctor.report(store, Measurements(app_paths().measurements), run)

    ways = {each["precision"]: each["way"] for each in content["machine"]["products"]}
    assert ways["fp32"] == "torch's ordinary product"
    assert "packed" not in ways["bf16"]
    assert ways["4bit"] == "bitsandbytes, unpacked for each product"


def test_an_input_method_that_does_not_reach_the_window_is_a_warning(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_methods, "installed_plugins", lambda: {"compose", "ibus"})
    monkeypatch.setenv("QT_IM_MODULE", "fcitx")

    text = doctor.as_text(doctor.report(store, Measurements(app_paths().measurements), tried))

    assert "Warning: What you write with the input method Fcitx does not reach this window" in text
    assert "QT_IM_MODULE=ibus" in text
