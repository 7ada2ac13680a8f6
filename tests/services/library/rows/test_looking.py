"""A look at real folders, and at what is none."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.folders.drives import drive_space
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.rows.looking import look
from baichuan_desktop.services.library.states import Condition
from tests.helpers import goldens
from tests.helpers.library import listed


@pytest.fixture
def manifests() -> ManifestStore:
    return ManifestStore(app_paths().manifests)


def test_a_whole_model_is_seen_with_its_size_sizes_and_drive(manifests: ManifestStore) -> None:
    folder = resource("guide_model")

    looked = look(listed("guide", str(folder)), manifests)

    files = [file for file in folder.rglob("*") if file.is_file()]
    assert looked.state.condition is Condition.PRESENT
    assert looked.state.bytes_on_disk == sum(file.stat().st_size for file in files)
    assert looked.shapes is not None
    assert (looked.shapes.hidden_size, looked.shapes.num_layers) == (192, 4)
    assert looked.drive is not None
    assert folder.is_relative_to(looked.drive.drive)
    assert looked.drive.total_bytes is not None
    assert looked.verification is None


def test_what_is_not_there_is_said_and_raises_nothing(
    manifests: ManifestStore, tmp_path: Path
) -> None:
    gone = look(listed("gone", str(tmp_path / "gone")), manifests)

    assert gone.state.condition is Condition.GONE
    assert gone.state.bytes_on_disk is None
    assert (gone.stored, gone.shapes) == (None, None)


def test_an_absent_drive_is_named_as_it_was_when_the_model_was_added(
    manifests: ManifestStore, tmp_path: Path
) -> None:
    drive = tmp_path / "STICK"
    model = replace(listed("away", str(drive / "model")), drive=drive)

    looked = look(model, manifests)

    assert looked.state.condition is Condition.DRIVE_ABSENT
    assert looked.drive is not None
    assert looked.drive.drive == drive
    assert looked.drive.free_bytes is None


def quantised(out: Path, source: Path, said: object) -> Path:
    """A copy of a golden whose config.json says something of its quantisation."""
    shutil.copytree(source, out)
    config = json.loads((out / "config.json").read_text())
    (out / "config.json").write_text(json.dumps(config | {"quantization_config": said}))
    return out


@pytest.mark.parametrize("name", ["b2-7b-4bits", "b2-13b-4bits"])
def test_a_quantised_model_is_told_by_its_tensors(
    manifests: ManifestStore, tmp_path: Path, name: str
) -> None:
    source = goldens.ROOT / "checkpoints" / name
    folder = quantised(tmp_path / "model", source, {"load_in_8bit": True})

    assert look(listed("one", str(folder)), manifests).stored is Precision.NF4


@pytest.mark.parametrize("said", [{"load_in_8bit": True}, {"bits": 4}, "a word", [8], None])
def test_a_config_of_another_copy_makes_no_plain_weights_quantised(
    manifests: ManifestStore, tmp_path: Path, said: object
) -> None:
    folder = quantised(tmp_path / "model", goldens.folder("b2-7b", "safetensors"), said)

    looked = look(listed("one", str(folder)), manifests)

    assert looked.stored is None
    assert looked.shapes is not None


def test_of_a_quantised_model_without_its_weights_the_precision_is_not_known(
    manifests: ManifestStore, tmp_path: Path
) -> None:
    source = goldens.ROOT / "checkpoints" / "b2-7b-4bits"
    folder = quantised(tmp_path / "model", source, {"bits": 4})
    (folder / "pytorch_model.bin").unlink()

    assert look(listed("one", str(folder)), manifests).stored is None


@pytest.mark.parametrize("config", ["", "[1]", "{", '{"a":' * 5000, '{"hidden_size": 1e999}'])
def test_a_config_that_cannot_be_read_costs_the_facts_and_not_the_look(
    manifests: ManifestStore, tmp_path: Path, config: str
) -> None:
    (tmp_path / "config.json").write_text(config)

    looked = look(listed("one", str(tmp_path)), manifests)

    assert (looked.stored, looked.shapes) == (None, None)


def test_a_fifo_in_place_of_config_json_is_not_waited_for(
    manifests: ManifestStore, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "config.json")

    assert look(listed("one", str(tmp_path)), manifests).shapes is None


def test_exports_are_counted_and_one_that_is_gone_is_nothing(
    manifests: ManifestStore, tmp_path: Path
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "model.onnx").write_bytes(b"12345")
    model = replace(listed("one", str(tmp_path / "model")), exports=(export, tmp_path / "gone"))

    assert look(model, manifests).export_bytes == 5


def test_the_room_of_no_drive_is_not_known(tmp_path: Path) -> None:
    space = drive_space(tmp_path / "gone")

    assert (space.free_bytes, space.total_bytes) == (None, None)
