"""What became of an adapter's folder, and what verifying its files finds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from backends.checkpoint.folder import Checkpoint
from backends.errors import ModelAwayError
from baichuan_desktop.services.library.adapters.details import details
from baichuan_desktop.services.library.integrity.making import first_manifest
from baichuan_desktop.services.library.integrity.values import Fault
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.states import Condition, look_at, require_here
from tests.helpers import adapters, goldens
from tests.helpers.verified import faults, verified

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def adapter(tmp_path: Path) -> InstalledAdapter:
    """One that a training left, with another one and its optimizer in it."""
    folder = tmp_path / "legal"
    for name in ("", "checkpoint-5"):
        shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder / name, dirs_exist_ok=True)
    (folder / "checkpoint-5" / "optimizer.pt").write_bytes(b"x" * 10_000)
    return InstalledAdapter("legal", Names(en="Legal", zh="法律"), folder, "b2-7b")


def condition(adapter: InstalledAdapter) -> Condition:
    return look_at(adapter, first_manifest(adapter), None).condition


def test_an_adapter_is_present_until_a_file_of_it_changes(adapter: InstalledAdapter) -> None:
    manifest = first_manifest(adapter)
    state = look_at(adapter, manifest, None)
    assert state.condition is Condition.PRESENT
    own = [file for file in adapter.path.iterdir() if file.is_file()]
    assert state.bytes_on_disk == sum(file.stat().st_size for file in own)

    (adapter.path / "checkpoint-5" / WEIGHTS).write_bytes(b"")
    assert look_at(adapter, manifest, None).condition is Condition.PRESENT
    (adapter.path / WEIGHTS).write_bytes(b"")
    changed = look_at(adapter, manifest, None)
    assert changed.condition is Condition.CHANGED
    assert "when the adapter was added" in str(changed.sentence)


@pytest.mark.parametrize("name", ["adapter_config.json", WEIGHTS])
def test_an_adapter_that_lacks_a_file_is_unfinished(adapter: InstalledAdapter, name: str) -> None:
    (adapter.path / name).unlink()

    state = look_at(adapter, None, None)

    assert state.condition is Condition.UNFINISHED
    assert str(state.sentence) == f"“{name}” is missing."


def test_weights_in_pytorchs_format_are_an_adapters_too(adapter: InstalledAdapter) -> None:
    (adapter.path / WEIGHTS).rename(adapter.path / "adapter_model.bin")

    assert condition(adapter) is Condition.PRESENT


def test_an_adapter_is_away_with_its_folder_or_its_drive(adapter: InstalledAdapter) -> None:
    away = replace(adapter, drive=adapter.path.parent / "no-drive")
    shutil.rmtree(adapter.path)

    assert look_at(adapter, None, None).condition is Condition.GONE
    assert look_at(away, None, None).condition is Condition.DRIVE_ABSENT
    with pytest.raises(ModelAwayError):
        require_here(adapter)


def test_a_flipped_bit_is_found(adapter: InstalledAdapter) -> None:
    known = verified(adapter)
    assert known.verification.faults == ()
    assert known.verification.files == 3
    file = adapter.path / WEIGHTS
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")

    found = verified(adapter, known.manifest).verification

    assert faults(found) == {WEIGHTS: Fault.CHANGED}
    state = look_at(adapter, known.manifest, found)
    assert state.condition is Condition.DAMAGED
    assert "Verifying the adapter found" in str(state.sentence)


def test_what_is_not_a_number_is_found_and_a_matrix_of_zeros_is_none(
    adapter: InstalledAdapter,
) -> None:
    file = adapter.path / WEIGHTS
    tensors = safetensors.numpy.load_file(file)
    name = next(name for name in tensors if "lora_B" in name)
    tensors[name] = np.zeros_like(tensors[name])  # as it is before training
    safetensors.numpy.save_file(tensors, file)
    assert verified(adapter).verification.faults == ()

    tensors[name][0, 0] = np.nan
    safetensors.numpy.save_file(tensors, file)

    assert faults(verified(adapter).verification) == {WEIGHTS: Fault.NOT_A_NUMBER}


def test_what_takes_the_place_of_the_weights_is_serious(adapter: InstalledAdapter) -> None:
    file = adapter.path / WEIGHTS
    file.unlink()
    shutil.copy(adapters.folder("b2-7b", "w_pack_r1_bin") / "adapter_model.bin", adapter.path)
    known = verified(adapter).manifest
    shutil.copy(adapters.folder("b2-7b", "w_pack_r1") / WEIGHTS, adapter.path)
    (adapter.path / "README.md").write_text("words", encoding="utf-8")

    found = verified(adapter, known).verification

    assert faults(found) == {WEIGHTS: Fault.CHANGED, "README.md": Fault.EXTRA}


# --- what it tells -------------------------------------------------------------------------------


def test_the_details_of_an_adapter_say_what_it_changes_and_what_made_it(tmp_path: Path) -> None:
    config = Checkpoint.open(goldens.folder("b2-7b", "safetensors")).config
    folder = adapters.write_adapter(
        tmp_path / "legal", config, base="ann/model", rank=4, ranks={"o_proj": 2},
        targets=("W_pack", "o_proj"), saved=("lm_head.weight",),
    )  # fmt: skip
    made = '{"seed": 7, "data": {"sha256": "abc"}}'
    (folder / "provenance.json").write_text(made, encoding="utf-8")

    found = details(folder)

    assert (found.summary, found.ranks, found.layers) == ("LoRA · r 2–4", (2, 4), 4)
    assert (found.base_name, found.replaced) == ("ann/model", ("lm_head.weight",))
    assert found.provenance["seed"] == "7"
    assert found.provenance["data.sha256"] == "abc"
    assert found.error is None
    assert details(adapters.folder("b2-7b", "dora_r4")).summary == "DoRA · r 4"


def test_the_details_of_one_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    found = details(tmp_path)

    assert found.error is not None
    assert (found.summary, found.tensor_bytes) == ("", 0)
