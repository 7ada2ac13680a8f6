"""The sidebar in the window, with the conversation that is open: keys and clicks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.look.theme import Theme
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, until
from tests.ui.sidebar.conftest import Hands

KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def side(ui: Harness) -> Hands:
    """The sidebar of a window with a model."""
    ui.window.resize(1280, 820)
    QApplication.processEvents()
    return Hands(ui.window.sidebar)


def spoken(side: Hands) -> list[str]:
    rows = side.list.rows
    role = Qt.ItemDataRole.AccessibleTextRole
    return [rows.data(rows.index(row), role) for row in range(rows.rowCount())]


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key, wherever the keyboard is."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    QTest.keyClick(widget, key, modifier)


def test_a_question_becomes_a_conversation_of_today(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    assert side.rows == []
    engine.answers += [answer("Yes."), answer("No.")]

    ui.ask("Is it raining?")
    QTest.mouseClick(side.sidebar.new_chat, Qt.MouseButton.LeftButton)
    assert ui.composer.input.hasFocus()
    ui.ask("Is it snowing?")

    assert spoken(side)[-3:] == ["Today", "Is it snowing?, open", "Is it raining?"]
    side.list.setFocus()
    assert side.list.currentIndex().row() == side.row("Is it snowing?"), "where one is"


def test_another_conversation_is_opened_while_one_is_answered(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    gate = Gate()
    engine.answers += [answer("Yes."), [*answer("Long")[:-1], gate, *answer(" and done.")[1:]]]
    ui.ask("First?")
    side.sidebar.new_chat.click()
    ui.say("Second?")
    until(gate.reached.is_set)
    assert "Second?, open, is being answered" in spoken(side)

    side.click("First?")
    assert "Yes." in ui.page_text
    assert "Second?" not in ui.page_text
    assert "Second?, is being answered" in spoken(side)
    gate.open.set()
    ui.until_idle()
    until(lambda: "Second?, unread" in spoken(side))
    assert "Second?" not in ui.page_text
    side.click("Second?")

    assert "Long and done." in ui.page_text
    assert "Second?, open" in spoken(side)
    assert ui.composer.input.hasFocus()


def test_the_open_conversation_is_closed_by_deleting_it_and_opened_by_undo(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")

    side.choose("Here?", "Delete")
    assert "Yes." not in ui.page_text
    assert "Here?" not in side.rows
    side.key(KEY.Key_Z, CONTROL)

    assert "Yes." in ui.page_text
    assert "Here?, open" in spoken(side)


def test_an_answer_ends_when_its_conversation_is_deleted(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    gate = Gate()
    engine.answers.append([*answer("Long")[:-1], gate])
    ui.say("Tell me everything")
    until(gate.reached.is_set)

    side.choose("Tell me everything", "Delete")
    ui.until_idle()

    assert engine.cancels[-1].is_set()
    assert "Tell me everything" not in side.rows
    side.sidebar.toast.undo_button.click()
    assert "Long" in ui.page_text, "what there was of it is kept"


def test_a_hit_is_searched_for_and_opened_by_keys_alone(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    sought: list[tuple[object, str]] = []
    ui.window.controller.sought.connect(lambda *found: sought.append(found))
    engine.answers += [answer("床前明月光"), answer("Nothing.")]
    ui.ask("A poem, please")
    side.sidebar.new_chat.click()
    ui.ask("Something else")

    press(KEY.Key_K, CONTROL)
    assert side.sidebar.search.hasFocus()
    side.sidebar.search.setText("明月")
    press(KEY.Key_Down)
    press(KEY.Key_Down)
    press(KEY.Key_Return)

    assert side.rows == ["A poem, please", "床前明月光"]
    assert "床前明月光" in ui.page_text
    assert [phrase for _, phrase in sought] == ["明月"]
    assert ui.composer.input.hasFocus()


def test_the_list_is_hidden_by_ctrl_b_and_shown_again_to_search(ui: Harness, side: Hands) -> None:
    press(KEY.Key_B, CONTROL)
    assert not side.sidebar.isVisible()
    assert not ui.settings.current.sidebar_shown

    press(KEY.Key_K, CONTROL)
    assert side.sidebar.isVisible()
    assert side.sidebar.search.hasFocus()
    press(KEY.Key_Escape)
    assert ui.composer.input.hasFocus()
    side.sidebar.collapse.click()

    assert not side.sidebar.isVisible()


def test_the_settings_are_shown_by_the_button(ui: Harness, side: Hands) -> None:
    side.sidebar.settings.click()

    dialog = ui.window.around_chat.settings.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert not ui.window.panel.isVisible()


def test_f2_renames_the_open_conversation_from_the_field(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")

    press(KEY.Key_F2)
    side.type_name("Elsewhere")

    assert spoken(side)[-1] == "Elsewhere, open"
    [kept] = ui.conversations.conversations()
    assert (kept.title, kept.has_own_title) == ("Elsewhere", True)


def test_f2_in_the_list_renames_the_row_that_has_the_keyboard(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    engine.answers += [answer("Yes."), answer("No.")]
    ui.ask("First?")
    side.sidebar.new_chat.click()
    ui.ask("Second?")

    side.go_to("First?")
    press(KEY.Key_F2)
    side.type_name("Renamed")

    assert side.rows[-2:] == ["Second?", "Renamed"]


def test_a_copy_is_opened(ui: Harness, engine: ScriptedEngine, side: Hands) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")

    side.choose("Here?", "Duplicate")

    assert spoken(side)[-2:] == ["Copy of Here?, open", "Here?"]
    assert "Yes." in ui.page_text


def test_a_temporary_chat_is_in_the_list_until_the_app_ends(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    engine.answers.append(answer("Yes."))

    press(KEY.Key_N, CONTROL | SHIFT)
    ui.ask("Between us?")

    assert spoken(side)[:2] == ["Temporary", "Between us?, open, temporary"]


def test_what_was_begun_and_not_sent_is_a_draft(
    ui: Harness, engine: ScriptedEngine, side: Hands
) -> None:
    engine.answers += [answer("Yes.")]
    ui.ask("First?")
    ui.composer.set_text("and then")

    side.sidebar.new_chat.click()
    assert "First?, draft" in spoken(side)
    side.click("First?")

    assert ui.composer.text() == "and then"


def test_the_open_conversation_is_open_again_after_a_restart(
    app: QApplication, theme: Theme, make_window: Callable[[EnginePort], Harness], tmp_path: Path
) -> None:
    file = tmp_path / "conversations.db"
    engine = ScriptedEngine()
    first = Harness(app, theme, engine, ConversationStore(file))
    engine.answers += [answer("Yes."), answer("No.")]
    try:
        first.start()
        side = Hands(first.window.sidebar)
        first.ask("First?")
        side.sidebar.new_chat.click()
        first.ask("Second?")
        side.choose("First?", "New folder")
        side.type_name("Kept")
        side.sidebar.controller.set_folder_open(side.sidebar.controller.folders[0].id, True)
        side.click("First?")
        first.composer.set_text("a draft")
    finally:
        first.close()

    second = Harness(app, theme, ScriptedEngine(), ConversationStore(file))
    try:
        side = Hands(second.window.sidebar)
        assert "Yes." in second.page_text
        assert second.composer.text() == "a draft"
        assert side.rows == ["[Folders]", "Kept", "First?", "[Today]", "Second?"]
        assert side.list.rows.open_id == side.list.rows.entries[2].key[0]
    finally:
        second.close()


def test_a_conversation_that_is_opened_takes_the_place_of_the_jobs(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("1"))
    ui.ask("one")
    conversation = ui.window.controller.conversation
    assert conversation is not None

    for opens in (
        lambda: ui.window.sidebar.open_requested.emit(conversation.id, None, ""),
        lambda: ui.window.sidebar.duplicate_requested.emit(conversation.id),
        ui.window.sidebar.new_chat_requested.emit,
        ui.window.menus.temporary_chat.trigger,
    ):
        ui.window.menus.jobs_page.setChecked(True)
        assert not ui.window.page.isVisible()
        opens()
        assert ui.window.page.isVisible()
        assert not ui.window.menus.jobs_page.isChecked()
