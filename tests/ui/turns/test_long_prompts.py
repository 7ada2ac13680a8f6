"""What a question in a long conversation costs, counted, and what the model is given of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from backends.events import ModelReady
from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.services.chat.values import ChatMessage
from tests.helpers.conversations import put_branch
from tests.ui.harness import OTHER, READY, Harness, ScriptedEngine, answer

LIMITED = replace(READY, context_length=100, longest_token=8)


@pytest.fixture
def texts_read(monkeypatch: pytest.MonkeyPatch, cold: Harness) -> list[int]:
    """How many messages were read at once, each time."""
    counts: list[int] = []
    read = cold.conversations.messages

    def counted(ids: Sequence[int]) -> list[ChatMessage]:
        counts.append(len(ids))
        return read(ids)

    monkeypatch.setattr(cold.conversations, "messages", counted)
    return counts


def ask_after(ui: Harness, engine: ScriptedEngine, ready: ModelReady, messages: int) -> ChatRequest:
    """What the model is asked in a conversation of so many messages before."""
    engine.answers.append(answer("And that is all."))
    ui.start()
    engine.loads.append([ready])
    ui.load(OTHER)  # the guide model is given two turns in any case
    ui.until_idle()
    conversation, _ = put_branch(ui.conversations, ["some words"] * messages)
    ui.window.controller.open(conversation.id)
    ui.ask("And now?")
    request = engine.questions[-1]
    assert isinstance(request, ChatRequest)
    return request


@pytest.mark.parametrize("messages", [300, 3000])
def test_the_texts_that_a_question_reads_do_not_grow_with_its_conversation(
    cold: Harness, engine: ScriptedEngine, texts_read: list[int], messages: int
) -> None:
    request = ask_after(cold, engine, LIMITED, messages)

    # A message of ten characters takes at least three tokens: of them 33 fit in a hundred.
    assert max(texts_read) == len(request.messages) == 33
    assert request.older_messages == messages + 1 - 33
    assert request.messages[-1].text == "And now?"


def test_a_model_that_does_not_tell_how_long_its_tokens_are_is_given_everything(
    cold: Harness, engine: ScriptedEngine
) -> None:
    request = ask_after(cold, engine, READY, 300)

    assert len(request.messages) == 301
    assert request.older_messages == 0
