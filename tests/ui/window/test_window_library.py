"""The page of models in the window: how it is reached and left, and who does what is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.rows.actions import Action
from baichuan_desktop.services.library.rows.values import ModelRow
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.models.rename_dialog import RenameDialog
from baichuan_desktop.ui.window.window_pages import Page
from tests.helpers.policies import write_policy
from tests.ui.harness import Harness, ScriptedEngine, until

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def wide(ui: Harness) -> Harness:
    ui.window.resize(1280, 820)
    return ui


@pytest.fixture
def mine(cold: Harness, tmp_path: Path) -> InstalledModel:
    """A listed model beside the guide."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for file in resource("guide_model").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return cold.store.add(folder)


def page(ui: Harness) -> LibraryPage:
    return ui.window.window_library.page


def press(ui: Harness, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(ui.window.focusWidget() or ui.window, key, modifier)


def is_listed(ui: Harness, model_id: str) -> Callable[[], bool]:
    return lambda: page(ui).list.rows.place_of(("model", model_id)) is not None


def row_of(ui: Harness, model_id: str) -> ModelRow:
    page(ui).list.choose(model_id)
    row = page(ui).list.current_row
    assert isinstance(row, ModelRow)
    assert row.model.id == model_id
    return row


def by_picker(ui: Harness) -> None:
    picker = ui.window.top_bar.picker
    picker.showPopup()
    (row,) = [row for row in range(picker.count()) if picker.itemText(row) == "All models…"]
    picker.hidePopup()
    picker.activated.emit(row)


@pytest.mark.parametrize(
    "reach",
    [
        by_picker,
        lambda ui: ui.window.menus.models_page.trigger(),
        lambda ui: press(ui, Qt.Key.Key_L, CONTROL | SHIFT),
    ],
    ids=["picker", "menu", "key"],
)
def test_the_page_is_reached_in_three_ways_and_left_with_the_draft_as_it_was(
    wide: Harness, reach: Callable[[Harness], None]
) -> None:
    wide.composer.set_text("a draft, half wr")
    reach(wide)
    assert page(wide).isVisible()
    assert page(wide).list.hasFocus()
    assert wide.window.menus.models_page.isChecked()

    press(wide, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)

    assert not page(wide).isVisible()
    assert not wide.window.menus.models_page.isChecked()
    assert wide.composer.text() == "a draft, half wr"
    assert wide.composer.input.hasFocus()


def test_the_button_leads_back_to_the_chat(wide: Harness) -> None:
    wide.window.menus.models_page.trigger()

    page(wide).back.click()

    assert wide.composer.isVisible()


def test_of_two_pages_one_is_shown_and_one_is_ticked(wide: Harness) -> None:
    menus = wide.window.menus
    models, jobs = menus.models_page, menus.jobs_page
    found = []
    for action in (models, jobs, models, models):
        action.trigger()
        found.append((wide.window.pages.current, models.isChecked(), jobs.isChecked()))

    assert found == [
        (Page.MODELS, True, False), (Page.JOBS, False, True), (Page.MODELS, True, False),
        (Page.CHAT, False, False),
    ]  # fmt: skip


def test_ctrl_f_searches_the_models_where_they_are_shown(wide: Harness) -> None:
    wide.window.menus.models_page.trigger()

    press(wide, Qt.Key.Key_F, CONTROL)

    assert page(wide).filter_bar.search.hasFocus()
    assert not wide.window.page.find_bar.isVisible()


def test_in_a_narrow_window_esc_leads_to_the_list_and_then_to_the_chat(ui: Harness) -> None:
    ui.window.resize(480, 300)
    ui.window.menus.models_page.trigger()
    until(is_listed(ui, GUIDE_ID))
    QTest.keyClick(page(ui).list, Qt.Key.Key_Return)
    assert page(ui).details.isVisible()

    press(ui, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert page(ui).list.isVisible()
    press(ui, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert ui.composer.isVisible()


def test_what_is_seen_of_the_folders_comes_while_the_page_is_shown(
    mine: InstalledModel, ui: Harness
) -> None:
    ui.window.menus.models_page.trigger()
    until(lambda: row_of(ui, mine.id).condition is not None)
    assert row_of(ui, mine.id).condition is Condition.PRESENT

    (mine.path / "tokenizer.model").unlink()
    ui.window.menus.models_page.trigger()
    ui.window.menus.models_page.trigger()

    until(lambda: row_of(ui, mine.id).condition is Condition.UNFINISHED)


def test_no_folder_is_looked_at_before_the_page_is_asked_for(
    ui: Harness, mine: InstalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[object]()
    monkeypatch.setattr(ui.window.window_library.looks, "ask", asked.append)

    ui.window.library.tell_listed()
    assert asked == []
    ui.window.menus.models_page.trigger()

    assert len(asked) == 1
    assert mine.path.is_dir()


def test_a_model_that_is_used_is_loaded_in_the_chat_and_the_use_is_kept(
    mine: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.window.menus.models_page.trigger()
    row_of(ui, mine.id)

    page(ui).details.buttons[Action.LOAD].click()
    ui.until(lambda: ui.window.switcher.current is not None
             and ui.window.switcher.current.id == mine.id)  # fmt: skip

    assert ui.composer.isVisible()
    assert engine.loaded_folders[-1] == mine.path
    until(lambda: LastUsed(app_paths().last_used).of(mine.id) is not None)
    ui.window.menus.models_page.trigger()
    until(lambda: row_of(ui, mine.id).last_used is not None)
    assert not page(ui).details.buttons[Action.LOAD].isEnabled(), "it is in use"


def test_a_model_is_renamed_from_the_page_and_the_page_shows_the_name(
    mine: InstalledModel, ui: Harness
) -> None:
    ui.window.menus.models_page.trigger()
    row_of(ui, mine.id)
    QTest.keyClick(page(ui).list, Qt.Key.Key_F2)
    (dialog,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, RenameDialog)]

    assert dialog.models.currentData().id == mine.id
    dialog.name.setText("Contracts")
    dialog.rename_button.click()

    until(lambda: row_of(ui, mine.id).name.en == "Contracts")
    assert page(ui).isVisible()


def test_a_model_is_removed_from_the_page_and_from_the_list_at_the_top(
    mine: InstalledModel, ui: Harness
) -> None:
    ui.window.menus.models_page.trigger()
    row_of(ui, mine.id)
    removing = ui.window.window_library.removing

    QTest.keyClick(page(ui).list, Qt.Key.Key_Delete)
    until(lambda: removing.dialog is not None)
    assert removing.dialog is not None
    removing.dialog.remove_button.click()

    until(lambda: not is_listed(ui, mine.id)())
    picker = ui.window.top_bar.picker
    assert mine.shown_name.en not in [picker.itemText(row) for row in range(picker.count())]
    assert mine.path.is_dir(), "a linked folder is never touched"


def test_a_model_that_a_terminal_listed_meanwhile_is_there_when_the_page_is_shown(
    ui: Harness, tmp_path: Path
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for file in resource("guide_model").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    theirs = ModelStore(app_paths()).add(folder)

    ui.window.menus.models_page.trigger()

    until(is_listed(ui, theirs.id))


def test_where_importing_is_off_the_page_says_so(
    mine: InstalledModel, ui: Harness, tmp_path: Path
) -> None:
    write_policy(tmp_path, "import: off\n")

    ui.window.menus.models_page.trigger()
    row_of(ui, mine.id)

    assert not page(ui).find_action.isEnabled()
    assert not page(ui).details.buttons[Action.REMOVE].isEnabled()
    assert page(ui).details.buttons[Action.VERIFY].isEnabled()
