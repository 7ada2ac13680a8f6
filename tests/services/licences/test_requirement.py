"""No model is loaded before every text that comes with it was accepted."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from backends.errors import LicenceNotAcceptedError, NotAdmittedError
from backends.policy.values import Policy
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import open_texts, require_accepted
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

SITE = Policy(file=Path("/etc/policy.yaml"), licence_text="Only for work.")


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def kept() -> Acceptances:
    return Acceptances(app_paths().licences)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "百川 7B"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), made)
    (made / "LICENSE").write_text("May be used.")
    return made


def test_a_listed_model_is_named_by_its_id_and_one_that_is_not_by_its_folder(
    store: ModelStore, kept: Acceptances, folder: Path
) -> None:
    with pytest.raises(LicenceNotAcceptedError) as unlisted:
        require_accepted(store, store.model(str(folder)), Policy(), kept)
    model = store.add(folder)
    with pytest.raises(LicenceNotAcceptedError) as listed:
        require_accepted(store, model, Policy(), kept)

    command = "Read it and accept it: baichuan-desktop models licence"
    assert str(unlisted.value.hint) == f"{command} {folder} --accept"
    assert str(listed.value.hint) == f"{command} {model.id} --accept"
    assert listed.value.model_id == model.id
    assert isinstance(listed.value, NotAdmittedError)
    assert_one_sentence(listed.value)
    assert pickle.loads(pickle.dumps(listed.value)).model_id == model.id


def test_each_text_is_asked_about_until_it_is_accepted_and_again_when_it_changes(
    store: ModelStore, kept: Acceptances, folder: Path
) -> None:
    model = store.add(folder)
    (folder / "NOTICE").write_text("Copyright somebody.")

    texts = open_texts(store, model, SITE, kept)
    assert [one.text for one in texts] == ["May be used.", "Copyright somebody.", "Only for work."]
    for done, one in enumerate(texts, 1):
        kept.accept(one, model.id, "li")
        assert open_texts(store, model, SITE, kept) == texts[done:]
    require_accepted(store, model, SITE, kept)

    (folder / "LICENSE").write_text("May not be used.")
    assert [one.text for one in open_texts(store, model, SITE, kept)] == ["May not be used."]


def test_the_same_text_with_another_model_is_not_asked_about_twice(
    store: ModelStore, kept: Acceptances, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    first = store.add(folder)
    kept.accept(open_texts(store, first, Policy(), kept)[0], first.id, "li")

    require_accepted(store, store.add(copy), Policy(), kept)


def test_the_guide_is_loaded_without_a_question_and_makes_no_file(
    store: ModelStore, kept: Acceptances
) -> None:
    require_accepted(store, store.model(GUIDE_ID), Policy(), kept)

    assert not app_paths().licences.exists()
