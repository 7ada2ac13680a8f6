"""Conversations are kept as long as the administrator's policy says, with a clock of the test."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.backups import backups_of
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.sidebar.retention import Retention
from tests.helpers.conversations import put_conversation, put_message
from tests.helpers.policies import write_policy
from tests.ui.harness import Harness, ScriptedEngine

_DAY = 86_400.0


class Clock:
    """Days that pass when a test says so."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def put(store: ConversationStore, title: str, days_ago: float) -> int:
    one = put_conversation(store, title, updated=time.time() - days_ago * _DAY)
    put_message(store, one, None, f"What of {title}?")
    return one.id


def kept(ui: Harness) -> set[str]:
    return {one.title for one in ui.conversations.conversations()}


def retention(ui: Harness, clock: Clock, own_days: int | None = None) -> Retention:
    """One more of it, by the clock of the test; the window's own looks once a day."""
    made = Retention(ui.window.controller, ui.window, own_days=lambda: own_days, now=clock)
    made.deleted.connect(ui.window.sidebar.controller.reload)
    return made


def test_what_the_person_does_not_want_kept_goes_without_a_policy_too(
    ui: Harness, clock: Clock
) -> None:
    put(ui.conversations, "Old", 8)
    put(ui.conversations, "Young", 6)

    retention(ui, clock, own_days=7).look_at_the_clock()
    assert kept(ui) == {"Young"}

    clock.now += 2 * _DAY
    retention(ui, clock).look_at_the_clock()
    assert kept(ui) == {"Young"}, "chosen no longer"
    retention(ui, clock, own_days=7).look_at_the_clock()
    assert kept(ui) == set()


def test_at_the_start_what_is_too_old_goes_and_the_list_shows_it(
    ui: Harness, clock: Clock, tmp_path: Path
) -> None:
    put(ui.conversations, "Old", 91)
    put(ui.conversations, "Young", 89)
    put_conversation(ui.conversations, "Pinned", updated=1.0, is_pinned=True)
    ui.window.sidebar.controller.reload()
    write_policy(tmp_path, "retention_days: 90\n")

    retention(ui, clock).look_at_the_clock()

    assert kept(ui) == {"Young"}
    shown = {row.text() for row in ui.window.sidebar.controller.entries if hasattr(row, "text")}
    assert "Old" not in shown


def test_it_looks_once_a_day(ui: Harness, clock: Clock, tmp_path: Path) -> None:
    write_policy(tmp_path, "retention_days: 90\n")
    looking = retention(ui, clock)
    looking.look_at_the_clock()
    put(ui.conversations, "Old", 91)

    clock.now += 0.9 * _DAY
    looking.look_at_the_clock()
    assert kept(ui) == {"Old"}
    clock.now += 0.1 * _DAY
    looking.look_at_the_clock()
    assert kept(ui) == set()


def test_what_is_open_waits_until_it_is_closed(ui: Harness, clock: Clock, tmp_path: Path) -> None:
    opened = put(ui.conversations, "Open", 400)
    put(ui.conversations, "Closed", 400)
    ui.window.controller.open(opened)
    write_policy(tmp_path, "retention_days: 90\n")
    looking = retention(ui, clock)

    looking.look_at_the_clock()
    assert kept(ui) == {"Open"}

    ui.window.controller.new_chat()
    ui.until(lambda: kept(ui) == set())


def test_more_than_a_few_go_without_the_window_standing_still(
    ui: Harness, clock: Clock, tmp_path: Path
) -> None:
    for number in range(45):
        put(ui.conversations, f"Old {number}", 400)
    write_policy(tmp_path, "retention_days: 90\n")

    retention(ui, clock).look_at_the_clock()

    assert len(kept(ui)) == 25, "the rest goes between two events of the window"
    ui.until(lambda: kept(ui) == set())


@pytest.mark.parametrize("rule", ["retention_days: 0\n", "retention_days: [\n", "import: false\n"])
def test_a_policy_that_cannot_be_used_or_says_nothing_of_it_deletes_nothing(
    rule: str, ui: Harness, clock: Clock, tmp_path: Path
) -> None:
    put(ui.conversations, "Old", 4000)
    write_policy(tmp_path, rule)

    retention(ui, clock).look_at_the_clock()

    assert kept(ui) == {"Old"}


def test_a_policy_that_others_may_write_deletes_nothing(
    ui: Harness, clock: Clock, tmp_path: Path
) -> None:
    put(ui.conversations, "Old", 4000)
    write_policy(tmp_path, "retention_days: 1\n").chmod(0o666)

    retention(ui, clock).look_at_the_clock()

    assert kept(ui) == {"Old"}


def test_the_window_does_so_by_itself_when_it_opens_with_backups_too(
    app: QApplication, theme: Theme, engine: ScriptedEngine, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "conversations.sqlite3"
    for _ in range(2):  # the second one makes a backup of what the first one wrote
        store = ConversationStore(file)
        assert store._upkeep is not None
        store._upkeep.wait()  # or the backup might have one of the two alone
        if not store.conversations():
            put(store, "Old secret", 91)
            put(store, "Young", 1)
        store.close()
    (backup,) = backups_of(file)
    assert b"Old secret" in backup.read_bytes()
    write_policy(tmp_path, "retention_days: 90\n")

    ui = Harness(app, theme, engine, ConversationStore(file))
    try:
        assert kept(ui) == {"Young"}
        ui.until(lambda: b"Old secret" not in backup.read_bytes())
    finally:
        ui.close()
        ui.conversations.close()
