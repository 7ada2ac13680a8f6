"""What a person finds again when the app was ended, however it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Status
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.rows.row import RowAction
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer

Open = Callable[[], Harness]


@pytest.fixture
def reopen(app: QApplication, theme: Theme, engine: ScriptedEngine) -> Iterator[Open]:
    """Opens the window on the file of conversations; the one before is closed."""
    opened: list[Harness] = []

    def make() -> Harness:
        if opened:
            opened.pop().close()
        opened.append(Harness(app, theme, engine, ConversationStore(app_paths().conversations)))
        opened[-1].start()
        return opened[-1]

    yield make
    for window in opened:
        window.close()


def texts(ui: Harness) -> list[str]:
    return [row.text for row in ui.rows]


def test_conversations_drafts_and_the_open_one_are_there_again(
    reopen: Open, engine: ScriptedEngine
) -> None:
    ui = reopen()
    engine.answers += [answer("1", dropped=3), answer("2")]
    ui.window.panel.system_prompt_edit.setPlainText("Be brief.")
    ui.ask("one")
    first = ui.window.controller.conversation
    ui.composer.set_text("a draft of the first")
    ui.window.menus.new_chat.trigger()
    ui.window.panel.system_prompt_edit.setPlainText("Be long.")
    ui.ask("two")
    ui.composer.set_text("a draft of the second")

    ui = reopen()

    assert texts(ui) == ["two", "2"]
    assert ui.composer.text() == "a draft of the second"
    assert ui.window.panel.system_prompt() == "Be long."
    assert first is not None
    ui.window.controller.open(first.id)
    assert texts(ui) == ["one", "1"]
    assert ui.rows[1].caution == "the 3 oldest messages no longer fit and were not read"
    assert ui.rows[1].footer == "21 tokens · 10.0 tokens/s"
    assert ui.rows[1].speaker == "Baichuan Guide"
    assert ui.composer.text() == "a draft of the first"
    assert ui.window.panel.system_prompt() == "Be brief."


def test_what_was_written_in_the_place_of_a_row_is_a_draft_after_a_restart(
    reopen: Open, engine: ScriptedEngine
) -> None:
    ui = reopen()
    engine.answers += [answer("1"), answer("2")]
    ui.ask("one")
    first = ui.window.controller.conversation
    assert first is not None
    ui.composer.set_text("a draft")
    ui.transcript.begin_edit(ui.row("one").id)
    assert ui.transcript.editing.editor is not None
    ui.transcript.editing.editor.field.set_text("one and a half")
    ui.window.menus.new_chat.trigger()
    ui.ask("two")
    ui.transcript.begin_edit(ui.row("two").id)
    ui.transcript.editing.put_away()  # nothing was changed
    ui.transcript.begin_edit(ui.row("2").id)
    assert ui.transcript.editing.editor is not None
    ui.transcript.editing.editor.field.set_text("2 and a half")

    ui = reopen()

    assert texts(ui) == ["two", "2"]
    assert ui.composer.text() == "2 and a half"
    ui.window.controller.open(first.id)
    assert texts(ui) == ["one", "1"]
    assert ui.composer.text() == "a draft\n\none and a half"


def test_a_draft_of_a_new_chat_is_there_again_and_no_conversation_yet(
    reopen: Open, engine: ScriptedEngine
) -> None:
    ui = reopen()
    ui.composer.set_text("half a thou")

    ui = reopen()

    assert ui.composer.text() == "half a thou"
    assert [one.head for one in ui.conversations.conversations()] == [None]
    engine.answers.append(answer("Yes."))
    ui.ask("half a thought")
    ui = reopen()
    assert texts(ui) == ["half a thought", "Yes."]
    assert ui.composer.text() == ""
    assert len(ui.conversations.conversations()) == 1


def test_an_answer_that_was_on_its_way_when_the_window_was_closed_is_kept_and_can_go_on(
    reopen: Open, engine: ScriptedEngine
) -> None:
    ui = reopen()
    gate = Gate()
    engine.answers += [[*answer("So far")[:2], gate], answer(" and on.")]
    ui.say("Tell me")
    ui.until(gate.reached.is_set)
    ui.until(lambda: "So far" in ui.page_text)

    engine.killed.clear()
    ui = reopen()

    assert texts(ui) == ["Tell me", "So far"]
    assert ui.rows[1].footer == "The answer broke off: the app was ended"
    assert not ui.rows[1].is_writing
    ui.do(RowAction.CONTINUE, "So far")
    ui.until(lambda: not ui.window.controller.desk.busy)
    assert texts(ui) == ["Tell me", "So far and on."]


def test_a_temporary_chat_is_never_written(reopen: Open, engine: ScriptedEngine) -> None:
    ui = reopen()
    engine.answers += [answer("Known."), answer("Nobody will know."), answer("Still here.")]
    ui.ask("known")
    ui.window.controller.new_temporary_chat()
    assert ui.window.page.temporary.isVisible()
    ui.ask("secret question")
    secret = ui.window.controller.conversation
    assert secret is not None
    ui.window.menus.new_chat.trigger()
    assert not ui.window.page.temporary.isVisible()
    ui.window.controller.open(secret.id)
    assert texts(ui) == ["secret question", "Nobody will know."], "switching loses nothing"
    assert ui.window.page.temporary.isVisible()
    ui.ask("more")
    assert ui.settings.current.open_conversation is None

    ui = reopen()

    assert [one.title for one in ui.conversations.conversations()] == ["known"]
    assert not ui.window.page.temporary.isVisible()
    folder = app_paths().conversations.parent
    found = [
        file for file in folder.rglob("*") if file.is_file() and b"secret" in file.read_bytes()
    ]
    assert found == []


def test_a_conversation_that_is_gone_is_not_opened_again(
    reopen: Open, engine: ScriptedEngine
) -> None:
    ui = reopen()
    engine.answers.append(answer("1"))
    ui.ask("one")
    one = ui.window.controller.conversation
    assert one is not None
    ui.window.controller.tree.change(one.id, trashed=1.0)

    ui = reopen()

    assert texts(ui) == []
    assert ui.window.controller.conversation is None


KILLED = """
    import os
    from PySide6.QtWidgets import QApplication
    from baichuan_desktop.services.app_paths import app_paths
    from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
    from baichuan_desktop.ui.look.theme import Theme
    from tests.ui.harness import Gate, Harness, ScriptedEngine, answer

    app = QApplication([])
    app.setApplicationDisplayName("Baichuan Desktop")
    engine, gate = ScriptedEngine(), Gate()
    store = ConversationStore(app_paths().conversations)
    ui = Harness(app, Theme(app), engine, store)
    ui.start()
    engine.answers += [answer("1"), [*answer("So far")[:2], gate]]
    ui.ask("one")
    ui.window.controller.new_chat()
    ui.say("two")
    ui.until(gate.reached.is_set)
    ui.composer.set_text("half a thou")
    ui.until(lambda: ui.window.controller.conversation.draft == "half a thou")
    assert store.flush(60)
    print("written", flush=True)
    os._exit(9)
    """


def test_a_window_that_was_killed_leaves_everything_that_was_written(
    reopen: Open, engine: ScriptedEngine
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout.strip()) == (9, "written"), result.stderr

    ui = reopen()

    assert texts(ui) == ["two", "So far"]
    assert ui.rows[1].footer == "The answer broke off: the app was ended"
    assert ui.conversations.messages([ui.rows[1].id])[0].status is Status.BROKEN
    assert ui.composer.text() == "half a thou"
    assert sorted(one.title for one in ui.conversations.conversations()) == ["one", "two"]
    assert SettingsFile(app_paths().settings).current.open_conversation is not None
