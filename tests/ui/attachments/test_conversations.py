"""What becomes of the documents of a conversation: kept, taken back, asked again, copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.rows.row import RowAction
from tests.ui.attachments.documents import Hands, note, price_list, rows_of
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, until

Open = Callable[[], Hands]


@pytest.fixture
def reopen(app: QApplication, theme: Theme, engine: ScriptedEngine) -> Iterator[Open]:
    """Opens the window on the same files; the one before is closed first."""
    opened: list[Harness] = []

    def make() -> Hands:
        if opened:
            opened.pop().close()
        opened.append(Harness(app, theme, engine, ConversationStore(app_paths().conversations)))
        opened[-1].start()
        return Hands(opened[-1], engine)

    yield make
    for window in opened:
        window.close()


def test_a_draft_has_its_documents_and_what_was_chosen_by_hand_after_a_restart(
    reopen: Open, engine: ScriptedEngine, tmp_path: Path
) -> None:
    hands = reopen()
    hands.attach(note(tmp_path), price_list(tmp_path))
    hands.write("What of harbours17?")
    dialog = hands.open(1)
    QTest.keyClick(dialog.view.list, Qt.Key.Key_Delete)
    until(lambda: "by hand" in dialog.summary.text())
    until(lambda: hands.entries[1].given is not hands.entries[1].by_hand)  # it is counted
    dialog.close()
    before = hands.chips
    hands.ui.window.page.keep_draft()

    hands = reopen()
    hands.wait_until_counted()
    until(lambda: hands.chips == before)
    engine.answers.append(answer("So be it."))

    prompt = hands.ask("What of harbours17?")

    assert prompt.startswith("[note.md]\n# Note")
    assert hands.ui.rows[0].documents[1].split(" · ")[1] == before[1].split(" · ")[2]
    hands = reopen()
    assert hands.chips == []
    assert rows_of(hands.open_given(0)) == ["Whole text"]


def test_a_message_that_is_taken_back_has_its_documents_again(hands: Hands, tmp_path: Path) -> None:
    gate = Gate()
    hands.engine.answers += [[gate, *answer("1")], answer("2")]
    hands.ui.say("one")
    until(gate.reached.is_set)
    hands.attach(note(tmp_path))
    hands.write("two")
    hands.ui.press(Qt.Key.Key_Return)
    until(lambda: not hands.entries)
    assert hands.ui.rows[-1].documents == ("note.md · all 40 tokens",)

    hands.ui.window.controller.take_back_waiting()

    assert hands.ui.composer.text() == "two"
    until(lambda: hands.chips == ["note.md · 30 characters · all 40 tokens"])
    gate.open.set()
    hands.ui.until_idle()
    assert hands.ask("two").startswith("[note.md]")


def test_an_answer_once_more_an_edit_and_a_copy_have_the_same_documents(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers += [answer("1"), answer("2"), answer("3"), answer("4")]
    hands.attach(note(tmp_path))
    first = hands.ask("The code?")
    controller = hands.ui.window.controller

    hands.ui.do(RowAction.REGENERATE, "1")
    hands.ui.until_idle()
    assert hands.last_prompt == first

    hands.ui.transcript.edited.emit(hands.ui.rows[0].id, "And now?")
    hands.ui.until_idle()
    assert hands.last_prompt == first.replace("The code?", "And now?")

    hands.ui.do(RowAction.DUPLICATE_FROM_HERE, "3")
    hands.ui.until(lambda: len(controller.tree.store.conversations()) == 2)
    copied = controller.conversation
    assert copied is not None
    message = controller.tree.message(hands.ui.rows[0].id)
    assert message is not None
    document = controller.tree.store.document(message.attachments[0].document_id)
    assert document is not None
    assert document.conversation_id == copied.id  # it stays when the other one is deleted

    hands.ui.do(RowAction.DELETE_TURN, "And now?")
    hands.ui.window.page.undo_bar.button.click()
    hands.ui.do(RowAction.REGENERATE, "3")
    hands.ui.until_idle()
    assert hands.last_prompt == first.replace("The code?", "And now?")


def test_documents_of_a_draft_stay_with_their_conversation_while_another_is_looked_at(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers += [answer("1"), answer("2")]
    hands.ask("one")
    first = hands.ui.window.controller.conversation
    assert first is not None
    hands.attachments.attach([note(tmp_path)])  # is still being read

    hands.ui.window.menus.temporary_chat.trigger()
    assert hands.chips == []
    hands.attach(note(tmp_path, "other.md"))
    assert hands.ask("two").startswith("[other.md]")

    hands.ui.window.controller.open(first.id)
    hands.wait_until_counted()
    until(lambda: hands.chips == ["note.md · 30 characters · all 40 tokens"])


def test_an_edited_question_is_given_the_passages_that_it_is_about(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers += [answer("1"), answer("2"), answer("3")]
    hands.attach(price_list(tmp_path))
    assert "customs34." not in hands.ask("What of harbours17?")

    hands.ui.transcript.edited.emit(hands.ui.rows[0].id, "What of customs34?")
    until(lambda: len(hands.engine.questions) == 2)
    hands.ui.until_idle()

    assert "customs34." in hands.last_prompt
    assert hands.last_prompt.endswith("\n\nWhat of customs34?")
    row = hands.ui.rows[0]
    assert (row.text, row.version, row.versions) == ("What of customs34?", 2, 2)
    document = hands.last_prompt.rsplit("\n\n", 1)[0]
    assert f"{len(document):,} of " in row.documents[0]

    hands.ui.transcript.edited.emit(row.id, "What of cranes7?")
    hands.ui.window.menus.new_chat.trigger()  # before it is counted
    store = hands.ui.window.controller.tree.store
    (talk,) = (one for one in store.conversations() if one.title)
    texts = [one.text for one in store.messages(list(store.tree(talk.id)))]
    assert "What of cranes7?" in texts
