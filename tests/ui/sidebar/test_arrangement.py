from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta

import pytest

from baichuan_desktop.services.chat.values import Conversation, Folder, SearchHit
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    Group,
    Heading,
    HitEntry,
    TrashedEntry,
    arranged,
    found,
    kept_since,
    midnight,
    trashed,
)

TODAY = date(2026, 11, 28)
DAY = 86_400


def one(id_: int, updated: float = 0.0, **fields: object) -> Conversation:
    return Conversation(id_, f"c{id_}", updated, updated, **fields)  # type: ignore[arg-type]  # by its names


def at(*when: int) -> float:
    return datetime(*when).timestamp()  # type: ignore[arg-type]  # year, month, day, hour …


def short(entries: list[Entry]) -> list[object]:
    """Groups, months and ids, as a person would note them down."""
    noted: list[object] = []
    for entry in entries:
        match entry:
            case Heading(group, month):
                noted.append(month or group)
            case FolderEntry(folder, count):
                noted.append((folder.name, count))
            case HitEntry(conversation, hit):
                noted.append((conversation.id, hit.message_id))
            case _:
                noted.append(entry.conversation.id)
    return noted


@pytest.mark.parametrize(
    ("updated", "heading"),
    [
        (at(2026, 11, 28, 23, 59), Heading(Group.TODAY)),
        (at(2026, 11, 28), Heading(Group.TODAY)),
        (at(2026, 11, 27, 23, 59), Heading(Group.YESTERDAY)),
        (at(2026, 11, 27), Heading(Group.YESTERDAY)),
        (at(2026, 11, 26, 23), Heading(Group.WEEK)),
        (at(2026, 11, 21), Heading(Group.WEEK)),
        (at(2026, 11, 20, 23), Heading(Group.THIRTY_DAYS)),
        (at(2026, 10, 29), Heading(Group.THIRTY_DAYS)),
        (at(2026, 10, 28, 23), Heading(Group.MONTH, date(2026, 10, 1))),
        (at(2025, 12, 31), Heading(Group.MONTH, date(2025, 12, 1))),
        (at(2027, 3, 1), Heading(Group.TODAY)),  # a clock was set back
        (math.nan, Heading(Group.TODAY)),
        (1e300, Heading(Group.TODAY)),
        (-1e300, Heading(Group.MONTH, date(1970, 1, 1))),
    ],
)
def test_a_conversation_stands_under_the_heading_of_its_day(
    updated: float, heading: Heading
) -> None:
    entries = arranged([one(1, updated)], [], (), TODAY)

    assert entries[-2] == heading


def test_a_heading_stands_once_over_all_of_its_days() -> None:
    times = [
        at(2026, 11, 28, 9),
        at(2026, 11, 28, 8),
        at(2026, 10, 3),
        at(2026, 10, 1),
        at(2026, 9, 30),
    ]

    entries = arranged([one(i, when) for i, when in enumerate(times)], [], (), TODAY)

    assert short(entries) == [
        Group.FOLDERS, Group.TODAY, 0, 1, date(2026, 10, 1), 2, 3, date(2026, 9, 1), 4,
    ]  # fmt: skip


def test_days_of_23_and_25_hours_begin_at_their_midnight() -> None:
    for month, day in ((3, 29), (10, 25)):  # where Europe changes its clocks
        begins = midnight(date(2026, month, day))
        assert datetime.fromtimestamp(begins) == datetime(2026, month, day)
        follows = midnight(date(2026, month, day) + timedelta(days=1))
        assert 23 * 3600 <= follows - begins <= 25 * 3600


def test_pinned_and_temporary_ones_stand_first_and_under_no_day() -> None:
    entries = arranged(
        [
            one(1, at(2026, 11, 28)),
            one(2, at(2026, 11, 27), is_pinned=True),
            one(3, is_temporary=True),
        ],
        [],
        (),
        TODAY,
    )

    assert short(entries) == [Group.TEMPORARY, 3, Group.PINNED, 2, Group.FOLDERS, Group.TODAY, 1]


def test_what_is_in_a_folder_is_counted_and_shown_where_it_is_open() -> None:
    conversations = [
        one(1, folder_id=8),
        one(2, folder_id=8, is_pinned=True),
        one(3),
        one(4, folder_id=8, trashed=1.0),
    ]
    folders = [Folder(9, "b", 1), Folder(8, "a", 0)]

    folded = arranged(conversations, folders, (), TODAY)
    unfolded = arranged(conversations, folders, {8}, TODAY)

    assert short(folded)[:5] == [Group.PINNED, 2, Group.FOLDERS, ("a", 2), ("b", 0)]
    assert short(unfolded)[2:7] == [Group.FOLDERS, ("a", 2), 1, 2, ("b", 0)]
    assert short(folded)[-1] == 3


def test_a_conversation_whose_folder_is_gone_is_in_the_list() -> None:
    entries = arranged([one(1, folder_id=8)], [], (), TODAY)

    assert short(entries)[-1] == 1


def test_nothing_at_all_has_no_heading() -> None:
    assert arranged([], [], (), TODAY) == []
    assert arranged([one(1, trashed=1.0)], [], (), TODAY) == []


def test_each_conversation_that_is_not_in_the_trash_is_shown_once_or_in_its_folder() -> None:
    """Random ones, so that no combination of marks falls through."""
    chance = random.Random(7)
    folders = [Folder(id_, "f", id_) for id_ in (10_001, 10_002)]
    conversations = [
        one(
            id_,
            chance.uniform(0, 1.8e9),
            is_pinned=chance.random() < 0.2,
            is_temporary=chance.random() < 0.1,
            folder_id=chance.choice([None, 10_001, 10_002, 10_003]),
            trashed=chance.choice([None, None, 5.0]),
        )
        for id_ in range(500)
    ]
    conversations.sort(key=lambda each: -each.updated)

    entries = arranged(conversations, folders, {10_001, 10_002}, TODAY)

    shown = [entry.conversation.id for entry in entries if isinstance(entry, ConversationEntry)]
    assert set(shown) == {each.id for each in conversations if each.trashed is None}
    keys = [entry.key for entry in entries]
    assert len(keys) == len(set(keys)), "a row that stands twice has no place of its own"


def test_hits_stand_under_their_conversation_with_its_title_marked() -> None:
    conversations = {1: one(1), 2: one(2), 3: one(3, trashed=1.0)}
    title = SearchHit(2, None, "c2", ((0, 1),))
    hits = [title, SearchHit(1, 11, "x", ()), SearchHit(2, 21, "x", ()), SearchHit(1, 12, "x", ())]
    hits += [SearchHit(3, 31, "x", ()), SearchHit(4, 41, "x", ())]  # in the trash, and unknown

    entries = found(hits, conversations)

    assert short(entries) == [2, (2, 21), 1, (1, 11), (1, 12)]
    assert isinstance(entries[0], ConversationEntry)
    assert entries[0].hit == title
    assert isinstance(entries[2], ConversationEntry)
    assert entries[2].hit is None


@pytest.mark.parametrize(
    ("age", "left"), [(0, 30), (1, 30), (DAY, 29), (29.5 * DAY, 1), (40 * DAY, 0)]
)
def test_the_trash_says_how_many_days_are_left(age: float, left: int) -> None:
    now = 1e9

    [entry] = trashed([one(1, trashed=now - age), one(2)], now)

    assert isinstance(entry, TrashedEntry)
    assert entry.days_left == left


def test_the_last_that_was_deleted_stands_first() -> None:
    assert short(trashed([one(1, trashed=5.0), one(2, trashed=9.0)], 10.0)) == [2, 1]
    assert kept_since(40.0 * DAY) == 10.0 * DAY


def test_a_temporary_chat_is_not_kept_in_the_trash() -> None:
    assert trashed([one(1, trashed=5.0, is_temporary=True)], 10.0) == []
