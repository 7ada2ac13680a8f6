"""A window that is closed while something would be lost asks first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.close_question import CloseQuestion
from tests.ui.harness import Harness, ScriptedEngine, answer


@pytest.fixture
def kept() -> Iterator[ConversationStore]:
    """The conversations, in the hands of another run of the app."""
    store = ConversationStore(app_paths().conversations)
    yield store
    store.close()


@pytest.fixture
def second(
    app: QApplication, theme: Theme, engine: ScriptedEngine, kept: ConversationStore
) -> Iterator[Harness]:
    """A window whose conversations cannot be saved, as another one has them."""
    store = ConversationStore(app_paths().conversations)
    assert store.state.unsaved is not None
    window = Harness(app, theme, engine, store)
    window.start()
    yield window
    window.close()


Asked = Callable[[], CloseQuestion]


@pytest.fixture
def asked(second: Harness) -> Asked:
    def make() -> CloseQuestion:
        second.window.close()
        question = second.window.closing.question
        assert question is not None
        assert second.window.isVisible()
        return question

    return make


def test_what_is_not_saved_is_asked_about_and_nothing_is_lost_by_no(
    second: Harness, engine: ScriptedEngine, kept: ConversationStore, asked: Asked
) -> None:
    engine.answers.append(answer("1"))
    second.ask("one")

    question = asked()
    assert question.text.text().startswith("Another run of the app has the conversations in")
    question.stay.click()
    assert second.window.isVisible()
    kept.close()  # the other run ends
    second.window.close()

    assert not second.window.isVisible(), "all was saved, and nothing is asked"
    again = ConversationStore(app_paths().conversations)
    (conversation,) = again.conversations()
    texts = [one.text for one in again.messages(again.branch(conversation.head))]
    again.close()
    assert texts == ["one", "1"]


def test_a_draft_that_is_not_saved_is_asked_about_too(second: Harness, asked: Asked) -> None:
    second.composer.set_text("half a thou")

    asked().close_window.click()

    assert not second.window.isVisible()


def test_a_window_with_nothing_to_lose_closes_at_once(second: Harness) -> None:
    second.window.close()

    assert second.window.closing.question is None
    assert not second.window.isVisible()


def test_it_is_asked_once_however_often_the_window_is_closed(second: Harness, asked: Asked) -> None:
    second.composer.set_text("half a thou")
    question = asked()

    second.window.close()

    assert second.window.closing.question is question
    question.close_window.click()
    assert not second.window.isVisible()
