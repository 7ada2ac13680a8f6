"""A model that was copied moves into another model folder, and is listed whole at every step."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import BadCopyError, DiskFullError, ImportRefusedError
from backends.files.plain_file import open_plain
from baichuan_desktop.services.library.importing import relocating, targets
from baichuan_desktop.services.library.importing.relocating import copied_into, relocate
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.registry import InstalledModel
from tests.helpers.imports import Library, hashes


class Killed(BaseException):
    """Ends a move as a kill does."""


@pytest.fixture(params=["one drive", "two drives"])
def apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a file can have a name in both folders."""
    if request.param == "two drives":
        monkeypatch.setattr(relocating, "_linked", lambda *_: False)


def run(library: Library, model: InstalledModel, folder: Path) -> list[object]:
    return list(relocate(library.store, library.manifests, model, folder, threading.Event()))


@pytest.mark.usefixtures("apart")
def test_it_lies_in_the_new_folder_under_its_id_with_all_that_is_known_of_it(
    library: Library, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY, name="My seven")
    before, known = hashes(model.path), library.manifests.read(model.id)
    assert known is not None
    new = tmp_path / "大盘" / "models"
    new.parent.mkdir()
    assert list(copied_into(library.store, library.folder)) == [model]

    moved = run(library, model, new)[-1]

    assert isinstance(moved, InstalledModel)
    assert (moved.id, moved.shown_name.en, moved.path) == (model.id, "My seven", new / "Model")
    assert moved.is_copied
    assert hashes(moved.path) == before
    assert not model.path.exists()
    assert [one.path for one in library.own] == [new / "Model"]
    after = library.manifests.read(model.id)
    assert after is not None
    assert after.folder == moved.path
    assert after.files == known.files, "times and hashes still hold: nothing has to be verified"
    assert copied_into(library.store, library.folder) == []


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("at", range(1, 9))
def test_a_kill_at_any_step_leaves_a_whole_model_in_the_list(
    library: Library, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = library.bring(Way.COPY)
    before, new = hashes(model.path), tmp_path / "other"
    calls = iter(range(1, 100))

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def step(*values: object) -> object:
            if next(calls) == at:
                raise Killed
            return real(*values)

        return step

    with monkeypatch.context() as patch:
        for name in ("_linked", "rename", "_take_away", "_remove"):
            patch.setattr(relocating, name, counted(getattr(relocating, name)))
        with contextlib.suppress(Killed):
            run(library, model, new)

    (listed,) = library.own
    assert hashes(listed.path) == before
    Checkpoint.open(listed.path)
    if listed.path == model.path:
        run(library, listed, new)
    (listed,) = library.own
    assert listed.path.parent == new
    assert hashes(listed.path) == before


def test_what_is_stopped_or_read_back_wrong_stays_where_it_is(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocating, "_linked", lambda *_: False)
    model = library.bring(Way.COPY)
    before, new, cancel = hashes(model.path), tmp_path / "other", threading.Event()

    for _ in relocate(library.store, library.manifests, model, new, cancel):
        cancel.set()
    assert hashes(model.path) == before
    assert not list(new.iterdir())

    real = open_plain

    def damaging(file: Path) -> object:
        if file.is_relative_to(new):
            file.write_bytes(b"rotten")
        return real(file)

    monkeypatch.setattr(relocating, "open_plain", damaging)
    with pytest.raises(BadCopyError):
        run(library, model, new)

    assert hashes(model.path) == before
    assert not list(new.iterdir())
    assert [one.path for one in library.own] == [model.path]


def test_where_it_cannot_go_is_said_and_nothing_is_done(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = library.bring(Way.COPY)
    before = hashes(model.path)
    said: Mapping[Path, str] = {
        library.folder: "it lies in this model folder already",
        model.path / "inside": "lies inside of it",
        tmp_path / "no" / "where": "is not there",
    }
    for folder, what in said.items():
        with pytest.raises(ImportRefusedError, match=what):
            run(library, model, folder)
    monkeypatch.setattr(targets, "is_one_drive", lambda *_: False)
    monkeypatch.setattr(targets, "free_bytes", lambda _: 0)
    with pytest.raises(DiskFullError):
        run(library, model, tmp_path / "full")
    (model.path / "link").symlink_to(tmp_path)
    with pytest.raises(ImportRefusedError, match="is no ordinary file"):
        run(library, model, tmp_path / "links")
    (model.path / "link").unlink()

    assert hashes(model.path) == before
    assert not (tmp_path / "full").exists()
