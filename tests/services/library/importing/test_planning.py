"""What an import would do, and what must not be imported so; nothing is written for either."""

from __future__ import annotations

import errno
import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from backends.errors import (
    CheckpointError,
    DiskFullError,
    ImportRefusedError,
    InvalidRequestError,
    PolicyError,
    UserFacingError,
)
from backends.files.partial_folder import SPARE_BYTES
from baichuan_desktop.services.library.finding.values import Found, Place
from baichuan_desktop.services.library.importing import planning, targets
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.registry_schema import RegistryError
from tests.helpers import adapters
from tests.helpers.imports import Library, hashes
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence


def refusal(plan: Callable[[], object], kind: type[UserFacingError] = ImportRefusedError) -> str:
    with pytest.raises(kind) as refused:
        plan()
    assert_one_sentence(refused.value)
    return refused.value.message


def found(folder: Path, root: Path, place: Place) -> Found:
    return Found(folder, place, root, None, None, None, 0, repository="baichuan-inc/Baichuan2-7B")


def test_a_plan_says_what_it_needs_and_what_is_free(library: Library) -> None:
    plan = library.plan(Way.COPY)

    size = sum(file.stat().st_size for file in library.source.iterdir())
    assert plan.total_bytes == size
    assert plan.needed_bytes == size + SPARE_BYTES
    assert plan.free_bytes > plan.needed_bytes
    assert plan.target == library.folder / "Model"
    assert not library.folder.exists()


def test_too_little_room_is_said_with_both_figures(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(library.source)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))

    message = refusal(lambda: library.plan(Way.COPY), DiskFullError)

    assert "0.1 GiB" in message
    assert "0.0 GiB" in message
    assert library.plan(Way.MOVE).needed_bytes == 0, "a rename needs none"
    assert library.plan(Way.LINK).needed_bytes == 0


@pytest.mark.parametrize("way", list(Way))
def test_the_folder_above_a_model_finds_it(library: Library, way: Way) -> None:
    assert library.plan(way, library.source.parent).source == library.source


def test_several_models_are_named_and_none_is_chosen(library: Library) -> None:
    shutil.copytree(library.source, library.source.with_name("Other"))

    with pytest.raises(ImportRefusedError) as refused:
        library.plan(Way.COPY, library.source.parent)

    assert "2 models" in refused.value.message
    assert "“Model”" in str(refused.value.hint)
    assert "“Other”" in str(refused.value.hint)


def test_several_adapters_are_no_models_and_the_last_are_not_named(library: Library) -> None:
    for number in range(7):
        folder = library.source.with_name(f"adapter-{number}")
        shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder)

    with pytest.raises(ImportRefusedError) as refused:
        library.plan(Way.COPY, library.source.parent)

    assert "8 models and adapters" in refused.value.message
    assert str(refused.value.hint).endswith("“adapter-3”, ….")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.model"])
def test_what_is_no_whole_model_is_no_source(library: Library, missing: str) -> None:
    (library.source / missing).unlink()

    refusal(lambda: library.plan(Way.COPY), CheckpointError)


@pytest.mark.parametrize("name", ["nowhere", "Model/config.json/x"])
def test_a_source_that_is_not_there_says_so(library: Library, name: str) -> None:
    refusal(lambda: library.plan(Way.COPY, library.source.parent / name), CheckpointError)


@pytest.mark.parametrize("name", ["\udcff", "a\0b"])
def test_a_path_that_cannot_be_written_down_is_refused(library: Library, name: str) -> None:
    refusal(lambda: library.plan(Way.COPY, library.source.parent / name))
    library.folder = library.folder / name
    refusal(lambda: library.plan(Way.COPY))


def test_a_copy_is_never_put_into_the_apps_own_installation(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "app"
    installed.mkdir()
    monkeypatch.setattr(planning, "installation_folders", lambda: [installed])
    (tmp_path / "link").symlink_to(installed)
    for folder in (installed, installed / "models" / "mine", tmp_path / "link" / "x"):
        library.folder = folder
        assert "the app's own installation" in refusal(lambda: library.plan(Way.COPY))
    library.folder = tmp_path / "app 2"
    assert library.plan(Way.COPY).target == tmp_path / "app 2" / "Model"


def test_the_apps_own_folders_are_known() -> None:
    folders = targets.installation_folders()

    assert Path(planning.__file__).parents[3].resolve() in folders
    assert all(folder.is_absolute() for folder in folders)


def test_a_model_inside_of_the_installation_is_not_linked(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "installation_folders", lambda: [library.source.parent])

    refusal(lambda: library.plan(Way.LINK))
    refusal(lambda: library.plan(Way.MOVE))
    assert library.plan(Way.COPY).needed_bytes > 0


def test_a_model_folder_inside_of_the_source_is_refused(library: Library) -> None:
    for inner in (library.source, library.source / "models", library.source / "a" / "b"):
        library.folder = inner
        assert "lies inside of it" in refusal(lambda: library.plan(Way.COPY))


def test_a_model_that_lies_in_the_model_folder_is_not_copied_beside_itself(
    library: Library,
) -> None:
    library.folder = library.source.parent

    for way in (Way.COPY, Way.MOVE):
        message = refusal(functools.partial(library.plan, way))
        assert "in this model folder already" in message
    assert library.plan(Way.LINK).target == library.source


def test_a_read_only_model_folder_is_said_before_anything_begins(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert "you may not write to" in refusal(lambda: library.plan(Way.COPY))


def test_a_model_folder_whose_drive_is_away_is_not_made_on_another_drive(
    library: Library, tmp_path: Path
) -> None:
    library.folder = tmp_path / "media" / "stick" / "models"

    assert "is not there" in refusal(lambda: library.plan(Way.COPY))
    library.folder = library.paths.model_folder
    assert library.bring(Way.COPY).path.is_dir(), "the app's own is made when it is needed"


# --- moves that would harm somebody --------------------------------------------------------


def as_cache(library: Library) -> Found:
    """The source as huggingface_hub keeps it: links to files named by their hashes."""
    repository = library.source.parent / "models--baichuan-inc--Baichuan2-7B"
    snapshot = repository / "snapshots" / ("1" * 40)
    (repository / "blobs").mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for name, sha256 in hashes(library.source).items():
        shutil.copy(library.source / name, repository / "blobs" / sha256)
        (snapshot / name).symlink_to(repository / "blobs" / sha256)
    return found(snapshot, library.source.parent, Place.HUGGINGFACE)


def test_a_model_of_a_cache_is_copied_by_its_name_and_never_moved(library: Library) -> None:
    cached = as_cache(library)

    message = refusal(lambda: library.plan(Way.MOVE, cached))
    model = library.bring(Way.COPY, cached)

    assert "which others may use" in message
    assert model.path.name == "Baichuan2-7B"
    assert hashes(model.path) == hashes(library.source)
    assert not any(file.is_symlink() for file in model.path.iterdir())
    assert hashes(cached.folder) == hashes(library.source)


def test_a_damaged_blob_of_a_cache_is_named_and_gives_no_copy(library: Library) -> None:
    cached = as_cache(library)
    blob = (cached.folder / "model.safetensors").resolve()
    content = bytearray(blob.read_bytes())
    content[300_000] ^= 1
    blob.write_bytes(content)

    message = refusal(lambda: library.bring(Way.COPY, cached), UserFacingError)

    assert "is damaged" in message
    assert blob.name in message
    assert library.own == []
    assert not library.folder.exists()


@pytest.mark.parametrize("place", [Place.HUGGINGFACE, Place.MODELSCOPE])
def test_plain_files_of_a_cache_are_not_moved_either(library: Library, place: Place) -> None:
    source = found(library.source, library.source, place)

    assert "the cache of another program" in refusal(lambda: library.plan(Way.MOVE, source))


def test_a_link_to_a_folder_is_not_moved(library: Library) -> None:
    link = library.source.with_name("link")
    link.symlink_to(library.source)
    source = found(link, link, Place.FOLDER)

    assert "a link to a folder" in refusal(lambda: library.plan(Way.MOVE, source))


def test_a_model_that_is_listed_is_not_moved_from_under_its_entry(library: Library) -> None:
    library.bring(Way.LINK)

    assert "it is listed as" in refusal(lambda: library.plan(Way.MOVE))


def test_a_move_with_links_or_another_model_below_is_no_rename(library: Library) -> None:
    assert library.plan(Way.MOVE).is_renamed
    shutil.copytree(library.source, library.source / "inner")
    assert not library.plan(Way.MOVE).is_renamed
    shutil.rmtree(library.source / "inner")
    (library.source / "again.json").symlink_to("config.json")
    assert not library.plan(Way.MOVE).is_renamed


@pytest.mark.parametrize("kind", ["home", "downloads", "documents", "settings", "around the home"])
def test_a_folder_that_all_kinds_of_things_lie_in_is_copied_and_never_moved(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    home = tmp_path / "person" / "home"
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(platformdirs, "user_downloads_dir", lambda: str(home / "Downloads"))
    monkeypatch.setattr(platformdirs, "user_documents_dir", lambda: str(home / "文档"))
    folder = {
        "home": home,
        "downloads": home / "Downloads",
        "documents": home / "文档",
        "settings": library.paths.config,
        "around the home": home.parent,
    }[kind]
    shutil.copytree(library.source, folder, dirs_exist_ok=True)

    message = refusal(lambda: library.plan(Way.MOVE, folder))

    assert "a folder of yours, or the app's" in message
    assert library.plan(Way.COPY, folder).files


@pytest.mark.parametrize("name", ["", " \n ", "x" * 5_000, "7B\u202eB7"])
def test_what_is_no_name_is_said_before_anything_is_copied(library: Library, name: str) -> None:
    for way in Way:
        refusal(functools.partial(library.plan, way, name=name), InvalidRequestError)


def test_a_list_that_cannot_be_written_is_said_before_anything_is_copied(library: Library) -> None:
    library.paths.user_registry.parent.mkdir(parents=True, exist_ok=True)
    library.paths.user_registry.write_text("schema_version: 1\ninstalled: [oops\n")

    for way in Way:
        with pytest.raises(RegistryError):
            library.plan(way)


@pytest.mark.parametrize(
    ("denied", "named"),
    [("source", "Model"), ("source/Model", "config.json")],
)
@pytest.mark.parametrize("way", list(Way))
def test_what_may_not_be_looked_at_says_so_and_not_that_it_is_missing(
    library: Library, monkeypatch: pytest.MonkeyPatch, denied: str, named: str, way: Way
) -> None:
    """Who may do everything is denied nothing, so the system is made to say it."""
    closed = library.source.parents[1] / denied
    stat = os.stat

    def refused(path: os.PathLike[str] | str | int, **more: Any) -> os.stat_result:
        if not isinstance(path, int) and closed in Path(path).parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return stat(path, **more)

    monkeypatch.setattr(os, "stat", refused)

    message = refusal(lambda: library.plan(way), CheckpointError)

    assert "Permission denied" in message
    assert named in message


def test_a_source_that_may_not_be_taken_away_is_not_moved(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = library.source.parent
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path) != around and access(path, mode)
    )

    assert "you may not take it away" in refusal(lambda: library.plan(Way.MOVE))
    assert library.plan(Way.COPY).files


def test_a_target_that_another_import_grows_beside_is_not_taken(
    library: Library, tmp_path: Path
) -> None:
    (library.folder / "Model.partial").mkdir(parents=True)
    (library.folder / "Model.partial" / "of somebody else").touch()

    assert library.plan(Way.COPY).target == library.folder / "Model-2"


def test_a_listed_model_whose_folder_is_a_circle_of_links_stops_no_move_of_another(
    library: Library, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY)
    shutil.rmtree(model.path)
    model.path.symlink_to(model.path.name)
    other = shutil.copytree(library.source, tmp_path / "other" / "Model 2")

    assert library.bring(Way.MOVE, other).path.is_dir()


@pytest.mark.parametrize("inner", ["", "models"])
def test_a_model_folder_that_is_a_circle_of_links_is_refused(library: Library, inner: str) -> None:
    circle = library.folder.with_name("circle")
    circle.symlink_to(circle.name)
    library.folder = circle / inner

    assert "cannot be used" in refusal(lambda: library.plan(Way.COPY))


# --- policy and names ----------------------------------------------------------------------


@pytest.mark.parametrize("way", list(Way))
def test_a_policy_that_forbids_importing_forbids_each_way(
    library: Library, tmp_path: Path, way: Way
) -> None:
    write_policy(tmp_path, "import: false\n")

    refusal(lambda: library.plan(way), PolicyError)


def test_a_policy_that_names_folders_allows_copies_only_there(
    library: Library, tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    write_policy(tmp_path, f"folders: ['{allowed}']\n")

    refusal(lambda: library.plan(Way.LINK), PolicyError)
    refusal(lambda: library.plan(Way.COPY), PolicyError)
    allowed.mkdir()
    library.folder = allowed / "models"
    assert library.plan(Way.COPY).target == allowed / "models" / "Model"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Baichuan2-7B-Chat", "Baichuan2-7B-Chat"),
        ("百川2 7B", "百川2 7B"),
        ("a/b\\c:d*e", "a-b-c-d-e"),
        ("line\nbreak\u202e", "linebreak"),
        (" . name .. ", "name"),
        ("", "model"),
        ("...", "model"),
        ("NUL", "model-NUL"),
        ("com1.txt", "model-com1.txt"),
        ("half\udcff", "half-"),
        ("x" * 300, "x" * 180),
        ("百" * 100, "百" * 60),
    ],
)
def test_a_folder_gets_a_name_that_any_system_can_have(wanted: str, name: str) -> None:
    assert targets.folder_name(wanted) == name
