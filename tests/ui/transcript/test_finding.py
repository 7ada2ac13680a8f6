"""Finding a phrase in the conversation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.find_bar import FindBar
from baichuan_desktop.ui.transcript.finding import occurrences
from baichuan_desktop.ui.transcript.rows.flow import Key
from tests.helpers.patience import wait_until
from tests.ui.transcript.shown import Conversation, Shown, answer, question, talk

Keys, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def bar(shown: Shown, theme: Theme) -> Iterator[FindBar]:
    made = FindBar(shown.view, theme)
    made.setParent(shown.view)
    yield made
    made.close_bar()


def look_for(shown: Shown, bar: FindBar, phrase: str) -> None:
    bar.open()
    bar.field.setText(phrase)
    shown.until(lambda: not bar._typing.isActive() and bar._finder.is_done)


def marked(shown: Shown) -> tuple[int, str] | None:
    """The row of the hit that is shown, and its text in the document."""
    if shown.view.found is None:
        return None
    key, (begin, end) = shown.view.found
    view = shown.view.rows.view(key)
    assert view is not None
    text = view.body.toPlainText().encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le")
    return key.row_id, text


def test_hits_are_counted_and_stepped_through_in_a_circle(shown: Shown, bar: FindBar) -> None:
    shown.show([question(1, "A river?"), answer(2, "The River is a **river**."), question(3, "No")])

    look_for(shown, bar, "river")
    assert bar.count.text() == "1 of 3"
    assert marked(shown) == (1, "river")

    for number, hit in ((2, (2, "River")), (3, (2, "river")), (1, (1, "river"))):
        shown.press(Keys.Key_Return)
        assert bar.count.text() == f"{number} of 3"
        assert marked(shown) == hit

    shown.press(Keys.Key_Return, Modifier.ShiftModifier)
    assert bar.count.text() == "3 of 3"


def test_a_hit_far_away_is_brought_into_sight(shown: Shown, bar: FindBar) -> None:
    rows = talk(3_000)
    rows[40] = question(41, "Where is the needle?")
    shown.show(rows)

    look_for(shown, bar, "needle")

    assert marked(shown) == (41, "needle")
    assert 41 in shown.in_sight()
    line = shown.row_view(41).position_rect(shown.view.found[1][0])  # type: ignore[index]  # found
    assert 0 <= line.top() + shown.top(41) < shown.view.viewport().height()


def test_the_first_hit_is_the_one_at_or_after_what_is_read(shown: Shown, bar: FindBar) -> None:
    shown.show(talk(100))
    shown.view.go_to(51)

    look_for(shown, bar, "question")

    assert marked(shown) == (51, "Question")
    assert bar.count.text() == "26 of 50"


@pytest.mark.parametrize("phrase", ["重点", "重", "公式", "点。后"])
def test_hanzi_are_found(shown: Shown, bar: FindBar, phrase: str) -> None:
    shown.show([answer(1, "😀 含**重点。**后面是公式")])

    look_for(shown, bar, phrase)

    assert bar.count.text() == "1 of 1"
    assert marked(shown) == (1, phrase)


def test_what_is_not_there_is_said(shown: Shown, bar: FindBar) -> None:
    shown.show(talk(10))

    look_for(shown, bar, "zebra")

    assert bar.count.text() == "Not found"
    assert marked(shown) is None
    assert not bar.after.isEnabled()


def test_marks_of_markdown_are_not_found_but_what_is_between_is(shown: Shown, bar: FindBar) -> None:
    shown.show([answer(1, "It **is bold**, `code` and b**ol**d; see [here](https://a.org/path).")])

    look_for(shown, bar, "**")
    assert bar.count.text() == "Not found"
    look_for(shown, bar, "is bold, code")
    assert marked(shown) == (1, "is bold, code")
    look_for(shown, bar, "and bold")
    assert marked(shown) == (1, "and bold")
    look_for(shown, bar, "path")
    assert bar.count.text() == "Not found"


@pytest.mark.parametrize("phrase", [".*", "(", "a+", "\\", "[x]", "$", "<b>", "İ"])
def test_a_phrase_is_no_pattern(shown: Shown, bar: FindBar, phrase: str) -> None:
    shown.show([answer(1, f"`x {phrase} y`"), answer(2, "aaa")])

    look_for(shown, bar, phrase)

    assert bar.count.text() == "1 of 1"


def test_a_hit_in_a_long_text_unfolds_it(shown: Shown, bar: FindBar) -> None:
    text = "长" * 70_000 + "needle" + "文" * 70_000
    shown.show([question(1, text), answer(2, "So.")])

    look_for(shown, bar, "needle")

    assert marked(shown) == (1, "needle")
    assert shown.view.rows.is_unfolded(1)


def test_esc_closes_it_takes_the_marks_away_and_gives_the_keyboard_back(
    shown: Shown, bar: FindBar
) -> None:
    shown.show(talk(4))
    look_for(shown, bar, "line")

    shown.press(Keys.Key_Escape)

    assert not bar.isVisible()
    assert shown.view.phrase == ""
    assert shown.app.focusWidget() is shown.view
    assert bar.close_if_open() is False


def test_another_conversation_is_looked_through_anew(shown: Shown, bar: FindBar) -> None:
    shown.show(talk(10))
    look_for(shown, bar, "question")
    assert bar.count.text().endswith("of 5")

    shown.view.show_source(Conversation(talk(2)))

    shown.until(lambda: bar.count.text() == "1 of 1")


def test_the_window_stays_alive_while_it_looks(shown: Shown, bar: FindBar) -> None:
    """Rows are looked through in slices: events are handled in between."""
    shown.show([answer(n, "Some **words** of it. " * 40) for n in range(1, 400)])
    slices: list[None] = []

    def handle_events() -> None:
        shown.app.processEvents()
        slices.append(None)

    bar.open()
    bar.field.setText("words")
    QTest.keyClick(bar.field, Keys.Key_Return)
    wait_until(lambda: bar._finder.is_done, handle_events)

    assert len(slices) > 3
    assert bar.count.text().endswith("of 15,960")


def test_a_place_that_was_sought_is_marked_without_the_field(shown: Shown) -> None:
    shown.show([question(1, "A river?"), answer(2, "The **river**.")])

    shown.view.go_to(2, "river")

    assert shown.view.found is not None
    assert shown.view.found[0] == Key(2)
    assert marked(shown) == (2, "river")


def test_words_are_counted_as_they_are_shown() -> None:
    row = answer(1, "**a**b &amp; a\\_b\n\n| ab | ab |\n|---|---|\n| ab | x |")

    assert occurrences(row, "ab") == 4
    assert occurrences(row, "&") == 1
    assert occurrences(row, "a_b") == 1
