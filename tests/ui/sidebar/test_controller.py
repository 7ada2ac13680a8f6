from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.ui.sidebar.controller import Showing, SidebarController
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    FolderEntry,
    Group,
    Heading,
)
from tests.helpers.conversations import put_conversation
from tests.helpers.shelf import MemoryShelf

DAY = 86_400


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 23, 50).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(clock: Clock) -> MemoryShelf:
    return MemoryShelf(
        Conversation(1, "one", clock.now, clock.now),
        Conversation(2, "two", clock.now - 60, clock.now - 60, folder_id=70),
        Folder(70, "a", 0),
        Folder(71, "b", 1),
        Folder(72, "c", 2),
    )


@pytest.fixture
def controller(app: QApplication, shelf: MemoryShelf, clock: Clock) -> SidebarController:
    return SidebarController(shelf, app, now=clock)


def names(controller: SidebarController) -> list[str]:
    return [one.name for one in controller.folders]


def test_over_midnight_today_becomes_yesterday(controller: SidebarController, clock: Clock) -> None:
    assert controller._midnight.interval() == 600_000
    assert Heading(Group.TODAY) in controller.entries

    clock.now += 11 * 60
    controller._midnight.timeout.emit()

    assert Heading(Group.TODAY) not in controller.entries
    assert Heading(Group.YESTERDAY) in controller.entries
    assert controller._midnight.isActive()


def test_the_timer_ends_with_the_day_or_sooner(controller: SidebarController, clock: Clock) -> None:
    clock.now += 9.5 * 60  # half a minute before midnight
    controller._midnight.timeout.emit()

    assert controller._midnight.interval() == 30_000


def test_what_is_30_days_in_the_trash_goes_at_the_start_and_over_midnight(
    app: QApplication, shelf: MemoryShelf, clock: Clock
) -> None:
    shelf.put_conversation(replace(shelf.kept[1], trashed=clock.now - 31 * DAY))
    shelf.put_conversation(replace(shelf.kept[2], trashed=clock.now - 29.9 * DAY))

    controller = SidebarController(shelf, app, now=clock)
    assert set(shelf.kept) == {2}
    clock.now += DAY
    controller._midnight.timeout.emit()

    assert not shelf.kept


def test_a_change_keeps_what_others_wrote_meanwhile(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    """An answer goes on while its conversation is renamed."""
    shelf.put_conversation(replace(shelf.kept[1], head=17, draft="half a question"))

    controller.rename(1, "another")
    controller.set_pinned(1, True)

    assert shelf.kept[1].head == 17
    assert shelf.kept[1].draft == "half a question"
    assert shelf.kept[1].title == "another"
    assert shelf.kept[1].has_own_title
    assert shelf.kept[1].is_pinned


def test_filing_does_not_make_a_conversation_a_newer_one(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    before = shelf.kept[2].updated

    controller.file(2, 71)
    controller.set_unread(2, True)

    assert shelf.kept[2].updated == before


@pytest.mark.parametrize("title", ["", "   ", "\n\t"])
def test_an_empty_name_changes_nothing(
    controller: SidebarController, shelf: MemoryShelf, title: str
) -> None:
    controller.rename(1, title)
    controller.rename_folder(70, title)

    assert shelf.kept[1].title == "one"
    assert not shelf.kept[1].has_own_title
    assert names(controller) == ["a", "b", "c"]


def test_a_name_is_kept_as_one_line_of_200_characters(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.rename(1, " two\nlines " + "x" * 1000)

    assert shelf.kept[1].title == "two lines " + "x" * 190


def test_deletions_are_taken_back_the_last_one_first(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.delete(1)
    controller.delete(2)
    assert shelf.kept[1].trashed is not None
    assert shelf.kept[2].trashed is not None

    controller.undo()
    assert shelf.kept[2].trashed is None
    assert shelf.kept[1].trashed is not None
    controller.undo()
    controller.undo()

    assert shelf.kept[1].trashed is None


def test_a_folder_comes_back_with_its_conversations(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.delete_folder(70)
    assert names(controller) == ["b", "c"]
    assert shelf.kept[2].folder_id is None
    assert any(
        isinstance(entry, ConversationEntry) and entry.conversation.id == 2
        for entry in controller.entries
    )

    controller.undo()

    assert names(controller) == ["a", "b", "c"]
    assert shelf.kept[2].folder_id == 70


def test_undo_leaves_a_conversation_that_was_filed_meanwhile(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.delete_folder(70)
    controller.file(2, 71)

    controller.undo()

    assert shelf.kept[2].folder_id == 71


def test_what_was_deleted_for_good_does_not_come_back(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.delete(1)
    controller.delete_for_good(frozenset({1}))

    controller.undo()

    assert 1 not in shelf.kept


def test_what_was_restored_from_the_trash_is_not_undone_once_more(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    controller.delete(1)
    controller.delete(2)
    offers: list[object] = []
    controller.can_undo.connect(offers.append)
    controller.restore(2)
    assert offers == [None], "its toast goes"

    controller.undo()

    assert shelf.kept[1].trashed is None


@pytest.mark.parametrize(
    ("moved", "place", "order"),
    [
        (70, 2, "bca"),
        (72, 0, "cab"),
        (71, 0, "bac"),
        (71, 9, "acb"),
        (70, -1, "abc"),
        (99, 0, "abc"),
    ],
)
def test_folders_are_put_in_another_order_and_stay_in_it(
    app: QApplication,
    controller: SidebarController,
    shelf: MemoryShelf,
    moved: int,
    place: int,
    order: str,
) -> None:
    controller.move_folder(moved, place)

    assert names(controller) == list(order)
    assert names(SidebarController(shelf, app)) == list(order)


def test_a_new_folder_stands_last(controller: SidebarController) -> None:
    controller.new_folder("new")

    assert names(controller) == ["a", "b", "c", "new"]


def test_only_what_changed_is_told(controller: SidebarController) -> None:
    changes: list[int] = []
    controller.changed.connect(lambda: changes.append(1))

    controller.refresh(1)

    assert changes == [], "nothing was written since"


def test_a_conversation_that_is_gone_from_the_store_is_gone_from_the_list(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    del shelf.kept[1]

    controller.refresh(1)

    assert not any(
        isinstance(entry, ConversationEntry) and entry.conversation.id == 1
        for entry in controller.entries
    )


def test_what_is_shown_is_the_trash_or_what_is_searched_for_or_the_list(
    controller: SidebarController, shelf: MemoryShelf
) -> None:
    shown = [controller.showing]
    for step in (
        lambda: controller.search(" one "),
        lambda: controller.show_trash(True),
        lambda: controller.show_trash(False),
        lambda: controller.search("  "),
    ):
        step()
        shown.append(controller.showing)

    assert shown == [
        Showing.LIST, Showing.SEARCH, Showing.TRASH, Showing.SEARCH, Showing.LIST,
    ]  # fmt: skip
    assert shelf.searched == ["one", "one"]


def test_the_folder_of_a_conversation_is_opened_for_it(controller: SidebarController) -> None:
    controller.unfold_for(1)
    controller.unfold_for(99)
    assert not any(isinstance(one, FolderEntry) and one.is_open for one in controller.entries)

    controller.unfold_for(2)

    assert [one.is_open for one in controller.entries if isinstance(one, FolderEntry)] == [
        True, False, False,
    ]  # fmt: skip


def test_it_works_on_the_real_store(app: QApplication) -> None:
    store = ConversationStore(None)
    try:
        minutes = put_conversation(store, "Minutes of the meeting")
        controller = SidebarController(store, app)
        folder = controller.new_folder("Work")
        controller.file(minutes.id, folder)
        controller.rename(minutes.id, "会议纪要")
        controller.delete_folder(folder)
        controller.undo()
        controller.delete(minutes.id)
        controller.undo()
        controller.search("纪要")

        kept = store.conversation(minutes.id)
        assert kept is not None
        assert (kept.title, kept.folder_id, kept.trashed) == ("会议纪要", folder, None)
        assert [one.name for one in controller.folders] == ["Work"]
        [entry] = controller.entries
        assert isinstance(entry, ConversationEntry)
        assert entry.hit is not None
        controller.delete(minutes.id)
        controller.delete_for_good(frozenset({minutes.id}))
        assert store.conversations() == []
    finally:
        store.close()
