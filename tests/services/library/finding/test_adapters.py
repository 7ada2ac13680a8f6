"""Adapters are found beside models: whose they are, for which model, and what they lack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import AdapterError, CheckpointError
from backends.model_config import Family
from baichuan_desktop.services.library.finding import search as searching
from baichuan_desktop.services.library.finding.source_files import files_of
from baichuan_desktop.services.library.finding.values import Place
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import adapters, goldens
from tests.helpers.verified import verified

from .conftest import Search

Look = Callable[..., Search]


def an_adapter(folder: Path, *, base: str | None = None, targets: list[str] | None = None) -> Path:
    shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder, dirs_exist_ok=True)
    file = folder / "adapter_config.json"
    stated = json.loads(file.read_text(encoding="utf-8"))
    if base is not None:
        stated["base_model_name_or_path"] = base
    if targets is not None:
        stated["target_modules"] = targets
    file.write_text(json.dumps(stated), encoding="utf-8")
    return folder


def a_model(folder: Path) -> Path:
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder, dirs_exist_ok=True)
    return folder


def test_an_adapter_is_found_with_the_model_that_it_was_made_for(
    tmp_path: Path, search: Look, store: ModelStore
) -> None:
    folder = an_adapter(tmp_path / "legal", base="baichuan-inc/Baichuan2-7B-Chat")

    found = search(tmp_path).only

    assert found.adapter is not None
    assert (found.folder, found.place, found.kind) == (folder, Place.FOLDER, None)
    assert (found.adapter.base_name, found.adapter.base) == ("baichuan-inc/Baichuan2-7B-Chat", None)
    assert found.family is Family.BAICHUAN2_7B
    assert found.is_complete
    assert found.listed_as is None


def test_the_listed_model_that_an_adapter_names_is_told_and_so_is_its_entry(
    tmp_path: Path, search: Look, store: ModelStore
) -> None:
    model = store.add(a_model(tmp_path / "b2-7b"))
    store.add_adapter(an_adapter(tmp_path / "legal"))

    found = [one for one in search(tmp_path).found if one.adapter is not None]

    assert [one.adapter.base for one in found if one.adapter] == [model.id]
    assert [one.listed_as for one in found] == ["legal"]


def test_adapters_inside_a_model_and_inside_each_other_are_found(
    tmp_path: Path, search: Look
) -> None:
    model = a_model(tmp_path / "model")
    inner = an_adapter(model / "checkpoint-500")
    outer = an_adapter(tmp_path / "run")
    step = an_adapter(outer / "checkpoint-9")
    (step / "optimizer.pt").write_bytes(b"x" * 50_000)

    found = {one.folder: one for one in search(tmp_path).found}

    assert found.keys() == {model, inner, outer, step}
    assert [folder for folder, one in found.items() if one.adapter is None] == [model]
    assert found[outer].bytes_on_disk < 50_000 < found[step].bytes_on_disk
    assert all("/" not in file.name for file in files_of(found[outer]))
    assert not any("checkpoint" in file.name for file in files_of(found[model]))


@pytest.mark.parametrize(
    ("name", "is_shown"), [("adapter_config.json", True), ("adapter_model.safetensors", True)]
)
def test_an_adapter_that_lacks_a_file_says_so(
    tmp_path: Path, search: Look, name: str, is_shown: bool
) -> None:
    folder = an_adapter(tmp_path / "Baichuan2-lora")
    (folder / name).unlink()

    found = search(tmp_path).only

    assert not found.is_complete
    assert name in str(found.missing[0])


def test_an_adapter_is_ours_by_its_layers_whatever_it_names(tmp_path: Path, search: Look) -> None:
    folder = an_adapter(tmp_path / "legal", base="ann/model")
    an_adapter(tmp_path / "llama", base="meta-llama/Llama-2-7b", targets=["q_proj", "v_proj"])

    assert [one.folder for one in search(tmp_path).found] == [folder]


def test_an_adapter_whose_file_is_a_link_out_of_its_folder_is_not_opened(
    tmp_path: Path, search: Look
) -> None:
    folder = an_adapter(tmp_path / "seen" / "baichuan-lora")
    secret = tmp_path / "elsewhere.safetensors"
    (folder / "adapter_model.safetensors").rename(secret)
    (folder / "adapter_model.safetensors").symlink_to(secret)

    found = search(tmp_path / "seen").only

    assert not found.is_complete
    assert found.family is None


def test_an_adapter_in_a_cache_is_called_after_its_repository(
    tmp_path: Path, search: Look, store: ModelStore
) -> None:
    store.add(a_model(tmp_path / "b2-7b"))
    repository = tmp_path / "hub" / "models--ann--law-lora"
    snapshot = repository / "snapshots" / ("0" * 40)
    an_adapter(snapshot)
    (repository / "blobs").mkdir()
    for number, file in enumerate(list(snapshot.iterdir())):
        blob = repository / "blobs" / f"{number:064x}"
        file.rename(blob)
        file.symlink_to(f"../../blobs/{blob.name}")

    found = search(tmp_path / "hub").only
    added = searching.add(store, found.folder)

    assert (found.place, found.repository) == (Place.HUGGINGFACE, "ann/law-lora")
    assert isinstance(added, InstalledAdapter)
    assert (added.id, added.name.en, added.repository) == ("law-lora", "law-lora", "ann/law-lora")
    assert verified(added).verification.files == 3


# --- adding what was found -----------------------------------------------------------------------


def test_adding_a_folder_lists_the_adapter_that_it_is(tmp_path: Path, store: ModelStore) -> None:
    model = store.add(a_model(tmp_path / "b2-7b"))
    folder = an_adapter(tmp_path / "run")
    an_adapter(folder / "checkpoint-9")

    found = searching.add(store, folder)

    assert isinstance(found, InstalledAdapter)
    assert (found.path, found.base) == (folder, model.id)
    assert searching.add(store, folder / "checkpoint-9").id == "run-checkpoint-9"
    assert searching.add(store, folder, model.id) == found


def test_adding_a_model_with_adapters_in_it_lists_the_model(
    tmp_path: Path, store: ModelStore
) -> None:
    folder = a_model(tmp_path / "model")
    an_adapter(folder / "checkpoint-1")
    an_adapter(folder / "checkpoint-2")

    assert isinstance(searching.add(store, folder), InstalledModel)
    assert isinstance(searching.add(store, tmp_path), InstalledModel)


def test_a_folder_of_no_adapter_is_refused_as_what_it_was_taken_for(
    tmp_path: Path, store: ModelStore
) -> None:
    model = store.add(a_model(tmp_path / "b2-7b"))
    broken = an_adapter(tmp_path / "broken")
    (broken / "adapter_model.safetensors").write_bytes(b"")
    (tmp_path / "empty").mkdir()

    with pytest.raises(AdapterError):
        searching.add(store, broken)
    with pytest.raises(AdapterError):
        searching.add(store, tmp_path / "empty", model.id)
    with pytest.raises(CheckpointError):
        searching.add(store, tmp_path / "empty")
