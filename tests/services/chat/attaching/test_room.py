from __future__ import annotations

import pytest

from baichuan_desktop.services.chat.attaching.room import Room, room_for, shares


def test_the_room_is_what_question_system_prompt_and_answer_leave() -> None:
    room = room_for(context_length=4096, max_new_tokens=512, fixed=100, history=0, messages=0)

    assert room == Room(most=4096 - 512 - 100 - 10, beside_history=4096 - 512 - 100 - 10)
    assert room.whole == room.most


def test_a_large_answer_keeps_half_of_the_context_free_and_no_more() -> None:
    room = room_for(context_length=1000, max_new_tokens=9000, fixed=90, history=0, messages=0)

    assert room.most == 1000 - 500 - 90 - 10


def test_documents_push_out_no_more_than_half_for_the_sake_of_what_was_said() -> None:
    short = room_for(context_length=1210, max_new_tokens=100, fixed=100, history=96, messages=4)
    long = room_for(context_length=1210, max_new_tokens=100, fixed=100, history=5000, messages=9)

    assert short.whole == short.beside_history == 1000 - 96 - 4
    assert long.whole == 500
    assert long.beside_history == 0


def test_there_is_never_less_than_no_room() -> None:
    room = room_for(context_length=100, max_new_tokens=50, fixed=90, history=10, messages=2)

    assert room == Room(0, 0)


@pytest.mark.parametrize(
    ("wanted", "most", "given"),
    [
        ([100, 200], 1000, [100, 200]),
        ([100, 5000], 1000, [100, 900]),
        ([5000, 100, 5000], 1000, [450, 100, 450]),
        ([10, 10], 0, [0, 0]),
        ([], 10, []),
    ],
)
def test_small_documents_are_whole_and_large_ones_share_what_is_left(
    wanted: list[int], most: int, given: list[int]
) -> None:
    assert shares(wanted, most) == given
