"""Caches that the libraries wrote themselves: what is in them is found, named, and known whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.files.downloads import TEMPORARY
from backends.model_config import Family
from backends.precision import Precision
from baichuan_desktop.services.library.finding.search import recognise
from baichuan_desktop.services.library.finding.source_files import files_of
from baichuan_desktop.services.library.finding.values import Found, Place
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens, recorded_caches
from tests.helpers.recorded_caches import COMMIT, HUGGINGFACE_ID, MODELSCOPE_ID, TAG

from .conftest import Search

#: The golden and two small files that the server added.
BYTES = sum(f.stat().st_size for f in goldens.folder("b2-7b", "safetensors").iterdir()) + 77
FILES = [
    "README.md", "config.json", "configuration.json", "generation_config.json",
    "model.safetensors", "special_tokens_map.json", "tokenizer.model", "tokenizer_config.json",
]  # fmt: skip


def test_each_library_was_recorded_by_the_version_that_is_named() -> None:
    versions = [recorded_caches.recording(name)["library"] for name in recorded_caches.LIBRARIES]

    assert versions == [
        "huggingface_hub 1.33.0", "huggingface_hub 2.4.0", "modelscope 1.18.1",
        "modelscope 1.36.3", "modelscope_hub 0.5.1",
    ]  # fmt: skip


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("cache", "plain", "shared"))
def test_a_cache_holds_one_whole_model_with_its_published_name(
    library: str, tree: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")

    found = search(root).only

    is_huggingface = library.startswith("huggingface")
    assert found.is_complete
    assert (found.repository, found.revision) == (
        (HUGGINGFACE_ID, COMMIT) if is_huggingface else (MODELSCOPE_ID, TAG)
    )
    assert found.place is (Place.HUGGINGFACE if is_huggingface else Place.MODELSCOPE)
    assert (found.family, found.stored) == (Family.BAICHUAN2_7B, Precision.BF16)
    assert found.bytes_on_disk == BYTES
    assert found.root == root / "hub" if is_huggingface else found.folder.is_relative_to(found.root)
    assert [file.name for file in files_of(found)] == FILES
    assert Checkpoint.open(found.folder).config.family is found.family


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("local_dir"))
def test_a_download_into_a_folder_is_found_and_not_named_after_its_folder(
    library: str, tree: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "models")

    found = search(root).only

    assert found.is_complete
    assert found.folder == root / "Baichuan2-7B-Chat"
    assert (found.place, found.repository) == (Place.FOLDER, None)
    assert [file.name for file in files_of(found)] == FILES
    told = {"huggingface": COMMIT, "modelscope": TAG}.get(library.partition("_")[0].split("-")[0])
    assert found.revision == (None if library.startswith("modelscope_hub") else told)


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("half", "half_local_dir"))
def test_a_half_download_is_found_with_the_file_that_is_on_its_way(
    library: str, tree: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")

    found = search(root).only

    assert not found.is_complete
    assert (found.family, found.kind, found.stored) == (Family.BAICHUAN2_7B, None, None)
    said = str(found.missing[-1])
    assert said.startswith("“model.safetensors” is")
    assert ".incomplete”" in said or "._____temp/" in said
    if tree == "half":
        is_huggingface = library.startswith("huggingface")
        assert found.repository == (HUGGINGFACE_ID if is_huggingface else MODELSCOPE_ID)


PLACES = {
    "huggingface_hub-1": ".cache/huggingface",
    "huggingface_hub-2": ".cache/huggingface",
    "modelscope-1.18": ".cache/modelscope",
    "modelscope-1.36": ".cache/modelscope/hub",  # no variable, no “hub” in what was recorded
    "modelscope_hub-0.5": ".cache/modelscope",
}


@pytest.mark.parametrize("library", PLACES)
def test_the_cache_in_the_home_folder_is_found_without_a_word(
    library: str, home: Path, search: Callable[..., Search]
) -> None:
    recorded_caches.rebuild(library, "cache", home / PLACES[library])

    assert search().only.is_complete


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("cache", "shared"))
def test_whatever_folder_above_or_below_is_chosen_the_model_is_recognised(
    library: str, tree: str, tmp_path: Path, store: ModelStore
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")
    (whole,) = recognise(root, store)

    def recognised(folder: Path) -> Found:
        (found,) = recognise(folder, store)
        return found

    chosen = [whole.folder, whole.folder.parent, whole.folder / "config.json"]
    if whole.place is Place.HUGGINGFACE:
        repository = whole.folder.parents[1]
        chosen += [repository, repository / "blobs", repository / "refs", repository / "trees"]
    for folder in chosen:
        assert recognised(folder) == whole


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("cache", "shared", "plain"))
def test_a_cache_that_was_copied_to_a_drive_without_links_is_found(
    library: str, tree: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    """FAT knows no links: what copies to it leaves the links out, or copies what they lead to."""
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")
    for link in [path for path in root.rglob("*") if path.is_symlink()]:
        target = link.resolve()
        link.unlink()
        if target.is_file() and "snapshots" in link.parts:
            link.write_bytes(target.read_bytes())

    found = search(root).only

    assert found.is_complete
    assert found.repository in (HUGGINGFACE_ID, MODELSCOPE_ID)


def test_a_dotted_link_of_modelscope_is_the_same_model(tmp_path: Path, store: ModelStore) -> None:
    root = recorded_caches.rebuild("modelscope-1.36", "cache", tmp_path / "cache")
    owner = root / "models" / "baichuan-inc"
    assert sorted(one.name for one in owner.iterdir()) == [
        "Baichuan2-7B-Chat-v1.0", "Baichuan2-7B-Chat-v1___0"
    ]  # fmt: skip

    (through_link,) = recognise(owner / "Baichuan2-7B-Chat-v1.0", store)
    (itself,) = recognise(owner, store)

    assert through_link.repository == itself.repository == MODELSCOPE_ID
    assert through_link.folder.resolve() == itself.folder


def test_a_snapshot_that_is_empty_yet_is_told_by_the_name_of_its_repository(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    root = recorded_caches.rebuild("huggingface_hub-2", "half", tmp_path / "cache")
    for link in root.rglob("snapshots/*/*"):
        link.unlink()

    found = search(root).only

    assert found.repository == HUGGINGFACE_ID
    assert len(found.missing) == 3  # config.json, tokenizer.model, weights
    assert "the download of the model has not ended" in str(found.missing[0])


def test_a_listed_snapshot_is_told_as_listed(tmp_path: Path, store: ModelStore) -> None:
    root = recorded_caches.rebuild("huggingface_hub-2", "cache", tmp_path / "cache")
    (found,) = recognise(root, store)
    model = store.add(found.folder)

    (again,) = recognise(root, store)

    assert (found.listed_as, again.listed_as) == (None, model.id)


@pytest.mark.parametrize("chosen", ["snapshot", "snapshots", "repository", "above"])
def test_a_repository_that_somebody_renamed_is_found_without_its_name(
    chosen: str, tmp_path: Path, store: ModelStore
) -> None:
    root = recorded_caches.rebuild("huggingface_hub-1", "cache", tmp_path / "cache")
    repository = root / "my model"
    next(root.rglob("models--*--*/snapshots")).parent.rename(repository)
    snapshot = repository / "snapshots" / COMMIT

    (found,) = recognise(
        {"snapshot": snapshot, "snapshots": snapshot.parent, "repository": repository}.get(
            chosen, root
        ),
        store,
    )

    assert (found.folder, found.is_complete) == (snapshot, True)
    assert (found.place, found.repository) == (Place.FOLDER, None)
    assert len(files_of(found)) == len(FILES)


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("cache", "shared", "plain"))
def test_a_link_into_a_cache_leads_to_the_model_with_its_name(
    library: str, tree: str, tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")
    variable = "HF_HOME" if library.startswith("huggingface") else "MODELSCOPE_CACHE"
    monkeypatch.setenv(variable, str(root))
    (whole,) = recognise(root, store)
    (tmp_path / "a link").symlink_to(whole.folder)
    (root / "CACHE").symlink_to(whole.folder.parent)  # which is met before the folder itself

    assert recognise(tmp_path / "a link", store) == [whole]
    assert recognise(root, store) == [whole]


@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("huggingface_hub-2", "Baichuan2-7B-Chat"),  # whose folder is called after the commit
        ("modelscope-1.36", "Baichuan2-7B-Chat-v1.0"),  # whose folder has “___” for the dot
        ("modelscope_hub-0.5", "Baichuan2-7B-Chat-v1.0"),
    ],
)
def test_a_model_of_a_cache_is_listed_under_its_published_name(
    library: str, name: str, tmp_path: Path, store: ModelStore
) -> None:
    root = recorded_caches.rebuild(library, "cache", tmp_path / "cache")
    (found,) = recognise(root, store)

    model = store.add(found.folder, repository=found.repository, revision=found.revision)

    assert (model.name.en, model.id) == (name, name.lower())
    assert store.model(f"{found.repository}@{found.revision}").id == model.id


@pytest.mark.parametrize("chosen", ["", "baichuan-inc", "baichuan-inc/Baichuan2-7B-Chat-v1.0"])
def test_half_downloads_of_modelscope_are_no_model_even_if_they_are_chosen(
    chosen: str, tmp_path: Path, search: Callable[..., Search]
) -> None:
    root = recorded_caches.rebuild("modelscope-1.36", "half", tmp_path / "cache")
    temporary = root / "models" / "._____temp"
    shutil.copytree(
        goldens.folder("b2-7b", "safetensors"),
        temporary / "baichuan-inc" / "Baichuan2-7B-Chat-v1.0",
        dirs_exist_ok=True,
    )

    result = search(temporary / chosen)

    assert result.found == []
    assert [str(one.sentence) for one in result.passed] == [
        f"“{temporary / chosen}” was not looked into: ModelScope keeps half downloads there."
    ]
    assert TEMPORARY not in search(root).only.folder.parts
