"""The rows of the precision picker: what runs, what “auto” takes, and why not the others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.choice.values import Verdict
from backends.errors import NotACheckpointError
from backends.events import Finished, FinishReason, ModelKind, ModelReady, SamplingDefaults
from backends.machine.hardware import Machine
from backends.model_config import Family
from backends.onnx_backend.graph import Scheme
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.library.registry import shipped_registry
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import OpenedModel, Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import exports, goldens, quantized
from tests.helpers.installed import installed
from tests.helpers.machines import LIBRARIES, card, machine
from tests.helpers.registry_texts import loaded

MIB = 2**20


@pytest.fixture
def measurements(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path / "measurements.json")


def opened(folder: Path, measurements: Measurements, facts: Machine, *exports: Path) -> OpenedModel:
    return Precisions(measurements, lambda: facts).open(installed(folder, exports))


def rows_of(folder: Path, measurements: Measurements, facts: Machine) -> list[PrecisionRow]:
    return list(opened(folder, measurements, facts).whole.rows)


def chosen(rows: list[PrecisionRow]) -> tuple[str, str, str]:
    """The one row that “auto” takes."""
    (row,) = [row for row in rows if row.chosen]
    return row.backend, row.precision, row.device_kind


@pytest.fixture
def folder() -> Path:
    return goldens.folder("b2-7b", "safetensors")


def ready(folder: Path, peak_bytes: int) -> ModelReady:
    return ModelReady(
        folder=str(folder),
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        backend=BackendName.BITSANDBYTES,
        precision=Precision.NF4,
        device_name="",
        device_kind=DeviceKind.CUDA,
        reason=Phrase(""),
        threads=1,
        context_length=256,
        parameters=1,
        weights_bytes=1,
        needed_bytes=1,
        peak_bytes=peak_bytes,
        load_seconds=1.0,
        defaults=SamplingDefaults(
            greedy=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            repetition_penalty=1.0,
            max_new_tokens=1,
        ),
    )


def finished() -> Finished:
    return Finished(
        reason=FinishReason.STOP,
        prompt_tokens=1,
        cached_tokens=0,
        new_tokens=101,
        context_tokens=102,
        prefill_seconds=0.0,
        first_token_seconds=0.0,
        decode_seconds=4.0,
    )


def test_every_precision_has_a_row_best_first(folder: Path, measurements: Measurements) -> None:
    rows = rows_of(folder, measurements, machine(card(24)))

    assert [(row.precision, row.device_kind) for row in rows[:3]] == [
        ("bf16", "cuda"), ("8bit", "cuda"), ("4bit", "cuda")
    ]  # fmt: skip
    assert {row.precision for row in rows} == {"bf16", "8bit", "4bit", "fp4", "fp32"}
    assert [row.precision.label for row in rows[:3]] == ["bf16", "8-bit", "4-bit"]
    assert chosen(rows) == ("torch_cuda", "bf16", "cuda")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (machine(), ("torch_cpu", "fp32", "cpu")),
        (machine(bf16=True), ("torch_cpu", "bf16", "cpu")),
        (machine(card(24, capability=(7, 5))), ("torch_cuda", "fp16", "cuda")),
        (machine(card(24), torch_cuda=None), ("torch_cpu", "fp32", "cpu")),
        (machine(card(24), libraries={"torch": "2.11.0"}), ("torch_cuda", "bf16", "cuda")),
    ],
)
def test_one_row_is_what_auto_takes(
    facts: Machine, expected: tuple[str, str, str], folder: Path, measurements: Measurements
) -> None:
    assert chosen(rows_of(folder, measurements, facts)) == expected


def test_of_two_equal_cards_one_row_is_chosen(folder: Path, measurements: Measurements) -> None:
    rows = rows_of(folder, measurements, machine(card(24, index=0), card(24, index=1)))

    assert len([row for row in rows if row.precision == "bf16" and row.device_kind == "cuda"]) >= 2
    assert chosen(rows)[1] == "bf16"


def test_a_row_can_be_asked_for(folder: Path, measurements: Measurements) -> None:
    facts = machine(card(24, index=0), card(12, index=1))

    wishes = [row.wish(128) for row in rows_of(folder, measurements, facts) if row.runs]

    assert wishes[:3] == [
        LoadWish(Precision.BF16, "cuda:0", 128), LoadWish(Precision.BF16, "cuda:1", 128),
        LoadWish(Precision.INT8, "cuda:0", 128),
    ]  # fmt: skip
    assert LoadWish(Precision.FP32, "cpu", 128) in wishes
    assert wishes[0].request(installed(folder), measurements) == LoadRequest(
        str(folder), Precision.BF16, 128, wanted_device="cuda:0"
    )


def test_layers_that_are_spread_are_asked_for_by_their_precision(
    monkeypatch: pytest.MonkeyPatch, folder: Path, measurements: Measurements
) -> None:
    config = replace(Checkpoint.open(folder).config, num_layers=64, hidden_size=4096)
    checkpoint = replace(Checkpoint.open(folder), config=config)
    monkeypatch.setattr(Checkpoint, "open", lambda _folder: checkpoint)

    rows = rows_of(folder, measurements, machine(card(8, index=0), card(8, index=1)))

    (spread,) = [row for row in rows if " + " in row.device_name]
    assert spread.wish() == LoadWish(Precision.BF16)


def test_the_published_loss_belongs_to_4_bits_of_the_model_that_was_measured(
    measurements: Measurements, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("b1-7b", "b2-7b", "b2-13b")
    checkpoints = {name: goldens.checkpoint(name, "safetensors") for name in names}

    def losses(name: str, hidden_size: int) -> dict[str, float | None]:
        config = replace(checkpoints[name].config, hidden_size=hidden_size)
        checkpoint = replace(checkpoints[name], config=config)
        monkeypatch.setattr(Checkpoint, "open", lambda _folder: checkpoint)
        published = loaded(shipped_registry()).published_4bit_losses
        precisions = Precisions(
            measurements, lambda: machine(card(24)), published_4bit_losses=published
        )
        rows = precisions.open(installed(checkpoint.folder)).whole.rows
        return {row.precision: row.published_loss for row in rows}

    assert losses("b2-7b", 4096) == {
        "bf16": None, "fp32": None, "8bit": None, "4bit": 1.6, "fp4": None
    }  # fmt: skip
    assert losses("b2-13b", 5120)["4bit"] == 0.9
    assert losses("b2-7b", 64)["4bit"] is None  # a small model of the family
    assert losses("b1-7b", 4096)["4bit"] is None


def test_a_shorter_context_needs_less(folder: Path, measurements: Measurements) -> None:
    facts = machine()
    length = Checkpoint.open(folder).config.context_length

    model = opened(folder, measurements, facts)
    whole, half = model.whole.rows, model.at(length // 2).rows

    assert [row.needed_bytes for row in whole] == [
        row.needed_bytes for row in model.at(length).rows
    ]
    assert all(
        (less.needed_bytes or 0) < (more.needed_bytes or 0)
        for less, more in zip(half, whole, strict=True)
    )


def test_every_row_has_its_sentence_and_numbers(folder: Path, measurements: Measurements) -> None:
    for row in rows_of(folder, measurements, machine(card(1, free_gib=0.72), free_gib=0.3)):
        assert str(row.sentence).endswith(".")
        if row.verdict is Verdict.UNAVAILABLE:
            assert row.needed_bytes is None
        else:
            assert row.verdict in (Verdict.FITS, Verdict.TIGHT, Verdict.TOO_LARGE)
            assert row.needed_bytes is not None
            assert row.needed_bytes > 300 * MIB


def test_where_nothing_runs_no_row_is_chosen(folder: Path, measurements: Measurements) -> None:
    rows = rows_of(folder, measurements, machine(free_gib=0.01))

    assert rows
    assert not [row for row in rows if row.chosen]
    assert {row.verdict for row in rows} == {Verdict.TOO_LARGE}


def test_without_torch_every_row_says_so(folder: Path, measurements: Measurements) -> None:
    rows = rows_of(folder, measurements, machine(libraries={}, torch_cuda=None))

    assert {str(row.sentence) for row in rows} == {"torch is not installed."}


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_quantised_files_have_their_own_precision_only(
    name: str, measurements: Measurements
) -> None:
    rows = rows_of(quantized.published(name), measurements, machine(card(24)))

    assert {row.precision for row in rows} == {"4bit"}
    assert chosen(rows) == ("bnb_cuda", "4bit", "cuda")


def test_the_last_measured_speed_is_shown(folder: Path, measurements: Measurements) -> None:
    resolved = Checkpoint.open(folder).folder
    measurements.loaded(ready(resolved, 900 * MIB))
    measurements.answered(ready(resolved, 900 * MIB), finished())

    rows = rows_of(folder, measurements, machine(card(24)))

    speeds = {row.precision: row.tokens_per_second for row in rows if row.device_kind == "cuda"}
    assert speeds[Precision.NF4] == 25.0
    assert speeds[Precision.BF16] is None


def test_the_measured_peak_replaces_the_estimate(folder: Path, measurements: Measurements) -> None:
    config = Checkpoint.open(folder).config
    weights = memory.weight_bytes(config, Precision.NF4)
    before = rows_of(folder, measurements, machine(card(24)))
    measurements.loaded(
        replace(
            ready(Checkpoint.open(folder).folder, weights + 450 * MIB),
            weights_bytes=weights,
            device_name=card(24).name,
        )
    )

    after = rows_of(folder, measurements, machine(card(24)))

    def needed(rows: list[PrecisionRow]) -> int:
        (row,) = [r for r in rows if (r.precision, r.device_kind) == ("4bit", "cuda")]
        assert row.needed_bytes is not None
        return row.needed_bytes

    guessed = memory.CUDA_LIBRARY_BYTES + memory.graph_bytes(config.context_length)
    assert needed(before) - needed(after) == guessed - 450 * MIB


def test_a_measurement_of_an_unknown_precision_is_passed_over(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "measurements.json"
    entry = {
        "folder": str(folder), "backend": "bnb_cuda", "precision": "3bit", "device": "cpu",
        "peak_bytes": 1, "load_seconds": 1.0,
    }  # fmt: skip
    file.write_text(json.dumps({"measurements": [entry]}), encoding="utf-8")

    assert chosen(rows_of(folder, Measurements(file), machine()))[1] == "fp32"


def test_a_model_that_is_gone_is_a_named_error(
    folder: Path, measurements: Measurements, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "model")
    assert rows_of(tmp_path / "model", measurements, machine())
    shutil.rmtree(tmp_path / "model")

    with pytest.raises(NotACheckpointError, match="no such folder"):
        rows_of(tmp_path / "model", measurements, machine())


# --- exports -----------------------------------------------------------------------------


def test_an_export_is_a_row_among_the_others(folder: Path, measurements: Measurements) -> None:
    export = exports.of_golden("b2-7b", Scheme(Precision.ONNX_INT4))
    facts = machine(libraries=LIBRARIES | {"onnx": "1", "onnxruntime": "1"})

    rows = list(opened(folder, measurements, facts, export.folder).whole.rows)

    assert chosen(rows) == ("onnx_runtime", "onnx-int4", "cpu")
    (row,) = [row for row in rows if row.backend == "onnx_runtime"]
    assert row.precision.label == "ONNX int4"
    assert row.runs
    request = row.wish().request(installed(folder, [export.folder]), measurements)
    assert (request.precision, request.exports) == ("onnx-int4", (str(export.folder),))


def test_what_was_measured_of_an_export_is_not_said_of_one_with_other_blocks(
    folder: Path, measurements: Measurements
) -> None:
    facts = machine(libraries=LIBRARIES | {"onnx": "1", "onnxruntime": "1"})
    old, new = (
        exports.of_golden("b2-7b", Scheme(Precision.ONNX_INT4, block_size=size))
        for size in (32, 128)
    )
    loaded = replace(
        ready(folder, 77 * MIB),
        backend=BackendName.ONNX_RUNTIME,
        precision=Precision.ONNX_INT4,
        device_kind=DeviceKind.CPU,
        weights_bytes=old.bytes_on_disk,
    )
    measurements.loaded(loaded)
    measurements.answered(loaded, finished())

    def row(*folders: Path) -> PrecisionRow:
        rows = opened(folder, measurements, facts, *folders).whole.rows
        return next(row for row in rows if row.backend == "onnx_runtime")

    assert row(old.folder).tokens_per_second is not None
    assert row(new.folder, old.folder).tokens_per_second is not None  # the later one is used
    assert row(old.folder, new.folder).tokens_per_second is None
    assert (row(old.folder).needed_bytes or 0) < 80 * MIB  # as measured, and the cache
    assert (row(new.folder).needed_bytes or 0) > 300 * MIB  # estimated


def test_an_export_that_is_gone_is_no_row(
    folder: Path, measurements: Measurements, tmp_path: Path
) -> None:
    rows = opened(folder, measurements, machine(), tmp_path / "gone").whole.rows

    assert rows
    assert not [row for row in rows if row.backend == "onnx_runtime"]


def test_an_export_of_its_own_has_one_row(measurements: Measurements) -> None:
    facts = machine(libraries=LIBRARIES | {"onnx": "1", "onnxruntime": "1"})

    rows = rows_of(exports.of_golden("b2-7b").folder, measurements, facts)

    assert [row.precision for row in rows] == ["onnx-fp32"]


def test_what_the_processor_lacks_is_a_row_that_does_not_run(
    folder: Path, measurements: Measurements
) -> None:
    facts = replace(machine(), features=frozenset({"sse2", "sse4_1"}))

    (row,) = [row for row in rows_of(folder, measurements, facts) if row.precision == "bf16"]

    assert not row.runs
    assert str(row.sentence).startswith("bf16 needs AVX2, which ")
