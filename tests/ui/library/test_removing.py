"""Removing a model: what is said before, what is done, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QWidget

from backends.errors import NoTrashError
from backends.phrases import Phrase
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.importing.values import Removal
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.library.removing import RemovalDialog, Removing, removal_sentences
from tests.helpers.library import GIB, listed
from tests.ui.harness import until


@pytest.fixture
def window(app: QApplication) -> Iterator[QWidget]:
    shown = QWidget()
    shown.resize(800, 600)
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def linked(store: ModelStore, tmp_path: Path) -> InstalledModel:
    """A listed copy of the guide model, which lies where a person put it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for file in resource("guide_model").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return store.add(folder)


class Trash:
    def __init__(self, fails: bool = False) -> None:
        self.fails, self.taken = fails, list[Path]()

    def take(self, folder: Path) -> None:
        if self.fails:
            raise NoTrashError(folder)
        self.taken.append(folder)
        folder.rename(folder.with_name("trashed"))


def asked(removing: Removing, model: InstalledModel) -> RemovalDialog:
    removing.ask(model)
    until(lambda: removing.dialog is not None and removing.dialog.isVisible())
    assert removing.dialog is not None
    return removing.dialog


def test_a_linked_model_is_only_taken_from_the_list(
    window: QWidget, store: ModelStore, linked: InstalledModel
) -> None:
    trash = Trash()
    removing = Removing(store, trash.take, window)
    removed = QSignalSpy(removing.removed)
    before = sorted(file.name for file in linked.path.iterdir())

    dialog = asked(removing, linked)
    assert str(linked.path) in dialog.text.text()
    assert "not touched" in dialog.text.text()
    assert "trash" not in dialog.text.text()
    dialog.remove_button.click()
    until(lambda: removed.count() == 1)

    assert trash.taken == []
    assert sorted(file.name for file in linked.path.iterdir()) == before
    assert linked.id not in [model.id for model in store.models]


def test_nothing_happens_where_the_person_keeps_it(
    window: QWidget, store: ModelStore, linked: InstalledModel
) -> None:
    trash = Trash()
    removing = Removing(store, trash.take, window)

    dialog = asked(removing, linked)
    assert dialog.keep_button.isDefault(), "Enter alone removes nothing"
    dialog.keep_button.click()

    assert removing.dialog is None
    assert linked.id in [model.id for model in store.models]
    again = asked(removing, linked)
    again.reject()


def test_a_copy_goes_into_the_trash_and_its_size_is_said(
    window: QWidget, store: ModelStore, tmp_path: Path
) -> None:
    folder = app_paths().model_folder / "copy"
    folder.mkdir(parents=True)
    for file in resource("guide_model").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    model = store.add(folder, copied=True)
    trash = Trash()
    removing = Removing(store, trash.take, window)
    removed = QSignalSpy(removing.removed)

    dialog = asked(removing, model)
    assert "goes into the trash" in dialog.text.text()
    assert " MiB are free" in dialog.text.text()
    assert dialog.remove_button.text() == "Move to the trash"
    dialog.remove_button.click()
    until(lambda: removed.count() == 1)

    assert trash.taken == [folder]
    assert not folder.exists()


def test_a_drive_without_a_trash_is_said_and_the_model_stays(
    window: QWidget, store: ModelStore
) -> None:
    folder = app_paths().model_folder / "copy"
    folder.mkdir(parents=True)
    for file in resource("guide_model").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    model = store.add(folder, copied=True)
    removing = Removing(store, Trash(fails=True).take, window)
    failed = QSignalSpy(removing.failed)

    asked(removing, model).remove_button.click()
    until(lambda: failed.count() == 1)

    assert isinstance(failed.at(0)[0], NoTrashError)
    assert folder.exists()
    assert model.id in [one.id for one in store.models]


def test_every_case_is_said_in_its_own_words() -> None:
    link, copy = listed("one"), replace(listed("one"), is_copied=True)
    said = [
        " ".join(removal_sentences(removal))
        for removal in (
            Removal(link, (), 0),
            Removal(copy, (copy.path,), 14 * GIB),
            Removal(copy, (), 0, kept_for=("two", "three")),
            Removal(copy, (), 0, kept_because=Phrase("another model lies below it")),
            Removal(copy, (), 0),
            Removal(copy, (copy.path,), GIB, exports=("one-onnx",)),
        )
    ]

    assert len(set(said)) == len(said)
    assert "14.0 GiB" in said[1]
    assert "two, three" in said[2]
    assert "another model lies below it" in said[3]
    assert "not here" in said[4]
    assert "one-onnx" in said[5]
    assert all("{" not in one for one in said)
