"""How loudly the store's state is told."""

from __future__ import annotations

import threading
from pathlib import Path

from backends.errors import (
    ConversationsDamagedError,
    ConversationsDriveFullError,
    ConversationsInUseError,
)
from baichuan_desktop.services.chat.store.state import StoreState
from tests.helpers.conversations import put_branch
from tests.ui.harness import Harness, ScriptedEngine, answer

FILE = Path("/home/me/conversations.db")


def tell(ui: Harness, state: StoreState) -> None:
    """As the store does, on a thread of its own."""
    thread = threading.Thread(target=ui.store_watch.tell, args=(state,))
    thread.start()
    thread.join()


def test_that_nothing_is_saved_is_said_on_the_page_until_it_is_over(
    ui: Harness, engine: ScriptedEngine
) -> None:
    page = ui.window.page
    assert not page.unsaved.isVisible()

    tell(ui, StoreState(ConversationsDriveFullError(FILE)))
    ui.until(page.unsaved.isVisible)

    assert page.unsaved.label.text().startswith("The drive of “/home/me” is full")
    assert ui.error is None
    engine.answers.append(answer("It goes on."))
    ui.ask("And now?")
    assert "It goes on." in ui.page_text
    assert page.unsaved.isVisible()
    tell(ui, StoreState())
    ui.until(lambda: not page.unsaved.isVisible())


def test_what_needs_a_person_is_told_in_a_dialog_once(ui: Harness) -> None:
    in_use = ConversationsInUseError(FILE)
    tell(ui, StoreState(in_use))
    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert ui.error.message.text() == in_use.message
    ui.error.close()

    tell(ui, StoreState(ConversationsInUseError(FILE)))  # the next try
    ui.until(ui.window.page.unsaved.isVisible)

    assert ui.error is None


def test_a_file_that_was_mended_is_told_once_and_read_again(ui: Harness) -> None:
    mended = ConversationsDamagedError(
        FILE, kept=FILE.with_name("old.db"), conversations=2, messages=9, backup=None
    )
    put_branch(ui.conversations, ["Hi"], "It came back")
    rows = ui.window.sidebar.list.rows
    assert "It came back" not in [rows.index(row).data() for row in range(rows.rowCount())]
    tell(ui, StoreState(mended=mended))
    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert ui.error.message.text() == mended.message
    assert "It came back" in [rows.index(row).data() for row in range(rows.rowCount())]
    ui.error.close()

    tell(ui, StoreState(ConversationsDriveFullError(FILE), mended))
    ui.until(ui.window.page.unsaved.isVisible)

    assert ui.error is None
