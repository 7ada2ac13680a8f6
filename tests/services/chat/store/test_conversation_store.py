"""What is put is read: at once, after a restart, and in memory alone."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.reading import lookups
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    ConversationSettings,
    Folder,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment, Document, Mark, Passage, Unit
from tests.helpers.conversations import (
    put_branch,
    put_conversation,
    put_document,
    put_message,
)
from tests.helpers.patience import PATIENCE_SECONDS


@pytest.fixture(params=["memory", "written", "pending"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConversationStore]:
    """Each test holds in memory alone, in the file, and for what is not yet in the file."""
    where = request.param
    made = ConversationStore(None if where == "memory" else tmp_path / "data" / "c.sqlite3")
    if where == "written":
        _flush_after_each_change(made)
    yield made
    made.close()


def _flush_after_each_change(store: ConversationStore) -> None:
    names = ["put_conversation", "put_message", "put_folder", "delete_folder", "delete_messages",
             "delete_conversations", "empty_trash", "put_document"]  # fmt: skip
    for name in names:
        change = getattr(store, name)

        def changed(
            *values: object, change: Callable[..., object] = change, **named: object
        ) -> None:
            change(*values, **named)
            assert store.flush(PATIENCE_SECONDS)

        setattr(store, name, changed)


def test_every_field_is_read_as_it_was_put(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite3"
    store = ConversationStore(file)
    folder = Folder(store.new_id(), "资料", 3)
    conversation = Conversation(
        store.new_id(), "标题", 1.5, 2.5, ConversationKind.TEXT, 7, has_own_title=True,
        folder_id=folder.id, is_pinned=True, is_unread=True, trashed=9.5, draft="d",
        system_prompt="s", settings=ConversationSettings(
            "p", (("to", "\ud83d"),), "{}", frozenset({3, 4}), (Attachment(5, "名", (), 2, 3, 4),)
        ),
    )  # fmt: skip
    details = AnswerDetails("int4", "cpu", "{}", 3, 4, 5.5, "stop", "why", 6, 7)
    message = ChatMessage(
        store.new_id(), conversation.id, 8, Role.ASSISTANT, "答", Status.CUT, 3.5, "M", details,
        (Attachment(6, "a"), Attachment(7, "b", (Passage(0, 2), Passage(4, 9)), 8, 10, 20)),
    )  # fmt: skip
    document = Document(
        6, conversation.id, "a", "pdf", 9, "ab", "half \ud83d", (Mark(0, Unit.SHEET, 1, "表"),),
        "utf-16", ("A note.",),
    )  # fmt: skip
    store.put_folder(folder)
    store.put_conversation(conversation)
    store.put_message(message)
    store.put_document(document)
    store.close()

    again = ConversationStore(file)

    assert again.folders() == [folder]
    assert again.conversations() == [conversation]
    assert again.messages([message.id]) == [message]
    assert again.document(6) == document
    again.close()


def test_a_branch_is_the_way_from_the_first_message_to_the_head(store: ConversationStore) -> None:
    conversation, (first, second, third) = put_branch(store, ["1", "2", "3"])
    other = put_message(store, conversation, second, "3b")

    assert store.branch(third.id) == [first.id, second.id, third.id]
    assert store.branch(other.id) == [first.id, second.id, other.id]
    assert store.branch(None) == []
    assert store.branch(12345) == []


def test_versions_follow_the_same_message_oldest_first(store: ConversationStore) -> None:
    conversation, (first, second) = put_branch(store, ["1", "2"])
    other = put_message(store, conversation, first, "2b")

    assert store.children(conversation.id, first.id) == [second.id, other.id]
    assert store.children(conversation.id, None) == [first.id]
    assert store.children(conversation.id, other.id) == []


def test_a_version_leads_to_the_newest_of_the_last_messages_below_it(
    store: ConversationStore,
) -> None:
    conversation, (first, second, third) = put_branch(store, ["1", "2", "3"])
    newest = put_message(store, conversation, second, "3b")
    elsewhere = put_message(store, conversation, first, "2b")

    assert store.leaf_of(second.id) == newest.id
    assert store.leaf_of(first.id) == elsewhere.id
    assert store.leaf_of(third.id) == third.id


def test_messages_come_in_the_order_in_which_they_are_asked_for(store: ConversationStore) -> None:
    _, (first, second, third) = put_branch(store, ["1", "2", "3"])

    found = store.messages([third.id, 12345, first.id, second.id])

    assert [one.text for one in found] == ["3", "1", "2"]


def test_a_window_of_more_messages_than_one_statement_takes_is_whole(
    store: ConversationStore,
) -> None:
    conversation = put_conversation(store)
    put = [put_message(store, conversation, None, str(number)) for number in range(30)]

    assert [one.text for one in store.messages([one.id for one in put] * 50)] == [
        str(number) for number in range(30)
    ] * 50


def test_conversations_are_ordered_by_their_last_change(store: ConversationStore) -> None:
    old = put_conversation(store, "old", updated=1.0)
    new = put_conversation(store, "new", updated=3.0)
    middle = put_conversation(store, "middle", updated=2.0, trashed=5.0)

    assert [one.id for one in store.conversations()] == [new.id, middle.id, old.id]
    store.put_conversation(replace(old, updated=4.0))
    assert [one.title for one in store.conversations()] == ["old", "new", "middle"]


def test_deleting_a_turn_leaves_the_tree_whole(store: ConversationStore) -> None:
    """What followed the deleted answer follows what stood before the deleted question."""
    conversation, (first, second, third, fourth, fifth) = put_branch(store, list("12345"))

    store.delete_messages([third.id, fourth.id])

    assert store.branch(fifth.id) == [first.id, second.id, fifth.id]
    assert store.children(conversation.id, second.id) == [fifth.id]
    assert store.messages([third.id, fourth.id]) == []


def test_deleting_the_end_of_a_branch_moves_its_head_up(store: ConversationStore) -> None:
    conversation, (first, second, third) = put_branch(store, list("123"))

    store.delete_messages([second.id, third.id])

    shown = store.conversation(conversation.id)
    assert shown is not None
    assert shown.head == first.id


def test_deleting_everything_leaves_a_conversation_without_messages(
    store: ConversationStore,
) -> None:
    conversation, messages = put_branch(store, list("123"))

    store.delete_messages([one.id for one in messages])

    shown = store.conversation(conversation.id)
    assert shown is not None
    assert shown.head is None
    assert store.children(conversation.id, None) == []


def test_a_conversation_that_was_deleted_for_good_does_not_come_back(
    store: ConversationStore,
) -> None:
    """An answer may still be on its way."""
    conversation, (first,) = put_branch(store, ["words"])

    store.delete_conversations([conversation.id])
    store.put_message(replace(first, text="more words"))
    store.put_conversation(replace(conversation, title="again"))

    assert store.conversations() == []
    assert store.conversation(conversation.id) is None
    assert store.search("words") == []
    assert store.messages([first.id]) == []


def test_deleting_a_folder_keeps_what_lies_in_it(store: ConversationStore) -> None:
    folder = Folder(store.new_id(), "Work", 1)
    store.put_folder(folder)
    conversation = put_conversation(store, folder_id=folder.id)

    store.delete_folder(folder.id)

    kept = store.conversation(conversation.id)
    assert kept is not None
    assert kept.folder_id is None
    assert store.folders() == []


def test_folders_are_in_the_order_of_their_positions(store: ConversationStore) -> None:
    for name, position in [("b", 2), ("c", 3), ("a", 1)]:
        store.put_folder(Folder(store.new_id(), name, position))

    assert [one.name for one in store.folders()] == ["a", "b", "c"]


def test_the_trash_gives_up_what_lies_in_it_too_long(store: ConversationStore) -> None:
    old = put_conversation(store, "old", trashed=10.0)
    put_message(store, old, None, "words")
    fresh = put_conversation(store, "fresh", trashed=20.0)
    kept = put_conversation(store, "kept")

    store.empty_trash(older_than=20.0)

    assert {one.id for one in store.conversations()} == {fresh.id, kept.id}


def test_a_message_without_its_conversation_is_refused(store: ConversationStore) -> None:
    alone = ChatMessage(1, 2, None, Role.USER, "text", Status.FINISHED, 1.0)

    with pytest.raises(ValueError, match="needs its conversation"):
        store.put_message(alone)


def test_ids_grow_also_when_many_are_asked_for_at_once(store: ConversationStore) -> None:
    ids = [store.new_id() for _ in range(5000)]

    assert ids == sorted(set(ids))
    assert all(0 < one < 2**63 for one in ids)


def test_a_temporary_conversation_is_read_like_any_other(store: ConversationStore) -> None:
    conversation, (first, second) = put_branch(store, ["question", "answer"], is_temporary=True)

    assert store.conversation(conversation.id) == conversation
    assert store.branch(second.id) == [first.id, second.id]
    store.delete_messages([second.id])
    assert store.branch(first.id) == [first.id]
    store.delete_conversations([conversation.id])
    assert store.conversation(conversation.id) is None


def test_outlines_tell_who_wrote_what_is_how_long_without_the_texts(tmp_path: Path) -> None:
    texts = ["", "four", "百川", "a\0b", "\0", "half \ud83d", "\ud83d"]
    store = ConversationStore(tmp_path / "c.sqlite3")
    _, messages = put_branch(store, texts)
    ids = [one.id for one in messages]
    assert store.flush(PATIENCE_SECONDS)

    in_file = store.outlines([*ids, 12345])

    assert [one.role for one in in_file] == [one.role for one in messages]
    for text, outline in zip(texts, in_file, strict=True):  # at the least, and 0 only for nothing
        assert min(len(text), 1) <= outline.characters <= len(text)
    assert [one.characters for one in in_file[:3]] == [0, 4, 2]
    store.close()
    memory = ConversationStore(None)
    _, messages = put_branch(memory, texts)
    in_memory = memory.outlines([one.id for one in messages])
    assert [one.characters for one in in_memory] == list(map(len, texts))


def test_documents_are_read_as_they_were_put_and_go_with_their_conversation(
    store: ConversationStore,
) -> None:
    one, other = put_conversation(store), put_conversation(store)
    first, second, third = (put_document(store, owner, "text") for owner in (one, one, other))

    assert store.document(second.id) == second
    assert store.document_ids(one.id) == [first.id, second.id]
    changed = replace(second, text="changed", encoding="big5")
    store.put_document(changed)
    assert store.document(second.id) == changed
    store.delete_conversations([one.id])
    store.put_document(replace(first, text="late"))

    assert store.document(first.id) is None
    assert store.document_ids(one.id) == []
    assert store.document(third.id) == third


def test_a_document_is_read_once_while_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ConversationStore(tmp_path / "c.sqlite3")
    one = put_conversation(store)
    first, second, third = (put_document(store, one, letter * 3) for letter in "abc")
    assert store.flush(PATIENCE_SECONDS)
    monkeypatch.setattr(lookups, "_MOST_CHARACTERS", 6)
    reads: list[int] = []
    read = store._rows.document

    def counted(key: int) -> Document | None:
        reads.append(key)
        return read(key)

    monkeypatch.setattr(store._rows, "document", counted)

    for asked in (first, second, first, third, first, second):  # two of them are kept
        assert store.document(asked.id) == asked
    assert reads == [first.id, second.id, third.id, second.id]
    changed = replace(second, text="new")
    store.put_document(changed)
    assert store.flush(PATIENCE_SECONDS)
    assert store.document(second.id) == changed
    store.delete_conversations([one.id])
    assert store.document(second.id) is None
    store.close()


def test_a_document_without_its_conversation_is_refused(store: ConversationStore) -> None:
    with pytest.raises(ValueError, match="needs its conversation"):
        store.put_document(Document(1, 2, "a", "text", 0, "", ""))


def test_documents_of_a_temporary_conversation_are_written_once_it_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "data" / "c.sqlite3"
    store = ConversationStore(file)
    hidden = put_conversation(store, is_temporary=True)
    document = put_document(store, hidden, "a hidden word")
    store.put_conversation(replace(hidden, settings=drafted(document)))
    assert store.flush(PATIENCE_SECONDS)
    there = b"".join(one.read_bytes() for one in file.parent.rglob("*") if one.is_file())
    assert b"a hidden word" not in there

    store.put_conversation(replace(hidden, is_temporary=False, settings=drafted(document)))
    store.close()

    again = ConversationStore(file)
    assert again.document(document.id) == document
    again.close()


def drafted(document: Document) -> ConversationSettings:
    return ConversationSettings(attached=(Attachment(document.id, document.name),))


def test_a_document_goes_when_nothing_has_it_and_nothing_can_bring_it_back(tmp_path: Path) -> None:
    """What was deleted can be undone as long as the app runs."""
    file = tmp_path / "data" / "c.sqlite3"
    store = ConversationStore(file)
    one = put_conversation(store)
    asked, taken, typed, left = (put_document(store, one, text) for text in "abcd")
    question, gone = (
        put_message(store, one, None, "?", attachments=(Attachment(some.id, some.name),))
        for some in (asked, taken)
    )
    store.put_conversation(replace(one, settings=drafted(typed), head=question.id))
    store.delete_messages([gone.id])
    assert store.flush(PATIENCE_SECONDS)
    assert store.document_ids(one.id) == [asked.id, taken.id, typed.id, left.id]
    store.close()

    again = ConversationStore(file)

    assert again.document_ids(one.id) == [asked.id, typed.id]
    again.close()


def test_documents_stay_where_nobody_can_say_what_a_message_has(tmp_path: Path) -> None:
    file = tmp_path / "data" / "c.sqlite3"
    store = ConversationStore(file)
    one = put_conversation(store)
    document = put_document(store, one, "text")
    put_message(store, one, None, "?", attachments=(Attachment(document.id, "a"),))
    store.close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE messages SET attachments = '[{\"document'")
        connection.commit()

    again = ConversationStore(file)

    assert again.document(document.id) == document
    again.close()
