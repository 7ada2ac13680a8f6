"""A person brings models into the library: found, dropped, gone on with, fetched elsewhere."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from backends.files.partial_folder import partial_of
from backends.policy import site_policy
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.library.finding.values import KnownPlace, Place
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.ui.acquiring import acquiring
from baichuan_desktop.ui.acquiring.finding.find_dialog import FindDialog
from baichuan_desktop.ui.acquiring.getting.get_dialog import GetDialog
from baichuan_desktop.ui.window.window_pages import Page
from tests.helpers import goldens
from tests.helpers.policies import write_policy
from tests.ui.harness import Harness


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A drive with one model in a folder of it, and something else."""
    folder = tmp_path / "STICK"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder / "work" / "talk")
    (folder / "holiday").mkdir()
    (folder / "holiday" / "notes.txt").write_text("Nothing of a model.")
    return folder


@pytest.fixture(autouse=True)
def _only_the_stick(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the test has one known place."""
    monkeypatch.setattr(acquiring, "known_places", lambda _own: [KnownPlace(stick, Place.MEDIUM)])


def find_dialog(ui: Harness) -> FindDialog:
    ui.until(lambda: ui.window.models.acquiring.dialog is not None)
    dialog = ui.window.models.acquiring.dialog
    assert isinstance(dialog, FindDialog)
    return dialog


def drop(ui: Harness, target: QWidget, *paths: Path) -> bool:
    """Drag files onto a widget, and let them go; whether anybody took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return drop_data(target, data)


def drop_data(target: QWidget, data: QMimeData) -> bool:
    at, button, none = target.rect().center(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
    action = Qt.DropAction.CopyAction
    entering = QDragEnterEvent(QPoint(at), action, data, button, none)
    QApplication.sendEvent(target, entering)
    if not entering.isAccepted():
        return False
    dropping = QDropEvent(QPointF(at), action, data, button, none)
    QApplication.sendEvent(target, dropping)
    return dropping.isAccepted()


def take(ui: Harness, dialog: FindDialog, way: Way) -> None:
    """Choose a way, and begin."""
    dialog.ways.radios[way].setChecked(True)
    ui.until(dialog.ways.begin.isEnabled)
    dialog.ways.begin.click()
    ui.until(lambda: bool(ui.window.jobs.desk.finished))


def names(ui: Harness) -> list[str]:
    return [model.path.name for model in ui.store.models if not model.bundled]


def test_a_model_is_found_copied_listed_and_loaded(ui: Harness, stick: Path) -> None:
    ui.window.menus.find_models.trigger()
    dialog = find_dialog(ui)
    ui.until(dialog.places.look.isEnabled)
    dialog.places.look.click()
    ui.until(dialog.results.back.isVisible)
    dialog.results.take.click()

    take(ui, dialog, Way.COPY)

    (record,) = ui.window.jobs.desk.finished
    assert record.state is JobState.DONE, record.error
    (model,) = [one for one in ui.store.models if not one.bundled]
    assert model.is_copied
    assert model.path.parent == app_paths().model_folder
    assert (stick / "work" / "talk" / "config.json").exists()
    assert ui.window.pages.current is Page.JOBS
    ui.load(model)
    ui.until_idle()
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.path == model.path


def test_a_dropped_folder_above_a_model_stands_for_it(ui: Harness, stick: Path) -> None:
    assert drop(ui, ui.window, stick)
    dialog = find_dialog(ui)
    ui.until(dialog.ways.isVisible)

    take(ui, dialog, Way.LINK)

    (model,) = [one for one in ui.store.models if not one.bundled]
    assert (model.path, model.is_copied) == (stick / "work" / "talk", False)


@pytest.mark.parametrize("dropped", ["config.json", "model.safetensors", "tokenizer.model"])
def test_a_dropped_file_of_a_model_stands_for_it(ui: Harness, stick: Path, dropped: str) -> None:
    file = stick / "work" / "talk" / dropped
    assert file.exists()

    assert drop(ui, ui.window, file)

    dialog = find_dialog(ui)
    ui.until(dialog.ways.isVisible)
    assert "talk" in dialog.ways.heading.text()


def test_several_folders_are_listed_to_choose_from(ui: Harness, stick: Path) -> None:
    shutil.copytree(stick / "work" / "talk", stick / "second")

    assert drop(ui, ui.window, stick / "second", stick / "work", stick / "work" / "talk")

    dialog = find_dialog(ui)
    ui.until(lambda: dialog.results.isVisible() and dialog.results.back.isVisible())
    assert [one.folder.name for one in dialog.results.founds] == ["second", "talk"]


def test_two_models_of_one_name_that_are_copied_at_once_both_arrive(
    ui: Harness, stick: Path
) -> None:
    second = shutil.copytree(goldens.folder("b1-7b", "safetensors"), stick / "more" / "talk")
    drop(ui, ui.window, second, stick / "work")
    dialog = find_dialog(ui)
    ui.until(lambda: dialog.results.isVisible() and dialog.results.back.isVisible())
    for row in range(2):
        dialog.results.model.tick(row, True)
    dialog.results.take.click()

    take(ui, dialog, Way.COPY)
    ui.until(lambda: len(ui.window.jobs.desk.finished) == 2)

    assert [one.state for one in ui.window.jobs.desk.finished] == [JobState.DONE] * 2
    assert sorted(names(ui)) == ["talk", "talk-2"]


@pytest.mark.parametrize("what", ["holiday", "work/talk/../../holiday"])
def test_what_is_no_model_says_what_it_is(ui: Harness, stick: Path, what: str) -> None:
    assert drop(ui, ui.window, stick / what)

    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert "is not a Baichuan checkpoint" in ui.error.message.text()
    assert ui.window.models.acquiring.dialog is None


def test_a_folder_beside_the_one_that_is_no_model_is_still_told_of(
    ui: Harness, stick: Path
) -> None:
    assert drop(ui, ui.window, stick / "holiday", stick / "work" / "talk")

    dialog = find_dialog(ui)
    ui.until(lambda: dialog.results.isVisible() and dialog.results.back.isVisible())
    assert "holiday" in dialog.results.trouble.text()
    assert [one.folder.name for one in dialog.results.founds] == ["talk"]


def test_a_folder_that_is_dropped_onto_the_field_is_no_text_and_goes_to_the_window(
    ui: Harness, stick: Path
) -> None:
    field = ui.composer.input.viewport()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(stick))])

    assert drop_data(field, data)

    assert ui.composer.input.text() == ""
    assert find_dialog(ui) is ui.window.models.acquiring.dialog


def test_text_that_is_dropped_into_the_field_stays_text(ui: Harness) -> None:
    data = QMimeData()
    data.setText("Some words.")

    assert drop_data(ui.composer.input.viewport(), data)
    assert not drop_data(ui.window, data)

    assert ui.composer.input.text() == "Some words."
    assert ui.window.models.acquiring.dialog is None


def test_an_address_of_the_network_is_no_folder(ui: Harness) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/model")])

    assert not drop_data(ui.window, data)


def test_the_sign_is_seen_while_something_is_dragged_and_gone_after_it(
    ui: Harness, stick: Path
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(stick / "holiday"))])
    at, none = ui.window.rect().center(), Qt.KeyboardModifier(0)
    entering = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(ui.window, entering)
    (sign,) = [one for one in ui.window.children() if type(one).__name__ == "_Sign"]
    assert isinstance(sign, QWidget)
    assert sign.isVisible()

    drop(ui, ui.window, stick / "holiday")

    assert not sign.isVisible()


# --- how to get a model ----------------------------------------------------------------------


def test_how_to_get_a_model_names_commands_that_can_be_copied_and_leads_to_finding(
    ui: Harness,
) -> None:
    ui.window.menus.get_model.trigger()
    dialog = ui.window.models.acquiring.dialog
    assert isinstance(dialog, GetDialog)
    ui.until(lambda: dialog.page is not None)
    assert dialog.page is not None

    dialog.page.boxes[0].copy_button.click()

    assert "download baichuan-inc/" in QApplication.clipboard().text()
    dialog.find_button.click()
    assert isinstance(ui.window.models.acquiring.dialog, FindDialog)


def test_the_models_that_run_here_come_first_and_the_one_that_was_asked_for_is_shown(
    ui: Harness,
) -> None:
    ui.window.models.acquiring.get_variant("baichuan2-13b-chat")
    dialog = ui.window.models.acquiring.dialog
    assert isinstance(dialog, GetDialog)
    ui.until(lambda: dialog.page is not None)

    role = Qt.ItemDataRole.UserRole + 1
    notes = [str(dialog.list.item(row).data(role)) for row in range(dialog.list.count())]
    runs = [note.startswith("Runs here") for note in notes[:11]]  # the others are of training
    assert runs == sorted(runs, reverse=True)
    assert dialog.page is not None
    assert dialog.page.heading.text() == "Baichuan 2 13B Chat"


# --- imports that were ended -----------------------------------------------------------------


@pytest.fixture
def half_copied(stick: Path) -> Path:
    """The folder of an import that was killed on its way; in the app's own model folder."""
    folder = app_paths().model_folder
    store, manifests = ModelStore(app_paths()), ManifestStore(app_paths().manifests)
    plan = plan_import(store, stick / "work" / "talk", Way.COPY, folder)
    run = run_import(store, manifests, plan, threading.Event(), chunk_bytes=512)
    for _ in range(6):
        next(run)
    run.close()  # what is copied stays, as after a kill
    return partial_of(plan.target)


def test_what_is_offered_leaves_a_low_window_and_other_pages_alone(
    cold: Harness, half_copied: Path
) -> None:
    cold.window.models.acquiring.look_for_unfinished()
    bar = cold.window.models.unfinished
    cold.until(bar.isVisible)
    cold.window.menus.jobs_page.trigger()
    assert not bar.isVisible()
    cold.window.menus.jobs_page.trigger()
    assert bar.isVisible()

    cold.window.resize(900, 300)
    cold.until(lambda: not bar.isVisible())


def test_an_import_that_was_ended_is_offered_and_goes_on(cold: Harness, half_copied: Path) -> None:
    cold.window.models.acquiring.look_for_unfinished()
    bar = cold.window.models.unfinished
    cold.until(bar.isVisible)
    assert "was not finished" in bar.label.text()
    assert half_copied.name.removesuffix(".partial") in bar.label.text()

    bar.buttons[0].click()

    cold.until(lambda: bool(cold.window.jobs.desk.finished))
    (record,) = cold.window.jobs.desk.finished
    assert record.state is JobState.DONE, record.error
    assert [model.path.parent for model in cold.store.models if not model.bundled] == [
        app_paths().model_folder
    ]
    assert not half_copied.exists()
    assert not bar.isVisible()


def test_an_import_that_was_ended_is_taken_away_and_its_source_stays(
    cold: Harness, half_copied: Path, stick: Path
) -> None:
    cold.window.models.acquiring.look_for_unfinished()
    bar = cold.window.models.unfinished
    cold.until(bar.isVisible)

    bar.buttons[1].click()

    cold.until(lambda: not half_copied.exists())
    assert names(cold) == []
    assert (stick / "work" / "talk" / "config.json").exists()


def test_an_import_that_is_left_alone_stays_for_the_next_start(
    cold: Harness, half_copied: Path
) -> None:
    cold.window.models.acquiring.look_for_unfinished()
    bar = cold.window.models.unfinished
    cold.until(bar.isVisible)

    bar.close_button.click()

    assert not bar.isVisible()
    assert half_copied.exists()
    cold.window.models.acquiring.look_for_unfinished()
    cold.until(bar.isVisible)


# --- the policy ------------------------------------------------------------------------------


def test_a_policy_without_imports_greys_the_entries_and_says_who_turned_them_off(
    ui: Harness, stick: Path, tmp_path: Path
) -> None:
    write_policy(tmp_path, "import: false\ncontact: it@example.org\n")
    site_policy.site_policy()
    menus = ui.window.menus
    menus.folded.aboutToShow.emit()

    for action in (menus.find_models, menus.import_model, menus.open_folder):
        assert not action.isEnabled()
        assert "the administrator of this machine turned that off" in action.toolTip()
    assert menus.get_model.isEnabled()
    assert drop(ui, ui.window, stick)
    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert "Models are not added, imported or removed here" in ui.error.message.text()
    assert "it@example.org" in ui.error.hint.text()
    assert ui.window.models.acquiring.dialog is None
    assert names(ui) == []
