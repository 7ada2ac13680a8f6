"""A copy is complete or absent, whatever happens, and its target is nobody else's."""

from __future__ import annotations

import errno
import functools
import importlib.metadata
import itertools
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import MANIFEST
from backends.copying import folder_writer
from backends.copying.copy_plan import plain_plan
from backends.copying.folder_writer import write_copy
from backends.copying.safetensors_writer import plan_shards
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import CopyTakenError, DiskFullError, SourceChangedError, UserFacingError
from backends.events import CopyReady, JobProgress, JobStep
from backends.files import partial_folder
from backends.licences.licence_files import CHANGES_FILE
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from tests.helpers import goldens, quantized
from tests.helpers.copies import (
    QUANTIZED,
    SMALL_SHARD,
    assert_nothing,
    child,
    copy,
    digests,
    linux,
    plan,
    refusal,
)
from tests.helpers.sentences import assert_one_sentence


@pytest.fixture
def own_source(tmp_path: Path) -> Path:
    """One in two shards, which a test may change."""
    checkpoint = goldens.checkpoint("b2-7b", "safetensors")
    return quantized.write_folder(
        tmp_path / "source", quantized.state_of(checkpoint), checkpoint.folder, shards=2
    )


# --- files -------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_shards")
def test_a_copy_has_the_files_of_a_model_and_no_others(source: Path, out: Path) -> None:
    copy(source, out)

    names = {file.name for file in out.iterdir()}
    shards = {name for name in names if name.endswith(".safetensors")}
    assert shards == {f"model-{i:05}-of-00005.safetensors" for i in range(1, 6)}
    assert names - shards == {
        "config.json", "generation_config.json", "model.safetensors.index.json", MANIFEST,
        CHANGES_FILE, "special_tokens_map.json", "tokenizer.model", "tokenizer_config.json",
    }  # fmt: skip
    assert [file.name for file in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("precision", [*QUANTIZED, None])
@pytest.mark.usefixtures("small_shards")
def test_two_copies_are_the_same_bytes(
    precision: Precision | None, source: Path, tmp_path: Path
) -> None:
    copy(source, tmp_path / "a", precision)
    copy(source, tmp_path / "b", precision)

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


@pytest.mark.usefixtures("small_shards")
def test_the_manifest_lists_every_other_file(source: Path, out: Path) -> None:
    copy(source, out)

    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    contents = digests(out)
    del contents[MANIFEST]
    assert manifest["schema_version"] == 1
    assert manifest["files"] == {
        name: {"size": (out / name).stat().st_size, "sha256": digest}
        for name, digest in contents.items()
    }


def test_the_manifest_says_where_the_copy_comes_from(out: Path) -> None:
    source = goldens.folder("b2-7b", "sharded")
    copy(source, out, Precision.FP4)

    provenance = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["provenance"]
    weights = {name: d for name, d in digests(source).items() if name.endswith(".bin")}
    assert provenance["source"] == {"folder": source.name, "sha256": weights}
    assert len(weights) == 3
    assert provenance["options"] == {
        "precision": "fp4", "block_size": 64, "double_quantization": True
    }  # fmt: skip
    for library in ("torch", "bitsandbytes"):
        assert provenance["versions"][library] == importlib.metadata.version(library)


@pytest.mark.usefixtures("small_shards")
def test_progress_reaches_its_end(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)

    *progress, ready = write_copy(checkpoint, plan(checkpoint, Precision.NF4), out)

    steps = [event.step for event in progress if isinstance(event, JobProgress)]
    assert len(steps) == len(progress)
    assert list(dict.fromkeys(steps)) == ["hash", "write", "check"]
    for step in ("hash", "write"):
        mine = [e for e in progress if isinstance(e, JobProgress) and e.step == step]
        assert [e.done_bytes for e in mine] == sorted(e.done_bytes for e in mine)
        assert mine[-1].done_bytes == mine[-1].total_bytes
    assert ready == CopyReady(str(out), Checkpoint.open(out).bytes_on_disk)


def test_a_folder_on_the_way_is_made(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "new" / "folder" / "copy")

    assert (tmp_path / "new" / "folder" / "copy" / MANIFEST).is_file()


# --- cancelled ---------------------------------------------------------------------------


@pytest.mark.usefixtures("small_shards")
def test_a_cancel_at_any_event_takes_everything_away(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)
    total = len(list(write_copy(checkpoint, plan(checkpoint, Precision.NF4), out)))
    shutil.rmtree(out)

    for events in range(1, total):  # the last event is `CopyReady`
        job = write_copy(checkpoint, plan(checkpoint, Precision.NF4), out)
        for _ in range(events):
            next(job)
        job.close()

        assert_nothing(out)


def test_a_cancel_of_the_engines_job_takes_everything_away(source: Path, out: Path) -> None:
    cancel = threading.Event()
    events = []

    request = CopyRequest(str(source), str(out), Precision.NF4)
    for event in run_request(Engine(), request, cancel):
        events.append(event)
        if isinstance(event, JobProgress) and event.step is JobStep.WRITE:
            cancel.set()

    assert isinstance(events[-1], JobProgress)
    assert_nothing(out)


def test_a_cancel_takes_the_folders_around_it_away_too(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)
    job = write_copy(checkpoint, plan(checkpoint, Precision.NF4), out / "new" / "newer" / "copy")
    next(job)
    assert (out / "new" / "newer").is_dir()

    job.close()

    assert_nothing(out)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_a_target_that_is_not_utf_8_is_refused_before_the_work(source: Path, out: Path) -> None:
    target = out.with_name(os.fsdecode(b"copy\xff"))
    checkpoint = Checkpoint.open(source)
    job = write_copy(checkpoint, plan(checkpoint, Precision.NF4), target)

    message = refusal(lambda: next(job))

    assert message == "The path of the folder is not UTF-8."
    assert_nothing(out)


def test_a_target_is_listed_without_detours(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)

    *_, ready = write_copy(
        checkpoint, plan(checkpoint, Precision.NF4), out / "a" / ".." / "b" / "copy"
    )

    assert isinstance(ready, CopyReady)
    assert ready.folder == str(out / "b" / "copy")
    assert not (out / "a").exists()


def test_the_home_of_nobody_is_a_name_like_any_other(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.mkdir()
    monkeypatch.chdir(out)
    checkpoint = Checkpoint.open(source)

    *_, ready = write_copy(
        checkpoint, plan(checkpoint, Precision.NF4), Path("~nobody-of-this-name/copy")
    )

    assert isinstance(ready, CopyReady)
    assert ready.folder == str(out / "~nobody-of-this-name" / "copy")


@pytest.mark.skipif(sys.platform == "win32", reason="needs rights for links there")
def test_a_target_that_is_no_place(source: Path, out: Path) -> None:
    """Told before the work is done, and as a sentence."""
    loop, dangling = out.parent / "loop", out.parent / "dangling"
    loop.symlink_to(loop)
    dangling.symlink_to(out.parent / "gone")
    before = sorted(out.parent.iterdir())

    for target in (loop, dangling, out.parent / "x" / ".." / "dangling"):
        assert "exists already" in refusal(functools.partial(copy, source, target))
    for target in (loop / "copy", out.parent / "a\0b"):
        assert "cannot be written to" in refusal(functools.partial(copy, source, target))
    assert sorted(out.parent.iterdir()) == before


@linux
def test_a_relative_target_in_a_folder_that_is_gone(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint.open(source)
    gone = out.parent / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    job = write_copy(checkpoint, plan(checkpoint, None), Path("copy"))
    assert "cannot be written to" in refusal(lambda: list(job))


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", None])
def test_a_config_that_changes_as_the_job_begins(
    content: bytes | None, own_source: Path, out: Path
) -> None:
    checkpoint = Checkpoint.open(own_source)
    job = write_copy(checkpoint, plan(checkpoint, None), out)
    if content is None:
        (own_source / "config.json").unlink()
    else:
        (own_source / "config.json").write_bytes(content)

    assert "config.json" in refusal(lambda: list(job), SourceChangedError)
    assert_nothing(out)


@linux
def test_a_second_run_that_cannot_begin_leaves_the_first_ones_work(
    own_source: Path, out: Path
) -> None:
    checkpoint = Checkpoint.open(own_source)
    first, second = (write_copy(checkpoint, plan(checkpoint, None), out) for _ in range(2))
    next(first)
    config = own_source / "config.json"
    config.rename(own_source / "aside")

    refusal(lambda: next(second), CopyTakenError)

    (own_source / "aside").rename(config)
    *_, ready = first
    assert isinstance(ready, CopyReady)


def test_a_tokenizer_that_cannot_be_read_is_not_a_target_that_cannot_be_written(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint.open(source)
    job = write_copy(checkpoint, plan(checkpoint, None), out)
    opened = os.open

    def failing(path: str | Path, *arguments: Any, **options: Any) -> int:
        if Path(path).name == "tokenizer.model":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return opened(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing)
        message = refusal(lambda: list(job))
    assert message == "“tokenizer.model” cannot be read: Input/output error."
    assert_nothing(out)


def test_a_job_that_a_power_cut_left_unreadable_begins_anew(source: Path, out: Path) -> None:
    partial = out.with_name(f"{out.name}.partial")
    partial.mkdir()
    (partial / "job.json").write_bytes(b"\xff\xfe\0")

    copy(source, out)


def test_the_engine_copies(source: Path, out: Path) -> None:
    request = CopyRequest(str(source), str(out), Precision.INT8)
    *_, last = run_request(Engine(), request, threading.Event())

    assert isinstance(last, CopyReady)
    assert Checkpoint.open(Path(last.folder)).stored is Precision.INT8


# --- killed ------------------------------------------------------------------------------


@linux
@pytest.mark.usefixtures("small_shards")
def test_a_kill_leaves_the_complete_copy_or_nothing(source: Path, tmp_path: Path) -> None:
    helper = "tests.helpers.killed_copy"
    reference = tmp_path / "reference"
    (total,) = map(int, child(helper, source, reference, "4bit", SMALL_SHARD))
    expected = digests(reference)
    assert total > 60
    # Twenty over the whole, and the end, where small files are written and names are given.
    points = sorted({*range(1, total, total // 20), *range(total - 8, total + 1)})
    killed = tmp_path / "killed"
    killed.mkdir()

    ends = child(helper, source, killed, "4bit", SMALL_SHARD, *points)

    assert ends == [f"{point} {-signal.SIGKILL}" for point in points]
    complete = taken_up = 0
    for point in points:
        out = killed / str(point) / "copy"
        partial = out.with_name("copy.partial")
        assert {file.name for file in out.parent.iterdir()} <= {"copy", "copy.partial"}
        if out.exists():  # killed after the copy had got its name
            complete += 1
            assert digests(out) == expected
            continue
        stamps = {
            file.name: (file.stat().st_ino, file.stat().st_mtime_ns)
            for file in partial.glob("*.safetensors")
        }
        resumable = (partial / "job.json").exists()

        copy(source, out)

        assert digests(out) == expected
        assert [file.name for file in out.parent.iterdir()] == ["copy"]
        if resumable:
            for name, stamp in stamps.items():  # a shard that was whole is not written again
                status = (out / name).stat()
                assert (status.st_ino, status.st_mtime_ns) == stamp
            taken_up += bool(stamps)
    assert taken_up > 10
    assert complete >= 1


def interrupted(source: Path, out: Path, precision: Precision, *, writes: int) -> Path:
    """What a run that was killed after `writes` tensors leaves."""
    checkpoint = Checkpoint.open(source)
    partial = out.with_name(out.name + ".partial")
    job = write_copy(checkpoint, plan(checkpoint, precision), out)
    seen = 0
    for event in job:
        seen += isinstance(event, JobProgress) and event.step is JobStep.WRITE
        if seen == writes:
            break
    shutil.copytree(partial, out.parent / "kept")
    job.close()
    (out.parent / "kept").rename(partial)
    return partial


def inodes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in folder.glob("*.safetensors")}


@pytest.mark.usefixtures("small_shards")
def test_an_interrupted_copy_is_taken_up(source: Path, out: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "reference")
    before = inodes(interrupted(source, out, Precision.NF4, writes=56))

    copy(source, out)

    assert len(before) == 3
    assert before.items() <= inodes(out).items()
    assert digests(out) == digests(tmp_path / "reference")


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("difference", ["source", "precision", "versions"])
def test_an_interrupted_copy_of_something_else_is_begun_anew(
    difference: str, own_source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Precision.FP4 if difference == "precision" else Precision.NF4
    before = inodes(interrupted(own_source, out, first, writes=56))
    if difference == "source":
        shard = next(own_source.glob("*.safetensors"))
        os.utime(shard, ns=(1, 1))
    if difference == "versions":
        monkeypatch.setattr(folder_writer, "versions_of", lambda _: {"torch": "0"})

    checkpoint = copy(own_source, out)

    # An inode may be given again: what counts is that nothing of the other job is in the copy.
    assert before
    assert checkpoint.stored is Precision.NF4
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert {n: f["sha256"] for n, f in manifest["files"].items()} | {
        MANIFEST: digests(out)[MANIFEST]
    } == digests(out)
    shutil.rmtree(out)
    copy(own_source, out)
    assert digests(out)[MANIFEST]


@pytest.mark.usefixtures("small_shards")
def test_a_shard_that_was_being_written_is_written_again(source: Path, out: Path) -> None:
    partial = interrupted(source, out, Precision.NF4, writes=56)
    (unfinished,) = partial.glob("*.tmp")
    unfinished.write_bytes(b"half")

    copy(source, out)

    assert not list(out.glob("*.tmp"))


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_something_else_with_the_name_of_the_partial_copy_stays(
    kind: str, source: Path, out: Path
) -> None:
    partial = out.with_name(out.name + ".partial")
    mine = partial
    if kind == "folder":
        partial.mkdir()
        mine = partial / "thesis.txt"
    mine.write_text("mine", encoding="utf-8")

    message = refusal(lambda: copy(source, out))

    assert message == f"“{partial}” exists already."
    assert mine.read_text(encoding="utf-8") == "mine"


# --- bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file"])
def test_a_target_that_exists_stays_as_it_is(kind: str, source: Path, out: Path) -> None:
    if kind == "file":
        out.write_text("mine", encoding="utf-8")
    else:
        out.mkdir()
    if kind == "folder":
        (out / "mine").write_text("mine", encoding="utf-8")
    before = digests(out.parent)

    message = refusal(lambda: copy(source, out))

    assert message == f"“{out}” exists already."
    assert digests(out.parent) == before


def test_the_source_is_no_target(source: Path) -> None:
    assert "exists already" in refusal(lambda: copy(source, source))


def test_a_drive_without_room_is_refused_before_a_byte_is_written(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(source)._replace(free=50 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    message = refusal(lambda: copy(source, out), DiskFullError)

    assert message == (f"The copy needs 0.1 GiB in “{out.parent}”, but only 0.0 GiB is free there.")
    assert_nothing(out)


@pytest.mark.usefixtures("small_shards")
def test_only_what_is_still_to_be_written_needs_room(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(source, out, Precision.NF4, writes=56)
    checkpoint = Checkpoint.open(source)
    groups = [group.specs for group in plan(checkpoint, Precision.NF4).groups]
    shards = plan_shards(groups, SMALL_SHARD)
    sizes = [sum(spec.nbytes for spec in shard.tensors) for shard in shards]
    rest = sum(sizes[3:]) + partial_folder.SPARE_BYTES
    usage = shutil.disk_usage(source)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=rest))

    assert copy(source, out).stored is Precision.NF4


@pytest.mark.parametrize("call", range(9))
@pytest.mark.usefixtures("small_shards")
def test_a_drive_that_fills_up_meanwhile(
    call: int, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it shows in a shard or in a small file after them."""
    real, calls = os.fsync, itertools.count()

    def fsync(descriptor: int) -> None:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)

    message = refusal(lambda: copy(source, out))

    assert message == (
        f"The copy cannot be written to “{out.parent}”: {os.strerror(errno.ENOSPC)}."
    )
    assert_nothing(out)


def test_a_folder_that_cannot_be_written_to(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by a stand-in: tests may run as root, whom no folder refuses."""
    real = Path.mkdir

    def mkdir(self: Path, *arguments: Any, **options: Any) -> None:
        if self.suffix == ".partial":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        real(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)

    message = refusal(lambda: copy(source, out))

    assert message == (
        f"The copy cannot be written to “{out.parent}”: {os.strerror(errno.EACCES)}."
    )
    assert_nothing(out)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_really_cannot_be_written_to(source: Path, out: Path) -> None:
    out.parent.chmod(0o555)

    assert "cannot be written to" in refusal(lambda: copy(source, out))
    assert_nothing(out)


def test_a_target_below_a_file(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    assert "cannot be written" in refusal(lambda: copy(source, tmp_path / "file" / "copy"))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def append(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"more")


def rewrite(file: Path) -> None:
    """The same size, as a download that is begun again."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(1, 1))  # a test is faster than the clock of a file system


def replace(file: Path) -> None:
    shutil.copy(file, file.with_name("new"))
    os.utime(file.with_name("new"), ns=(1, 1))
    file.with_name("new").replace(file)


@pytest.mark.parametrize("change", [truncate, append, rewrite, replace, Path.unlink])
@pytest.mark.parametrize("step", ["hash", "write", "check"])
@pytest.mark.parametrize("precision", [Precision.NF4, None])
@pytest.mark.usefixtures("small_shards")
def test_a_source_that_changes_meanwhile(
    change: Callable[[Path], object],
    step: str,
    precision: Precision | None,
    own_source: Path,
    out: Path,
) -> None:
    checkpoint = Checkpoint.open(own_source)
    shard = own_source / "model-00002-of-00002.safetensors"
    job = write_copy(checkpoint, plan(checkpoint, precision), out)

    def run() -> None:
        for event in job:
            if isinstance(event, JobProgress) and event.step == step and shard not in changed:
                changed.append(shard)
                change(shard)

    changed: list[Path] = []
    with pytest.raises(UserFacingError) as caught:
        run()

    assert_one_sentence(caught.value)
    assert shard.name in caught.value.message
    if change is not truncate:
        assert type(caught.value) is SourceChangedError
    assert_nothing(out)


def test_a_source_that_is_gone_before_it_begins(own_source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(own_source)
    copy_plan = plan(checkpoint, Precision.NF4)
    shutil.rmtree(own_source)

    refusal(lambda: list(write_copy(checkpoint, copy_plan, out)), SourceChangedError)

    assert_nothing(out)


def test_a_bug_leaves_nothing_either(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    monkeypatch.setattr(folder_writer, "write_shard", broken)

    with pytest.raises(ZeroDivisionError):
        copy(source, out)

    assert_nothing(out)


# --- other runs and other folders --------------------------------------------------------


class NamedLocks:
    """Locks as Windows has them: by a name beside the folder, which need not be there yet."""

    def __init__(self) -> None:
        self.taken: set[Path] = set()

    def take(self, folder: Path) -> Callable[[], object]:
        if not folder.parent.exists():
            raise FileNotFoundError(folder)
        if folder in self.taken:
            raise BlockingIOError(folder)
        self.taken.add(folder)
        return lambda: self.taken.remove(folder)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_second_run_leaves_the_first_alone(
    out: Path, by_name: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = NamedLocks()
    if by_name:
        monkeypatch.setattr(partial_folder, "lock_folder", locks.take)
    source = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    first = write_copy(source, plain_plan(source), out)
    next(first)

    message = refusal(lambda: list(write_copy(source, plain_plan(source), out)), CopyTakenError)

    assert message == f"“{out}” is being written by another run."
    *_, ready = first
    assert isinstance(ready, CopyReady)
    assert Checkpoint.open(out).config == source.config
    assert [file.name for file in out.parent.iterdir()] == [out.name]
    assert not locks.taken


def test_a_model_that_somebody_named_like_an_unfinished_copy_stays(out: Path) -> None:
    folder = goldens.folder("b2-7b", "safetensors")
    shutil.copytree(folder, out.with_name(f"{out.name}.partial"))
    before = digests(out.parent)

    assert "exists already" in refusal(lambda: copy(folder, out, None))

    assert digests(out.parent) == before


def test_the_root_of_a_drive_is_no_new_folder() -> None:
    folder = goldens.folder("b2-7b", "safetensors")

    assert refusal(lambda: copy(folder, Path("/"), None)) == "“/” exists already."
