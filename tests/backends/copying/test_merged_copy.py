"""A merged copy answers as the model does with its adapter, and says what was merged into it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import MANIFEST
from backends.checkpoint.weight_rows import floats
from backends.copying import merged_copy
from backends.copying.folder_writer import write_copy
from backends.copying.merged_copy import merge_plan
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import BackendUnavailableError, JobError, SourceChangedError, WrongBaseError
from backends.events import CopyReady, JobProgress, JobStep
from backends.files.hashing import read_bytes
from backends.modeling.weights import load_model
from backends.policy.values import Policy
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest, MergeRequest
from tests.helpers import adapters, exports, goldens, quantized
from tests.helpers.copies import (
    SMALL_SHARD,
    assert_nothing,
    child,
    digests,
    linux,
    refusal,
)

#: Those with the logits that peft gives, of the published model code where there are some.
CASES = [(name, case) for name, case in adapters.CASES if adapters.logits(name, case)[0]]
ADAPTER = adapters.folder("b2-7b", "w_pack_r1")


def merge(source: Path, adapter: Path, out: Path, precision: Precision | None = None) -> Checkpoint:
    """Merge as the engine does."""
    request = MergeRequest(str(source), str(adapter), str(out), precision)
    *_, last = run_request(Engine(), request, threading.Event())
    assert isinstance(last, CopyReady)
    return Checkpoint.open(Path(last.folder))


def values(checkpoint: Checkpoint) -> dict[str, npt.NDArray[np.float32]]:
    return {
        name: floats(read_bytes(record, 0, record.nbytes), record.dtype)
        for name, record in checkpoint.tensors.items()
    }


def logits(checkpoint: Checkpoint, ids: Any) -> npt.NDArray[np.float32]:
    """The logits of every position in fp32: [n, vocab_size]."""
    loading = load_model(checkpoint, torch.float32, goldens.on_cpu(checkpoint))
    model = quantized.finish(loading)
    with torch.no_grad():
        found: npt.NDArray[np.float32] = model(torch.from_numpy(ids.astype(np.int64)[None]))[
            0
        ].numpy()
    return found


# --- what it computes --------------------------------------------------------------------


@pytest.mark.parametrize(("name", "case"), CASES)
def test_logits_are_those_of_the_model_with_the_adapter(
    name: str, case: str, tmp_path: Path
) -> None:
    copy = merge(
        goldens.folder(name), adapters.folder(name, case), tmp_path / "out", Precision.FP32
    )

    _, golden = adapters.logits(name, case)
    for length in ("7", "130"):
        expected = golden[f"logits_{length}"]
        found = logits(copy, golden[f"ids_{length}"])[-len(expected) :]
        np.testing.assert_allclose(found, expected, atol=3e-5, rtol=0)


def test_an_adapter_in_a_bin_gives_the_same_bytes_as_in_safetensors(tmp_path: Path) -> None:
    source = goldens.folder("b2-7b")
    one = merge(source, ADAPTER, tmp_path / "one")
    other = merge(source, adapters.folder("b2-7b", "w_pack_r1_bin"), tmp_path / "other")

    assert [file.name for file in one.weight_files] == ["model.safetensors"]
    assert digests(one.folder)["model.safetensors"] == digests(other.folder)["model.safetensors"]


@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_unchanged_tensors_are_the_same_bits_and_changed_ones_rounded_once(
    layout: str, tmp_path: Path
) -> None:
    source = goldens.folder("b2-7b", layout)
    before, exact = (
        Checkpoint.open(source),
        values(merge(source, ADAPTER, tmp_path / "fp32", Precision.FP32)),
    )

    copy = merge(source, ADAPTER, tmp_path / "own")

    assert list(copy.tensors) == list(before.tensors), "released names, in their order"
    stored = values(before)
    for name, found in values(copy).items():
        assert copy.tensors[name].dtype == "BF16"
        if name.endswith("W_pack.weight"):
            rounded = torch.tensor(exact[name]).bfloat16().float().numpy()
            assert found.tolist() == rounded.tolist()
            assert found.tolist() != stored[name].tolist()
        else:
            assert found.tolist() == stored[name].tolist() == exact[name].tolist()


@pytest.mark.parametrize(
    ("precision", "dtype", "torch_dtype"),
    [
        (None, "BF16", "bfloat16"),
        (Precision.BF16, "BF16", "bfloat16"),
        (Precision.FP16, "F16", "float16"),
        (Precision.FP32, "F32", "float32"),
    ],
)
def test_config_json_says_the_type_that_every_tensor_has(
    precision: Precision | None, dtype: str, torch_dtype: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), source)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    wrong = config | {"torch_dtype": "float64"}
    (source / "config.json").write_text(json.dumps(wrong), encoding="utf-8")

    copy = merge(source, adapters.folder("b2-7b", "save_head_r2"), tmp_path / "out", precision)

    assert {record.dtype for record in copy.tensors.values()} == {dtype}
    written = json.loads((copy.folder / "config.json").read_text(encoding="utf-8"))
    assert written == config | {"torch_dtype": torch_dtype}


def test_a_config_json_of_transformers_5_says_the_type_under_its_name_too(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), source)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    del config["torch_dtype"]
    newer = json.dumps(config | {"dtype": "bfloat16"})
    (source / "config.json").write_text(newer, encoding="utf-8")

    copy = merge(source, ADAPTER, tmp_path / "out", Precision.FP32)

    written = json.loads((copy.folder / "config.json").read_text(encoding="utf-8"))
    assert written == config | {"dtype": "float32", "torch_dtype": "float32"}


def test_a_matrix_is_merged_a_few_rows_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the peak is bounded by a block of rows, and not by a head of 2 GB."""
    whole = merge(goldens.folder("b2-7b"), adapters.folder("b2-7b", "all_r8"), tmp_path / "whole")
    monkeypatch.setattr("backends.checkpoint.weight_rows.BLOCK_WEIGHTS", 64 * 10)
    checkpoint = goldens.checkpoint("b2-7b")
    plan = merge_plan(checkpoint, open_adapter(adapters.folder("b2-7b", "all_r8")))

    packed = next(group for group in plan.groups if "W_pack" in group.source.name)
    assert {len(bytes(block)) for block in packed.blocks()} == {64 * 10 * 2, 64 * 2 * 2}
    again = merge(goldens.folder("b2-7b"), adapters.folder("b2-7b", "all_r8"), tmp_path / "again")
    for name, found in values(again).items():  # products of other shapes may add in another order
        np.testing.assert_allclose(found, values(whole)[name], rtol=2**-7, atol=1e-6)


# --- what it says of itself --------------------------------------------------------------


def test_the_manifest_names_the_hashes_of_model_and_adapter(tmp_path: Path) -> None:
    source = goldens.folder("b2-7b", "safetensors")

    copy = merge(source, ADAPTER, tmp_path / "out", Precision.FP32)

    manifest = json.loads((copy.folder / MANIFEST).read_text(encoding="utf-8"))
    contents = digests(copy.folder)
    del contents[MANIFEST]
    assert {name: facts["sha256"] for name, facts in manifest["files"].items()} == contents
    provenance = manifest["provenance"]
    files = {
        name: hashlib.sha256((ADAPTER / name).read_bytes()).hexdigest()
        for name in ("adapter_config.json", "adapter_model.safetensors")
    }
    model = hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest()
    assert provenance["source"] == {
        "folder": "safetensors", "sha256": {**files, "model.safetensors": model}
    }  # fmt: skip
    assert provenance["adapter"] == {
        "folder": "w_pack_r1", "sha256": files, "base_model": "baichuan-golden/b2-7b"
    }  # fmt: skip
    assert provenance["options"] == {"adapter": "merged", "precision": "fp32"}


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_a_quantised_model_is_refused_with_the_model_that_is_needed(
    name: str, tmp_path: Path
) -> None:
    source = quantized.published(name)
    adapter = adapters.folder(name.removesuffix("-4bits"), "all_r8")
    out = tmp_path / "models" / "out"
    out.parent.mkdir()

    with pytest.raises(JobError) as caught:
        merge(source, adapter, out)

    assert caught.value.message.endswith(
        "is quantised (4-bit), and an adapter is merged only into weights of 16 or 32 bits."
    )
    assert f"(“baichuan-golden/{name.removesuffix('-4bits')}”)" in str(caught.value.hint)
    assert_nothing(out)


def test_of_a_released_model_the_one_that_is_needed_is_named_by_its_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merged_copy, "released_ids", lambda *_: frozenset({"baichuan2-7b-chat"}))
    checkpoint = Checkpoint.open(quantized.published("b2-7b-4bits"))

    with pytest.raises(JobError) as caught:
        merge_plan(checkpoint, open_adapter(ADAPTER))

    assert "the 16-bit model (baichuan2-7b-chat)" in str(caught.value.hint)


def test_an_export_is_refused(tmp_path: Path) -> None:
    source = exports.of_golden("b2-7b").folder

    assert "is an export for ONNX Runtime" in refusal(
        lambda: merge(source, ADAPTER, tmp_path / "out")
    )


@pytest.mark.parametrize("name", ["b2-7b", "b1-7b"])
def test_only_a_head_that_is_normalised_cannot_be_merged_into(name: str, tmp_path: Path) -> None:
    checkpoint = goldens.checkpoint(name)
    folder = adapters.write_adapter(tmp_path / "head", checkpoint.config, targets=["lm_head"])
    adapter = open_adapter(folder)
    if name == "b1-7b":
        merge_plan(checkpoint, adapter)
        return

    message = refusal(lambda: merge_plan(checkpoint, adapter))

    assert message.startswith("The adapter “head” adds to the output head, whose rows a Baichuan 2")


def test_a_precision_that_is_none_of_16_or_32_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailableError, match="bf16, fp16, fp32"):
        merge(goldens.folder("b2-7b"), ADAPTER, tmp_path / "out", Precision.NF4)


def test_a_value_that_the_type_cannot_hold_is_refused(tmp_path: Path) -> None:
    """As an export refuses it, and nothing is left."""
    adapter, out = tmp_path / "adapter", tmp_path / "models" / "out"
    shutil.copytree(ADAPTER, adapter)
    out.parent.mkdir()
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    changed = json.dumps(config | {"lora_alpha": 10**9})
    (adapter / "adapter_config.json").write_text(changed, encoding="utf-8")

    message = refusal(lambda: merge(goldens.folder("b2-7b"), adapter, out, Precision.FP16))

    assert message.endswith("W_pack.weight” has values that fp16 cannot hold.")
    assert_nothing(out)
    merge(goldens.folder("b2-7b"), adapter, out, Precision.BF16)


# --- killed, changed, cancelled ----------------------------------------------------------


def shards(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file of weights, and what tells it from one that was written again."""
    stats = {file.name: file.stat() for file in folder.glob("*.safetensors")}
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in stats.items()}


@linux
@pytest.mark.usefixtures("small_shards")
def test_a_kill_leaves_the_complete_copy_or_nothing(source: Path, tmp_path: Path) -> None:
    helper, reference = "tests.helpers.killed_copy", tmp_path / "reference"
    (total,) = map(int, child(helper, source, reference, ADAPTER, SMALL_SHARD))
    expected = digests(reference)
    points = sorted({*range(1, total, total // 10), *range(total - 4, total + 1)})
    killed = tmp_path / "killed"
    killed.mkdir()

    ends = child(helper, source, killed, ADAPTER, SMALL_SHARD, *points)

    assert ends == [f"{point} {-signal.SIGKILL}" for point in points]
    complete = taken_up = 0
    for point in points:
        out = killed / str(point) / "copy"
        if out.exists():
            complete += 1
        else:
            partial = out.with_name("copy.partial")
            before = shards(partial)
            resumable = (partial / "job.json").exists()
            merge(source, ADAPTER, out)
            if resumable and before:
                taken_up += 1
                assert before.items() <= shards(out).items()
        assert digests(out) == expected
        assert [file.name for file in out.parent.iterdir()] == ["copy"]
    assert complete >= 1
    assert taken_up >= 3


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
@pytest.mark.usefixtures("small_shards")
def test_an_interrupted_merge_of_another_adapter_is_begun_anew(
    file: str, source: Path, out: Path, tmp_path: Path
) -> None:
    adapter = tmp_path / "adapter"
    shutil.copytree(ADAPTER, adapter)
    checkpoint = Checkpoint.open(source)
    partial = out.with_name(f"{out.name}.partial")
    job = write_copy(checkpoint, merge_plan(checkpoint, open_adapter(adapter)), out)
    while not list(partial.glob("*.safetensors")):
        next(job)
    shutil.copytree(partial, tmp_path / "kept")
    job.close()
    (tmp_path / "kept").rename(partial)
    first = shards(partial)

    os.utime(adapter / file, ns=(1, 1))
    merge(source, adapter, out)

    assert first
    assert not shards(out).items() & first.items()


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
@pytest.mark.parametrize("step", [JobStep.HASH, JobStep.WRITE, JobStep.CHECK])
def test_an_adapter_that_changes_meanwhile(
    file: str, step: JobStep, source: Path, out: Path, tmp_path: Path
) -> None:
    adapter = tmp_path / "adapter"
    shutil.copytree(ADAPTER, adapter)
    checkpoint = Checkpoint.open(source)
    job = write_copy(checkpoint, merge_plan(checkpoint, open_adapter(adapter)), out)

    def run() -> None:
        for event in job:
            if isinstance(event, JobProgress) and event.step is step:
                os.utime(adapter / file, ns=(1, 1))

    assert file in refusal(run, SourceChangedError)
    assert_nothing(out)


def test_a_merged_copy_is_a_source_like_any_other(tmp_path: Path) -> None:
    merged = merge(goldens.folder("b2-7b"), ADAPTER, tmp_path / "merged")

    request = CopyRequest(str(merged.folder), str(tmp_path / "4bit"), Precision.NF4)
    *_, last = run_request(Engine(), request, threading.Event())

    assert isinstance(last, CopyReady)
    assert Checkpoint.open(Path(last.folder)).stored is Precision.NF4


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_that_changed_since_it_was_opened(
    file: str, source: Path, out: Path, tmp_path: Path
) -> None:
    """Its scale and the places of its tensors would be of one state, their values of another."""
    adapter = tmp_path / "adapter"
    shutil.copytree(ADAPTER, adapter)
    checkpoint = Checkpoint.open(source)
    plan = merge_plan(checkpoint, open_adapter(adapter))
    os.utime(adapter / file, ns=(1, 1))

    assert file in refusal(lambda: list(write_copy(checkpoint, plan, out)), SourceChangedError)
    assert_nothing(out)


def test_an_adapter_is_refused_by_what_it_was_merged_into(tmp_path: Path) -> None:
    """It would act twice there; another one may be added."""
    merged = merge(goldens.folder("b2-7b", "safetensors"), ADAPTER, tmp_path / "merged")

    with pytest.raises(WrongBaseError, match="is merged into that one already"):
        open_allowed_adapter(ADAPTER, merged, Policy())

    open_allowed_adapter(adapters.folder("b2-7b", "all_r8"), merged, Policy())
