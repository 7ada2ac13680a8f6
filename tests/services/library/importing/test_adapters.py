"""Adapters come into a model folder, and go, as models do."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from backends.errors import AdapterError, ImportRefusedError
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.removing import delete, plan_removal, remove
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.unfinished import resume_plan, unfinished
from baichuan_desktop.services.library.importing.values import SameWeights, Way
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from tests.helpers import adapters
from tests.helpers.imports import Library, hashes


@pytest.fixture
def model(library: Library) -> InstalledModel:
    return library.store.add(library.source)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "run" / "checkpoint-5"
    shutil.copytree(adapters.folder("b2-7b", "all_r8"), folder)
    return folder


def bring(library: Library, source: Path, way: Way, **more: str) -> InstalledAdapter:
    plan = plan_import(library.store, source, way, library.folder, **more)
    *_, last = run_import(library.store, library.manifests, plan, threading.Event())
    assert isinstance(last, InstalledAdapter)
    return last


@pytest.mark.parametrize("way", list(Way))
def test_an_adapter_comes_in_each_way(
    way: Way, library: Library, model: InstalledModel, source: Path
) -> None:
    before = hashes(source)

    found = bring(library, source, way, name="Our law")

    assert (found.base, found.name.en) == (model.id, "Our law")
    assert hashes(found.path) == before
    assert found.is_copied is (way is not Way.LINK)
    assert source.is_dir() is (way is not Way.MOVE)
    assert found.path == (source if way is Way.LINK else library.folder / "run checkpoint-5")
    manifest = library.manifests.read(found.id)
    assert manifest is not None
    assert manifest.files.keys() == before.keys()
    assert unfinished([library.folder]) == []


def test_an_import_that_was_ended_goes_on_for_the_same_model(
    library: Library, model: InstalledModel, source: Path
) -> None:
    other = source.parent / "other"
    shutil.copytree(library.source, other)
    base = library.store.add(other).id
    plan = plan_import(library.store, source, Way.COPY, library.folder, base=base)
    cancel, pausing = threading.Event(), threading.Event()
    pausing.set()
    for event in run_import(
        library.store, library.manifests, plan, cancel, pausing, chunk_bytes=16_384
    ):
        assert not isinstance(event, InstalledAdapter)
        cancel.set()
    (half,) = unfinished([library.folder])

    assert resume_plan(half).base == base
    *_, last = run_import(library.store, library.manifests, resume_plan(half), threading.Event())

    assert isinstance(last, InstalledAdapter)
    assert last.base == base
    assert hashes(last.path) == hashes(source)


def test_an_adapter_with_the_weights_of_a_listed_one_is_not_copied(
    library: Library, model: InstalledModel, source: Path, tmp_path: Path
) -> None:
    found = library.store.add_adapter(source)
    again = tmp_path / "again"
    shutil.copytree(source, again)
    plan = plan_import(library.store, again, Way.COPY, library.folder)
    assert plan.compared_with == (found,)

    *_, last = run_import(library.store, library.manifests, plan, threading.Event())

    assert last == SameWeights(found)
    assert not plan.target.exists()


def test_the_same_tensors_with_another_scale_are_another_adapter(
    library: Library, model: InstalledModel, source: Path, tmp_path: Path
) -> None:
    found = library.store.add_adapter(source)
    again = tmp_path / "again"
    shutil.copytree(source, again)
    file = again / "adapter_config.json"
    text = file.read_text("utf-8")
    stated = json.loads(text)["lora_alpha"]
    other = text.replace(f'"lora_alpha": {stated}', f'"lora_alpha": {stated + 1}')
    assert other != text
    file.write_text(other, "utf-8")

    brought = bring(library, again, Way.COPY)

    assert brought.id != found.id
    assert hashes(brought.path) == hashes(again)


def test_an_adapter_without_a_model_is_refused_before_anything_is_written(
    library: Library, source: Path
) -> None:
    with pytest.raises(AdapterError):
        plan_import(library.store, source, Way.COPY, library.folder)
    with pytest.raises(AdapterError):
        plan_import(library.store, source, Way.COPY, library.folder, base="baichuan-guide")
    assert not library.folder.exists()


def test_a_listed_adapter_is_not_moved_with_the_folder_around_it(
    library: Library, model: InstalledModel, source: Path
) -> None:
    library.store.add_adapter(source)

    with pytest.raises(ImportRefusedError, match="listed as “run checkpoint-5”"):
        plan_import(library.store, source, Way.MOVE, library.folder)


# --- removing ------------------------------------------------------------------------------------


def test_a_copied_adapter_goes_into_the_trash_and_a_linked_one_stays(
    library: Library, model: InstalledModel, source: Path
) -> None:
    copied = bring(library, source, Way.COPY)
    trashed: list[Path] = []

    removal = plan_removal(library.store, copied)
    assert removal.freed_bytes == sum(file.stat().st_size for file in copied.path.iterdir())
    remove(library.store, removal, trashed.append, library.manifests)

    assert trashed == [copied.path]
    assert library.store.adapters == []
    linked = bring(library, source, Way.LINK)
    assert plan_removal(library.store, linked).trashed == ()
    remove(library.store, plan_removal(library.store, linked), trashed.append)
    assert trashed == [copied.path]
    assert source.is_dir()


def test_a_copied_adapter_can_be_deleted_for_good(
    library: Library, model: InstalledModel, source: Path
) -> None:
    copied = bring(library, source, Way.COPY)

    remove(library.store, plan_removal(library.store, copied), delete)

    assert not copied.path.exists()


def test_a_model_whose_folder_holds_a_listed_adapter_keeps_its_files(
    library: Library, tmp_path: Path
) -> None:
    model = library.bring(Way.COPY)
    inner = model.path / "checkpoint-1"
    shutil.copytree(adapters.folder("b2-7b", "all_r8"), inner)

    assert plan_removal(library.store, model).trashed == ()
    found = library.store.add_adapter(inner, model.id)

    removal = plan_removal(library.store, model)
    assert (removal.trashed, removal.kept_for) == ((), (found.id,))
    assert removal.adapters == (found.id,)
