from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from backends.adapters.fitting import require_fitting
from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.errors import ResultUnwrittenError
from backends.events import JobProgress
from backends.training.events import TrainingEvaluated
from backends.training.keeping.adapter_result import adapter_configuration, stated_base
from backends.training.keeping.checkpoints import write_checkpoint
from backends.training.keeping.output import claimed_output, kept_steps
from backends.training.keeping.record import read_curve
from backends.training.keeping.result import write_result
from backends.training.keeping.resume import resumable
from backends.training.keeping.values import OptimizerState, Snapshot
from backends.training.values import Lora, Method
from tests.helpers import goldens
from tests.helpers.toy_training import MODEL, STEPS, after, request

OF_ADAPTER = {
    "adapter_config.json", "adapter_model.safetensors", "provenance.json", "training.json",
    "NOTICE-CHANGES.txt",
}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def of_whole_model(out: Path, source: Path, **changes: torch.Tensor) -> Snapshot:
    """A training of all weights: each is what it was, and one half more."""
    state = safetensors.torch.load_file(source / "model.safetensors")
    asked = replace(request(out), model=str(source), method=Method.FULL)
    weights = {name: tensor.float() + 0.5 for name, tensor in state.items()} | changes
    nothing = OptimizerState({}, [])
    return replace(after(STEPS, out), request=asked, weights=weights, optimizer=nothing)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A model with a licence, in a folder of the name that it was published under."""
    folder = tmp_path / "Baichuan2-7B-Chat"
    shutil.copytree(goldens.folder(MODEL, "safetensors"), folder)
    (folder / "LICENSE").write_text("Do good.")
    return folder


# --- an adapter ----------------------------------------------------------------------------


def test_an_adapter_is_what_the_app_opens_and_nothing_else_is_left(out: Path) -> None:
    write_checkpoint(out, after(3, out))
    snapshot = after(STEPS, out)

    ready = write_result(out, snapshot)

    assert names(out) == OF_ADAPTER
    assert ready.folder == str(out)
    assert ready.is_adapter
    assert ready.bytes_on_disk == sum(file.stat().st_size for file in out.iterdir())
    assert (ready.steps, ready.last_loss) == (STEPS, snapshot.curve.steps[-1].loss)
    assert "checkpoints were taken away" in str(*ready.notes)
    adapter = open_adapter(out)
    checkpoint = goldens.checkpoint(MODEL, "safetensors")
    assert require_fitting(adapter, checkpoint) == ()
    kept = safetensors.torch.load_file(out / "adapter_model.safetensors")
    assert set(kept) == {
        f"base_model.model.model.layers.{layer}.self_attn.W_pack.lora_{part}.weight"
        for layer in range(checkpoint.config.num_layers)
        for part in "AB"
    }
    for name, tensor in snapshot.weights.items():
        assert torch.equal(kept[name.replace(".default", "")], tensor)


def test_weights_in_16_bits_are_widened(out: Path) -> None:
    snapshot = after(STEPS, out)
    weights = {name: tensor.bfloat16() for name, tensor in snapshot.weights.items()}

    write_result(out, replace(snapshot, weights=weights))

    kept = safetensors.torch.load_file(out / "adapter_model.safetensors")
    assert all(tensor.dtype is torch.float32 for tensor in kept.values())


def test_the_configuration_has_only_options_that_the_first_readers_know(out: Path) -> None:
    asked = replace(request(out), lora=Lora(rank=8, alpha=12.5, dropout=0.0, targets=("all",)))
    layer = "base_model.model.model.layers.0"
    trained = [f"{layer}.{name}.lora_A.weight" for name in ("self_attn.W_pack", "mlp.up_proj")]

    found = adapter_configuration(asked, "my model", trained)

    assert found == {
        "base_model_name_or_path": "my model",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": 12.5,
        "lora_dropout": 0.0,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": 8,
        "target_modules": ["W_pack", "up_proj"],
        "task_type": "CAUSAL_LM",
    }


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Baichuan2-7B-Chat", "baichuan-inc/Baichuan2-7B-Chat"),
        (
            "models--baichuan-inc--Baichuan2-7B-Chat/snapshots/0123456789abcdef",
            "baichuan-inc/Baichuan2-7B-Chat",
        ),
        ("guide", "guide"),
        ("Baichuan2-13B-Chat", ""),  # which it is not
        ("Baichuan2-7B-Base", ""),
    ],
)
def test_the_base_is_named_as_it_was_published_and_never_by_a_path(
    folder: str, name: str, out: Path
) -> None:
    model = out.parent / folder
    shutil.copytree(goldens.folder(MODEL, "safetensors"), model)
    snapshot = replace(after(STEPS, out), request=replace(request(out), model=str(model)))

    write_result(out, snapshot)

    assert stated_base(Checkpoint.open(model)) == name
    adapter = open_adapter(out)
    assert adapter.provenance.base_name == name
    require_fitting(adapter, Checkpoint.open(model))


def test_a_released_base_is_found_to_be_the_one(out: Path, source: Path) -> None:
    write_result(out, replace(after(STEPS, out), request=replace(request(out), model=str(source))))

    adapter = open_adapter(out)

    assert adapter.provenance.base_name == "baichuan-inc/Baichuan2-7B-Chat"
    assert [file.name for file in adapter.licence_files] == ["LICENSE"]
    note = (out / "NOTICE-CHANGES.txt").read_text(encoding="utf-8")
    assert "written from “Golden 7B”" in note
    assert '"fine_tuning": "lora"' in note


# --- how it was made -----------------------------------------------------------------------


def test_provenance_tells_everything_and_no_path_of_this_machine(out: Path) -> None:
    write_result(out, snapshot := after(STEPS, out))

    text = (out / "provenance.json").read_text(encoding="utf-8")
    found = json.loads(text)

    assert found["base"]["name"] == "Golden 7B"
    assert found["base"]["files"][1] == {
        "name": "model.safetensors", "size": 486_744, "sha256": "bb",
    }  # fmt: skip
    assert found["data"]["files"][0] == {
        "name": "data.json", "size": 900, "sha256": "cc", "rows": 16,
    }  # fmt: skip
    assert found["settings"]["lora"]["rank"] == 2
    assert found["settings"]["optimization"]["learning_rate"] == 0.01
    assert found["settings"]["method"] == "lora"
    assert found["run"] == {"device": "cpu", "compute": "fp32", "processes": 1, "seed": 42}
    assert found["result"]["last_loss"] == snapshot.curve.steps[-1].loss
    hashes = {one["name"]: one["sha256"] for one in found["result"]["files"]}
    assert {"adapter_model.safetensors", "adapter_config.json"} <= hashes.keys()
    for name, sha256 in hashes.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == sha256
    assert found["versions"]["torch"] == torch.__version__
    for path in (str(out), str(goldens.ROOT), "/data"):
        assert path not in text
    facts = open_adapter(out).provenance.facts  # which the library shows
    assert facts["settings.lora.rank"] == "2"
    assert facts["data.files.0.sha256"] == "cc"


def test_the_curve_is_kept_whole(out: Path) -> None:
    snapshot = after(STEPS, out)
    snapshot.curve.evaluations.append(TrainingEvaluated(4, 0.5))

    write_result(out, snapshot)

    assert read_curve(out) == snapshot.curve
    assert str(out) not in (out / "training.json").read_text(encoding="utf-8")


# --- a whole model -------------------------------------------------------------------------


def test_a_model_has_the_released_names_the_types_of_its_source_and_its_licence(
    out: Path, source: Path
) -> None:
    state = safetensors.torch.load_file(source / "model.safetensors")
    state = {name: one.half() if "norm" in name else one for name, one in state.items()}
    safetensors.torch.save_file(state, source / "model.safetensors", {"format": "pt"})
    snapshot = of_whole_model(out, source)
    told: list[JobProgress] = []

    ready = write_result(out, snapshot, told.append)

    assert not ready.is_adapter
    kept = safetensors.torch.load_file(out / "model.safetensors")
    assert {name: one.dtype for name, one in kept.items()} == {
        name: one.dtype for name, one in state.items()
    }
    for name, tensor in state.items():
        assert torch.equal(kept[name], (tensor.float() + 0.5).to(tensor.dtype))
    for name in ("config.json", "tokenizer.model", "generation_config.json", "LICENSE"):
        assert (out / name).read_bytes() == (source / name).read_bytes()
    assert '"fine_tuning": "full"' in (out / "NOTICE-CHANGES.txt").read_text(encoding="utf-8")
    opened = Checkpoint.open(out)
    assert opened.kind is Checkpoint.open(source).kind
    assert told[-1].done_bytes == told[-1].total_bytes


def test_the_manifest_of_a_model_has_the_hash_of_each_file(out: Path, source: Path) -> None:
    write_result(out, of_whole_model(out, source))

    manifest = json.loads((out / "baichuan_manifest.json").read_bytes())

    assert set(manifest["files"]) == names(out) - {"baichuan_manifest.json"}
    for name, facts in manifest["files"].items():
        data = (out / name).read_bytes()
        assert facts == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert manifest["provenance"]["source"]["sha256"]["model.safetensors"] == "bb"


def test_what_grew_beyond_fp16_is_written_in_bf16(out: Path, source: Path) -> None:
    state = safetensors.torch.load_file(source / "model.safetensors")
    half = {name: one.half() for name, one in state.items()}
    safetensors.torch.save_file(half, source / "model.safetensors", {"format": "pt"})
    large = torch.full_like(state["model.norm.weight"], 1e5)

    ready = write_result(out, of_whole_model(out, source, **{"model.norm.weight": large}))

    kept = safetensors.torch.load_file(out / "model.safetensors")
    assert {one.dtype for one in kept.values()} == {torch.bfloat16}
    assert json.loads((out / "config.json").read_bytes())["torch_dtype"] == "bfloat16"
    assert "fp16 cannot hold all" in str(ready.notes[0])
    Checkpoint.open(out)


def test_a_large_model_is_spread_over_files(
    out: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backends.copying.safetensors_writer import plan_shards

    monkeypatch.setattr(
        "backends.training.keeping.model_result.plan_shards",
        lambda specs: plan_shards(specs, 200_000),
    )

    write_result(out, of_whole_model(out, source))

    assert "model.safetensors.index.json" in names(out)
    assert len(Checkpoint.open(out).weight_files) == 3


# --- the best one --------------------------------------------------------------------------


def with_best(out: Path, step: int) -> Snapshot:
    for number in (3, 6):
        write_checkpoint(out, replace(after(number, out, load_best=True), best_step=step))
    return replace(after(STEPS, out, load_best=True), best_step=step)


def test_the_best_checkpoint_is_the_result_where_it_is_wanted(out: Path) -> None:
    ready = write_result(out, with_best(out, 3))

    kept = safetensors.torch.load_file(out / "adapter_model.safetensors")
    for name, tensor in after(3, out).weights.items():
        assert torch.equal(kept[name.replace(".default", "")], tensor)
    assert ready.best_step == 3
    assert json.loads((out / "provenance.json").read_bytes())["result"]["step"] == 3


def test_a_best_checkpoint_that_is_gone_is_told(out: Path) -> None:
    snapshot = with_best(out, 3)
    shutil.rmtree(out / "checkpoint-3")

    ready = write_result(out, snapshot)

    assert "(step 3) is not there any more" in str(ready.notes[0])
    assert json.loads((out / "provenance.json").read_bytes())["result"]["step"] == STEPS


# --- when it cannot be written -------------------------------------------------------------


def refusal(out: Path, snapshot: Snapshot) -> ResultUnwrittenError:
    with pytest.raises(ResultUnwrittenError) as caught:
        write_result(out, snapshot)
    assert not names(out) & OF_ADAPTER, "all of it or nothing"
    return caught.value


def resumed(out: Path) -> Snapshot:
    """What the training is when it goes on from what was kept."""
    from backends.training.keeping.checkpoints import read_checkpoint
    from backends.training.keeping.resume import newest_checkpoint

    return read_checkpoint(newest_checkpoint(out) or out)


def full_from(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Let the drive be full for every file in a folder whose name holds `part`."""
    from backends.training.keeping import sealed

    real = sealed.GrowingFolder.put

    def put(self: sealed.GrowingFolder, name: str, data: bytes) -> None:
        if part in self.path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, name, data)

    monkeypatch.setattr(sealed.GrowingFolder, "put", put)


def test_a_drive_that_is_full_for_the_result_loses_nothing(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = after(STEPS, out)
    with monkeypatch.context() as patch:
        full_from(patch, "result")
        error = refusal(out, snapshot)

    assert str(error).startswith(
        f"The training is done, but its result cannot be written into “{out}”: What is to be saved"
    )
    assert str(error.hint) == (
        "Nothing is lost: all that was learnt is kept there. Mend this, and --resume writes the "
        "result."
    )
    assert names(out) == {f"checkpoint-{STEPS}"}
    write_result(out, resumed(out))  # as the hint says
    assert names(out) == OF_ADAPTER


def test_a_drive_that_is_full_for_everything_says_what_is_lost(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(out, after(3, out))
    with monkeypatch.context() as patch:
        full_from(patch, "")
        error = refusal(out, after(STEPS, out))

    assert str(error.hint) == (
        "Mend this, and go on with --resume from the checkpoint of step 3; what was learnt after "
        "it is lost."
    )
    assert resumed(out).step == 3


def test_a_drive_that_was_full_all_the_time_says_that_nothing_is_kept(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_from(monkeypatch, "")

    error = refusal(out, after(STEPS, out))

    assert str(error.hint) == "No checkpoint could be kept either: mend this, and begin anew."
    assert names(out) == set()


def test_a_drive_without_room_for_a_checkpoint_gets_the_result_all_the_same(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_from(monkeypatch, "checkpoint")

    ready = write_result(out, after(STEPS, out))

    assert names(out) == OF_ADAPTER
    assert ready.notes == ()


@pytest.mark.parametrize("has_room_for_checkpoints", [True, False])
def test_a_file_that_somebody_put_there_meanwhile_is_not_written_over(
    out: Path, monkeypatch: pytest.MonkeyPatch, *, has_room_for_checkpoints: bool
) -> None:
    if not has_room_for_checkpoints:
        full_from(monkeypatch, "checkpoint")
    (out / "adapter_config.json").write_text("mine")

    with pytest.raises(ResultUnwrittenError) as caught:
        write_result(out, after(STEPS, out))

    assert "holds something already (“adapter_config.json”)" in str(caught.value)
    assert str(caught.value.hint).startswith("Nothing is lost")
    assert (out / "adapter_config.json").read_text() == "mine"
    checkpoints = {f"checkpoint-{STEPS}"} if has_room_for_checkpoints else set()
    assert names(out) == {"adapter_config.json", "result.partial", *checkpoints}
    (out / "adapter_config.json").unlink()
    with claimed_output(out, resume=True) as claim:  # as the hint says
        assert claim.finished is not None
    assert names(out) == OF_ADAPTER


def test_a_folder_that_was_taken_away_meanwhile_is_made_again(out: Path) -> None:
    write_checkpoint(out, after(3, out))
    shutil.rmtree(out)

    write_result(out, after(STEPS, out))

    assert names(out) == OF_ADAPTER


def test_a_model_that_was_changed_meanwhile_is_told_and_nothing_is_lost(
    out: Path, source: Path
) -> None:
    snapshot = replace(after(STEPS, out), request=replace(request(out), model=str(source)))
    (source / "config.json").unlink()

    error = refusal(out, snapshot)

    assert "config.json" in str(error)
    assert kept_steps(out) == [STEPS]


def test_a_damaged_best_checkpoint_is_named(out: Path) -> None:
    snapshot = with_best(out, 3)
    file = out / "checkpoint-3" / "weights.safetensors"
    file.write_bytes(bytes(file.stat().st_size))

    error = refusal(out, snapshot)

    assert f"“{file}” is not what was kept" in str(error)


# --- killed while it was moved -------------------------------------------------------------


def test_a_result_that_was_whole_when_its_run_was_killed_has_only_to_be_moved(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where there was no room for a checkpoint."""

    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        full_from(patch, "checkpoint")
        patch.setattr("backends.training.keeping.result.move_result", die)
        with pytest.raises(Killed):
            write_result(out, snapshot := after(STEPS, out))
    assert names(out) == {"result.partial"}
    found = resumable(out)
    assert found is not None
    assert (found.step, found.request) == (STEPS, snapshot.request)

    with claimed_output(out, resume=True) as claim:
        assert claim.finished is not None
        assert claim.finished.steps == STEPS

    assert names(out) == OF_ADAPTER
    assert resumable(out) is None
