"""A conversation as a tree: asked, answered, answered again, and what is shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.text.chat_template import Role
from baichuan_desktop.services.chat import removal
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import ConversationTree, copied
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ChatMessage,
    Conversation,
    ConversationKind,
    ConversationSettings,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment
from tests.helpers.conversations import put_document


@pytest.fixture(params=["memory", "file"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConversationTree]:
    file = tmp_path / "conversations.db" if request.param == "file" else None
    store = ConversationStore(file)
    times = iter(range(1, 10_000))
    yield ConversationTree(store, lambda: float(next(times)))
    store.close()


@pytest.fixture
def talk(tree: ConversationTree) -> Conversation:
    return tree.begin(ConversationKind.CHAT)


def said(tree: ConversationTree, talk: Conversation) -> list[str]:
    now = tree.store.conversation(talk.id)
    assert now is not None
    return [one.text for one in tree.branch(now.head)]


def reply(tree: ConversationTree, parent: ChatMessage, text: str) -> ChatMessage:
    answer = tree.begin_answer(parent, model="One", details=AnswerDetails())
    answer = tree.write(answer, text)
    return tree.end_answer(answer, Status.FINISHED, AnswerDetails(new_tokens=1))


def turn(tree: ConversationTree, talk: Conversation, question: str, text: str) -> ChatMessage:
    return reply(tree, tree.ask(talk.id, question), text)


def test_questions_and_answers_follow_each_other(
    tree: ConversationTree, talk: Conversation
) -> None:
    turn(tree, talk, "one", "1")
    last = turn(tree, talk, "two", "2")

    assert said(tree, talk) == ["one", "1", "two", "2"]
    now = tree.store.conversation(talk.id)
    assert now is not None
    assert (now.head, now.title, now.updated > talk.updated) == (last.id, "one", True)


def test_the_title_follows_the_first_question_unless_a_person_wrote_it(
    tree: ConversationTree, talk: Conversation
) -> None:
    first = tree.ask(talk.id, "# **Rivers**\nand lakes")
    reply(tree, first, "1")
    tree.ask(talk.id, "another question")
    assert titles(tree) == ["Rivers"]

    tree.edit(first.id, "Lakes")
    assert titles(tree) == ["Lakes"]

    tree.change(talk.id, title="My own", has_own_title=True)
    tree.edit(first.id, "Seas")
    assert titles(tree) == ["My own"]


def titles(tree: ConversationTree) -> list[str]:
    return [one.title for one in tree.store.conversations()]


def test_answers_to_one_question_are_versions_with_their_own_branches(
    tree: ConversationTree, talk: Conversation
) -> None:
    question = tree.ask(talk.id, "one")
    first = reply(tree, question, "1")
    turn(tree, talk, "two", "2")
    second = reply(tree, question, "1b")

    assert said(tree, talk) == ["one", "1b"]
    assert tree.versions(first.id) == [first.id, second.id]
    assert tree.choose(second.id, -1) == first.id
    assert said(tree, talk) == ["one", "1", "two", "2"]
    assert tree.choose(first.id, -1) is None
    assert tree.choose(first.id, 2) is None
    assert said(tree, talk) == ["one", "1", "two", "2"]


def test_an_edited_question_is_a_branch_and_the_old_one_stays(
    tree: ConversationTree, talk: Conversation
) -> None:
    first = tree.ask(talk.id, "one")
    reply(tree, first, "1")
    edited = tree.edit(first.id, "ONE")
    reply(tree, edited, "I")

    assert said(tree, talk) == ["ONE", "I"]
    tree.choose(edited.id, -1)
    assert said(tree, talk) == ["one", "1"]


def test_an_edited_answer_is_a_version_of_it_without_details(
    tree: ConversationTree, talk: Conversation
) -> None:
    answer = turn(tree, talk, "one", "1")
    edited = tree.edit(answer.id, "uno")

    assert said(tree, talk) == ["one", "uno"]
    assert (edited.role, edited.model, edited.details) == (Role.ASSISTANT, "One", None)


def test_an_answer_that_is_begun_on_another_branch_does_not_take_the_view(
    tree: ConversationTree, talk: Conversation
) -> None:
    first = tree.ask(talk.id, "one")
    reply(tree, first, "1")
    waiting = tree.ask(talk.id, "waits")
    tree.edit(first.id, "ONE")

    reply(tree, waiting, "late")

    assert said(tree, talk) == ["ONE"]


def test_an_answer_of_nothing_gives_way_to_the_version_before(
    tree: ConversationTree, talk: Conversation
) -> None:
    question = tree.ask(talk.id, "one")
    first = reply(tree, question, "1")
    turn(tree, talk, "two", "2")
    nothing = tree.begin_answer(question, model="One", details=AnswerDetails())
    assert said(tree, talk) == ["one", ""]

    tree.drop_answer(nothing, first.id)

    assert said(tree, talk) == ["one", "1", "two", "2"]
    assert tree.versions(first.id) == [first.id]


def test_what_was_asked_after_an_answer_of_nothing_follows_the_version_before(
    tree: ConversationTree, talk: Conversation
) -> None:
    question = tree.ask(talk.id, "one")
    first = reply(tree, question, "1")
    nothing = tree.begin_answer(question, model="One", details=AnswerDetails())
    tree.ask(talk.id, "meanwhile")

    tree.drop_answer(nothing, first.id)

    assert said(tree, talk) == ["one", "1", "meanwhile"]


def test_a_question_that_is_taken_back_leaves_no_trace(
    tree: ConversationTree, talk: Conversation
) -> None:
    question = tree.ask(talk.id, "one")
    tree.begin_answer(question, model="One", details=AnswerDetails())

    tree.take_back(question)

    assert said(tree, talk) == []
    assert titles(tree) == [""]
    unbegun = tree.unbegun()
    assert unbegun is not None
    assert unbegun.id == talk.id


def test_a_version_of_a_question_that_is_taken_back_gives_way_to_the_one_before(
    tree: ConversationTree, talk: Conversation
) -> None:
    first = tree.ask(talk.id, "one")
    reply(tree, first, "1")
    edited = tree.edit(first.id, "ONE")

    tree.take_back(edited)

    assert said(tree, talk) == ["one", "1"]


def test_an_answer_that_nobody_saw_marks_its_conversation(
    tree: ConversationTree, talk: Conversation
) -> None:
    answer = tree.begin_answer(tree.ask(talk.id, "one"), model="One", details=AnswerDetails())
    tree.change(talk.id, title="renamed meanwhile", has_own_title=True, is_pinned=True)

    tree.end_answer(answer, Status.FINISHED, AnswerDetails(), is_seen=False)

    now = tree.store.conversation(talk.id)
    assert now is not None
    assert (now.is_unread, now.is_pinned, now.title) == (True, True, "renamed meanwhile")


# --- deleting, and undoing it --------------------------------------------------------------


def grown(tree: ConversationTree, talk: Conversation) -> list[ChatMessage]:
    """One 1 two 2 three 3, with a second version of 2 that has a turn of its own below it."""
    one = tree.ask(talk.id, "one")
    first = reply(tree, one, "1")
    two = tree.ask(talk.id, "two")
    other = reply(tree, two, "2b")
    turn(tree, talk, "three b", "3b")
    second = reply(tree, two, "2")
    three = tree.ask(talk.id, "three")
    third = reply(tree, three, "3")
    return [one, first, two, second, three, third, other]


def everything(tree: ConversationTree, talk: Conversation) -> list[tuple[str, int | None]]:
    found, pending = [], tree.store.children(talk.id, None)
    while pending:
        found += [(one.text, one.parent) for one in tree.store.messages(pending)]
        pending = [c for one in pending for c in tree.store.children(talk.id, one)]
    return sorted(found, key=str)


def test_a_deleted_version_goes_with_what_follows_it_and_comes_back(
    tree: ConversationTree, talk: Conversation
) -> None:
    _, _, _, second, *_ = grown(tree, talk)
    before = everything(tree, talk)

    removed = removal.remove_version(tree.store, second.id)

    assert said(tree, talk) == ["one", "1", "two", "2b", "three b", "3b"]
    assert len(everything(tree, talk)) == len(before) - 3
    assert removed is not None
    removal.undo(tree.store, removed)
    assert said(tree, talk) == ["one", "1", "two", "2", "three", "3"]
    assert everything(tree, talk) == before


def test_a_deleted_turn_leaves_what_follows_it(tree: ConversationTree, talk: Conversation) -> None:
    _, _, two, second, *_ = grown(tree, talk)
    before = everything(tree, talk)

    removed = removal.remove_turn(tree.store, second.id)

    assert said(tree, talk) == ["one", "1", "three", "3"]
    assert removed is not None
    assert {one.text for one in removed.messages} >= {"two", "2", "2b", "three", "three b"}
    removal.undo(tree.store, removed)
    assert said(tree, talk) == ["one", "1", "two", "2", "three", "3"]
    assert everything(tree, talk) == before
    assert removal.remove_turn(tree.store, two.id) is not None
    assert said(tree, talk) == ["one", "1", "three", "3"], "by its question too"


def test_what_comes_back_after_the_conversation_went_on_is_found_among_the_versions(
    tree: ConversationTree, talk: Conversation
) -> None:
    *_, third, _ = grown(tree, talk)
    before = everything(tree, talk)
    removed = removal.remove_turn(tree.store, third.id)
    assert removed is not None
    four = tree.ask(talk.id, "four")
    reply(tree, four, "4")

    removal.undo(tree.store, removed)

    assert said(tree, talk) == ["one", "1", "two", "2", "four", "4"]
    assert set(before) < set(everything(tree, talk))
    tree.choose(four.id, -1)
    assert said(tree, talk) == ["one", "1", "two", "2", "three", "3"]


@pytest.mark.parametrize("place", [0, 1, 4, 5])
def test_the_first_and_the_last_turn_can_be_deleted_too(
    tree: ConversationTree, talk: Conversation, place: int
) -> None:
    messages = grown(tree, talk)
    before = everything(tree, talk)

    removed = removal.remove_turn(tree.store, messages[place].id)

    assert said(tree, talk) == (
        ["two", "2", "three", "3"] if place < 2 else ["one", "1", "two", "2"]
    )
    assert removed is not None
    removal.undo(tree.store, removed)
    assert everything(tree, talk) == before
    assert said(tree, talk) == ["one", "1", "two", "2", "three", "3"]


def test_the_only_turn_leaves_an_empty_conversation_with_its_title(
    tree: ConversationTree, talk: Conversation
) -> None:
    answer = turn(tree, talk, "one", "1")

    removed = removal.remove_turn(tree.store, answer.id)

    assert said(tree, talk) == []
    assert titles(tree) == ["one"]
    assert tree.unbegun() is None, "it is no draft: it can come back"
    assert removed is not None
    removal.undo(tree.store, removed)
    assert said(tree, talk) == ["one", "1"]


def test_what_is_gone_already_is_not_deleted_again(
    tree: ConversationTree, talk: Conversation
) -> None:
    answer = turn(tree, talk, "one", "1")
    removal.remove_turn(tree.store, answer.id)

    assert removal.remove_turn(tree.store, answer.id) is None
    assert removal.remove_version(tree.store, answer.id) is None


# --- copies --------------------------------------------------------------------------------


def test_a_copy_has_all_branches_under_new_ids(tree: ConversationTree, talk: Conversation) -> None:
    grown(tree, talk)
    original = tree.store.conversation(talk.id)
    assert original is not None

    copy = copied(tree.store, original, "Copy")

    assert said(tree, copy) == said(tree, talk)
    assert [text for text, _ in everything(tree, copy)] == [
        text for text, _ in everything(tree, talk)
    ]
    ids = {one.id for one in tree.branch(copy.head)} & {
        one.id for one in tree.branch(original.head)
    }
    assert ids == set()
    third = tree.branch(copy.head)[3]
    assert tree.choose(third.id, -1) is not None
    assert said(tree, copy) == ["one", "1", "two", "2b", "three b", "3b"]
    assert said(tree, talk) == ["one", "1", "two", "2", "three", "3"], "which stays as it is"


def test_a_copy_up_to_a_message_has_that_branch_alone(
    tree: ConversationTree, talk: Conversation
) -> None:
    _, _, _, second, *_ = grown(tree, talk)
    original = tree.store.conversation(talk.id)
    assert original is not None

    copy = copied(tree.store, original, "Copy", upto=second.id)

    assert said(tree, copy) == ["one", "1", "two", "2"]
    assert len(everything(tree, copy)) == 4


def test_a_copy_has_its_own_documents_and_leaves_out_its_own_questions(
    tree: ConversationTree, talk: Conversation
) -> None:
    store = tree.store
    report, other, drafted = (put_document(store, talk, text) for text in ("report", "b", "c"))
    first = tree.ask(talk.id, "one", [Attachment(report.id, "report.pdf"), Attachment(7, "gone")])
    tree.ask(talk.id, "two", [Attachment(report.id, "again"), Attachment(other.id, "b")])
    settings = ConversationSettings(
        "translator", left_out=frozenset({first.id, 5}), attached=(Attachment(drafted.id, "c"),)
    )
    original = tree.change(talk.id, settings=settings)
    assert original is not None

    copy, half = copied(store, original, "Copy"), copied(store, original, "Half", upto=first.id)
    store.delete_conversations([talk.id])

    one, two = tree.branch(copy.head)
    own = store.document(one.attachments[0].document_id)
    assert own is not None
    assert own == replace(report, id=own.id, conversation_id=copy.id)
    assert own.id != report.id
    assert two.attachments[0] == Attachment(own.id, "again")
    assert one.attachments[1] == Attachment(7, "gone")
    assert copy.settings == ConversationSettings("translator", left_out=frozenset({one.id}))
    assert len(store.document_ids(copy.id)) == 2
    (alone,) = map(store.document, store.document_ids(half.id))
    assert alone is not None
    assert alone.text == "report"


def test_a_draft_is_found_again_and_is_no_temporary_one(tree: ConversationTree) -> None:
    assert tree.unbegun() is None
    tree.begin(ConversationKind.CHAT, draft="private", is_temporary=True)
    assert tree.unbegun() is None
    made = tree.begin(ConversationKind.CHAT, draft="half a thou")

    found = tree.unbegun()
    assert found is not None
    assert (found.id, found.draft) == (made.id, "half a thou")
    hidden = tree.unbegun(is_temporary=True)
    assert hidden is not None
    assert hidden.draft == "private"


def test_a_document_of_another_conversations_draft_is_copied_into_the_one_that_asks(
    tree: ConversationTree,
) -> None:
    draft, talk = tree.begin(ConversationKind.TEXT), tree.begin(ConversationKind.CHAT)
    document, own = (put_document(tree.store, one, "text") for one in (draft, talk))
    some = Attachment(document.id, "a.txt", (), 3, 5, 50)

    asked = tree.ask(talk.id, "Why?", (some, Attachment(own.id, "b.txt")))
    tree.store.delete_conversations([draft.id])

    copy, kept = asked.attachments
    assert kept.document_id == own.id
    assert copy == replace(some, document_id=copy.document_id)
    found = tree.store.document(copy.document_id)
    assert found is not None
    assert (found.text, found.conversation_id) == ("text", talk.id)
    assert tree.store.document(document.id) is None


def test_documents_go_back_to_a_draft_once_each_and_what_is_given_of_them_is_open(
    tree: ConversationTree, talk: Conversation
) -> None:
    document = put_document(tree.store, talk, "text")
    asked = tree.ask(talk.id, "Why?", [Attachment(document.id, "a.txt", (), 3, 5, 50)])

    for _ in range(2):
        tree.attach(talk.id, asked.attachments)
    tree.attach(4711, asked.attachments)  # it was deleted meanwhile

    conversation = tree.store.conversation(talk.id)
    assert conversation is not None
    assert conversation.settings.attached == (Attachment(document.id, "a.txt"),)
