"""Copies, links and moves: what is there afterwards, and whatever ends them on their way."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from backends.errors import (
    BadCopyError,
    CopyTakenError,
    DiskFullError,
    ImportBrokenError,
    ImportChangedError,
    ImportRefusedError,
    IntegrityError,
    InvalidRequestError,
    PolicyError,
    SourceUnreadableError,
    TargetUnwritableError,
    UserFacingError,
)
from backends.events import JobProgress, JobStep
from backends.files.partial_folder import Claim, partial_of
from backends.files.plain_file import open_plain
from backends.operating_system import rename
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import PassedOver
from baichuan_desktop.services.library.importing import copying, running, targets
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.unfinished import resume_plan, unfinished
from baichuan_desktop.services.library.importing.values import (
    BegunAnew,
    Resumed,
    SameWeights,
    Way,
)
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import Verified
from baichuan_desktop.services.library.integrity.verifying import verify
from baichuan_desktop.services.library.registry import InstalledModel
from tests.helpers.imports import FailingDrive, Library, hashes
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence


class StopAfter:
    """Sets an event once so many bytes were written."""

    def __init__(self, done_bytes: int) -> None:
        self.event = threading.Event()
        self._done_bytes = done_bytes

    def __call__(self, event: object) -> None:
        match event:
            case JobProgress(JobStep.WRITE, done) if done >= self._done_bytes:
                self.event.set()


def paused(library: Library, way: Way = Way.COPY, at: int = 200_000) -> None:
    """An import that was paused after so many bytes."""
    stop, pausing = StopAfter(at), threading.Event()
    pausing.set()
    library.run(library.plan(way), stop.event, pausing, heard=stop)


def verified(library: Library, model: InstalledModel) -> None:
    """Keep what verifying a model finds now."""
    manifest = library.manifests.read(model.id)
    assert manifest is not None
    *_, last = verify(model, manifest, threading.Event())
    assert isinstance(last, Verified)
    library.manifests.keep(last)


# --- copies ------------------------------------------------------------------------------


def test_a_copy_has_every_byte_and_its_hashes_are_known(library: Library) -> None:
    before = hashes(library.source)

    model = library.bring(Way.COPY)

    assert model.path == library.folder / "Model"
    assert model.is_copied
    assert hashes(model.path) == hashes(library.source) == before
    manifest = library.manifests.read(model.id)
    assert manifest is not None
    assert {name: one.sha256 for name, one in manifest.files.items()} == before
    assert [one.id for one in library.own] == [model.id]
    assert [one.name for one in library.folder.iterdir()] == ["Model"]


@pytest.mark.parametrize(("mask", "file", "folder"), [(0o022, 0o644, 0o755), (0o007, 0o660, 0o770)])
def test_a_copy_has_the_rights_that_the_umask_leaves(
    library: Library, mask: int, file: int, folder: int
) -> None:
    before = os.umask(mask)
    try:
        model = library.bring(Way.COPY)
    finally:
        os.umask(before)

    assert stat.S_IMODE(model.path.stat().st_mode) == folder
    assert {stat.S_IMODE(one.stat().st_mode) for one in model.path.iterdir()} == {file}


def test_what_is_no_part_of_a_model_is_left_out_and_said(library: Library) -> None:
    (library.source / "LICENSE.txt").write_text("free")
    (library.source / "modeling_baichuan.py").write_text("raise SystemExit")
    for name in (".msc", ".mdl", "a.lock", "big.bin.incomplete"):
        (library.source / name).write_bytes(b"x")
    for name in (".cache", ".git", "._____temp", "__pycache__"):
        (library.source / name).mkdir()
        (library.source / name / "x.json").write_bytes(b"x")
    os.mkfifo(library.source / "pipe")

    plan = library.plan(Way.COPY)
    library.run(plan)

    left = {one.name for one in plan.left_out}
    assert left >= {".msc", ".mdl", "a.lock", "big.bin.incomplete", ".git", "pipe"}
    copied = {one.name for one in plan.target.iterdir()}
    assert {"LICENSE.txt", "modeling_baichuan.py"} <= copied
    assert not copied & (left | {".cache", "._____temp", "__pycache__"})


def test_links_within_the_source_become_files_and_hard_links_are_fine(library: Library) -> None:
    weights = library.source / "model.safetensors"
    weights.rename(library.source / "blob")
    weights.symlink_to("blob")
    os.link(library.source / "config.json", library.source / "again.json")

    model = library.bring(Way.COPY)

    assert not (model.path / "model.safetensors").is_symlink()
    assert hashes(model.path) == hashes(library.source)


@pytest.mark.parametrize("name", ["notes.txt", "tokenizer.model", "generation_config.json"])
def test_a_link_out_of_the_source_is_refused_before_anything_is_written(
    library: Library, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("private")
    (library.source / name).unlink(missing_ok=True)
    (library.source / name).symlink_to(secret)

    with pytest.raises(UserFacingError) as refused:
        library.bring(Way.COPY)

    assert name in refused.value.message
    assert not library.folder.exists()


def test_a_name_is_given_to_the_list_and_not_to_the_folder(library: Library) -> None:
    model = library.bring(Way.COPY, name="Our own")

    assert (model.name.en, model.path.name) == ("Our own", "Model")


def test_another_folder_of_that_name_stays_and_the_copy_gets_a_number(library: Library) -> None:
    (library.folder / "Model").mkdir(parents=True)

    model = library.bring(Way.COPY)

    assert model.path.name == "Model-2"
    assert list((library.folder / "Model").iterdir()) == []


# --- the same weights --------------------------------------------------------------------


def test_the_same_weights_are_said_and_nothing_is_copied(library: Library, tmp_path: Path) -> None:
    first = library.bring(Way.COPY)
    other = tmp_path / "elsewhere" / "Other name"
    shutil.copytree(library.source, other)
    (other / "model.safetensors").rename(other / "moved.safetensors")
    (other / "moved.safetensors").rename(other / "model.safetensors")

    events = library.run(library.plan(Way.COPY, other))

    last = events[-1]
    assert isinstance(last, SameWeights)
    assert last.model.id == first.id
    assert [one.name for one in library.folder.iterdir()] == ["Model"]
    size = (other / "model.safetensors").stat().st_size
    totals = {event.total_bytes for event in events if isinstance(event, JobProgress)}
    assert totals == {size}, "the hashes of the copy are known, and need not be computed"


def test_what_was_known_of_weights_that_changed_since_is_not_believed(
    library: Library, tmp_path: Path
) -> None:
    """The copy here lost a byte where no spot is looked at; the one on the stick is whole."""
    model = library.bring(Way.COPY)
    other = shutil.copytree(library.source, tmp_path / "stick" / "Other")
    weights = model.path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 14 + 8_192] ^= 1
    weights.write_bytes(content)

    whole = library.bring(Way.COPY, other)

    assert whole.path == library.folder / "Other"
    assert hashes(whole.path) == hashes(other)


@pytest.mark.parametrize("change", ["first byte", "touched", "cut and grown again"])
def test_bytes_that_were_read_already_may_not_change_either(library: Library, change: str) -> None:
    weights = library.source / "model.safetensors"
    size = weights.stat().st_size
    begun = sum(one.stat().st_size for one in library.source.iterdir() if one.name < weights.name)
    is_done = False

    def write(event: object) -> None:
        nonlocal is_done
        if is_done or not isinstance(event, JobProgress) or event.done_bytes < begun + 100_000:
            return
        is_done = True
        with weights.open("r+b") as stream:
            if change == "cut and grown again":
                stream.truncate(10)
                stream.truncate(size)
            elif change == "first byte":
                stream.write(b"!")
        os.utime(weights, ns=(0, 0))

    with pytest.raises(ImportChangedError):
        library.run(library.plan(Way.COPY), heard=write)

    assert is_done
    assert library.own == []


def test_the_same_weights_that_the_job_before_brought_are_not_copied_again(
    library: Library, tmp_path: Path
) -> None:
    """Both were found, and both were planned, before one of them was here."""
    other = shutil.copytree(library.source, tmp_path / "stick" / "Other")
    plans = [library.plan(Way.COPY), library.plan(Way.COPY, other)]

    library.run(plans[0])
    events = library.run(plans[1])

    assert events[-1] == SameWeights(library.own[0])
    assert [one.name for one in library.folder.iterdir()] == ["Model"]


def test_the_same_weights_in_a_move_leave_the_source_where_it_is(
    library: Library, tmp_path: Path
) -> None:
    library.bring(Way.COPY)

    events = library.run(library.plan(Way.MOVE))

    assert isinstance(events[-1], SameWeights)
    assert library.source.is_dir()


@pytest.mark.parametrize("position", [0.3, 0.5, 0.99])
def test_weights_of_the_same_size_that_differ_in_one_byte_are_copied(
    library: Library, tmp_path: Path, position: float
) -> None:
    library.bring(Way.COPY)
    other = tmp_path / "elsewhere" / "Other"
    shutil.copytree(library.source, other)
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[int(len(weights) * position)] ^= 1
    (other / "model.safetensors").write_bytes(weights)

    model = library.bring(Way.COPY, other)

    assert model.path == library.folder / "Other"
    assert hashes(model.path) == hashes(other)


def test_a_model_that_is_listed_where_it_lies_can_be_copied(library: Library) -> None:
    """As one on a medium that will be taken out again."""
    library.bring(Way.LINK)

    model = library.bring(Way.COPY)

    assert model.path == library.folder / "Model"


# --- ended, and going on -----------------------------------------------------------------


def test_a_paused_import_goes_on_and_reads_nothing_twice_but_a_part_of_a_file(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused(library)
    assert library.own == []
    read: list[str] = []

    def opened(file: Path, flags: int = os.O_RDONLY) -> object:
        if not flags & os.O_WRONLY:
            read.append(file.name)
        return open_plain(file, flags)

    monkeypatch.setattr(copying, "open_plain", opened)

    events = library.run(library.plan(Way.COPY))

    (resumed,) = (event for event in events if isinstance(event, Resumed))
    small = sum(
        (library.source / name).stat().st_size for name in ("config.json", "generation_config.json")
    )
    assert resumed.kept_bytes >= 196_608 + small  # three chunks of 64 KiB, and what came before
    assert resumed.read_again_bytes == resumed.kept_bytes - small
    assert "config.json" not in read
    assert read.count("model.safetensors") == 2, "what is there is hashed, the rest is copied"
    assert hashes(library.folder / "Model") == hashes(library.source)


def test_the_bytes_of_an_earlier_run_are_not_trusted_but_by_their_hash(library: Library) -> None:
    paused(library)
    grown = partial_of(library.folder / "Model") / "model" / "model.safetensors"
    content = bytearray(grown.read_bytes())
    content[1000] ^= 1
    grown.write_bytes(content)

    library.bring(Way.COPY)

    assert hashes(library.folder / "Model") == hashes(library.source)


def test_a_cancel_takes_everything_away_that_was_made(library: Library) -> None:
    stop = StopAfter(200_000)

    events = library.run(library.plan(Way.COPY), stop.event, heard=stop)

    assert not any(isinstance(event, InstalledModel) for event in events)
    assert not library.folder.exists()
    assert library.own == []


def test_a_source_that_is_another_one_since_is_copied_anew_and_that_is_said(
    library: Library,
) -> None:
    paused(library)
    (library.source / "generation_config.json").write_text('{"top_k": 7}')

    events = library.run(library.plan(Way.COPY))

    assert any(isinstance(event, BegunAnew) for event in events)
    assert hashes(library.folder / "Model") == hashes(library.source)


@pytest.mark.parametrize("at", [100_000, 480_000])
def test_a_source_that_changes_meanwhile_gives_no_copy(library: Library, at: int) -> None:
    weights = library.source / "model.safetensors"

    def change(event: object) -> None:
        if isinstance(event, JobProgress) and event.done_bytes >= at:
            os.utime(weights, ns=(1, 1))
            (library.source / "tokenizer.model").write_bytes(b"another")

    with pytest.raises(ImportChangedError) as broken:
        library.run(library.plan(Way.COPY), heard=change)

    assert_one_sentence(broken.value)
    assert not library.folder.exists()
    assert library.own == []


def test_a_medium_that_is_pulled_gives_one_sentence_and_the_import_goes_on_with_it_again(
    library: Library,
) -> None:
    away = library.source.with_name("away")

    def pull(event: object) -> None:
        if isinstance(event, JobProgress) and event.done_bytes > 700 and library.source.exists():
            library.source.rename(away)

    with pytest.raises(SourceUnreadableError) as broken:
        library.run(library.plan(Way.COPY), heard=pull)

    assert_one_sentence(broken.value)
    assert library.own == []
    (half,) = unfinished([library.folder])
    assert half.done_bytes > 0
    with pytest.raises(SourceUnreadableError):
        library.run(resume_plan(half))
    away.rename(library.source)
    events = library.run(resume_plan(half))
    assert isinstance(events[-1], InstalledModel)
    assert any(isinstance(event, Resumed) for event in events)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("way", [Way.COPY, Way.MOVE])
def test_a_drive_that_takes_no_more_gives_one_sentence_and_keeps_what_it_has(
    library: Library, monkeypatch: pytest.MonkeyPatch, number: int, way: Way
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    before = hashes(library.source)
    drive = FailingDrive(250_000, number)
    monkeypatch.setattr(copying, "open_plain", drive.open_plain)

    with pytest.raises(TargetUnwritableError) as broken:
        library.run(library.plan(way))

    assert_one_sentence(broken.value)
    assert os.strerror(number) in broken.value.message
    assert hashes(library.source) == before
    assert library.own == []
    grown = partial_of(library.folder / "Model") / "model" / "model.safetensors"
    assert grown.stat().st_size == 196_608, "what counts is kept, the rest given back"
    drive.room = 10**9
    assert isinstance(library.run(library.plan(way))[-1], InstalledModel)


@pytest.mark.parametrize("at", [0, 100_000, 488_000])
def test_a_target_whose_drive_vanishes_is_not_made_anew_where_it_was_mounted(
    library: Library, tmp_path: Path, at: int
) -> None:
    away = tmp_path / "unplugged"

    def pull(event: object) -> None:
        if isinstance(event, JobProgress) and event.done_bytes >= at and not away.exists():
            library.folder.rename(away)
            library.folder.mkdir()  # what a drive is mounted on stays

    with pytest.raises(TargetUnwritableError) as broken:
        library.run(library.plan(Way.COPY), heard=pull)

    assert_one_sentence(broken.value)
    assert list(library.folder.iterdir()) == []
    assert library.own == []
    library.folder.rmdir()
    away.rename(library.folder)
    assert isinstance(library.run(library.plan(Way.COPY))[-1], InstalledModel)


def test_a_file_larger_than_the_drive_allows_says_so(library: Library) -> None:
    """As FAT32 does at 4 GiB; a limit of this process does the same."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(TargetUnwritableError) as broken:
            library.run(library.plan(Way.COPY))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "FAT32" in str(broken.value.hint)
    assert isinstance(library.run(library.plan(Way.COPY))[-1], InstalledModel)


def test_two_imports_of_one_target_do_not_meet(library: Library) -> None:
    plan = library.plan(Way.COPY)
    first = run_import(library.store, library.manifests, plan, threading.Event())
    next(first)

    with pytest.raises(CopyTakenError) as refused:
        library.run(plan)

    assert_one_sentence(refused.value)
    *_, model = first
    assert isinstance(model, InstalledModel)
    assert hashes(model.path) == hashes(library.source)


def test_a_target_that_somebody_made_meanwhile_stays(library: Library) -> None:
    plan = library.plan(Way.COPY)
    plan.target.mkdir(parents=True)
    (plan.target / "mine").write_text("mine")

    with pytest.raises(ImportRefusedError, match="exists already"):
        library.run(plan)

    assert [one.name for one in plan.target.iterdir()] == ["mine"]
    assert not partial_of(plan.target).exists()


def test_room_is_looked_for_again_when_it_begins(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = library.plan(Way.COPY)
    usage = shutil.disk_usage(library.source)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))

    with pytest.raises(DiskFullError):
        library.run(plan)

    assert not partial_of(plan.target).exists()


# --- links and moves ---------------------------------------------------------------------


def test_a_link_writes_nothing_into_the_source_and_lists_it_there(library: Library) -> None:
    before = {one.name: one.stat().st_mtime_ns for one in library.source.iterdir()}
    own = library.source.stat().st_mtime_ns

    model = library.bring(Way.LINK)

    assert (model.path, model.is_copied) == (library.source, False)
    assert {one.name: one.stat().st_mtime_ns for one in library.source.iterdir()} == before
    assert library.source.stat().st_mtime_ns == own
    assert not library.folder.exists()
    assert library.manifests.read(model.id) is not None


def test_linking_a_model_again_forgets_nothing_that_is_known_of_its_files(
    library: Library,
) -> None:
    model = library.bring(Way.COPY)
    known = library.manifests.read(model.id)
    (model.path / "config.json").touch()

    assert library.bring(Way.LINK, model.path) == model

    assert known is not None
    assert library.manifests.read(model.id) == known


@pytest.mark.parametrize("way", list(Way))
def test_a_model_that_is_listed_is_a_success_although_nothing_can_be_kept_of_it(
    library: Library, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    def full(*_: object) -> None:
        raise IntegrityError("What is known cannot be kept.")

    monkeypatch.setattr(ManifestStore, "write", full)
    plan = library.plan(way)

    if way is Way.LINK:
        assert isinstance(library.run(plan)[-1], InstalledModel)
        return
    with pytest.raises(IntegrityError):
        library.run(plan)
    (half,) = unfinished([library.folder])
    assert half.is_whole
    monkeypatch.undo()
    assert isinstance(library.run(resume_plan(half))[-1], InstalledModel)


def test_to_link_a_listed_folder_again_forgets_nothing_of_what_verifying_found(
    library: Library,
) -> None:
    model = library.bring(Way.LINK)
    file = library.source / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    verified(library, model)
    library.manifests.override(model.id, "ann")
    before = library.manifests.kept(model.id)

    assert library.bring(Way.LINK) == model
    assert before is not None
    assert before.verification is not None
    assert before.verification.has_failed
    assert library.manifests.kept(model.id) == before


def test_a_move_on_one_drive_copies_nothing(library: Library) -> None:
    before, inode = hashes(library.source), (library.source / "model.safetensors").stat().st_ino

    plan = library.plan(Way.MOVE)
    model = library.run(plan)[-1]

    assert isinstance(model, InstalledModel)
    assert (plan.is_renamed, plan.needed_bytes) == (True, 0)
    assert (model.path / "model.safetensors").stat().st_ino == inode
    assert hashes(model.path) == before
    assert not library.source.exists()
    assert [one.name for one in library.folder.iterdir()] == ["Model"]


def test_a_move_to_another_drive_takes_away_what_it_brought_and_nothing_else(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    before = hashes(library.source)
    (library.source / ".git").mkdir()

    events = library.run(library.plan(Way.MOVE))

    steps = {event.step for event in events if isinstance(event, JobProgress)}
    assert steps == {JobStep.WRITE, JobStep.CHECK}
    assert hashes(library.folder / "Model") == before
    assert [one.name for one in library.source.iterdir()] == [".git"]


def test_a_rename_that_the_system_refuses_becomes_a_copy(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As between two parts of one drive that are mounted apart."""

    def refused(source: Path, target: Path) -> None:
        if source == library.source:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(running, "rename", refused)
    before = hashes(library.source)

    model = library.bring(Way.MOVE)

    assert hashes(model.path) == before
    assert not library.source.exists()


def test_a_copy_that_reads_back_otherwise_leaves_the_source(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    before = hashes(library.source)
    grown = partial_of(library.folder / "Model") / "model" / "tokenizer.model"

    def rot(event: object) -> None:
        if (
            isinstance(event, JobProgress)
            and event.step is JobStep.CHECK
            and event.done_bytes < 900
        ):
            grown.write_bytes(grown.read_bytes()[:-1] + b"!")

    with pytest.raises(BadCopyError):
        library.run(library.plan(Way.MOVE), heard=rot)

    assert hashes(library.source) == before
    assert not library.folder.exists()


def test_a_source_that_cannot_be_taken_away_is_said_and_the_copy_is_listed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent == library.source:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)

    with pytest.raises(ImportBrokenError) as broken:
        library.run(library.plan(Way.MOVE))

    assert_one_sentence(broken.value)
    assert [one.path for one in library.own] == [library.folder / "Model"]
    (half,) = unfinished([library.folder])
    assert (half.is_whole, half.is_listed) == (True, True)
    monkeypatch.undo()
    library.run(resume_plan(half))
    assert not library.source.exists()
    assert unfinished([library.folder]) == []


@pytest.mark.parametrize("at", [None, 200_000])
def test_a_drive_that_is_pulled_before_its_import_begins_is_not_written_to(
    library: Library, monkeypatch: pytest.MonkeyPatch, at: int | None
) -> None:
    """A job waits, and where the drive was mounted an empty folder is left."""
    drive = library.folder.parent / "stick"
    drive.mkdir()
    library.folder = drive / "models"
    is_mount = os.path.ismount
    with monkeypatch.context() as here:
        here.setattr(os.path, "ismount", lambda path: Path(path) == drive or is_mount(path))
        if at is None:
            plan = library.plan(Way.COPY)
        else:
            paused(library, at=at)
            (half,) = unfinished([library.folder])
            plan = resume_plan(half)
            library.folder.rename(library.folder.parent.parent / "on the stick")

    with pytest.raises(ImportRefusedError) as refused:
        library.run(plan)

    assert_one_sentence(refused.value)
    assert str(drive) in refused.value.message
    assert list(drive.iterdir()) == []


def test_a_source_that_is_pulled_before_it_is_taken_away_is_said_and_taken_away_later(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    elsewhere = library.source.with_name("in a pocket")

    def pull(event: object) -> None:
        match event:
            case JobProgress(JobStep.CHECK, done, total) if done == total:
                library.source.rename(elsewhere)

    with pytest.raises(ImportBrokenError) as broken:
        library.run(library.plan(Way.MOVE), heard=pull)
    assert_one_sentence(broken.value)
    assert [one.path for one in library.own] == [library.folder / "Model"]

    elsewhere.rename(library.source)
    (half,) = unfinished([library.folder])
    library.run(resume_plan(half))
    assert not library.source.exists()
    assert unfinished([library.folder]) == []


def test_two_imports_that_begin_at_the_same_instant_are_one_and_a_refusal(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = library.plan(Way.COPY)
    other = run_import(library.store, library.manifests, plan, threading.Event())
    take = Claim.take
    refused = []

    def meanwhile(claim: Claim) -> None:
        monkeypatch.setattr(Claim, "take", take)
        take(claim)
        try:
            next(other)
        except CopyTakenError as error:
            refused.append(error)

    monkeypatch.setattr(Claim, "take", meanwhile)
    for run in (library.run(plan), other):
        refused += [one for one in run if isinstance(one, CopyTakenError)]

    assert len(refused) == 1
    assert hashes(library.folder / "Model") == hashes(library.source)


@pytest.mark.parametrize("inner", ["", "model"])
def test_what_an_import_has_made_so_far_is_neither_found_nor_listed(
    library: Library, inner: str
) -> None:
    """All of its files may be there, and only its last bytes be missing."""
    grown = library.folder / "Model.partial" / inner
    shutil.copytree(library.source, grown)

    for way in Way:
        with pytest.raises(ImportRefusedError) as refused:
            plan_import(library.store, grown, way, library.folder.with_name("other"))
        assert_one_sentence(refused.value)
    with pytest.raises(InvalidRequestError) as wrong:
        library.store.add(grown)
    assert_one_sentence(wrong.value)
    (passed_over,) = find(library.store, [grown], cancel=threading.Event())
    assert isinstance(passed_over, PassedOver)


# --- the policy --------------------------------------------------------------------------


def test_a_policy_that_came_meanwhile_stops_an_import_that_was_planned(
    library: Library, tmp_path: Path
) -> None:
    plan = library.plan(Way.COPY)
    write_policy(tmp_path, "import: false\n")

    with pytest.raises(PolicyError) as refused:
        library.run(plan)

    assert_one_sentence(refused.value)
    assert not library.folder.exists()
