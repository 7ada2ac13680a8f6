"""Adapters in the list: for which model, under which id and name, and what becomes of them."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from backends.adapters.folder import open_adapter
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import (
    InvalidRequestError,
    NotAnAdapterError,
    PolicyError,
    UserFacingError,
    WrongBaseError,
)
from backends.precision import Precision
from backends.protocol.engine_requests import ExportRequest, MergeRequest
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.library.adapters.bases import NoBaseError, SeveralBasesError
from baichuan_desktop.services.library.adapters.describing import described
from baichuan_desktop.services.library.adapters.listed import UnknownAdapterError
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.published_names import AmbiguousNameError
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.library.user_layer import ForeignEntryError
from tests.helpers import adapters, goldens
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence


@pytest.fixture
def paths(app_home: Path) -> AppPaths:
    found = app_paths()
    assert found.config.is_relative_to(app_home)
    return found


@pytest.fixture
def store(paths: AppPaths) -> ModelStore:
    return ModelStore(paths)


@pytest.fixture
def model(store: ModelStore, tmp_path: Path) -> InstalledModel:
    return listed_model(store, tmp_path / "b2-7b")


def listed_model(store: ModelStore, folder: Path, name: str = "b2-7b") -> InstalledModel:
    shutil.copytree(goldens.folder(name, "safetensors"), folder)
    return store.add(folder)


def an_adapter(folder: Path, *, base: str | None = None, case: str = "w_pack_r1") -> Path:
    """A copy of a golden adapter, which may state another base."""
    shutil.copytree(adapters.folder("b2-7b", case), folder)
    if base is not None:
        file = folder / "adapter_config.json"
        stated = json.loads(file.read_text(encoding="utf-8")) | {"base_model_name_or_path": base}
        file.write_text(json.dumps(stated), encoding="utf-8")
    return folder


def refusal(error: type[UserFacingError], store: ModelStore, folder: Path,
            base: str | None = None) -> str:  # fmt: skip
    with pytest.raises(UserFacingError) as caught:
        store.add_adapter(folder, base)
    assert type(caught.value) is error
    assert_one_sentence(caught.value)
    assert store.adapters == []
    return caught.value.message


# --- for which model -----------------------------------------------------------------------------


def test_an_adapter_is_listed_for_the_model_that_it_names(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    listed_model(store, tmp_path / "a-copy")

    found = store.add_adapter(an_adapter(tmp_path / "legal", base=f"/train/{model.path.name}"))

    assert (found.id, found.name.en, found.base) == ("legal", "legal", model.id)
    assert ModelStore(app_paths()).adapters == [found]
    assert store.adapters_of(model) == [found]
    assert ManifestStore(app_paths().manifests).read("legal") is not None


def test_an_adapter_that_names_nothing_known_is_for_the_only_model_that_it_fits(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    listed_model(store, tmp_path / "other", "b2-13b")

    found = store.add_adapter(an_adapter(tmp_path / "legal", base="/work/checkpoints/step-9"))

    assert found.base == model.id


def test_of_several_models_that_it_fits_a_person_says_which(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    other = listed_model(store, tmp_path / "other")
    folder = an_adapter(tmp_path / "legal", base="elsewhere")

    message = refusal(SeveralBasesError, store, folder)
    assert model.id in message
    assert other.id in message
    assert store.add_adapter(folder, other.id).base == other.id


def test_what_an_adapter_was_merged_into_or_exported_with_is_no_further_base(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    adapter = str(an_adapter(tmp_path / "legal"))
    for request in (
        MergeRequest(str(model.path), adapter, str(tmp_path / "merged")),
        ExportRequest(
            str(model.path), str(tmp_path / "export"), Precision.ONNX_INT4, adapter=adapter
        ),
    ):
        list(run_request(Engine(), request, threading.Event()))
        store.add(Path(request.out))

    found = store.add_adapter(an_adapter(tmp_path / "later", base="elsewhere"))
    merged = an_adapter(tmp_path / "more", base=str(tmp_path / "merged"), case="all_r8")

    assert found.base == model.id
    assert store.add_adapter(merged).base == "merged"


def test_an_adapter_that_fits_nothing_that_is_listed_says_what_it_was_made_for(
    store: ModelStore, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "legal", base="ann/own-model")

    assert "“ann/own-model”" in refusal(NoBaseError, store, folder)
    assert "does not say" in refusal(NoBaseError, store, an_adapter(tmp_path / "no", base=""))


def test_sizes_and_released_names_hold_whatever_a_person_says(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    assert "down_proj" in refusal(
        WrongBaseError, store, an_adapter(tmp_path / "one", case="all_r8"), GUIDE_ID
    )
    for_base = an_adapter(tmp_path / "two", base="baichuan-inc/Baichuan2-7B-Base")
    assert "is a chat model" in refusal(WrongBaseError, store, for_base, model.id)
    refusal(NoBaseError, store, for_base)


def test_an_adapter_that_names_a_model_and_does_not_fit_it_says_so(
    store: ModelStore, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "legal", base=f"/{GUIDE_ID}", case="all_r8")

    assert "guide_model" in refusal(WrongBaseError, store, folder)


def test_copies_of_a_released_model_take_its_adapters(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    found = store.add_adapter(an_adapter(tmp_path / "legal"))
    user = app_paths().user_registry
    text = user.read_text(encoding="utf-8").replace(
        f"base: {model.id}\n", f"base: {model.id}\n  variant: baichuan2-7b-chat\n"
    )
    user.write_text(text, encoding="utf-8")
    store.reload()

    quantised = replace(model, id="four", variant="baichuan2-7b-chat-4bits")
    base = replace(model, id="base", variant="baichuan2-7b-base")
    assert [one.id for one in store.adapters_of(quantised)] == [found.id]
    assert store.adapters_of(base) == []
    assert store.adapters_of(model) == []  # an id that another model has now


def test_a_listed_adapter_is_for_another_model_once_that_is_said(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    other = listed_model(store, tmp_path / "other")
    folder = an_adapter(tmp_path / "legal", base="b2-7b")
    first = store.add_adapter(folder)
    store.rename_adapter("legal", "Law")

    assert store.add_adapter(folder) == store.adapter("legal")
    again = store.add_adapter(folder, other.id)

    assert (first.id, first.base) == (again.id, model.id)
    assert (again.base, again.name.en) == (other.id, "Law")
    assert len(store.adapters) == 1


# --- ids and names -------------------------------------------------------------------------------


def test_models_and_adapters_have_ids_of_one_name_space(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "x" / "b2-7b")

    assert store.add_adapter(folder).id == "b2-7b-2"
    assert listed_model(store, tmp_path / "y" / "B2 7b").id == "b2-7b-3"
    assert store.add_adapter(an_adapter(tmp_path / GUIDE_ID), model.id).id == f"{GUIDE_ID}-2"


def test_a_checkpoint_of_a_training_is_called_after_the_folder_above(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    found = store.add_adapter(an_adapter(tmp_path / "Legal LoRA" / "checkpoint-500"))

    assert (found.id, found.name.en) == ("legal-lora-checkpoint-500", "Legal LoRA checkpoint-500")


def test_an_adapter_is_meant_by_its_id_its_folder_and_its_name(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    found = store.add_adapter(an_adapter(tmp_path / "legal"))
    store.rename_adapter("legal", "Our Law")

    for name in ("legal", "our law", str(found.path), str(tmp_path / "x" / ".." / "legal")):
        assert store.adapter(name).id == "legal"
    assert store.adapter("OUR LAW", model).path == found.path


def test_a_folder_that_is_not_listed_is_described(store: ModelStore, tmp_path: Path) -> None:
    found = store.adapter(str(an_adapter(tmp_path / "legal")))

    assert (found.id, found.base, found.path) == ("legal", "", tmp_path / "legal")
    assert store.adapters == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotAnAdapterError):
        store.adapter(str(tmp_path / "empty"))


def test_of_two_adapters_of_one_name_that_of_the_model_is_meant(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    other = listed_model(store, tmp_path / "other")
    for folder, base in (("a", model), ("b", other)):
        store.add_adapter(an_adapter(tmp_path / folder / "legal"), base.id)
        store.rename_adapter(store.adapters[-1].id, "Law")

    assert [one.shown_name.en for one in store.adapters] == ["Law (a)", "Law (b)"]
    assert store.adapter("law", other).base == other.id
    assert store.adapter("law (a)").base == model.id
    with pytest.raises(AmbiguousNameError, match="legal, legal-2"):
        store.adapter("Law")


def test_a_name_of_none_is_answered_with_the_closest(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    store.add_adapter(an_adapter(tmp_path / "legal"))

    with pytest.raises(UnknownAdapterError, match="the closest is “legal”") as caught:
        store.adapter("legul")
    assert_one_sentence(caught.value)


# --- changing ------------------------------------------------------------------------------------


def test_an_adapter_that_is_removed_keeps_its_files(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "legal")
    store.add_adapter(folder)

    assert store.remove_adapter("legal").path == folder

    assert store.adapters == []
    assert ManifestStore(app_paths().manifests).read("legal") is None
    assert (folder / "adapter_config.json").is_file()
    with pytest.raises(UnknownAdapterError):
        store.remove_adapter("legal")


def test_an_adapter_outlives_its_model_and_has_it_again(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    found = store.add_adapter(an_adapter(tmp_path / "legal"))
    store.remove(model.id)
    assert store.adapters == [found]

    assert store.adapters_of(store.add(model.path)) == [found]


def test_an_entry_of_the_site_cannot_be_changed(
    paths: AppPaths, model: InstalledModel, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "legal")
    paths.site_registry.parent.mkdir(parents=True, exist_ok=True)
    paths.site_registry.write_text(
        f"schema_version: 1\nadapters:\n- {{id: law, path: {folder}, base: {model.id}}}\n",
        encoding="utf-8",
    )
    store = ModelStore(paths)

    (found,) = store.adapters_of(model)
    assert (found.layer, found.name.en) == (RegistryLayer.SITE, "law")
    with pytest.raises(ForeignEntryError):
        store.rename_adapter("law", "x")
    with pytest.raises(ForeignEntryError):
        store.remove_adapter("law")
    assert store.add_adapter(folder) == found


def test_where_nothing_may_be_added_no_adapter_is(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    folder = an_adapter(tmp_path / "legal")
    write_policy(tmp_path, "import: false\n")
    refusal(PolicyError, store, folder)
    write_policy(tmp_path, "adapters: [other]\n")
    refusal(PolicyError, store, folder)


def test_a_folder_that_an_import_grows_in_is_not_listed(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    refusal(InvalidRequestError, store, an_adapter(tmp_path / "legal.partial"))


def test_what_nobody_sees_in_a_folders_name_is_shown_in_the_name_of_the_adapter(
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), tmp_path / "a\u202eb")

    assert described(open_adapter(folder), None).name.en == "a\ufffdb"


def test_an_adapter_of_a_listed_model_is_not_taken_for_one_of_another_family(
    store: ModelStore, model: InstalledModel, tmp_path: Path
) -> None:
    """Its tensors fit, and its word for its base names neither of the two."""
    other = listed_model(store, tmp_path / "other", "b1-7b")
    listed = store.add_adapter(adapters.folder("b2-7b", "w_pack_r1"), model.id)

    for name in (listed.id, str(listed.path)):
        with pytest.raises(WrongBaseError, match=f"added for “{model.id}”") as caught:
            store.adapter(name, other)
        assert_one_sentence(caught.value)
        assert store.adapter(name, model) == listed
