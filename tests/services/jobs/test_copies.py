from __future__ import annotations

import shutil
import threading
from functools import partial
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import CopyReady, ModelKind
from backends.model_config import Family
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest, ExportRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs import copies, onnx_export
from baichuan_desktop.services.jobs.copies import MadeCopy, with_adapter
from baichuan_desktop.services.jobs.export_pace import ExportPace
from baichuan_desktop.services.jobs.job import JobResult
from baichuan_desktop.services.jobs.merged import merged_copies
from baichuan_desktop.services.jobs.onnx_export import onnx_exports
from baichuan_desktop.services.jobs.quantised import quantised_copies
from baichuan_desktop.services.jobs.safetensors_copy import safetensors_copies
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import adapters, goldens, quantized


def installed(folder: Path, *, bundled: bool = False) -> InstalledModel:
    return InstalledModel(
        id="seven",
        name=Names(en="Seven", zh="七"),
        path=folder,
        variant=None,
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        context_length=256,
        bundled=bundled,
    )


@pytest.mark.parametrize("precision", ["8bit", "4bit", "fp4", "safetensors"])
def test_the_size_that_is_told_is_the_size_that_is_written(precision: str, tmp_path: Path) -> None:
    folder = goldens.folder("b1-7b", "sharded")
    choices = [*quantised_copies(folder), *safetensors_copies(folder)]
    (choice,) = [one for one in choices if one.suffix == precision]

    *_, ready = run_request(Engine(), choice.request(tmp_path / "out"), threading.Event())

    assert isinstance(ready, CopyReady)
    # The description of each quantised matrix, 256 bytes, is not worth counting.
    matrices = 5 * Checkpoint.open(folder).config.num_layers
    assert 0 <= ready.bytes_on_disk - choice.bytes_on_disk <= 256 * matrices


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("case", ["all_r8", "save_head_r2"])
def test_the_size_of_a_merged_copy_that_is_told_is_the_size_that_is_written(
    number: int, case: str, tmp_path: Path
) -> None:
    """Whatever type the adapter's tensors have."""
    choice = merged_copies(goldens.folder("b2-7b"))[number]
    adapter = adapters.folder("b2-7b", case)

    request = with_adapter(choice, adapter).request(tmp_path / "out")
    *_, ready = run_request(Engine(), request, threading.Event())

    assert isinstance(ready, CopyReady)
    assert ready.bytes_on_disk == choice.bytes_on_disk


def test_a_merged_copy_keeps_the_types_of_a_model_of_two_types(tmp_path: Path) -> None:
    """Such as one whose head was folded, which is in fp32."""
    fold = CopyRequest(str(goldens.folder("b2-7b")), str(tmp_path / "folded"), fold_head=True)
    list(run_request(Engine(), fold, threading.Event()))

    choices = merged_copies(tmp_path / "folded")

    assert [str(choice.text) for choice in choices] == [
        "As the model is stored (bf16, fp32)", "In bf16", "In fp16", "In fp32"
    ]  # fmt: skip
    request = with_adapter(choices[0], adapters.folder("b2-7b", "w_pack_r1"))
    list(run_request(Engine(), request.request(tmp_path / "merged"), threading.Event()))
    before, after = (Checkpoint.open(tmp_path / name).tensors for name in ("folded", "merged"))
    assert {name: one.dtype for name, one in after.items()} == {
        name: one.dtype for name, one in before.items()
    }


@pytest.mark.parametrize("number", range(5))
def test_the_size_of_an_export_that_is_told_is_the_size_that_is_written(
    number: int, tmp_path: Path
) -> None:
    choice = onnx_exports(goldens.folder("b2-7b", "safetensors"))[number]

    *_, ready = run_request(Engine(), choice.request(tmp_path / "out"), threading.Event())

    assert isinstance(ready, CopyReady)
    # Each tensor begins at a multiple of 4 KiB at most, and the tables of the graph come on top.
    assert abs(ready.bytes_on_disk - choice.bytes_on_disk) < 0.1 * choice.bytes_on_disk


def test_a_choice_of_an_export_asks_for_it_and_names_its_folder() -> None:
    folder = goldens.folder("b2-7b", "safetensors")

    choices = onnx_exports(folder)

    request = choices[1].request(Path("/out"))
    assert request == ExportRequest(str(folder), "/out", Precision.ONNX_INT4, block_size=32)
    assert [choice.suffix for choice in choices] == [
        "onnx-int4", "onnx-int4-block32", "onnx-int8", "onnx-fp16", "onnx-fp32",
    ]  # fmt: skip
    assert [str(choice.text) for choice in choices] == [
        "int4, in blocks of 128 weights",
        "int4, in blocks of 32 weights",
        "int8, in blocks of 128 weights",
        "fp16, for NVIDIA cards",
        "fp32, for comparisons",
    ]
    assert choices[0].bytes_on_disk < choices[2].bytes_on_disk < choices[4].bytes_on_disk


def test_an_export_is_listed_as_a_precision_of_its_model(app_home: Path, tmp_path: Path) -> None:
    del app_home
    store = ModelStore(app_paths())
    source = store.add(goldens.folder("b2-7b", "safetensors"))
    request = onnx_exports(source.path)[0].request(tmp_path / "out")
    job = copies.copy_job(store, source, request, onnx_export.OFFER.words)

    *_, result = job.steps(partial(run_request, Engine()), threading.Event())

    assert isinstance(result, JobResult)
    made = result.found
    assert isinstance(made, MadeCopy)
    assert str(result.sentence) == f"“{source.name.en}” has one more precision: ONNX int4."

    assert made.listed.export_of == source.id
    assert made.model.path == source.path
    assert made.model.exports == (tmp_path / "out",)
    assert made.wish == LoadWish(Precision.ONNX_INT4)
    assert [model.path for model in store.models][1:] == [source.path]


def test_what_an_export_computes_is_estimated_from_a_trial() -> None:
    pace = ExportPace(hash_seconds=1e-9, convert_seconds=2e-9, quantize_seconds=1e-8)

    assert pace.seconds(10**9, 10**9, 10**9, is_quantized=False) == pytest.approx(4)
    assert pace.seconds(10**9, 10**9, 10**9, is_quantized=True) == pytest.approx(14)
    measured = ExportPace.measured()
    assert 0 < measured.convert_seconds < measured.quantize_seconds


def test_a_choice_asks_for_its_copy() -> None:
    folder = goldens.folder("b2-7b", "safetensors")

    nf4, int8, fp4 = quantised_copies(folder)
    (plain,) = safetensors_copies(folder)

    out = Path("/out")
    assert nf4.request(out) == CopyRequest(str(folder), str(out), Precision.NF4)
    assert int8.request(out) == CopyRequest(str(folder), str(out), Precision.INT8)
    assert fp4.request(out) == CopyRequest(str(folder), str(out), Precision.FP4)
    assert plain.request(out) == CopyRequest(str(folder), str(out), None)


def test_which_jobs_there_are_is_read_from_the_files() -> None:
    plain = copies.model_files(goldens.folder("b2-7b", "safetensors"))
    shards = copies.model_files(goldens.folder("b2-7b", "sharded"))
    published = copies.model_files(quantized.published("b2-7b-4bits"))

    assert (plain.is_quantized, plain.has_bin) == (False, False)
    assert (shards.is_quantized, shards.has_bin) == (False, True)
    assert (published.is_quantized, published.has_bin) == (True, True)


def test_a_copy_lies_beside_its_model_under_a_name_that_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "百川 7B"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)

    assert copies.free_copy_folder(installed(folder), "4bit") == tmp_path / "百川 7B-4bit"
    (tmp_path / "百川 7B-4bit").mkdir()
    (tmp_path / "百川 7B-4bit-2").mkdir()
    assert copies.free_copy_folder(installed(folder), "4bit") == tmp_path / "百川 7B-4bit-3"


def test_a_copy_of_the_guide_does_not_lie_inside_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    folder = copies.copy_folder(installed(Path("/app/guide_model"), bundled=True), "8bit")

    assert folder == tmp_path / "guide_model-8bit"
