"""The sidebar as a person uses it: clicks and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.chat.values import Folder
from baichuan_desktop.ui.sidebar.trash_head import ForGoodQuestion
from tests.ui.harness import until
from tests.ui.sidebar.conftest import Alone, conversation

KEY = Qt.Key
NONE, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def test_a_click_and_enter_open_a_conversation(three: Alone) -> None:
    three.click("Refusal")
    three.go_to("Verses")
    three.key(KEY.Key_Return)

    assert three.opened == [(2, None, ""), (3, None, "")]


def test_headings_are_passed_over_by_the_keys_and_open_nothing(three: Alone) -> None:
    three.go_to("Contracts")
    three.key(KEY.Key_Down)

    assert three.list.currentIndex().row() == three.row("Minutes")
    three.click("[Today]")
    assert three.opened == []


def test_typing_letters_goes_to_the_title_that_begins_with_them(three: Alone) -> None:
    three.go_to("Minutes")

    QTest.keyClicks(three.list, "ver")

    assert three.list.currentIndex().row() == three.row("Verses")


@pytest.mark.parametrize("key", [KEY.Key_Delete, KEY.Key_Backspace])
@pytest.mark.parametrize("modifier", [NONE, SHIFT, CONTROL])
@pytest.mark.parametrize("row", ["Minutes", "Contracts"])
def test_no_key_deletes_anything(
    three: Alone, key: Qt.Key, modifier: Qt.KeyboardModifier, row: str
) -> None:
    three.go_to(row)

    three.key(key, modifier)

    assert all(one.trashed is None for one in three.shelf.kept.values())
    assert len(three.shelf.kept) == 3
    assert len(three.shelf.kept_folders) == 1
    assert not three.sidebar.toast.isVisible()


def test_f2_renames_in_place_and_esc_does_not(three: Alone) -> None:
    three.go_to("Refusal")
    three.key(KEY.Key_F2)
    three.type_name("No, thank you")
    three.go_to("Verses")
    three.key(KEY.Key_F2)
    QTest.keyClicks(three.editor(), "something")
    QTest.keyClick(three.editor(), KEY.Key_Escape)
    until(lambda: not three.list.is_renaming)

    assert three.rows[-3:] == ["Minutes", "No, thank you", "Verses"]
    assert three.shelf.kept[2].has_own_title
    assert not three.shelf.kept[3].has_own_title


def test_a_title_is_written_on_while_an_answer_moves_the_rows(three: Alone) -> None:
    three.go_to("Verses")
    three.key(KEY.Key_F2)
    editor = three.editor()
    editor.selectAll()
    QTest.keyClicks(editor, "Four")
    three.shelf.put_conversation(replace(three.shelf.kept[2], updated=3e9, is_unread=True))
    three.sidebar.refresh(2)

    assert three.editor() is editor
    QTest.keyClicks(editor, " verses")
    QTest.keyClick(editor, KEY.Key_Return)
    until(lambda: not three.list.is_renaming)

    assert three.rows[-3:] == ["Refusal", "Minutes", "Four verses"]


def test_renaming_the_open_one_finds_it_in_its_folder(three: Alone) -> None:
    three.sidebar.controller.file(2, 70)
    three.sidebar.show_open(2)
    three.sidebar.controller.set_folder_open(70, False)

    three.sidebar.rename_open()
    three.type_name("Filed")

    assert three.shelf.kept[2].title == "Filed"


def test_deleting_is_in_the_menu_and_is_taken_back_by_the_button(three: Alone) -> None:
    gone: list[object] = []
    three.sidebar.controller.deleted.connect(gone.append)

    three.choose("Refusal", "Delete")

    assert gone == [2]
    assert three.rows[-2:] == ["Minutes", "Verses"]
    assert three.sidebar.toast.text.text() == "“Refusal” is in the trash."
    three.sidebar.toast.undo_button.click()

    assert three.rows[-3:] == ["Minutes", "Refusal", "Verses"]
    assert not three.sidebar.toast.isVisible()


def test_deleting_is_taken_back_by_ctrl_z_and_the_keyboard_stays(three: Alone) -> None:
    three.choose("Refusal", "Delete")
    assert three.list.hasFocus()
    assert three.list.currentIndex().row() == three.row("Verses")

    three.key(KEY.Key_Z, CONTROL)

    assert three.rows[-3:] == ["Minutes", "Refusal", "Verses"]


def test_ctrl_z_in_the_search_takes_back_what_was_typed_there(three: Alone) -> None:
    three.choose("Refusal", "Delete")
    three.sidebar.focus_search()
    QTest.keyClicks(three.sidebar.search, "abc")

    three.key(KEY.Key_Z, CONTROL, three.sidebar.search)

    assert three.shelf.kept[2].trashed is not None


def test_the_menu_pins_marks_and_files(three: Alone) -> None:
    three.choose("Refusal", "Pin")
    three.choose("Verses", "Mark as unread")
    three.choose("Minutes", "Contracts")

    assert three.rows == ["[Pinned]", "Refusal", "[Folders]", "Contracts", "[Today]", "Verses"]
    assert three.shelf.kept[3].is_unread
    assert three.shelf.kept[1].folder_id == 70
    three.choose("Refusal", "Unpin")
    three.choose("Verses", "Mark as read")
    three.go_to("Contracts")
    three.key(KEY.Key_Right)
    three.choose("Minutes", "No folder")

    assert three.rows == ["[Folders]", "Contracts", "[Today]", "Minutes", "Refusal", "Verses"]


def test_duplicating_is_asked_of_the_window(three: Alone) -> None:
    asked: list[object] = []
    three.sidebar.duplicate_requested.connect(asked.append)

    three.choose("Verses", "Duplicate")

    assert asked == [3]


def test_shift_f10_opens_the_menu_too(three: Alone) -> None:
    three.go_to("Verses")

    three.key(KEY.Key_F10, SHIFT)

    assert QApplication.activePopupWidget() is not None
    three.close_menu()


@pytest.mark.parametrize(("row", "offer"), [("Verses", "Pin"), ("Contracts", "Delete the folder")])
def test_the_mouse_finds_the_menu_at_the_right_of_a_row(three: Alone, row: str, offer: str) -> None:
    rect = three.rect(row)
    without = three.list.viewport().grab(rect).toImage()

    QTest.mouseMove(three.list.viewport(), rect.center())
    until(lambda: three.list.viewport().grab(rect).toImage() != without)
    button = three.list.painter.button(rect, three.list).center()
    QTest.mouseClick(three.list.viewport(), Qt.MouseButton.LeftButton, NONE, button)

    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert offer in {action.text().replace("&", "") for action in menu.actions()}
    three.close_menu()
    assert three.opened == []


def test_a_temporary_chat_can_only_be_read_or_deleted(hands: Callable[..., Alone]) -> None:
    three = hands(conversation(1, "Secret", is_temporary=True))

    assert set(three.menu("Secret")) == {"Mark as unread", "Delete"}
    three.close_menu()
    three.key(KEY.Key_F2)
    assert not three.list.is_renaming
    assert three.rows[:2] == ["[Temporary]", "Secret"]


# --- folders --------------------------------------------------------------------------------------


def test_a_folder_is_made_by_the_button_of_its_heading_and_named_in_place(three: Alone) -> None:
    rect = three.rect("[Folders]")
    button = three.list.painter.button(rect, three.list)
    QTest.mouseClick(three.list.viewport(), Qt.MouseButton.LeftButton, NONE, button.center())
    three.type_name("Letters")

    assert three.rows[:3] == ["[Folders]", "Contracts", "Letters"]


def test_a_folder_is_made_and_filled_from_the_menu(three: Alone) -> None:
    three.choose("Verses", "New folder")
    three.type_name("Poems")

    made = ["[Folders]", "Contracts", "Poems", "Verses", "[Today]", "Minutes", "Refusal"]
    assert three.rows == made, "what is filed in a new folder is seen there"
    assert three.shelf.kept[3].folder_id == three.sidebar.controller.folders[1].id


def test_a_folder_is_unfolded_by_a_click_enter_or_the_arrow_keys(three: Alone) -> None:
    three.sidebar.controller.file(3, 70)
    inside = ["[Folders]", "Contracts", "Verses", "[Today]"]

    three.click("Contracts")
    assert three.rows[:4] == inside
    three.go_to("Contracts")
    three.key(KEY.Key_Return)
    assert "Verses" not in three.rows
    three.key(KEY.Key_Right)
    assert three.rows[:4] == inside
    three.go_to("Verses")
    three.key(KEY.Key_Left)
    assert three.list.currentIndex().row() == three.row("Contracts")
    three.key(KEY.Key_Left)

    assert "Verses" not in three.rows
    assert three.opened == []


def test_a_folder_is_renamed_moved_and_deleted_from_the_menu(hands: Callable[..., Alone]) -> None:
    two = hands(conversation(1, "Minutes", folder_id=70), Folder(70, "a", 0), Folder(71, "b", 1))
    two.choose("a", "Rename")
    two.type_name("z")
    assert "Move up" not in two.menu("z")
    two.close_menu()
    two.choose("z", "Move down")
    assert two.rows == ["[Folders]", "b", "z"]
    two.choose("z", "Move up")
    assert two.rows == ["[Folders]", "z", "b"]

    two.choose("z", "Delete the folder")

    assert two.rows == ["[Folders]", "b", "[Today]", "Minutes"]
    assert two.sidebar.toast.text.text() == "The folder “z” is deleted."
    two.sidebar.toast.undo_button.click()
    assert two.rows == ["[Folders]", "z", "b"]


# --- search ---------------------------------------------------------------------------------------


def test_search_shows_conversations_and_their_messages_and_enter_opens_the_first(
    three: Alone,
) -> None:
    three.shelf.texts = {3: [(31, "A refusal in verse"), (32, "nothing")]}
    three.sidebar.focus_search()

    three.search("refusal")

    assert three.rows == ["Refusal", "Verses", "A refusal in verse"]
    QTest.keyClick(three.sidebar.search, KEY.Key_Return)
    assert three.opened == [(2, None, "refusal")]


def test_a_hit_is_gone_to_by_the_keys_and_opened_at_its_message(three: Alone) -> None:
    three.shelf.texts = {3: [(2**62, "A refusal in verse")]}
    three.sidebar.focus_search()
    three.search("refusal")

    QTest.keyClick(three.sidebar.search, KEY.Key_Down)
    assert three.list.hasFocus()
    three.key(KEY.Key_Down)
    three.key(KEY.Key_Down)
    three.key(KEY.Key_Return)
    three.click("Verses")

    assert three.opened == [(3, 2**62, "refusal"), (3, None, "refusal")]


def test_what_is_typed_in_one_go_is_searched_for_once(three: Alone) -> None:
    three.sidebar.focus_search()

    QTest.keyClicks(three.sidebar.search, "verse")
    assert three.shelf.searched == []
    until(lambda: three.shelf.searched != [])

    assert three.shelf.searched == ["verse"]


def test_esc_clears_the_search_and_then_leaves_the_sidebar(three: Alone) -> None:
    left: list[int] = []
    three.sidebar.left.connect(lambda: left.append(1))
    three.sidebar.focus_search()
    three.search("verse")
    assert three.rows == ["Verses"]
    three.list.enter()

    three.key(KEY.Key_Escape)
    assert three.sidebar.search.hasFocus()
    assert three.rows == ["Verses"]
    QTest.keyClick(three.sidebar.search, KEY.Key_Escape)
    assert "Minutes" in three.rows
    assert left == []
    QTest.keyClick(three.sidebar.search, KEY.Key_Escape)

    assert left == [1]


def test_the_window_closes_what_is_searched_for_and_the_trash(three: Alone) -> None:
    assert not three.sidebar.close_search()
    three.search("verse")
    three.sidebar.trash.click()

    assert three.sidebar.close_search()
    assert three.sidebar.search.text() == ""
    assert three.rows[-3:] == ["Minutes", "Refusal", "Verses"]


@pytest.mark.parametrize(("hits", "last"), [(200, "verse 198"), (201, "[Only the first 200 hits]")])
def test_more_hits_than_are_shown_are_said(three: Alone, hits: int, last: str) -> None:
    three.shelf.texts = {1: [(1000 + place, f"verse {place}") for place in range(hits - 1)]}

    three.search("verse")  # in a title too

    assert sum(text.startswith("verse ") for text in three.rows) == 199
    assert three.rows[-1] == last


def test_a_search_without_hits_says_so(three: Alone) -> None:
    three.search("nowhere")

    assert three.rows == []
    assert three.list.note == "Nothing was found."


# --- trash ----------------------------------------------------------------------------------------


def test_the_trash_gives_back_and_deletes_for_good_after_asking(three: Alone) -> None:
    three.choose("Refusal", "Delete")
    three.choose("Verses", "Delete")
    three.sidebar.trash.click()
    assert sorted(three.rows) == ["Refusal", "Verses"]
    assert "30 days" in three.sidebar.trash_head.note.text()
    assert three.list.note == "The trash is empty."

    three.choose("Verses", "Restore")
    three.choose("Refusal", "Delete for good…")
    question = three.sidebar.findChild(ForGoodQuestion)
    assert question is not None
    question.keep_button.click()
    assert 2 in three.shelf.kept
    three.choose("Refusal", "Delete for good…")
    question = three.sidebar.findChildren(ForGoodQuestion)[-1]
    question.delete_button.click()
    three.sidebar.trash_head.back_button.click()

    assert set(three.shelf.kept) == {1, 3}
    assert three.rows[-2:] == ["Minutes", "Verses"]


def test_the_trash_is_emptied_as_a_whole_after_asking(three: Alone) -> None:
    three.choose("Refusal", "Delete")
    three.choose("Verses", "Delete")
    three.sidebar.trash.click()

    three.sidebar.trash_head.empty_button.click()
    question = three.sidebar.findChild(ForGoodQuestion)
    assert question is not None
    question.delete_button.click()

    assert set(three.shelf.kept) == {1}
    assert three.rows == []
    assert not three.sidebar.trash_head.empty_button.isEnabled()


def test_what_is_in_the_trash_is_not_opened(three: Alone) -> None:
    three.choose("Refusal", "Delete")
    three.sidebar.trash.click()

    three.click("Refusal")
    three.key(KEY.Key_Return)
    three.key(KEY.Key_Escape)

    assert three.opened == []
    assert "Minutes" in three.rows, "Esc goes back to the list"


# --- what is told to the window -------------------------------------------------------------------


def test_the_buttons_ask_the_window(three: Alone) -> None:
    sidebar, asked = three.sidebar, []
    sidebar.new_chat_requested.connect(lambda: asked.append("new"))
    sidebar.settings_requested.connect(lambda: asked.append("settings"))
    sidebar.collapse_requested.connect(lambda: asked.append("collapse"))

    for button in (sidebar.new_chat, sidebar.collapse, sidebar.settings):
        button.setFocus()
        QTest.keyClick(button, KEY.Key_Space)

    assert asked == ["new", "collapse", "settings"]


def test_the_open_one_is_marked_where_the_keyboard_is_not(three: Alone) -> None:
    three.go_to("Minutes")

    three.sidebar.show_open(2)
    three.sidebar.show_open(None)
    three.sidebar.show_open(3)

    assert three.list.rows.open_id == 3
    assert three.list.currentIndex().row() == three.row("Verses")


def test_the_ring_turns_only_while_something_is_answered(three: Alone) -> None:
    three.sidebar.show_generating(frozenset({2}))
    turn = three.list.painter.turn
    until(lambda: three.list.painter.turn != turn)

    three.sidebar.hide()
    assert not three.list._turning.isActive()
    three.sidebar.show()
    assert three.list._turning.isActive()

    three.sidebar.show_generating(frozenset())

    assert not three.list._turning.isActive()
