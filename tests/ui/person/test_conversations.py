"""Conversations in the sidebar: found, renamed, filed, deleted and brought back; and drafts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from backends.events import PromptReady, TextDelta
from baichuan_desktop.services.app_paths import app_paths
from tests.ui.harness import Gate, ScriptedEngine, answer, finished, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

Key = Qt.Key
CHATS = "Conversations"


def talk(me: Person, engine: ScriptedEngine, question: str, said: str) -> None:
    """Ask in a new chat, and wait for the answer."""
    engine.answers.append(answer(said))
    me.press("New chat")
    me.enter(question)
    me.wait_for(f"You: {question}", f"Baichuan Guide: {said}")
    me.wait_until_ready()


def chats(me: Person) -> list[str]:
    """The titles of the list, without its headings."""
    headings = {"Today", "Yesterday", "Folders", "Pinned", "Temporary"}
    return [one for one in me.entries(CHATS) if one not in headings]


def test_a_new_chat_begins_and_the_old_one_is_opened_again(
    me: Person, engine: ScriptedEngine
) -> None:
    talk(me, engine, "one", "1")
    talk(me, engine, "two", "2")
    assert chats(me) == ["two", "one"]

    me.ctrl("N")
    assert me.messages() == []
    assert me.sees("How can I help you with this app?")
    me.click_entry(CHATS, "one")
    me.wait_for("You: one", "Baichuan Guide: 1")

    engine.answers.append(answer("More."))
    me.enter("more")
    me.wait_for("You: one", "Baichuan Guide: 1", "You: more", "Baichuan Guide: More.")
    until(lambda: chats(me) == ["one", "two"])


def test_conversations_are_searched_while_typing_and_the_hit_is_opened(
    me: Person, engine: ScriptedEngine
) -> None:
    talk(me, engine, "Where do geese go?", "To the South, in a wedge.")
    talk(me, engine, "天空为什么是蓝色的？", "因为散射。")
    talk(me, engine, "And the cows?", "Nowhere.")

    me.ctrl("K")
    me.type("wedge")
    until(lambda: any("wedge" in one for one in me.entries(CHATS)))
    assert not any("cows" in one for one in me.entries(CHATS))
    me.key(Key.Key_Return)
    me.wait_for("You: Where do geese go?", "Baichuan Guide: To the South, in a wedge.")

    me.ctrl("K")
    me.write_anew("蓝色")
    until(lambda: any("蓝色" in one for one in me.entries(CHATS)))
    assert not any("wedge" in one for one in me.entries(CHATS))
    me.key(Key.Key_Down)
    me.key(Key.Key_Return)
    me.wait_for("You: 天空为什么是蓝色的？", "Baichuan Guide: 因为散射。")

    me.ctrl("K")
    me.write_anew("nothing says this")
    until(lambda: me.entries(CHATS) == [])
    me.escape()
    until(lambda: len(chats(me)) == 3)


def test_a_conversation_is_renamed_by_f2_and_by_the_menu(desk: App, engine: ScriptedEngine) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    me.key(Key.Key_F2)
    me.write_anew("Numbers")
    me.key(Key.Key_Return)
    assert chats(me) == ["Numbers"]
    me.entry_menu(CHATS, "Numbers")
    me.choose("Rename")
    me.write_anew("Figures")
    me.key(Key.Key_Return)
    assert chats(me) == ["Figures"]
    me.key(Key.Key_F2)
    me.write_anew("Nonsense")
    me.escape()
    assert chats(me) == ["Figures"]

    me = desk.start(engine)

    assert chats(me) == ["Figures"]


def test_the_open_conversation_is_deleted_and_brought_back_with_its_draft(
    me: Person, engine: ScriptedEngine
) -> None:
    talk(me, engine, "one", "1")
    talk(me, engine, "two", "2")
    me.type("half a thought")

    me.entry_menu(CHATS, "two")
    me.choose("Delete")
    assert chats(me) == ["one"]
    assert me.messages() == []
    assert me.sees("“two” is in the trash.")
    assert me.written("Message") == ""
    me.press("Undo")

    me.wait_for("You: two", "Baichuan Guide: 2")
    assert chats(me) == ["two", "one"]
    assert me.written("Message") == "half a thought"


def test_a_conversation_is_deleted_while_it_is_answered_and_brought_back(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append([PromptReady(10, 0, 0), TextDelta("So far"), Gate()])
    me.enter("Tell me")
    me.wait_for("You: Tell me", "Baichuan Guide: So far")

    me.entry_menu(CHATS, "Tell me")
    me.choose("Delete")
    me.wait_until_ready()
    assert me.messages() == []
    me.press("Undo")

    me.wait_for("You: Tell me", "Baichuan Guide: So far")
    assert me.notes()[-1].endswith("stopped")


def test_the_trash_gives_back_what_was_deleted_and_asks_before_it_is_emptied(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    for name in ("one", "two", "three"):
        talk(me, engine, name, name.upper())
        me.entry_menu(CHATS, name)
        me.choose("Delete")
    me = desk.start(engine)
    assert chats(me) == []

    me.press("Trash")
    assert set(me.entries("Deleted conversations")) == {"one", "two", "three"}
    me.entry_menu("Deleted conversations", "two")
    me.choose("Restore")
    assert set(me.entries("Deleted conversations")) == {"one", "three"}
    me.press("Empty the trash")
    me.wait_to_see("Delete 2 conversations for good?")
    me.key(Key.Key_Return)  # what Enter does is harmless
    assert set(me.entries("Deleted conversations")) == {"one", "three"}
    me.press("Empty the trash")
    me.wait_to_see("Nothing can bring them back.")
    me.press("Delete for good")
    assert me.entries("Deleted conversations") == []
    me.press("Back to the conversations")

    assert chats(me) == ["two"]
    me.click_entry(CHATS, "two")
    me.wait_for("You: two", "Baichuan Guide: TWO")


def test_no_bare_key_deletes_a_conversation(me: Person, engine: ScriptedEngine) -> None:
    talk(me, engine, "one", "1")
    me.click_entry(CHATS, "one")
    me.click(me.view(CHATS).viewport())

    for key in (Key.Key_Delete, Key.Key_Backspace):
        me.key(key)

    assert chats(me) == ["one"]


def test_a_folder_is_at_the_next_start_as_it_was_left(desk: App, engine: ScriptedEngine) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    me.entry_menu(CHATS, "one")
    me.choose("Move to folder", "New folder")
    me.write_anew("Letters")
    me.key(Key.Key_Return)
    until(lambda: me.entries(CHATS) == ["Folders", "Letters", "one"])
    me.ctrl("N")

    me = desk.start(engine)
    me.wait_until_ready()
    assert me.entries(CHATS) == ["Folders", "Letters", "one"]
    me.click_entry(CHATS, "Letters")
    assert me.entries(CHATS) == ["Folders", "Letters"]

    me = desk.start(engine)
    me.wait_until_ready()
    assert me.entries(CHATS) == ["Folders", "Letters"]


def test_conversations_are_filed_in_a_folder_that_is_renamed_folded_and_deleted(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    talk(me, engine, "two", "2")

    me.entry_menu(CHATS, "one")
    me.choose("Move to folder", "New folder")
    me.write_anew("Letters")
    me.key(Key.Key_Return)
    until(lambda: me.entries(CHATS) == ["Folders", "Letters", "one", "Today", "two"])
    me.entry_menu(CHATS, "two")
    me.choose("Move to folder", "Letters")
    assert me.entries(CHATS) == ["Folders", "Letters", "two", "one"]
    me.click_entry(CHATS, "Letters")
    assert me.entries(CHATS) == ["Folders", "Letters"]

    me = desk.start(engine)  # the open conversation is to be seen
    me.wait_until_ready()
    assert "Letters, folder with 2 conversations, unfolded" in me.spoken_entries(CHATS)
    until(lambda: me.entries(CHATS) == ["Folders", "Letters", "two", "one"])
    me.entry_menu(CHATS, "Letters")
    me.choose("Delete the folder")
    assert chats(me) == ["two", "one"]
    assert me.sees("The folder “Letters” is deleted.")
    me.press("Undo")

    until(lambda: me.entries(CHATS) == ["Folders", "Letters", "two", "one"])


@pytest.mark.parametrize("opened", [(), ("Move to folder",)], ids=["menu", "menu in a menu"])
def test_a_window_goes_with_its_open_menu(
    desk: App, engine: ScriptedEngine, opened: tuple[str, ...]
) -> None:
    """As when the session ends, and after a test that fails in the middle of a menu."""
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    me.entry_menu(CHATS, "one")
    me.choose(*opened)
    menu = QApplication.activePopupWidget()

    desk.quit()

    assert not isValid(menu)
    assert QApplication.activePopupWidget() is None
    assert chats(desk.start(engine)) == ["one"]


def test_a_conversation_is_pinned_on_top_and_unpinned(me: Person, engine: ScriptedEngine) -> None:
    talk(me, engine, "one", "1")
    talk(me, engine, "two", "2")

    me.entry_menu(CHATS, "one")
    me.choose("Pin")

    assert me.entries(CHATS)[:2] == ["Pinned", "one"]
    me.entry_menu(CHATS, "one")
    me.choose("Unpin")
    assert "Pinned" not in me.entries(CHATS)


def test_a_temporary_chat_is_gone_after_a_restart_and_nothing_of_it_is_on_the_disk(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "known", "Known.")
    engine.answers.append(answer("Nobody will know."))
    me.ctrl("N", shift=True)
    assert me.sees("Temporary chat: nothing of it is written to the disk.")

    me.enter("xyzzy")
    me.wait_for("You: xyzzy", "Baichuan Guide: Nobody will know.")
    me.click_entry(CHATS, "known")
    assert not me.sees("Temporary chat: nothing of it is written to the disk.")
    me.click_entry(CHATS, "xyzzy")
    me.wait_for("You: xyzzy", "Baichuan Guide: Nobody will know.")
    me.type("plugh")
    me = desk.start(engine)

    assert chats(me) == ["known"]
    desk.quit()
    assert _files_with(b"known"), "what is kept is on the disk"
    for secret in (b"xyzzy", b"Nobody will know", b"plugh"):
        assert not _files_with(secret)


def test_drafts_and_the_open_conversation_survive_a_restart(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    me.type("of the first")
    talk_text = "of the second"
    me.press("New chat")
    engine.answers.append(answer("2"))
    me.enter("two")
    me.wait_for("You: two", "Baichuan Guide: 2")
    me.type(talk_text)

    me = desk.start(engine)

    me.wait_for("You: two", "Baichuan Guide: 2")
    assert me.written("Message") == talk_text
    me.wait_until_ready("Enter sends")
    me.click_entry(CHATS, "one")
    assert me.written("Message") == "of the first"
    me.press("New chat")
    assert me.written("Message") == ""


def test_a_message_that_was_begun_in_a_new_chat_survives_a_restart(
    desk: App, engine: ScriptedEngine
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    me.type("half a thou")

    me = desk.start(engine)

    assert me.written("Message") == "half a thou"
    assert chats(me) == []


def test_a_chat_whose_first_message_took_a_while_to_write_is_the_open_one_too(
    me: Person, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("At last."))
    me.type("a slow")
    until(lambda: bool(_files_with(b"a slow")))  # its draft is kept

    me.enter(" hand")
    me.wait_for("You: a slow hand", "Baichuan Guide: At last.")
    assert "a slow hand, open" in me.spoken_entries(CHATS)
    me.key(Key.Key_F2)
    me.write_anew("Renamed")
    me.key(Key.Key_Return)
    assert chats(me) == ["Renamed"]
    me.entry_menu(CHATS, "Renamed")
    me.choose("Delete")

    assert me.messages() == []
    me.press("Undo")
    me.wait_for("You: a slow hand", "Baichuan Guide: At last.")


def test_another_conversation_is_read_and_begun_while_one_is_answered(
    me: Person, engine: ScriptedEngine
) -> None:
    gate = Gate()
    talk(me, engine, "old", "Old.")
    engine.answers += [
        [PromptReady(10, 0, 0), TextDelta("It takes"), gate, TextDelta(" long."), finished()],
        answer("Quick."),
    ]
    me.press("New chat")
    me.enter("slow")
    me.wait_for("You: slow", "Baichuan Guide: It takes")

    me.click_entry(CHATS, "old")
    me.wait_for("You: old", "Baichuan Guide: Old.")
    assert "slow, is being answered" in me.spoken_entries(CHATS)
    me.enter("quick")
    assert me.messages()[:3] == ["You: old", "Baichuan Guide: Old.", "You: quick"]
    gate.open.set()
    me.wait_for("You: old", "Baichuan Guide: Old.", "You: quick", "Baichuan Guide: Quick.")
    me.wait_until_ready()

    assert "slow, unread" in me.spoken_entries(CHATS)
    me.click_entry(CHATS, "slow")
    me.wait_for("You: slow", "Baichuan Guide: It takes long.")
    assert "slow, open" in me.spoken_entries(CHATS)


def test_the_sidebar_is_hidden_and_shown_and_stays_so(desk: App, engine: ScriptedEngine) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    me.press("Hide the sidebar")
    assert not me.controls(CHATS)

    me = desk.start(engine)
    assert not me.controls(CHATS)
    me.press("Show conversations")
    assert me.controls(CHATS)
    me.ctrl("B")
    assert not me.controls(CHATS)
    me.ctrl("K")

    assert me.controls(CHATS), "a search shows what it finds"


def _files_with(text: bytes) -> list[Path]:
    files = [one for one in app_paths().data.rglob("*") if one.is_file()]
    files += [one for one in app_paths().settings.parent.rglob("*") if one.is_file()]
    return [one for one in files if text in one.read_bytes()]
