"""Trees that somebody made to have files opened, code run, or the search hang or end."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import DamagedCheckpointError, NotDownloadedError, StrayLinkError
from baichuan_desktop.services.library.finding import known_places
from baichuan_desktop.services.library.finding.recognising import recognised
from baichuan_desktop.services.library.finding.search import find, recognise
from baichuan_desktop.services.library.finding.source_files import files_of
from baichuan_desktop.services.library.finding.values import Found, Place
from baichuan_desktop.services.library.finding.walking import Listing
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens, recorded_caches
from tests.helpers.opened_files import watched

from .conftest import Search


def model(folder: Path, layout: str = "safetensors") -> Path:
    shutil.copytree(goldens.folder("b2-7b", layout), folder)
    return folder


class Canary:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._file,))


# --- pickles -----------------------------------------------------------------------------


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("cache", "half", "local_dir"))
def test_pickles_of_caches_are_never_opened(
    library: str, tree: str, tmp_path: Path, store: ModelStore
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")
    sprung = tmp_path / "the canary sings"
    folders = {file.parent for file in root.rglob("config.json")}
    for folder in folders:
        for name in (".msc", ".mdl"):
            if (folder / name).exists() or library.startswith("huggingface"):
                (folder / name).write_bytes(pickle.dumps(Canary(sprung)))

    with watched() as opened:
        events = list(find(store, [root], cancel=threading.Event()))
        for one in (event for event in events if isinstance(event, Found) and event.is_complete):
            files_of(one)
            recognise(one.folder, store)

    assert [file for file in opened.files if file.name in (".msc", ".mdl")] == []
    assert any(isinstance(event, Found) for event in events)
    assert any(file.name == "config.json" for file in opened.files)  # that is, it was watched
    assert opened.pickles == 0
    assert not sprung.exists()


def test_code_beside_a_model_is_not_run(tmp_path: Path, search: Callable[..., Search]) -> None:
    folder = model(tmp_path / "model")
    sprung = tmp_path / "the canary sings"
    for name in ("modeling_baichuan.py", "sitecustomize.py", "__init__.py"):
        (folder / name).write_text(f"open({str(sprung)!r}, 'w')", encoding="utf-8")

    with watched() as opened:
        assert search(tmp_path).only.is_complete

    assert not [file for file in opened.files if file.suffix == ".py" and tmp_path in file.parents]
    assert not sprung.exists()


# --- links out of the root ---------------------------------------------------------------

FILES = ("config.json", "generation_config.json", "tokenizer.model", "tokenizer_config.json",
         "model.safetensors", "special_tokens_map.json", "model.safetensors.index.json",
         "adapter_config.json", "README.md")  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("hops", [1, 2])
def test_a_file_that_is_a_link_out_of_the_root_is_not_opened(
    name: str, hops: int, tmp_path: Path, store: ModelStore
) -> None:
    place = tmp_path / "stick"
    folder = model(place / "Baichuan2-7B")
    secret = tmp_path / "secret"
    secret.write_text('{"model_type": "baichuan", "weight_map": {}}', encoding="utf-8")
    (folder / name).unlink(missing_ok=True)
    if hops == 2:
        (place / "blob").symlink_to(secret)
    (folder / name).symlink_to(place / "blob" if hops == 2 else secret)

    with watched() as opened:
        (found,) = recognise(place, store)

    assert opened.outside(place, tmp_path / "app home") == []
    assert [str(sentence) for sentence in found.missing] == [
        f"“{name}” is a link to “{secret}”, which lies outside of “{place}”."
    ]
    with pytest.raises(StrayLinkError):
        files_of(found)


@pytest.mark.parametrize("name", FILES)
def test_a_link_to_a_device_is_not_opened(name: str, tmp_path: Path, store: ModelStore) -> None:
    place = tmp_path / "stick"
    folder = model(place / "Baichuan2-7B")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("/dev/zero")

    with watched() as opened:
        (found,) = recognise(place, store)

    assert opened.outside(place, tmp_path / "app home") == []
    assert not found.is_complete


@pytest.mark.parametrize("above", ["snapshot", "blobs", "a blob", "refs", "trees"])
def test_of_a_cache_nothing_outside_is_opened_whatever_is_a_link(
    above: str, tmp_path: Path, store: ModelStore
) -> None:
    root = recorded_caches.rebuild("huggingface_hub-2", "shared", tmp_path / "cache")
    (whole,) = recognise(root, store)
    repository = whole.folder.parents[1]
    blob = next(one for one in (repository / "blobs").iterdir() if not one.is_symlink())
    moved = {
        "snapshot": whole.folder, "blobs": repository / "blobs", "a blob": blob,
        "refs": repository / "refs", "trees": repository / "trees",
    }[above]  # fmt: skip
    outside = tmp_path / "outside"
    moved.rename(outside)
    moved.symlink_to(outside)

    with watched() as opened:
        events = list(find(store, [root], cancel=threading.Event()))

    assert opened.outside(root, tmp_path / "app home") == []
    found = [one for one in events if isinstance(one, Found)]
    if above in ("refs", "trees"):  # which nobody reads
        assert found == [whole]
    else:
        assert not any(one.is_complete for one in found)


def test_notes_of_programs_are_not_read_through_links(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    place = tmp_path / "place"
    commit = tmp_path / "outside"
    (commit / "huggingface" / "download").mkdir(parents=True)
    note = commit / "huggingface" / "download" / "config.json.metadata"
    note.write_text("f" * 40 + "\n", encoding="utf-8")
    (model(place / "a") / ".cache").symlink_to(commit)
    version = tmp_path / "version"
    version.write_text("Revision:secret,CreatedAt:1\n", encoding="utf-8")
    (model(place / "b") / ".mv").symlink_to(version)

    with watched() as opened:
        result = search(place)

    assert [one.revision for one in result.found] == [None, None]
    assert opened.outside(place, tmp_path / "app home") == []


def test_a_place_that_is_a_link_itself_is_looked_through_where_it_leads(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    model(tmp_path / "big drive" / "models" / "x")
    (tmp_path / "models").symlink_to(tmp_path / "big drive" / "models")

    found = search(tmp_path / "models").only

    assert (found.folder, found.is_complete) == (tmp_path / "models" / "x", True)
    assert len(files_of(found)) == 6


def test_a_note_of_modelscope_does_not_widen_the_root(tmp_path: Path, store: ModelStore) -> None:
    """`.mdl` says that a folder is one of a cache; whoever put it there may be a stranger."""
    place = tmp_path / "owner"
    folder = model(place / "Baichuan2-7B")
    (folder / ".mdl").touch()
    secret = tmp_path / "secret.json"
    secret.write_text("{}", encoding="utf-8")
    (folder / "special_tokens_map.json").unlink()
    (folder / "special_tokens_map.json").symlink_to(secret)

    with watched() as opened:
        (found,) = recognise(place, store)

    assert (found.place, found.is_complete) == (Place.MODELSCOPE, False)
    assert opened.outside(place, tmp_path / "app home") == []


def test_on_a_drive_a_link_may_lead_anywhere_on_it_and_nowhere_else(
    tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "media" / "STICK"
    folder = model(stick / "models" / "x")
    (folder / "model.safetensors").rename(stick / "blob")
    (folder / "model.safetensors").symlink_to(stick / "blob")
    monkeypatch.setattr(known_places, "_MOUNTS", (tmp_path / "media",))
    monkeypatch.setattr(known_places, "_mounts", lambda: ((stick, "vfat"),))

    (found,) = recognise(folder, store)

    assert (found.place, found.root, found.is_complete) == (Place.MEDIUM, stick, True)
    (tmp_path / "media" / "STICK" / "blob").rename(tmp_path / "blob")
    (stick / "blob").symlink_to(tmp_path / "blob")
    (found,) = recognise(folder, store)
    assert not found.is_complete


# --- what is no file ---------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    name: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / "Baichuan2-7B")
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)

    found = search(tmp_path).only

    assert name not in [file.name for file in files_of(found)]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_a_file_is_no_file(
    name: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / "Baichuan2-7B")
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()

    assert len(search(tmp_path).found) == 1


@pytest.mark.parametrize("name", FILES)
def test_a_link_that_leads_back_to_itself_ends_nothing(
    name: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / "Baichuan2-7B")
    model(tmp_path / "other")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(folder / name)

    found = {one.folder.name: one for one in search(tmp_path).found}

    assert found["other"].is_complete
    with pytest.raises(NotDownloadedError):
        files_of(found["Baichuan2-7B"])


# --- names, sizes, numbers ---------------------------------------------------------------

NAMES = ["a\nb", "\x1b[2J", "\udcff\udcfe", " ", "-rf", "~", "$(touch x)", "名字", "a" * 250]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name_is_found(
    name: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / name)
    (folder / f"{name[:200]}.txt").write_text("x", encoding="utf-8")
    (tmp_path / f"{name[:200]} link").symlink_to(name)

    result = search(tmp_path)

    assert result.only.folder == folder
    is_text = "\udcff" not in name
    assert result.only.is_complete == is_text
    assert len(files_of(result.only)) == 7
    shown = " ".join(str(one) for one in result.only.missing)
    assert "\n" not in shown
    assert "\x1b" not in shown


def test_json_of_five_thousand_levels_is_refused_and_the_rest_is_found(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    for name, file in (("a", "config.json"), ("b", "generation_config.json")):
        (model(tmp_path / name) / file).write_text("[" * 5_000 + "]" * 5_000, encoding="utf-8")
    model(tmp_path / "c")
    index = model(tmp_path / "d", "sharded") / "pytorch_model.bin.index.json"
    index.write_text('{"weight_map":' * 5_000 + "1" + "}" * 5_000, encoding="utf-8")

    found = search(tmp_path).found

    complete = {one.folder.name: one.is_complete for one in found}
    assert (complete["a"], complete["c"]) == (False, True)
    assert set(complete) == {"a", "b", "c", "d"}


def test_a_file_of_many_names_is_counted_once(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / "model")
    before = search(tmp_path).only.bytes_on_disk
    os.link(folder / "model.safetensors", folder / "the same.bin")
    (folder / "again.bin").symlink_to("model.safetensors")

    found = search(tmp_path).only

    assert found.bytes_on_disk == before
    assert [
        one.size for one in files_of(found) if one.name.endswith(("same.bin", "again.bin"))
    ] == [(folder / "model.safetensors").stat().st_size] * 2


def test_other_models_and_hidden_folders_in_a_model_are_none_of_its_files(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = model(tmp_path / "model")
    model(folder / "checkpoint-500")
    for name in (".git", ".cache", "._____temp", "docs/pictures"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("x", encoding="utf-8")

    whole, inner = search(tmp_path).found

    assert (whole.folder, inner.folder) == (folder, folder / "checkpoint-500")
    assert [file.name for file in files_of(whole)] == [
        "config.json", "docs/pictures/file", "generation_config.json", "model.safetensors",
        "special_tokens_map.json", "tokenizer.model", "tokenizer_config.json",
    ]  # fmt: skip


def test_a_model_with_more_files_than_any_is_refused_as_a_source(
    tmp_path: Path, search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baichuan_desktop.services.library.finding.source_files._MOST_ENTRIES", 20)
    folder = model(tmp_path / "model")
    for number in range(20):
        (folder / f"{number}.txt").touch()

    with pytest.raises(DamagedCheckpointError):
        files_of(search(tmp_path).only)


def test_a_model_that_vanishes_while_it_is_looked_at_costs_one_row(
    tmp_path: Path, search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    model(tmp_path / "a")
    model(tmp_path / "b")

    def vanishing(listing: Listing, store: ModelStore) -> Found | None:
        if listing.folder.name == "a":
            raise OSError(errno.EIO, "Input/output error")
        return recognised(listing, store)

    monkeypatch.setattr("baichuan_desktop.services.library.finding.search.recognised", vanishing)

    result = search(tmp_path)

    assert [one.folder.name for one in result.found] == ["b"]
    assert [str(one.sentence) for one in result.passed] == [
        f"“{tmp_path / 'a'}” cannot be read (Input/output error)."
    ]
