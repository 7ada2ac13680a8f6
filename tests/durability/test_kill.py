"""A process that is killed while it streams loses no more than the text of a moment."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.durability.kill import CHILD, WINDOW_CHILD, kills
from tests.durability.record import (
    MOST_LOST_SECONDS,
    Handed,
    Opened,
    Record,
    Stored,
    losses_in,
    not_opened_again,
)

_kills = pytest.mark.skipif(sys.platform == "win32", reason="Windows kills by other means")


@_kills
def test_twenty_kills_lose_nothing_that_was_handed_over_before(tmp_path: Path) -> None:
    """Where the machine held the process up, so much more may be lost; the program allows none."""
    messages = 0
    for kill in kills(tmp_path, CHILD, count=20, seed=3):
        assert not kill.fault(MOST_LOST_SECONDS + kill.stall_seconds)
        messages += kill.messages

    assert messages > 20


@_kills
@pytest.mark.parametrize(
    "count",
    [
        6,
        pytest.param(20, marks=pytest.mark.slow),  # each starts the app: a second and a half
    ],
)
def test_kills_of_the_window_lose_nothing_and_it_opens_as_it_was_left(
    tmp_path: Path, count: int
) -> None:
    messages = 0
    for kill in kills(tmp_path, WINDOW_CHILD, count=count, seed=4, longest_seconds=0.7):
        assert not kill.fault(MOST_LOST_SECONDS + kill.stall_seconds)
        messages += kill.messages

    assert messages >= count


_SAVED = Handed([(10.0, "one "), (10.1, "two "), (11.0, "three")], "finished", 11.1, is_saved=True)
_WRITING = Handed([(10.0, "one "), (10.9, "two "), (11.0, "three")])


@pytest.mark.parametrize(
    ("message", "stored", "is_changed", "lost_seconds"),
    [
        (_SAVED, {7: ("finished", "one two three")}, False, 0.0),
        (_SAVED, {7: ("finished", "one two ")}, True, 0.2),
        (_SAVED, {7: ("broken", "one two three")}, True, 0.0),
        (_SAVED, {}, True, 1.2),
        (_WRITING, {7: ("writing", "one two ")}, False, 0.2),
        (_WRITING, {7: ("broken", "one ")}, False, 0.3),
        (_WRITING, {7: ("writing", "one other")}, True, 0.2),
        (_WRITING, {7: ("finished", "one ")}, True, 0.3),
        (_WRITING, {}, False, 1.2),
    ],
)
def test_a_loss_is_seen(
    message: Handed, stored: dict[int, tuple[str, str]], is_changed: bool, lost_seconds: float
) -> None:
    record = Record(messages={7: message})

    losses = losses_in(Stored("ok", {}, stored), record, 11.2, 0.25)

    assert bool(losses.changed) is is_changed
    assert losses.lost_seconds == pytest.approx(lost_seconds)


def test_a_lost_conversation_is_seen() -> None:
    record = Record(conversations={1: (10.0, False), 2: (10.9, True), 3: (10.9, False)})

    losses = losses_in(Stored("ok", {}, {}), record, 11.0, 0.25)

    assert losses.conversations == [1, 2]  # the third is younger, and nobody said that it is saved


@pytest.mark.parametrize(
    ("kept", "is_lost"),
    [("first", True), ("second", False), ("third", False), ("", True)],
)
def test_a_lost_draft_is_seen(kept: str, is_lost: bool) -> None:
    record = Record(drafts={1: [(9.0, "first"), (10.0, "second"), (10.9, "third")]})

    losses = losses_in(Stored("ok", {1: (None, kept)}, {}), record, 11.0, 0.25)

    assert bool(losses.drafts) is is_lost


@pytest.mark.parametrize(("documents", "lost"), [({5: "whole"}, []), ({5: "who"}, [5]), ({}, [5])])
def test_a_question_that_is_there_has_its_documents(
    documents: dict[int, str], lost: list[int]
) -> None:
    record = Record(documents={5: (7, "whole"), 6: (8, "of a question that is not there")})
    stored = Stored("ok", {}, {7: ("finished", "?")}, documents)

    assert losses_in(stored, record, 11.0, 0.25).documents == lost


_LEFT = Stored("ok", {1: (7, "draft"), 2: (None, "")}, {7: ("writing", "so far")})


@pytest.mark.parametrize(
    ("shown", "opened", "is_other"),
    [
        ((1,), Opened(1, "draft", 7, "so far", is_writing=False), False),
        ((1,), Opened(1, "draft", 7, "so far", is_writing=True), True),
        ((1,), Opened(1, "draft", 7, "so", is_writing=False), True),
        ((1,), Opened(1, "", 7, "so far", is_writing=False), True),
        ((1,), Opened(1, "draft", None, None, is_writing=False), True),
        ((1,), Opened(2, "", None, None, is_writing=False), True),
        ((1,), Opened(None, "", None, None, is_writing=False), True),
        ((None,), Opened(None, "", None, None, is_writing=False), False),
        ((None, 3), Opened(2, "", None, None, is_writing=False), False),  # 3 had not been written
        ((1,), None, False),
    ],
)
def test_a_window_that_opens_otherwise_than_it_was_left_is_seen(
    shown: tuple[int | None, ...], opened: Opened | None, is_other: bool
) -> None:
    assert bool(not_opened_again(Record(shown=shown), _LEFT, opened)) is is_other


def test_a_damaged_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE conversations (id INTEGER PRIMARY KEY, head, draft)")
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, status, text)")
        connection.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY, text)")
        connection.execute("CREATE INDEX by_status ON messages (status)")
        connection.execute("INSERT INTO messages VALUES (1, 'finished', 'text')")
        connection.commit()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'by_status'")
        connection.commit()

    assert Stored.read(file).integrity != "ok"
