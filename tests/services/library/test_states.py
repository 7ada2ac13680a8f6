"""What became of a listed model is told by its folder, and costs its row alone."""

from __future__ import annotations

import datetime
import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE, MANIFEST
from backends.copying.copy_plan import plain_plan
from backends.copying.folder_writer import write_copy
from backends.errors import ModelAwayError
from backends.phrases import Phrase
from baichuan_desktop.services.library import states
from baichuan_desktop.services.library.integrity.folder_files import folder_stamp
from baichuan_desktop.services.library.integrity.making import first_manifest
from baichuan_desktop.services.library.integrity.values import Fault, FileFault, Verification
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.states import Condition, look_at, require_here
from tests.helpers import exports, goldens
from tests.helpers.installed import installed
from tests.helpers.sentences import assert_one_sentence


@pytest.fixture
def model(tmp_path: Path) -> InstalledModel:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", "sharded"), folder)
    return installed(folder)


def condition(model: InstalledModel) -> Condition:
    return look_at(model, None, None).condition


def said(model: InstalledModel) -> str:
    state = look_at(model, None, None)
    assert state.sentence is not None
    return str(state.sentence)


@pytest.mark.parametrize("layout", ["safetensors", "sharded", "single"])
def test_a_whole_model_is_present_with_its_size(layout: str, tmp_path: Path) -> None:
    shutil.copytree(goldens.folder("b2-7b", layout), tmp_path / "m")

    state = look_at(installed(tmp_path / "m"), None, None)

    size = sum(file.stat().st_size for file in (tmp_path / "m").rglob("*") if file.is_file())
    assert (state.condition, state.sentence) == (Condition.PRESENT, None)
    assert state.bytes_on_disk == size


def test_an_export_is_present(tmp_path: Path) -> None:
    assert condition(installed(exports.of_golden("b2-7b").folder)) is Condition.PRESENT


def test_a_copy_that_this_app_wrote_is_present(tmp_path: Path) -> None:
    source = Checkpoint.open(goldens.folder("b2-7b", "sharded"))
    list(write_copy(source, plain_plan(source), tmp_path / "copy"))

    assert (tmp_path / "copy" / MANIFEST).is_file()
    assert condition(installed(tmp_path / "copy")) is Condition.PRESENT


@pytest.mark.parametrize("lost", [GRAPH_FILE, DATA_FILE])
def test_an_export_that_lacks_a_file_is_unfinished(lost: str, tmp_path: Path) -> None:
    shutil.copytree(exports.of_golden("b2-7b").folder, tmp_path / "export")
    (tmp_path / "export" / lost).unlink()

    assert lost in said(installed(tmp_path / "export"))


def weights(model: InstalledModel) -> list[Path]:
    return sorted((*model.path.glob("*.bin"), *model.path.glob("*.safetensors")))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.model", "weights"])
def test_a_model_that_lacks_a_file_is_unfinished(name: str, model: InstalledModel) -> None:
    file = weights(model)[-1] if name == "weights" else model.path / name
    file.unlink()

    assert condition(model) is Condition.UNFINISHED
    assert said(model) == f"“{file.name}” is missing."


def test_a_download_on_its_way_is_named(model: InstalledModel) -> None:
    last = weights(model)[-1]
    last.rename(last.with_name(last.name + ".incomplete"))

    assert condition(model) is Condition.UNFINISHED
    assert said(model) == f"“{last.name}” is a half download: “{last.name}.incomplete”."


def test_a_download_of_aria2_is_unfinished_though_the_file_has_its_name(
    model: InstalledModel,
) -> None:
    first = weights(model)[0]
    first.with_name(first.name + ".aria2").write_bytes(b"x")

    assert condition(model) is Condition.UNFINISHED
    assert said(model) == f"“{first.name}” is not downloaded completely."


def test_a_broken_link_among_the_weights_is_unfinished(
    model: InstalledModel, tmp_path: Path
) -> None:
    first = weights(model)[0]
    first.unlink()
    first.symlink_to(tmp_path / "gone")

    assert condition(model) is Condition.UNFINISHED
    assert said(model) == f"“{first.name}” cannot be read, or is a link to what is not there."


def test_a_folder_that_is_gone_is_gone_and_its_drive_is_here(model: InstalledModel) -> None:
    shutil.rmtree(model.path)
    model = replace(model, drive=Path("/"))

    assert condition(model) is Condition.GONE
    assert said(model) == f"The folder “{model.path}” is not there any more."
    with pytest.raises(ModelAwayError, match="not there any more") as caught:
        require_here(model)
    assert_one_sentence(caught.value)


def test_a_folder_that_is_a_link_to_nothing_is_gone(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")

    assert condition(installed(link)) is Condition.GONE
    assert said(installed(link)) == f"“{link}” is a link to a place that is not there."


def test_a_drive_that_is_not_mounted_is_named_and_comes_back(
    model: InstalledModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The empty folder that is left at its place is no drive."""
    drive = tmp_path / "usb"
    drive.mkdir()
    there = replace(model, path=drive / "model", drive=drive)

    assert condition(there) is Condition.DRIVE_ABSENT
    assert said(there) == f"“{there.path}” lies on the drive “{drive}”, which is not here now."
    with pytest.raises(ModelAwayError, match="which is not here now") as caught:
        require_here(there)
    assert "Connect the drive" in str(caught.value.hint)
    assert_one_sentence(caught.value)

    model.path.rename(there.path)
    monkeypatch.setattr(states, "is_here", drive.__eq__)
    assert condition(there) is Condition.PRESENT
    require_here(there)
    shutil.rmtree(there.path)
    assert condition(there) is Condition.GONE


@pytest.mark.parametrize("number", [errno.ENOTCONN, errno.ESTALE, errno.EHOSTDOWN, errno.EIO])
def test_a_drive_that_fails_is_absent(
    number: int, model: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_folder: Path) -> object:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(states, "files_of_listed", failing)

    assert condition(replace(model, drive=Path("/net/share"))) is Condition.DRIVE_ABSENT
    assert "“/net/share”" in said(replace(model, drive=Path("/net/share")))


def test_a_folder_that_may_not_be_read_is_unreadable(
    model: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(folder: Path) -> object:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.setattr(states, "files_of_listed", failing)

    assert condition(model) is Condition.UNREADABLE
    assert said(model) == f"“{model.path}” cannot be read: Permission denied."


@pytest.mark.parametrize("put", [os.mkfifo, Path.touch])
def test_what_is_no_folder_is_unreadable_and_not_waited_for(
    put: Callable[[Path], object], tmp_path: Path
) -> None:
    put(tmp_path / "m")

    assert condition(installed(tmp_path / "m")) is Condition.UNREADABLE


@pytest.mark.parametrize("path", ["/m/\udc80", "/m/" + "x" * 5000, "/" + "y/" * 2040])
def test_a_path_that_no_folder_can_have_is_a_state_too(path: str) -> None:
    assert condition(installed(Path(path))) in (Condition.GONE, Condition.UNREADABLE)


def test_files_that_changed_since_are_named(model: InstalledModel) -> None:
    manifest = first_manifest(model)
    assert look_at(model, manifest, None).condition is Condition.PRESENT
    (model.path / "notes.txt").write_text("mine")  # a file that is no part of it
    assert look_at(model, manifest, None).condition is Condition.PRESENT

    os.utime(model.path / "config.json", (1, 1))
    os.utime(weights(model)[0], (1, 1))

    state = look_at(model, manifest, None)
    assert state.condition is Condition.CHANGED
    names = sorted(["config.json", weights(model)[0].name])
    assert str(state.sentence) == (
        "Files are other ones than when the model was added or verified: "
        f"“{names[0]}”, “{names[1]}”."
    )


def test_a_file_that_a_model_does_not_need_and_that_went_is_a_change(
    model: InstalledModel,
) -> None:
    (model.path / "README.md").write_text("words")
    manifest = first_manifest(model)

    (model.path / "README.md").unlink()

    assert look_at(model, manifest, None).condition is Condition.CHANGED


def test_many_changed_files_are_counted(model: InstalledModel) -> None:
    manifest = first_manifest(model)
    for file in model.path.iterdir():
        os.utime(file, (1, 1))

    sentence = str(look_at(model, manifest, None).sentence)

    count = len(list(model.path.iterdir()))
    assert sentence.endswith(f" and {count - 3} more.")


def failed(model: InstalledModel, fault: Fault = Fault.DAMAGED) -> Verification:
    one = FileFault("tokenizer.model", fault, Phrase("…"))
    now = datetime.datetime.now(datetime.UTC)
    return Verification(model.id, now, (one,), {}, 1, folder_stamp(model.path))


def test_a_model_that_failed_is_damaged_until_its_files_change(model: InstalledModel) -> None:
    manifest, verification = first_manifest(model), failed(model)

    state = look_at(model, manifest, verification)
    assert state.condition is Condition.DAMAGED
    assert str(state.sentence) == (
        "Verifying the model found that files are wrong: “tokenizer.model”."
    )
    assert look_at(model, manifest, failed(model, Fault.EXTRA)).condition is Condition.PRESENT
    os.utime(model.path / "tokenizer.model", (1, 1))
    assert look_at(model, manifest, verification).condition is Condition.CHANGED


def test_what_is_known_of_another_folder_says_nothing_of_this_one(
    model: InstalledModel, tmp_path: Path
) -> None:
    """An id may be given again, to another model."""
    manifest, verification = first_manifest(model), failed(model)
    other = replace(model, path=tmp_path / "other")
    shutil.copytree(model.path, other.path)
    os.utime(other.path / "config.json", (1, 1))

    assert look_at(other, manifest, verification).condition is Condition.PRESENT


def test_to_look_opens_no_weights_and_no_tokenizer(
    model: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(_folder: Path) -> Checkpoint:
        raise AssertionError("a model was opened")

    monkeypatch.setattr(Checkpoint, "open_with_tokenizer", opened)

    assert condition(model) is Condition.PRESENT
