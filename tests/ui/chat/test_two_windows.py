"""A second window on the same conversations: it is told so, and takes nothing from the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from backends.errors import ConversationsInUseError
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import AnswerDetails, ChatMessage, Conversation, Status
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from tests.helpers.conversations import put_branch, put_message
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import Harness, ScriptedEngine, answer


@pytest.fixture
def first() -> Iterator[ConversationStore]:
    """The conversations, in the hands of another run of the app."""
    store = ConversationStore(app_paths().conversations)
    yield store
    store.close()


@pytest.fixture
def open_there(first: ConversationStore) -> tuple[Conversation, ChatMessage]:
    """A conversation that is open there, unread, and whose answer is being written."""
    conversation, (question,) = put_branch(first, ["Tell me"], title="Tell me")
    being_written = put_message(
        first, conversation, question, "It be", Status.WRITING, details=AnswerDetails()
    )
    conversation = replace(conversation, head=being_written.id, is_unread=True)
    first.put_conversation(conversation)
    assert first.flush(PATIENCE_SECONDS)
    SettingsFile(app_paths().settings).change(open_conversation=conversation.id)
    return conversation, being_written


@pytest.fixture
def second(
    app: QApplication,
    theme: Theme,
    engine: ScriptedEngine,
    open_there: tuple[Conversation, ChatMessage],
) -> Iterator[Harness]:
    """A window that opens the same home meanwhile."""
    watch = StoreWatch()
    store = ConversationStore(app_paths().conversations, on_state=watch.tell)
    ui = Harness(app, theme, engine, store, watch)
    ui.start()
    yield ui
    ui.close()


def test_it_is_told_in_words_and_shows_what_there_is(second: Harness) -> None:
    in_use = ConversationsInUseError(app_paths().conversations)
    second.until(lambda: second.error is not None)
    assert second.error is not None
    assert second.error.message.text() == in_use.message
    assert second.window.page.unsaved.label.text().startswith(in_use.message)
    assert [row.text for row in second.rows[:2]] == ["Tell me", "It be"]
    assert not second.rows[1].is_writing
    assert second.rows[1].footer == "The end of it is not saved"


def test_what_the_first_one_writes_on_is_not_broken_off_by_the_second(
    first: ConversationStore,
    open_there: tuple[Conversation, ChatMessage],
    second: Harness,
    engine: ScriptedEngine,
) -> None:
    conversation, being_written = open_there
    engine.answers.append(answer("Mine."))
    second.window.menus.new_chat.trigger()
    second.ask("And here?")

    ended = replace(being_written, text="It began, and it ended.", status=Status.FINISHED)
    first.put_message(ended)
    question = put_message(first, conversation, ended, "One more")
    last = put_message(first, conversation, question, "The last.")
    first.put_conversation(replace(conversation, head=last.id))
    first.close()
    assert second.conversations.flush(PATIENCE_SECONDS)  # it has the file now
    second.until(lambda: not second.window.page.unsaved.isVisible())

    second.window.controller.open(conversation.id)
    assert [row.text for row in second.rows] == [
        "Tell me", "It began, and it ended.", "One more", "The last.",
    ]  # fmt: skip
    assert sorted(one.title for one in second.conversations.conversations()) == [
        "And here?", "Tell me",
    ]  # fmt: skip
