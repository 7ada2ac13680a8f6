"""Which turns of a conversation a model is given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from backends.generation.sampling import SamplingParams
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.prompt_turns import latest_turns, turns_note
from baichuan_desktop.services.chat.session import ChatSession
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore

_ROLES = {"s": Role.SYSTEM, "u": Role.USER, "a": Role.ASSISTANT}


def talk(letters: str) -> list[Message]:
    """Messages by the letters of their roles, each with its place as its text."""
    return [Message(_ROLES[letter], str(place)) for place, letter in enumerate(letters)]


def places(messages: Sequence[Message]) -> str:
    return "".join(message.text for message in messages)


@pytest.mark.parametrize(
    ("letters", "most", "given"),
    [
        ("u", 2, "0"),
        ("uau", 2, "012"),
        ("uauau", 2, "234"),
        ("uauauauau", 2, "678"),
        ("suauau", 2, "0345"),  # the system message is no turn
        ("uauau", 1, "4"),
        ("suau", 1, "03"),
        ("uauau", None, "01234"),
        ("uuu", 2, "12"),  # a message without an answer is a turn too
        ("uauaau", 2, "2345"),  # what was continued belongs to its turn
        ("auau", 1, "3"),
        ("uaua", 1, "23"),  # an answer that is continued
        ("", 2, ""),
        ("s", 2, "0"),
    ],
)
def test_the_last_turns_are_given_whole(letters: str, most: int | None, given: str) -> None:
    assert places(latest_turns(talk(letters), most)) == given


def test_never_more_turns_are_given_and_the_last_message_always_is() -> None:
    chance = random.Random(12)
    for _ in range(500):
        letters = "".join(chance.choices("ua", k=chance.randint(0, 12))) + "u"
        messages, most = talk(letters), chance.randint(1, 4)

        given = latest_turns(messages, most)

        assert sum(one.role is Role.USER for one in given) == min(letters.count("u"), most)
        assert given[-1] is messages[-1]
        assert list(given) == messages[len(messages) - len(given) :]


def test_the_guide_is_asked_with_two_turns_and_its_conversation_stays_whole() -> None:
    guide = ModelStore(app_paths()).model(GUIDE_ID)
    session, request = ChatSession(), None
    for number in range(1, 7):
        request = session.ask(
            f"question {number}", SamplingParams(), prompt_turns=guide.prompt_turns
        )
        session.receive(f"answer {number}")
        session.end_answer()

    assert request is not None
    assert [one.text for one in request.messages] == ["question 5", "answer 5", "question 6"]
    assert len(session.messages) == 12


def test_a_copy_of_the_guide_is_given_as_few_turns_wherever_it_lies(tmp_path: Path) -> None:
    store = ModelStore(app_paths())
    folder = tmp_path / "my-helper"
    folder.mkdir()
    for file in store.model(GUIDE_ID).path.iterdir():
        (folder / file.name).symlink_to(file)

    assert store.describe(folder).prompt_turns == 2
    assert store.add(folder).prompt_turns == 2
    assert ModelStore(app_paths()).model("my-helper").prompt_turns == 2


def test_no_other_released_model_is_given_less_than_all() -> None:
    few = [one.id for one in ModelStore(app_paths()).variants if one.prompt_turns is not None]

    assert few == [GUIDE_ID]


def test_the_person_is_told_of_few_turns_and_of_nothing_else() -> None:
    assert turns_note(None) is None
    assert "last 2 turns" in str(turns_note(2))
    assert "by itself" in str(turns_note(1))
