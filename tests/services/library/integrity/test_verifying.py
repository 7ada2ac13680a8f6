"""Whatever is wrong with a file of a model is found, and named."""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import IntegrityError
from backends.events import JobProgress
from baichuan_desktop.services.library.integrity import folder_files, reading
from baichuan_desktop.services.library.integrity.folder_files import FolderFile, folder_stamp
from baichuan_desktop.services.library.integrity.making import first_manifest
from baichuan_desktop.services.library.integrity.reading import FileReading
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    KnownHash,
    Manifest,
    Origin,
    Verified,
)
from baichuan_desktop.services.library.integrity.verifying import verify
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import FileSection
from tests.helpers import goldens
from tests.helpers.verified import faults, model_in, verified

_FLIPS = 40  # of each file, at positions by chance


@pytest.fixture
def model(tmp_path: Path) -> InstalledModel:
    return model_in(tmp_path / "small")


@pytest.fixture
def manifest(model: InstalledModel) -> Manifest:
    return verified(model).manifest


def names(model: InstalledModel) -> list[str]:
    return sorted(file.name for file in model.path.iterdir())


def keep_time(file: Path, work: Callable[[], object]) -> None:
    """Do something to a file which its time does not show."""
    before = file.stat()
    work()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def flips(file: Path, chance: random.Random) -> Iterator[None]:
    """Have one bit of a file be another, at its ends, in its header and anywhere."""
    data = file.read_bytes()
    header = [at for at in (1, 7, 8, 9, 64) if at < len(data)]
    places = {0, len(data) - 1, *header, *(chance.randrange(len(data)) for _ in range(_FLIPS))}
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        keep_time(file, lambda changed=changed: file.write_bytes(changed))  # type: ignore[misc]
        yield
    keep_time(file, lambda: file.write_bytes(data))


def test_a_model_that_nobody_touched_has_no_fault(
    model: InstalledModel, manifest: Manifest
) -> None:
    found = verified(model, manifest).verification

    assert found.faults == ()
    assert found.checked == {Origin.IMPORT: len(names(model))}
    assert found.bytes_read == sum(file.stat().st_size for file in model.path.iterdir())
    assert found.stamp == manifest.stamp == folder_stamp(model.path)


@pytest.mark.parametrize("layout", ["safetensors", "single", "sharded"])
def test_one_flipped_bit_in_any_file_is_found_and_named(tmp_path: Path, layout: str) -> None:
    model = model_in(tmp_path / "model", layout)
    manifest = verified(model).manifest
    chance = random.Random(14)
    for name in names(model):
        for _ in flips(model.path / name, chance):
            found = verified(model, manifest).verification
            assert faults(found) == {name: Fault.DAMAGED}
            assert found.has_failed
            assert f"“{name}”" in str(found.faults[0].sentence)
    assert not verified(model, manifest).verification.faults


def test_a_flipped_bit_in_a_file_of_a_folder_below_is_named_by_its_path(
    model: InstalledModel,
) -> None:
    (model.path / "assets" / "more").mkdir(parents=True)
    below = model.path / "assets" / "more" / "tokens.txt"
    below.write_text("层", encoding="utf-8")
    manifest = verified(model).manifest

    for _ in flips(below, random.Random(1)):
        assert faults(verified(model, manifest).verification) == {
            "assets/more/tokens.txt": Fault.DAMAGED
        }


@pytest.mark.parametrize(
    "name", ["tokenizer.model", "LICENSE", "generation_config.json", "config.json"]
)
def test_a_file_that_somebody_wrote_is_changed_and_not_damaged(
    model: InstalledModel, manifest: Manifest, name: str
) -> None:
    file = model.path / name
    file.write_bytes(file.read_bytes() + b" ")

    (fault,) = verified(model, manifest).verification.faults

    assert (fault.name, fault.fault, fault.against) == (name, Fault.CHANGED, Origin.IMPORT)
    assert str(fault.sentence).startswith(f"“{name}” was changed")


def test_the_same_content_written_again_is_no_fault_and_its_time_is_known_from_then_on(
    model: InstalledModel, manifest: Manifest
) -> None:
    file = model.path / "config.json"
    os.utime(file, ns=(0, 10**9))
    assert folder_stamp(model.path) != manifest.stamp

    after = verified(model, manifest)

    assert after.verification.faults == ()
    assert after.manifest.stamp == folder_stamp(model.path)
    assert after.manifest.files["config.json"].mtime_ns == 10**9


def truncated(folder: Path) -> None:
    file = folder / "model.safetensors"
    os.truncate(file, file.stat().st_size - 1)


def emptied(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 0)


def extended(folder: Path) -> None:
    with (folder / "model.safetensors").open("ab") as stream:
        stream.write(b"\0")


def replaced_by_a_copy(folder: Path) -> None:
    shutil.copy(folder / "config.json", folder / "generation_config.json")


def linked(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.rename(folder / "model2.safetensors")
    file.symlink_to("model2.safetensors")


def linked_out(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.rename(folder.parent / "elsewhere")
    file.symlink_to("../elsewhere")


def linked_to_nothing(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("gone")


def linked_to_itself(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("model.safetensors")


def fifo(folder: Path) -> None:
    (folder / "tokenizer.model").unlink()
    os.mkfifo(folder / "tokenizer.model")


def folder_instead(folder: Path) -> None:
    (folder / "tokenizer.model").unlink()
    (folder / "tokenizer.model").mkdir()


def deleted(folder: Path) -> None:
    (folder / "tokenizer.model").unlink()


def renamed(folder: Path) -> None:
    (folder / "LICENSE").rename(folder / "LICENCE")


WEIGHTS, TOKENS = "model.safetensors", "tokenizer.model"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (truncated, {WEIGHTS: Fault.CHANGED}),
        (emptied, {WEIGHTS: Fault.CHANGED}),
        (extended, {WEIGHTS: Fault.CHANGED}),
        (replaced_by_a_copy, {"generation_config.json": Fault.CHANGED}),
        (linked, {WEIGHTS: Fault.CHANGED, "model2.safetensors": Fault.EXTRA}),
        (linked_out, {WEIGHTS: Fault.CHANGED}),
        (linked_to_nothing, {WEIGHTS: Fault.CHANGED}),
        (linked_to_itself, {WEIGHTS: Fault.CHANGED}),
        (fifo, {TOKENS: Fault.CHANGED}),
        (folder_instead, {TOKENS: Fault.MISSING}),
        (deleted, {TOKENS: Fault.MISSING}),
        (renamed, {"LICENSE": Fault.MISSING, "LICENCE": Fault.EXTRA}),
    ],
)
def test_what_became_of_a_file_is_named(
    model: InstalledModel,
    manifest: Manifest,
    change: Callable[[Path], None],
    expected: dict[str, Fault],
) -> None:
    change(model.path)

    found = verified(model, manifest).verification

    assert faults(found) == expected
    assert found.has_failed


def test_two_files_with_each_others_names_are_both_named(
    model: InstalledModel, manifest: Manifest
) -> None:
    one, two, between = (model.path / name for name in ("LICENSE", "README.md", "x"))
    one.rename(between)
    two.rename(one)
    between.rename(two)

    found = verified(model, manifest).verification

    assert faults(found) == {"LICENSE": Fault.CHANGED, "README.md": Fault.CHANGED}


def test_an_extra_file_is_named_and_does_not_fail_a_model(
    model: InstalledModel, manifest: Manifest
) -> None:
    (model.path / "modeling_baichuan.py").write_text("import os\n", encoding="utf-8")

    after = verified(model, manifest)

    assert faults(after.verification) == {"modeling_baichuan.py": Fault.EXTRA}
    assert not after.verification.has_failed
    assert "modeling_baichuan.py" not in after.manifest.files  # nor is it the next time


@pytest.mark.parametrize("name", ["model.safetensors", "generation_config.json"])
def test_a_new_file_that_the_model_is_loaded_from_fails_it(tmp_path: Path, name: str) -> None:
    """Whoever lays one beside the weights has other weights loaded, and changes no file."""
    model = model_in(tmp_path / "bin", "single")
    (model.path / "generation_config.json").unlink()
    before = verified(model).manifest
    shutil.copy(goldens.folder("b2-7b", "safetensors") / name, model.path)
    shutil.copy(goldens.folder("b2-7b", "safetensors") / WEIGHTS, model.path / "spare.safetensors")

    found = verified(model, before)
    again = verified(model, found.manifest)

    expected = {name: Fault.CHANGED, "spare.safetensors": Fault.EXTRA}
    assert faults(found.verification) == expected
    assert found.verification.has_failed
    assert again.verification.has_failed


def test_a_shard_set_laid_beside_the_weights_fails_a_model(tmp_path: Path) -> None:
    model = model_in(tmp_path / "bin", "single")
    before = verified(model).manifest
    source = goldens.folder("b2-7b", "safetensors") / "model.safetensors"
    shutil.copy(source, model.path / "model-00001-of-00001.safetensors")

    found = verified(model, before).verification

    assert faults(found) == {"model-00001-of-00001.safetensors": Fault.CHANGED}


def test_names_that_are_no_text_or_hold_line_breaks_are_verified_as_well(
    model: InstalledModel,
) -> None:
    odd = [os.fsdecode(b"\xff.txt"), "two\nlines", "back\\slash", "‮txt"]
    for name in odd:
        (model.path / name).write_text("x", encoding="utf-8")
    manifest = verified(model).manifest
    (model.path / odd[0]).write_text("y", encoding="utf-8")
    (model.path / odd[1]).unlink()

    found = verified(model, manifest).verification

    assert faults(found) == {odd[0]: Fault.CHANGED, odd[1]: Fault.MISSING}
    assert "two�lines" in " ".join(str(fault.sentence) for fault in found.faults)


def test_what_tools_keep_in_a_folder_is_none_of_its_files_and_its_pickles_are_not_opened(
    model: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".msc", ".mdl", ".mv", ".DS_Store"):
        (model.path / name).write_bytes(b"cposix\nsystem\n")
    for folder in (".git", ".cache", "._____temp"):
        (model.path / folder).mkdir()
        (model.path / folder / "x").write_bytes(b"x")
    opened: list[str] = []
    real = FolderFile.open

    def noted(one: FolderFile) -> object:
        opened.append(one.name)
        return real(one)

    monkeypatch.setattr(FolderFile, "open", noted)

    found = verified(model)

    assert found.verification.faults == ()
    assert (
        set(found.manifest.files)
        == set(opened)
        == {name for name in names(model) if not name.startswith(".")}
    )


def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path, model: InstalledModel) -> None:
    gone = replace(model, path=tmp_path / "gone")

    with pytest.raises(IntegrityError, match="The folder of “small” cannot be read"):
        verified(gone)


def test_a_drive_that_is_pulled_while_a_model_is_read_is_named(
    model: InstalledModel, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled(one: FolderFile) -> object:
        raise OSError(5, "Input/output error", str(one.file))

    monkeypatch.setattr(FolderFile, "open", pulled)

    found = verified(model, manifest).verification

    assert set(faults(found).values()) == {Fault.UNREADABLE}
    assert "cannot be read (Input/output error)" in str(found.faults[0].sentence)


def test_a_file_that_is_written_while_it_is_read_is_named(
    model: InstalledModel, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FileReading.__iter__

    def writing(self: FileReading) -> Iterator[int]:
        if self._one.name == WEIGHTS:
            extended(model.path)
        return real(self)

    monkeypatch.setattr(reading.FileReading, "__iter__", writing)

    assert faults(verified(model, manifest).verification) == {WEIGHTS: Fault.CHANGED}


def test_each_file_is_read_once_and_progress_comes_to_its_end(
    model: InstalledModel, manifest: Manifest
) -> None:
    *progress, last = verify(model, manifest, threading.Event())

    assert isinstance(last, Verified)
    told = [event for event in progress if isinstance(event, JobProgress)]
    assert told[0].done_bytes == 0
    assert told[-1].done_bytes == told[-1].total_bytes == last.verification.bytes_read


def test_a_cancel_ends_it_without_a_result(model: InstalledModel, manifest: Manifest) -> None:
    cancel, events = threading.Event(), []
    for event in verify(model, manifest, cancel):
        events.append(event)
        cancel.set()

    assert not any(isinstance(event, Verified) for event in events)


# --- who says so -------------------------------------------------------------------------


def test_the_first_verifying_of_a_model_knows_nothing_and_says_so(model: InstalledModel) -> None:
    found = verified(model).verification

    assert (found.new, found.checked) == (len(names(model)), {})


def test_a_model_that_was_only_added_knows_sizes_and_a_missing_file(model: InstalledModel) -> None:
    manifest = first_manifest(model)
    (model.path / TOKENS).unlink()

    assert all(record.sha256 is None for record in manifest.files.values())
    assert faults(verified(model, manifest).verification) == {TOKENS: Fault.MISSING}


@pytest.mark.parametrize("change", [truncated, emptied, extended])
def test_a_file_that_was_written_after_a_model_was_added_is_named_though_no_hash_is_known(
    model: InstalledModel, change: Callable[[Path], None]
) -> None:
    manifest = first_manifest(model)
    change(model.path)
    license_file = model.path / "LICENSE"
    license_file.write_bytes(b"x" * license_file.stat().st_size)

    after = verified(model, manifest)

    assert faults(after.verification) == {WEIGHTS: Fault.CHANGED, "LICENSE": Fault.CHANGED}
    assert verified(model, after.manifest).verification.has_failed  # it is not forgotten


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, {}), (-8, {}), (5.75, {}), (27, {"LICENSE"}), (1 / 60, {"LICENSE"})],
)
def test_a_drive_that_keeps_local_time_is_seen_in_another_zone(
    model: InstalledModel, hours: float, expected: set[str]
) -> None:
    manifest = first_manifest(model)
    file = model.path / "LICENSE"
    time = file.stat().st_mtime_ns + round(hours * 3600) * 10**9
    os.utime(file, ns=(time, time))

    assert set(faults(verified(model, manifest).verification)) == set(expected)


@pytest.mark.parametrize("kind", ["files", "folders", "levels"])
def test_a_folder_that_no_model_is_like_is_refused_and_not_verified_in_part(
    model: InstalledModel, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(folder_files, "_MOST_FILES", 20)
    monkeypatch.setattr(folder_files, "_MOST_FOLDERS", 12)
    verified(model)
    if kind == "files":
        for number in range(13):
            (model.path / f"{number}.txt").write_bytes(b"")
    elif kind == "folders":
        for number in range(12):
            (model.path / str(number)).mkdir()
    else:
        (model.path / "/".join("123456789")).mkdir(parents=True)

    with pytest.raises(IntegrityError, match="more files or folders than any model"):
        verified(model)


def test_what_the_registry_says_is_compared_each_time(model: InstalledModel) -> None:
    good = verified(model).manifest.files[TOKENS]
    assert good.sha256 is not None
    stated = {
        TOKENS: FileSection(size=good.size, sha256=good.sha256),
        "LICENSE": FileSection(size=9, sha256="0" * 64),
        "absent.txt": FileSection(size=1, sha256="1" * 64),
    }

    found = verified(replace(model, stated_files=stated)).verification

    assert faults(found) == {"LICENSE": Fault.DAMAGED, "absent.txt": Fault.MISSING}
    assert {fault.against for fault in found.faults} == {Origin.REGISTRY}
    assert found.checked == {Origin.REGISTRY: 1}


def test_sources_that_disagree_are_both_named(model: InstalledModel, manifest: Manifest) -> None:
    against = {WEIGHTS: KnownHash(Origin.SITE_LIST, sha256="a" * 64, source="SHA256SUMS")}

    fault = verified(model, manifest, against).verification.faults[0]

    assert (fault.name, fault.against) == (WEIGHTS, Origin.SITE_LIST)
    assert str(fault.sentence) == (
        "“model.safetensors” is unchanged since it was first read here, but it is not what the "
        "site's list says (SHA256SUMS)."
    )


def test_a_file_that_no_list_confirms_is_not_taken_for_what_was_first_read(
    model: InstalledModel,
) -> None:
    wrong = {WEIGHTS: KnownHash(Origin.SITE_LIST, sha256="a" * 64, source="SHA256SUMS")}

    after = verified(model, None, wrong)

    assert after.verification.has_failed
    assert after.manifest.files[WEIGHTS].known == ()
    assert verified(model, after.manifest, wrong).verification.has_failed


def test_a_file_that_a_list_does_not_name_is_named(
    model: InstalledModel, manifest: Manifest
) -> None:
    sums = {
        name: KnownHash(Origin.SITE_LIST, sha256=record.sha256, source="SHA256SUMS")
        for name, record in manifest.files.items()
        if name != "LICENSE"
    }

    for known in (None, manifest):
        found = verified(model, known, sums).verification
        assert faults(found) == {"LICENSE": Fault.EXTRA}
        assert found.checked[Origin.SITE_LIST] == len(sums)


def test_a_list_that_was_given_once_is_not_kept(model: InstalledModel) -> None:
    digest = verified(model).manifest.files[WEIGHTS].sha256
    right = {WEIGHTS: KnownHash(Origin.SITE_LIST, sha256=digest, source="SHA256SUMS")}

    after = verified(model, None, right)

    assert after.verification.checked == {Origin.SITE_LIST: 1}
    assert [known.origin for known in after.manifest.files[WEIGHTS].known] == [Origin.IMPORT]


def test_a_manifest_of_another_folder_says_nothing(
    tmp_path: Path, model: InstalledModel, manifest: Manifest
) -> None:
    other = replace(model_in(tmp_path / "other"), id=model.id)
    truncated(other.path)

    found = verified(other, manifest).verification

    assert found.checked == {}
    assert faults(found) == {WEIGHTS: Fault.DAMAGED}  # its header says what it lacks


def test_a_model_whose_drive_was_pulled_is_named_with_the_place_where_it_lies(
    model: InstalledModel, manifest: Manifest
) -> None:
    shutil.rmtree(model.path)

    with pytest.raises(IntegrityError) as refused:
        list(verify(model, manifest, threading.Event()))

    assert str(refused.value.hint).startswith(f"It lies at “{model.path}”: connect its drive")
