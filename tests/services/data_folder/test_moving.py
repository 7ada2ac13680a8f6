"""The folder of the data is moved whole or not at all, whatever ends it on its way."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import DataFolderAwayError, DataFolderUnknownError, DataMoveError
from backends.operating_system import lock_folder
from baichuan_desktop.services.app_paths import app_paths, usual_paths
from baichuan_desktop.services.data_folder import moving
from baichuan_desktop.services.data_folder.moving import Folders, ask_for_move, is_to_move, move
from baichuan_desktop.services.data_folder.place import Place, read_place, write_place


class Killed(BaseException):
    """Ends a move as a kill does: nothing of it is tidied up."""


@pytest.fixture
def folders() -> Folders:
    """A data folder with all kinds of things in it."""
    paths = app_paths()
    for name, content in {
        "conversations.sqlite3": b"\0all that was said" * 1000,
        "backups/conversations-2024.sqlite3": b"a backup",
        "预设.json": b"{}",
        "empty": b"",
        "models/manifests/a.json": b"{}",
    }.items():
        file = paths.data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    os.utime(paths.data / "empty", ns=(1, 2_000_000_000))
    model = paths.model_folder / "seven" / "weights.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"large")
    (paths.data / "link").symlink_to("empty")
    paths.config.mkdir(parents=True)
    return Folders(paths.data_place, paths.data, paths.model_folder)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "新盘" / "data"


def run(folders: Folders) -> list[tuple[int, int]]:
    return [(one.done_bytes, one.total_bytes) for one in move(folders, threading.Event())]


def content(folder: Path) -> dict[str, bytes | str]:
    """Every file below a folder but the models, and what is in it; of a link, where it leads."""
    return {
        file.relative_to(folder).as_posix(): str(file.readlink())
        if file.is_symlink()
        else file.read_bytes()
        for file in folder.rglob("*")
        if (file.is_file() or file.is_symlink()) and "models/files" not in file.as_posix()
    }


def asked(folders: Folders, new: Path) -> dict[str, bytes | str]:
    """What is in the folder, whose move was asked for."""
    new.parent.mkdir(exist_ok=True)
    ask_for_move(folders, new)
    return content(folders.old)


def test_everything_but_the_models_is_in_the_new_folder_and_gone_from_the_old(
    folders: Folders, new: Path
) -> None:
    before = asked(folders, new)

    told = run(folders)

    assert content(new) == before
    assert content(folders.old) == {}
    assert (folders.stays / "seven" / "weights.bin").read_bytes() == b"large"
    assert (new / "empty").stat().st_mtime_ns == 2_000_000_000, "a backup knows its day by it"
    assert (
        told[-1][0]
        == told[-1][1]
        == sum(len(one) if isinstance(one, bytes) else 5 for one in before.values())
    )
    assert app_paths().data == new
    assert usual_paths().data == folders.old
    assert not is_to_move(folders.file)
    back = Folders(folders.file, new, new / "models" / "files")
    for left in sorted(folders.old.rglob("*"), reverse=True):
        left.unlink() if left.is_file() else left.rmdir()
    ask_for_move(back, folders.old)
    run(back)
    assert content(folders.old) == before
    assert app_paths().data == folders.old


@pytest.mark.parametrize("at", range(1, 30))
def test_a_kill_at_any_step_leaves_a_whole_folder_and_the_next_start_goes_on(
    folders: Folders, new: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = asked(folders, new)
    steps = iter(range(1, 1000))

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def step(*values: object, **named: object) -> object:
            if next(steps) == at:
                raise Killed
            return real(*values, **named)

        return step

    with monkeypatch.context() as patch:
        for name in ("_copy", "write_place", "rename", "sync_folder", "_remove_empty"):
            patch.setattr(moving, name, counted(getattr(moving, name)))
        try:
            run(folders)
        except Killed:
            assert content(app_paths().data).items() >= before.items()
        else:
            assert next(steps) <= at, "it was killed"

    now = app_paths()
    if is_to_move(now.data_place):
        run(Folders(now.data_place, now.data, now.model_folder))

    whole = app_paths().data
    assert content(whole) == before
    if whole == new:
        assert content(folders.old) == {}


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _another(*_: object) -> bytes:
    return b"another hash"


@pytest.mark.parametrize(
    ("what", "instead", "said"),
    [("rename", _full, "No space left"), ("_hash", _another, "was read back as another one")],
)
def test_what_cannot_be_copied_changes_nothing_and_is_not_tried_at_each_start(
    folders: Folders,
    new: Path,
    what: str,
    instead: Callable[..., object],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = asked(folders, new)

    monkeypatch.setattr(moving, what, instead)
    with pytest.raises(DataMoveError, match=said):
        run(folders)

    assert content(folders.old) == before
    assert not new.exists()
    assert not is_to_move(folders.file)
    assert app_paths().data == folders.old


def test_a_move_that_is_stopped_leaves_everything_where_it_was(folders: Folders, new: Path) -> None:
    before = asked(folders, new)
    cancel = threading.Event()

    for _ in move(folders, cancel):
        cancel.set()

    assert content(folders.old) == before
    assert not new.exists()
    assert not is_to_move(folders.file)


def test_another_run_that_has_the_folder_open_is_not_moved_away_from(
    folders: Folders, new: Path
) -> None:
    before = asked(folders, new)
    unlock = lock_folder(folders.old)

    with pytest.raises(DataMoveError, match="another run of the app has it open"):
        run(folders)

    unlock()
    assert content(folders.old) == before


def test_where_it_cannot_be_moved_is_said_before_anything_is_done(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "a file of mine").touch()
    for target, said in (
        (folders.old, "it lies there already"),
        (folders.old / "inside", "one of the folders lies in the other"),
        (folders.old.parent, "one of the folders lies in the other"),
        (tmp_path / "no" / "where", "is not there"),
        (full, "the folder is not empty"),
        (full / "a file of mine", "it is no folder"),
    ):
        with pytest.raises(DataMoveError, match=said):
            ask_for_move(folders, target)
    monkeypatch.setattr(moving, "SPARE_BYTES", 2**60)
    with pytest.raises(DataMoveError, match="GiB are needed"):
        ask_for_move(folders, tmp_path / "new")

    assert not folders.file.exists()
    assert sorted(full.iterdir()) == [full / "a file of mine"]


def test_a_folder_on_a_drive_that_is_away_is_not_begun_anew(
    folders: Folders, tmp_path: Path
) -> None:
    write_place(folders.file, Place(folder=tmp_path / "stick" / "data"))

    with pytest.raises(DataFolderAwayError, match="is not here"):
        app_paths()

    assert not (tmp_path / "stick").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"folder": 1}', '{"folder": "relative"}', '{"folder": "/a\\u0000b"}', "{"]
)
def test_a_file_that_cannot_be_used_is_named_and_not_guessed_at(
    folders: Folders, text: str
) -> None:
    folders.file.write_text(text, encoding="utf-8")

    with pytest.raises(DataFolderUnknownError, match="which says where your conversations lie"):
        app_paths()


def test_without_the_file_nothing_was_moved(app_home: Path) -> None:
    assert read_place(app_home / "config" / "data_folder.json") == Place()
    assert app_paths() == usual_paths()
    assert not app_home.exists()
