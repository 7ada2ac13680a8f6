"""A row that something damaged is read as far as it says something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.rows.conversations import (
    conversation_of,
    conversation_row,
)
from baichuan_desktop.services.chat.store.rows.documents import document_of
from baichuan_desktop.services.chat.store.rows.messages import message_of, message_row
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    ConversationSettings,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment, Document, Passage

_MESSAGE = ChatMessage(
    1, 2, None, Role.ASSISTANT, "text", Status.FINISHED, 3.0, "M", AnswerDetails(new_tokens=4)
)


def test_a_row_of_garbage_is_a_message_that_was_broken_off() -> None:
    message = message_of(["x", b"\xff", 1.5, 7, "gone", "never", None, "[", b"caf\xe9", "{"])

    assert message == ChatMessage(0, 0, None, Role.ASSISTANT, "caf\ufffd", Status.BROKEN, 0.0)


def test_a_row_of_garbage_is_a_conversation() -> None:
    conversation = conversation_of([None] * 13 + ["["])

    assert (conversation.title, conversation.kind) == ("", ConversationKind.CHAT)
    assert conversation.head is conversation.trashed is None


@pytest.mark.parametrize(
    ("attachments", "found"),
    [
        ('[{"document_id": 5, "name": "a"}]', (Attachment(5, "a"),)),
        (
            '[{"document_id": 5, "name": 1, "given": [[0, 3], [4], "x", [9, 2], [-1, 2]]}, 7]',
            (Attachment(5, "", (Passage(0, 3),)),),
        ),
        (
            '[{"name": "b"}, {"document_id": 6, "name": "c", "given": {}, "all_tokens": -3}]',
            (Attachment(6, "c"),),
        ),
        ("{}", ()),
        ("[" * 100_000, ()),
        (b"\xff", ()),
    ],
)
def test_damaged_attachments_cost_themselves_alone(
    attachments: object, found: tuple[Attachment, ...]
) -> None:
    row = [*message_row(_MESSAGE)]
    row[9] = attachments

    assert message_of(row) == replace(_MESSAGE, attachments=found)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (
            '{"preset": 3, "variables": [["a", "b"], ["c"], 4], "sampling": "{}", "later": 1}',
            ConversationSettings("", (("a", "b"),), "{}"),
        ),
        (
            '{"left_out": [1, "2", null], "attached": [{"document_id": 5}]}',
            ConversationSettings(left_out=frozenset({1}), attached=(Attachment(5, ""),)),
        ),
        ("[]", ConversationSettings()),
        ("{", ConversationSettings()),
    ],
)
def test_damaged_settings_cost_themselves_alone(settings: str, found: ConversationSettings) -> None:
    one = Conversation(1, "Title", created=1.0, updated=2.0, draft="draft")
    row = [*conversation_row(one)]
    row[13] = settings

    assert conversation_of(row) == replace(one, settings=found)


def test_a_damaged_document_keeps_its_text() -> None:
    document = document_of([5, 2, "a.pdf", "pdf", -1, 7, None, "[[0, 1], [3, 'x']]", "[", "text"])

    assert document == Document(5, 2, "a.pdf", "pdf", 0, "", "text")


@pytest.mark.parametrize(
    ("details", "tokens"),
    [
        ('{"new_tokens": 9}', 9),
        ('{"new_tokens": 9, "of_a_later_version": 1}', 9),
        ('{"new_tokens": "9"}', 0),
        ('{"room_tokens": "x", "new_tokens": 9}', 9),
    ],
)
def test_details_are_read_field_by_field(details: str, tokens: int) -> None:
    row = [*message_row(_MESSAGE)]
    row[7] = details

    found = message_of(row).details

    assert found is not None
    assert found.new_tokens == tokens
    assert found.room_tokens is None


@pytest.mark.parametrize("details", [None, "", "no json", "[1]", "[" * 100_000, b"\xff"])
def test_details_that_are_none_are_left_out(details: object) -> None:
    row = [*message_row(_MESSAGE)]
    row[7] = details

    assert message_of(row).details is None


def test_a_time_that_is_no_number_of_seconds_is_kept_out_of_the_order() -> None:
    row = [*message_row(_MESSAGE)]
    row[5] = float("inf")

    assert message_of(row).created == 0.0
