"""What a result is called, where it lies, and that it is listed below its base."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backends.errors import PolicyError
from backends.training.values import Method
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.listing import free_output_folder, list_result, result_name
from tests.helpers import adapters, goldens
from tests.helpers.library import listed
from tests.helpers.policies import write_policy
from tests.helpers.scripted_training import ready

FOLDER = goldens.folder("b2-7b", "safetensors")


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("", "Seven lora"),
        ("Letters", "Letters"),
        ("  two \n words ", "two words"),
        ("bell\a and \u202eback", "bell and back"),
        ("\u200b", "Seven lora"),
        ("律师函", "律师函"),
    ],
)
def test_a_name_is_what_was_written_without_what_nobody_sees(stated: str, name: str) -> None:
    assert result_name(listed("a", name="Seven"), Method.LORA, stated) == name


def test_a_name_is_never_too_long_for_the_list() -> None:
    assert len(result_name(listed("a", name="x" * 500), Method.FULL)) <= MOST_NAME_LETTERS
    assert len(result_name(listed("a"), Method.FULL, "词" * 500)) <= MOST_NAME_LETTERS


def test_a_folder_lies_beside_the_model_and_is_not_there_yet(tmp_path: Path) -> None:
    base = listed("a", str(tmp_path / "Seven"))
    first = free_output_folder(base, Method.LORA)
    first.mkdir()

    assert first == tmp_path / "Seven-lora"
    assert free_output_folder(base, Method.LORA) == tmp_path / "Seven-lora-2"
    assert free_output_folder(base, Method.FULL) == tmp_path / "Seven-tuned"


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def base(store: ModelStore, tmp_path: Path) -> InstalledModel:
    folder = tmp_path / "models" / "seven"
    shutil.copytree(FOLDER, folder)
    return store.add(folder)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder)
    return folder


def test_an_adapter_is_listed_for_its_base_under_its_name_and_only_once(
    store: ModelStore, base: InstalledModel, adapter: Path
) -> None:
    made = list_result(store, ready(adapter), base, "My facts")
    again = list_result(store, ready(adapter), base, "Another name")

    assert isinstance(made, InstalledAdapter)
    assert (made.base, made.name.en, made.path) == (base.id, "My facts", adapter)
    assert (again.id, again.name.en) == (made.id, "My facts")
    assert [one.id for one in store.adapters_of(base)] == [made.id]


def test_a_model_that_is_not_listed_has_its_adapter_listed_where_one_like_it_is(
    store: ModelStore, base: InstalledModel, adapter: Path, tmp_path: Path
) -> None:
    unlisted = store.describe(goldens.folder("b2-7b"))

    made = list_result(store, ready(adapter), unlisted, "Facts")

    assert isinstance(made, InstalledAdapter)
    assert made.base == base.id


def test_a_whole_model_is_listed_under_its_name(
    store: ModelStore, base: InstalledModel, tmp_path: Path
) -> None:
    shutil.copytree(FOLDER, tmp_path / "tuned")

    made = list_result(store, ready(tmp_path / "tuned", is_adapter=False), base, "Seven tuned")

    assert isinstance(made, InstalledModel)
    assert (made.name.en, made.path) == ("Seven tuned", tmp_path / "tuned")
    assert made.id != base.id


def test_nothing_is_listed_where_the_policy_lets_nothing_be_added(
    store: ModelStore, base: InstalledModel, adapter: Path, tmp_path: Path
) -> None:
    write_policy(tmp_path, "import: false\n")

    with pytest.raises(PolicyError):
        list_result(store, ready(adapter), base, "Facts")
