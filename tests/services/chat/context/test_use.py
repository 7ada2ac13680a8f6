"""What the window says of the next prompt is what the engine makes of it."""

from __future__ import annotations

import random

import pytest

from backends.errors import ContextLengthExceededError
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import ChatPrompt, ChatTokens, Role, build_app_prompt
from baichuan_desktop.services.chat.context.rounds import Round, rounds_of, without_left_out
from baichuan_desktop.services.chat.context.use import (
    ContextUse,
    Counted,
    Limits,
    chat_use,
    text_use,
)
from baichuan_desktop.services.chat.requests import request_for
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ConversationKind,
    ConversationSettings,
    Outline,
    Status,
)

TURNS = ChatTokens(1, 2)
DRAFT = "and now?"


def letters(text: str) -> list[int]:
    return [ord(one) for one in text]


def answered(tree: ConversationTree, conversation: int, question: str, answer: str | None) -> int:
    asked = tree.ask(conversation, question)
    if answer is not None:
        begun = tree.begin_answer(asked, model="m", details=AnswerDetails())
        tree.end_answer(tree.write(begun, answer), Status.FINISHED, AnswerDetails())
    return asked.id


def shown(tree: ConversationTree, conversation_id: int, limits: Limits) -> ContextUse:
    """What is shown before a message is sent."""
    store = tree.store
    conversation = store.conversation(conversation_id)
    assert conversation is not None
    branch = store.branch(conversation.head)
    rounds = rounds_of(branch, store.outlines(branch), goes_on=True)
    counted = [
        Counted(one, sum(len(message.text) + 1 for message in store.messages(one.read)))
        for one in rounds
        if one.read and one.question not in conversation.settings.left_out
    ]
    use = chat_use(counted, limits, system=len(conversation.system_prompt), draft=len(DRAFT))
    assert use is not None
    return use


def made(tree: ConversationTree, conversation_id: int, limits: Limits) -> ChatPrompt:
    """The prompt of the engine once it is sent."""
    question = tree.ask(conversation_id, DRAFT)
    conversation = tree.store.conversation(conversation_id)
    assert conversation is not None
    request = request_for(
        tree.store,
        conversation,
        tree.store.branch(question.id),
        SamplingParams(max_new_tokens=limits.max_new_tokens),
        None,
        prompt_turns=limits.prompt_turns,
    )
    assert isinstance(request, ChatRequest)
    return build_app_prompt(
        request.messages,
        letters,
        TURNS,
        context_length=limits.context_length,
        max_new_tokens=limits.max_new_tokens,
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_is_shown_before_is_what_is_sent(seed: int) -> None:
    chance = random.Random(seed)
    tree = ConversationTree(ConversationStore(None))
    begun = tree.begin(ConversationKind.CHAT, system_prompt="s" * chance.choice([0, 0, 1, 9, 60]))
    questions = [
        answered(
            tree, begun.id, "q" * chance.randint(0, 20), chance.choice([None, "", "a" * 9, "aa"])
        )
        for _ in range(chance.randint(0, 12))
    ]
    left_out = frozenset(one for one in questions if chance.random() < 0.2)
    tree.change(begun.id, settings=ConversationSettings(left_out=left_out))
    limits = Limits(
        chance.choice([9, 11, 40, 70, 200]),
        chance.choice([1, 5, 30, 500]),
        chance.choice([None, None, 1, 3]),
    )
    use = shown(tree, begun.id, limits)
    try:
        prompt = made(tree, begun.id, limits)
    except ContextLengthExceededError:
        assert not use.fits
        return

    assert use.fits
    assert use.prompt == len(prompt.ids)
    given = [message for one in use.given for message in tree.store.messages(one.read)]
    text = "".join(
        f"\x01{one.text}" if one.role is Role.USER else f"\x02{one.text}" for one in given
    )
    assert prompt.ids == letters(f"{use.system * 's'}{text}\x01{DRAFT}\x02")
    assert sum(len(one.read) for one in use.dropped) == prompt.dropped_messages


def test_the_last_round_is_never_left_out() -> None:
    roles = [Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT]

    assert without_left_out([1, 2, 3, 4, 5, 6], roles, {1, 5}) == [3, 4, 5, 6]
    assert without_left_out([1, 2, 3, 4, 5, 6], roles, {3, 9}) == [1, 2, 5, 6]
    assert without_left_out([], [], {3}) == []


def test_a_branch_that_begins_with_an_answer_has_a_round_without_a_question() -> None:
    outlines = [Outline(Role.ASSISTANT, 3), Outline(Role.USER, 0), Outline(Role.ASSISTANT, 0)]

    assert rounds_of([7, 8, 9], outlines, goes_on=True) == [
        Round(7, None, (7,), 1),
        Round(8, 8, (), 2),
    ]
    assert rounds_of([7, 8], outlines[:2], goes_on=False) == [
        Round(7, None, (7,), 1),
        Round(8, 8, (8,), 1),
    ]


def test_a_round_that_may_fit_has_to_be_counted_first() -> None:
    old, new = Round(1, 1, (1, 2), 2), Round(3, 3, (3, 4), 2)
    limits = Limits(100, 20)

    assert chat_use([Counted(old, None), Counted(new, 10)], limits, system=0, draft=5) is None
    use = chat_use([Counted(old, None), Counted(new, 90)], limits, system=0, draft=5)
    assert use is not None
    assert use.dropped == (old, new), "no older one can fit where that one does not"
    assert use.reserved == 20


def test_a_text_takes_what_is_above_it_or_is_another_one() -> None:
    use = text_use(Limits(100, 30), above=60, draft=0)
    assert (use.prompt, use.reserved, use.fits) == (60, 30, True)
    assert text_use(Limits(100, 30), above=80, draft=0).reserved == 20
    assert not text_use(Limits(100, 30), above=0, draft=100).fits
