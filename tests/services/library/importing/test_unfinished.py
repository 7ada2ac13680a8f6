"""What ended imports left: found, gone on with, taken away; whatever lies in a model folder."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    CopyTakenError,
    DamagedCheckpointError,
    ImportRefusedError,
    TargetUnwritableError,
)
from backends.events import JobProgress
from backends.files.partial_folder import partial_of
from backends.operating_system import rename
from baichuan_desktop.services.library.importing import running, targets
from baichuan_desktop.services.library.importing.journal import FILES, NAME, Journal
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.unfinished import (
    discard,
    resume_plan,
    unfinished,
)
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.registry import InstalledModel
from tests.helpers.imports import Library, hashes


@pytest.fixture
def partial(library: Library) -> Path:
    """What an import left that was killed after 200,000 bytes."""
    for event in run_import(
        library.store,
        library.manifests,
        library.plan(Way.COPY),
        threading.Event(),
        chunk_bytes=65_536,
    ):
        if isinstance(event, JobProgress) and event.done_bytes > 200_000:
            break
    return partial_of(library.folder / "Model")


def test_what_is_half_made_is_found_and_not_listed(library: Library, partial: Path) -> None:
    (half,) = unfinished([library.folder, library.folder.parent / "no such folder"])

    assert (half.name, half.way, half.source) == ("Model", Way.COPY, library.source)
    assert half.target == library.folder / "Model"
    assert 190_000 < half.done_bytes < half.total_bytes
    assert not half.is_whole
    assert library.own == []


def test_it_goes_on_in_a_folder_that_was_moved_with_its_drive(
    library: Library, partial: Path, tmp_path: Path
) -> None:
    library.folder.rename(tmp_path / "mounted elsewhere")

    (half,) = unfinished([tmp_path / "mounted elsewhere"])
    model = library.run(resume_plan(half))[-1]

    assert isinstance(model, InstalledModel)
    assert model.path == tmp_path / "mounted elsewhere" / "Model"


@pytest.mark.parametrize("named", ["", "..", "config.json", "pictures"])
def test_the_same_model_named_by_another_path_goes_on(
    library: Library, partial: Path, named: str
) -> None:
    path = library.source.parent if named == ".." else library.source / named
    if named == "pictures":
        path.mkdir()
    (half,) = unfinished([library.folder])

    plan = plan_import(library.store, path, Way.COPY, library.folder)

    assert (plan.target, plan.kept_bytes) == (half.target, half.done_bytes)
    assert isinstance(library.run(plan)[-1], InstalledModel)
    assert unfinished([library.folder]) == []


def test_an_import_that_only_has_to_be_listed_goes_on_from_the_folder_above_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(library.store, "add", fail)
        with pytest.raises(KeyboardInterrupt):
            library.run(library.plan(Way.COPY))

    plan = plan_import(library.store, library.source.parent, Way.COPY, library.folder)

    assert isinstance(library.run(plan)[-1], InstalledModel)
    assert [one.path for one in library.own] == [library.folder / "Model"]


def test_it_is_taken_away_and_the_source_stays(library: Library, partial: Path) -> None:
    before = hashes(library.source)
    (partial / FILES / "link").symlink_to(library.source)
    (half,) = unfinished([library.folder])

    discard(half)

    assert list(library.folder.iterdir()) == []
    assert hashes(library.source) == before
    with pytest.raises(ImportRefusedError):
        discard(half)
    with pytest.raises(ImportRefusedError):
        resume_plan(half)


def test_one_that_runs_is_not_taken_away(library: Library, partial: Path) -> None:
    (half,) = unfinished([library.folder])
    running = run_import(
        library.store, library.manifests, resume_plan(half), threading.Event(), chunk_bytes=65_536
    )
    next(running)

    with pytest.raises(CopyTakenError):
        discard(half)

    *_, model = running
    assert isinstance(model, InstalledModel)


def test_the_only_copy_of_a_move_is_not_taken_away(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(library.store, "add", fail)
        with pytest.raises(KeyboardInterrupt):
            library.run(library.plan(Way.MOVE))
    (half,) = unfinished([library.folder])
    assert (half.is_whole, library.source.exists()) == (True, False)

    with pytest.raises(ImportRefusedError):
        discard(half)

    again = library.plan(Way.MOVE)  # the same command again, although its source is gone
    assert isinstance(library.run(again)[-1], InstalledModel)
    assert unfinished([library.folder]) == []


def test_a_torn_line_costs_that_line(library: Library, partial: Path) -> None:
    journal = partial / NAME
    whole = journal.read_bytes()
    (before,) = unfinished([library.folder])
    journal.write_bytes(whole[: whole.rindex(b"{") + 20])

    (after,) = unfinished([library.folder])

    assert 0 < after.done_bytes < before.done_bytes
    assert isinstance(library.run(resume_plan(after))[-1], InstalledModel)
    assert hashes(library.folder / "Model") == hashes(library.source)


def test_a_folder_in_which_nothing_had_begun_is_taken_away(library: Library) -> None:
    for name, content in (("a", None), ("b", b""), ("c", b'{"version": 1')):
        folder = library.folder / f"{name}.partial"
        folder.mkdir(parents=True)
        if content is not None:
            (folder / NAME).write_bytes(content)

    assert unfinished([library.folder]) == []
    assert list(library.folder.iterdir()) == []


def test_a_journal_of_a_newer_version_is_left_to_it(library: Library) -> None:
    """Of a move on one drive, it is all that tells what is still to be done."""
    folder = library.folder / "Model.partial"
    folder.mkdir(parents=True)
    (folder / NAME).write_text('{"version": 2, "way": "move"}\n')

    assert unfinished([library.folder]) == []
    assert (folder / NAME).read_text() == '{"version": 2, "way": "move"}\n'


def test_a_folder_of_somebody_elses_stays(library: Library) -> None:
    mine = library.folder / "Model.partial"
    mine.mkdir(parents=True)
    (mine / "work.txt").write_text("mine")

    assert unfinished([library.folder]) == []
    model = library.bring(Way.COPY)

    assert model.path.name == "Model-2"
    assert (mine / "work.txt").read_text() == "mine"


def changed(partial: Path, **facts: Any) -> None:
    first, *rest = (partial / NAME).read_text().splitlines(keepends=True)
    line = json.dumps(json.loads(first) | facts) + "\n"
    (partial / NAME).write_text(line + "".join(rest))


@pytest.mark.parametrize(
    "facts",
    [
        {"version": 2},
        {"version": "1"},
        {"way": "steal"},
        {"files": [["../../x", "/etc/passwd", 1, 1]]},
        {"files": [["/etc/x", "/etc/passwd", 1, 1]]},
        {"files": [["a\\..\\x", "/etc/passwd", 1, 1]]},
        {"files": [["x", "/etc/passwd", -1, 1]]},
        {"files": [["x", "/etc/passwd", 1]]},
        {"files": {"x": 1}},
        {"source": 7},
        {"said": [["x", "nobody", None, None, 1, ""]]},
        {"said": 1},
        {"name": ["x"]},
        {"renamed": "yes"},
    ],
)
def test_a_journal_that_no_import_wrote_is_none(
    library: Library, partial: Path, facts: dict[str, Any]
) -> None:
    changed(partial, **facts)

    assert unfinished([library.folder]) == []
    assert partial.is_dir(), "it holds files, so it is somebody's"


@pytest.mark.parametrize(
    "content",
    [b"[" * 5000, b"\xff\xfe\n", b'{"version": ' + b"9" * 10_000 + b"}\n", b"null\n", b"{}\n"],
)
def test_what_is_no_journal_is_none(library: Library, partial: Path, content: bytes) -> None:
    (partial / NAME).write_bytes(content)

    assert unfinished([library.folder]) == []


def test_what_a_journal_says_of_bytes_that_are_not_there_is_not_believed(
    library: Library, partial: Path
) -> None:
    shutil.rmtree(partial / FILES)

    (half,) = unfinished([library.folder])
    model = library.run(resume_plan(half))[-1]

    assert isinstance(model, InstalledModel)
    assert hashes(model.path) == hashes(library.source)


def test_a_journal_is_not_changed_by_looking(library: Library, partial: Path) -> None:
    (partial / NAME).write_bytes((partial / NAME).read_bytes() + b'{"torn')
    before = (partial / NAME).read_bytes()

    unfinished([library.folder])
    assert (partial / NAME).read_bytes() == before
    Journal.go_on(partial)
    assert (partial / NAME).read_bytes() == before.removesuffix(b'{"torn')


@pytest.mark.parametrize("linked", [".", NAME, FILES])
def test_links_in_what_a_stranger_left_are_not_written_through(
    library: Library, partial: Path, tmp_path: Path, linked: str
) -> None:
    """A stick that goes from hand to hand may hold anything."""
    elsewhere = tmp_path / "elsewhere"
    (partial / linked).rename(elsewhere)
    (partial / linked).symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*")), elsewhere.stat().st_mtime_ns

    assert unfinished([library.folder]) == []
    model = library.bring(Way.COPY)

    assert model.path.name == "Model-2"
    assert (sorted(elsewhere.rglob("*")), elsewhere.stat().st_mtime_ns) == before


def test_a_link_for_an_inner_folder_is_not_written_through(
    library: Library, partial: Path, tmp_path: Path
) -> None:
    shutil.rmtree(library.folder)
    (library.source / "zz").mkdir()
    (library.source / "zz" / "notes.txt").write_text("notes")
    plan = library.plan(Way.COPY)
    (tmp_path / "elsewhere").mkdir()

    def swap(event: object) -> None:
        if isinstance(event, JobProgress) and event.done_bytes == 0:
            (partial / FILES / "zz").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(TargetUnwritableError):
        library.run(plan, heard=swap)

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_copy_after_a_rename_that_was_never_made_takes_nothing_away(library: Library) -> None:
    before = hashes(library.source)
    moving = library.plan(Way.MOVE)
    assert moving.is_renamed
    partial = partial_of(moving.target)
    partial.mkdir(parents=True)
    Journal.begin(partial, moving, {})

    model = library.bring(Way.COPY)

    assert model.path == moving.target
    assert hashes(library.source) == hashes(model.path) == before


class _Killed(BaseException):
    """As if the process ended here."""


def _killed(*_: object, **__: object) -> None:
    raise _Killed


def _rename_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """As between two parts of one drive that are mounted apart."""

    def refused(source: Path, target: Path) -> None:
        if source == library.source:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(running, "rename", refused)


@pytest.mark.parametrize("at", ["_listed", "take_away", "remove_partial"])
def test_a_move_whose_rename_was_refused_goes_on_wherever_it_was_killed(
    library: Library, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    _rename_refused(library, monkeypatch)
    before = hashes(library.source)
    moving = library.plan(Way.MOVE)
    with monkeypatch.context() as patched:
        patched.setattr(running, at, _killed)
        with pytest.raises(_Killed):
            library.run(moving)

    (half,) = unfinished([library.folder])
    model = library.run(resume_plan(half))[-1]

    assert half.is_whole
    assert isinstance(model, InstalledModel)
    assert hashes(model.path) == before
    assert not library.source.exists()
    assert unfinished([library.folder]) == []


@pytest.mark.parametrize("at", ["_listed", "take_away", 200_000])
def test_who_asks_for_a_copy_after_a_move_that_was_ended_keeps_the_source(
    library: Library, monkeypatch: pytest.MonkeyPatch, at: str | int
) -> None:
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    before = hashes(library.source)

    def kill_at(event: object) -> None:
        if isinstance(event, JobProgress) and at == 200_000 <= event.done_bytes:
            raise _Killed

    moving = library.plan(Way.MOVE)
    with monkeypatch.context() as patched:
        if isinstance(at, str):
            patched.setattr(running, at, _killed)
        with pytest.raises(_Killed):
            library.run(moving, heard=kill_at)

    copying = library.plan(Way.COPY)
    with monkeypatch.context() as patched:
        patched.setattr(running, "_listed", _killed)
        with pytest.raises(_Killed):
            library.run(copying)  # and this one is killed, too
    (half,) = unfinished([library.folder])
    library.run(resume_plan(half) if isinstance(at, int) else library.plan(Way.COPY))

    assert hashes(library.folder / "Model") == hashes(library.source) == before
    assert unfinished([library.folder]) == []


def test_a_whole_target_that_cannot_be_listed_keeps_what_is_known_of_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hashes(library.source)

    def unreadable(folder: Path, **_: object) -> None:
        raise DamagedCheckpointError(folder / "config.json", "it cannot be read (drive)")

    moving = library.plan(Way.MOVE)
    with monkeypatch.context() as patched:
        patched.setattr(library.store, "add", unreadable)
        with pytest.raises(DamagedCheckpointError):
            library.run(moving)

    (half,) = unfinished([library.folder])
    model = library.run(resume_plan(half))[-1]
    assert isinstance(model, InstalledModel)
    assert hashes(model.path) == before
