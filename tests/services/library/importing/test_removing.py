"""What removing a model takes away, and what stays whoever wanted it gone."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from backends.errors import InvalidRequestError, NoTrashError, PolicyError, RemovalError
from baichuan_desktop.services.library.importing.removing import delete, plan_removal, remove
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.registry_schema import RegistryError
from baichuan_desktop.services.library.store import GUIDE_ID
from tests.helpers.imports import Library, hashes
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence


class Trash:
    """Where folders go; on a drive that has none, nowhere."""

    def __init__(self, place: Path, *, is_there: bool = True) -> None:
        self._place = place
        self._is_there = is_there

    def take(self, folder: Path) -> None:
        if not self._is_there:
            raise NoTrashError(folder)
        self._place.mkdir(exist_ok=True)
        shutil.move(folder, self._place / folder.name)


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path / "trash")


def test_a_copy_goes_into_the_trash_and_nothing_is_known_of_it(
    library: Library, trash: Trash, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY)
    before = hashes(model.path)
    removal = plan_removal(library.store, model)

    remove(library.store, removal, trash.take, library.manifests)

    assert removal.trashed == (library.folder / "Model",)
    assert removal.freed_bytes == sum(file.stat().st_size for file in library.source.iterdir())
    assert hashes(tmp_path / "trash" / "Model") == before
    assert library.own == []
    assert library.manifests.read(model.id) is None
    assert hashes(library.source) == before


def test_a_linked_folder_is_forgotten_and_not_touched(library: Library, trash: Trash) -> None:
    model = library.bring(Way.LINK)
    before = hashes(library.source)
    removal = plan_removal(library.store, model)

    remove(library.store, removal, trash.take, library.manifests)

    assert (removal.trashed, removal.freed_bytes, removal.kept_because) == ((), 0, None)
    assert hashes(library.source) == before
    assert library.own == []


def test_a_drive_without_a_trash_keeps_files_and_entry(library: Library, tmp_path: Path) -> None:
    model = library.bring(Way.COPY)
    none = Trash(tmp_path, is_there=False)

    with pytest.raises(NoTrashError) as refused:
        remove(library.store, plan_removal(library.store, model), none.take, library.manifests)

    assert_one_sentence(refused.value)
    assert "--delete" in str(refused.value.hint)
    assert [one.id for one in library.own] == [model.id]
    assert model.path.is_dir()
    assert library.manifests.read(model.id) is not None


def test_deleting_follows_no_link_and_leaves_the_other_name_of_a_hard_link(
    library: Library, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (model.path / "link").symlink_to(outside)
    os.link(model.path / "tokenizer.model", tmp_path / "other name")
    removal = plan_removal(library.store, model)

    remove(library.store, removal, delete)

    assert not model.path.exists()
    assert (outside / "kept").read_text() == "kept"
    assert (tmp_path / "other name").stat().st_size > 0
    freed = sum(file.stat().st_size for file in library.source.iterdir())
    assert removal.freed_bytes == freed - (tmp_path / "other name").stat().st_size


def test_files_that_another_entry_uses_stay(library: Library, trash: Trash) -> None:
    model = library.bring(Way.COPY)
    user = library.folder.parent / "user"
    user.mkdir()
    for file in model.path.iterdir():
        (user / file.name).symlink_to(file)
    library.store.add(user)
    other = next(one for one in library.own if one.path == user)

    removal = plan_removal(library.store, model)

    assert (removal.trashed, removal.kept_for) == ((), (other.id,))
    remove(library.store, removal, trash.take)
    assert hashes(model.path) == hashes(library.source)


def test_a_folder_that_holds_another_listed_model_stays(library: Library) -> None:
    model = library.bring(Way.COPY)
    inner = model.path / "export"
    shutil.copytree(library.source, inner)
    listed = library.store.add(inner)

    assert plan_removal(library.store, model).kept_for == (listed.id,)


def test_a_folder_that_holds_a_model_that_is_not_listed_stays(library: Library) -> None:
    model = library.bring(Way.COPY)
    shutil.copytree(library.source, model.path / "deep" / "inner")

    removal = plan_removal(library.store, model)

    assert removal.trashed == ()
    assert str(removal.kept_because) == "another model lies below it"


def test_a_copy_whose_folder_is_a_link_now_is_only_forgotten(
    library: Library, tmp_path: Path, trash: Trash
) -> None:
    model = library.bring(Way.COPY)
    model.path.rename(tmp_path / "moved by hand")
    model.path.symlink_to(tmp_path / "moved by hand")

    removal = plan_removal(library.store, model)
    remove(library.store, removal, trash.take)

    assert str(removal.kept_because) == "its folder is a link now"
    assert (tmp_path / "moved by hand" / "config.json").is_file()
    assert model.path.is_symlink()


@pytest.mark.parametrize(
    "folder", ["home", "around the home", "documents", "the app's", "no model"]
)
def test_an_entry_that_somebody_wrote_takes_no_other_folder_away(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """`copied: true` is a word in a file that anybody may edit."""
    home = tmp_path / "person" / "home"
    home.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    documents = tmp_path / "documents"
    documents.mkdir()
    monkeypatch.setattr(platformdirs, "user_documents_dir", lambda: str(documents))
    places = {
        "home": home,
        "around the home": home.parent,
        "documents": documents,
        "the app's": library.paths.data,
        "no model": tmp_path / "empty",
    }
    place = places[folder]
    place.mkdir(parents=True, exist_ok=True)
    if folder != "no model":
        (place / "config.json").write_text("{}")
    model = replace(library.bring(Way.LINK), path=place, is_copied=True)

    removal = plan_removal(library.store, model)

    assert removal.trashed == ()
    assert removal.kept_because is not None


def test_a_copy_is_removed_by_who_is_in_a_folder_that_is_gone(
    library: Library, trash: Trash, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    remove(library.store, plan_removal(library.store, model), trash.take)

    assert not model.path.exists()
    assert library.own == []


def test_a_copy_whose_folder_is_gone_is_only_forgotten(library: Library, trash: Trash) -> None:
    model = library.bring(Way.COPY)
    shutil.rmtree(model.path)

    remove(library.store, plan_removal(library.store, model), trash.take)

    assert library.own == []


def test_what_changed_since_it_was_asked_is_asked_again(library: Library, trash: Trash) -> None:
    model = library.bring(Way.COPY)
    removal = plan_removal(library.store, model)
    library.store.add(shutil.copytree(library.source, model.path / "inner"))

    with pytest.raises(RemovalError) as refused:
        remove(library.store, removal, trash.take)

    assert_one_sentence(refused.value)
    assert model.path.is_dir()


def test_the_guide_stays(library: Library, trash: Trash) -> None:
    guide = library.store.model(GUIDE_ID)

    removal = plan_removal(library.store, guide)

    assert removal.trashed == ()
    with pytest.raises(InvalidRequestError):
        remove(library.store, removal, trash.take)


def test_a_policy_forbids_removing(library: Library, trash: Trash, tmp_path: Path) -> None:
    model = library.bring(Way.COPY)
    removal = plan_removal(library.store, model)
    write_policy(tmp_path, "import: false\n")

    with pytest.raises(PolicyError):
        remove(library.store, removal, trash.take)

    assert model.path.is_dir()
    assert [one.id for one in library.own] == [model.id]


@contextlib.contextmanager
def nested(folder: Path, levels: int) -> Iterator[None]:
    """Folders in folders, which are taken away: what clears up after tests cannot do it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(levels):
            Path("d").mkdir()
            os.chdir("d")
        os.chdir(before)
        yield
        os.chdir(folder)
        for _ in range(levels):
            os.chdir("d")
        for _ in range(levels):
            os.chdir("..")
            Path("d").rmdir()
    finally:
        os.chdir(before)


@pytest.mark.parametrize("levels", [101, 1_500])
def test_a_folder_that_is_nested_without_end_stays(library: Library, levels: int) -> None:
    model = library.bring(Way.COPY)

    with nested(model.path, levels):
        removal = plan_removal(library.store, model)

    assert removal.trashed == ()
    assert str(removal.kept_because) == "its folder holds more than a model does"


@pytest.mark.parametrize("count", range(6))
def test_a_deletion_that_was_killed_can_be_ended(
    library: Library, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    model = library.bring(Way.COPY)
    unlink = os.unlink
    done = 0

    class Killed(BaseException):
        pass

    def kill(path: Path | str, **more: int) -> None:
        nonlocal done
        done += 1
        if done > count:
            raise Killed
        unlink(path, **more)

    removal = plan_removal(library.store, model)
    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", kill)
        patched.setattr(Path, "unlink", lambda path: kill(path))
        with pytest.raises(Killed):
            remove(library.store, removal, delete)
    assert [one.id for one in library.own] == [model.id]

    again = plan_removal(library.store, model)
    remove(library.store, again, delete)

    assert again.trashed == (model.path,)
    assert not model.path.exists()
    assert library.own == []


def test_an_export_in_the_folder_of_its_model_is_an_entry_that_needs_it(
    library: Library, trash: Trash
) -> None:
    """It is listed as a precision of its model, and not among the models."""
    model = library.bring(Way.COPY)
    inner = shutil.copytree(library.source, model.path / "export")
    export = library.store.add_export(model, inner)
    assert [one.id for one in library.own] == [model.id]
    (inner / "config.json").unlink()  # half of it is gone: it is a listed folder all the same

    removal = plan_removal(library.store, model)
    remove(library.store, removal, trash.take)

    assert removal.kept_for == (export.id,)
    assert (inner / "model.safetensors").is_file()


def test_a_list_that_cannot_be_written_keeps_the_files(library: Library, trash: Trash) -> None:
    model = library.bring(Way.COPY)
    removal = plan_removal(library.store, model)
    library.paths.user_registry.write_text("schema_version: 1\ninstalled: [oops\n")

    with pytest.raises(RegistryError):
        remove(library.store, removal, trash.take)

    assert hashes(model.path) == hashes(library.source)


def test_a_folder_that_may_not_be_looked_at_stays(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = library.bring(Way.COPY)
    stat = os.stat

    def refused(path: os.PathLike[str] | str | int, **more: Any) -> os.stat_result:
        if not isinstance(path, int) and model.path in Path(path).parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return stat(path, **more)

    monkeypatch.setattr(os, "stat", refused)

    removal = plan_removal(library.store, model)

    assert removal.trashed == ()
    assert removal.kept_because is not None
