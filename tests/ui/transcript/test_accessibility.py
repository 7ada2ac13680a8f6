"""What a screen reader is told."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAbstractButton

from baichuan_desktop.ui.look.theme import Theme
from tests.ui.transcript.shown import Shown, answer, question, talk

Text, Role = QAccessible.Text, QAccessible.Role


def interface(shown: Shown) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(shown.view)
    assert found is not None
    return found


def named(item: QAccessibleInterface) -> str:
    return item.text(Text.Name)


def test_the_conversation_is_a_list_of_its_messages(shown: Shown) -> None:
    shown.show(
        [question(1, "Why **so**?"), answer(2, "# Because\n\n| a | b |\n|---|---|\n| 1 | 2 |")]
    )

    rows = interface(shown)

    assert rows.role() == Role.List
    assert named(rows) == "Conversation"
    assert rows.childCount() == 2
    first, second = rows.child(0), rows.child(1)
    assert first.role() == second.role() == Role.ListItem
    assert named(first) == "You: Why so?"
    assert named(second) == "Baichuan: Because\n\na\tb\n1\t2"
    assert second.text(Text.Description) == "21 tokens"
    assert first.parent().role() == Role.List
    assert rows.indexOfChild(second) == 1


def test_rows_out_of_sight_can_be_read_without_making_all(shown: Shown) -> None:
    conversation = shown.show(talk(10_000))
    conversation.asked.clear()

    rows = interface(shown)

    assert rows.childCount() == 10_000
    assert named(rows.child(4_000)) == "You: Question 4001?"
    assert rows.child(4_000).state().offscreen
    assert not rows.child(9_999).state().offscreen
    assert len(set(conversation.asked)) <= 60


def test_an_item_is_the_same_one_each_time(shown: Shown) -> None:
    shown.show(talk(10))

    rows = interface(shown)

    assert rows.child(3) is rows.child(3)


def test_however_many_are_asked_for_few_are_kept(shown: Shown) -> None:
    shown.show(talk(3_000))

    rows = interface(shown)
    names = [named(rows.child(number)) for number in range(3_000)]
    gc.collect()

    assert names[2_998] == "You: Question 2999?"
    assert len(shown.view.accessible.rows._items) <= 200
    assert named(rows.child(0)) == "You: Question 1?"


def test_a_row_is_where_it_is_on_the_screen(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    rows = interface(shown)

    place = rows.child(1).rect()

    corner = shown.view.viewport().mapToGlobal(shown.view.column().topLeft())
    assert place.top() == corner.y() + shown.top(2)
    found = rows.childAt(place.center().x(), place.center().y())
    assert named(found) == "Baichuan: So."


def test_the_buttons_of_a_row_are_its_children(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])

    item = interface(shown).child(1)

    names = [named(item.child(number)) for number in range(item.childCount())]
    assert names == ["Copy", "Answer again", "Edit", "More"]
    assert item.child(0).role() == Role.Button


def test_every_button_has_a_name(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "```\nx\n```", version=2, versions=3)])
    shown.view.set_current(1, ring=True)
    shown.view.begin_edit(1)

    buttons = shown.view.findChildren(QAbstractButton)

    assert len(buttons) > 8
    assert [b for b in buttons if not (b.accessibleName() or b.text())] == []


def test_the_row_that_the_keyboard_is_at_has_the_focus(shown: Shown) -> None:
    shown.show(talk(4))
    shown.view.setFocus()
    rows = interface(shown)

    shown.press(Qt.Key.Key_Up)
    shown.press(Qt.Key.Key_Up)

    assert [rows.child(n).state().focused for n in range(4)] == [False, False, True, False]
    child = rows.focusChild()
    assert child is not None
    assert named(child) == "You: Question 3?"


def test_what_a_row_says_follows_what_it_is(shown: Shown) -> None:
    conversation = shown.show([answer(1, "", is_writing=True, waiting="Reading the prompt")])
    item = interface(shown).child(0)
    assert named(item) == "Baichuan: Reading the prompt"

    conversation.change(1, text="Now **this**")
    assert named(item) == "Baichuan: Now this"

    del conversation.rows[1]
    shown.view.refresh_ids()
    assert not item.isValid()
    assert named(item) == ""


def test_of_a_very_long_text_the_beginning_is_read_out(shown: Shown) -> None:
    shown.show([question(1, "长" * 1_000_000)])

    assert 1_000 < len(named(interface(shown).child(0))) < 5_000


def test_the_end_of_an_answer_is_announced_once(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def note(event: object) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            said.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", note)
    conversation = shown.show([question(1, "Hi"), answer(2, "", is_writing=True)])
    for text in ("So", "So it", "So it is."):
        conversation.change(2, text=text)
        shown.view.refresh_row(2)
        shown.view.arrange()
    assert said == []

    conversation.change(2, is_writing=False)
    shown.view.finish_row(2)

    assert said == ["Baichuan has answered."]


def test_transcripts_come_and_go_with_their_interfaces(shown: Shown, theme: Theme) -> None:
    for _ in range(8):
        other = Shown(shown.app, theme)
        other.show(talk(6))
        assert named(interface(other).child(2)) == "You: Question 3?"
        items = other.view.accessible.rows._items
        assert len(items) == 1
        other.close()
        assert len(items) == 0
        del other
        gc.collect()

    shown.show(talk(2))
    assert interface(shown).childCount() == 2
