"""What is shown, asked for and laid out while rows come, grow and go."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject

from baichuan_desktop.ui.transcript.rows.row import RowKind
from baichuan_desktop.ui.transcript.rows.row_view import RowView
from tests.ui.transcript.shown import Shown, answer, question, talk

MOST_ASKED = 60


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_conversation_opens_at_its_end_and_asks_only_for_what_is_seen(shown: Shown) -> None:
    conversation = shown.show(talk(10_000))

    assert shown.in_sight()[-1] == 10_000
    assert set(conversation.asked) == set(shown.in_sight())
    assert len(conversation.asked) <= MOST_ASKED


@pytest.mark.parametrize("row_id", [2, 5_000, 9_998, 10_000])
def test_a_height_that_changes_asks_for_few_rows(shown: Shown, row_id: int) -> None:
    conversation = shown.show(talk(10_000))
    shown.view.go_to(row_id)
    conversation.asked.clear()

    conversation.change(row_id, text="one more line\n\n" * 40)
    shown.view.refresh_row(row_id)
    shown.view.arrange()

    assert row_id in conversation.asked
    assert len(conversation.asked) <= MOST_ASKED


def test_a_row_that_comes_to_10000_asks_for_few(shown: Shown) -> None:
    conversation = shown.show(talk(10_000))
    conversation.asked.clear()

    conversation.rows[10_001] = question(10_001, "And now?")
    shown.view.refresh_ids()

    assert shown.in_sight()[-1] == 10_001
    assert len(conversation.asked) <= MOST_ASKED


def test_however_far_is_scrolled_few_documents_are_kept(shown: Shown) -> None:
    shown.show(talk(1_000))

    for offset in range(0, shown.view.verticalScrollBar().maximum(), 400):
        shown.view.verticalScrollBar().setValue(offset)

    shown.app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert len(shown.view.findChildren(RowView)) <= 80


def test_what_streams_is_laid_out_once_a_frame_however_often_it_comes(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = shown.show([*talk(3), answer(4, "", is_writing=True)])
    layouts: list[int] = []
    lay_out = RowView.lay_out

    def counted(view: RowView) -> None:
        layouts.append(view.row.id)
        lay_out(view)

    monkeypatch.setattr(RowView, "lay_out", counted)
    frames: list[None] = []
    shown.view.arranged.connect(lambda: frames.append(None))
    for number in range(1_000):
        conversation.change(4, text="word " * (number + 1))
        shown.view.refresh_row(4)

    whole = conversation.rows[4].text
    shown.until(lambda: shown.view.placed[-1].view.part.text == whole)
    assert len(layouts) <= len(frames) <= 3  # a frame may have begun in between


def test_text_that_streams_is_appended_and_not_built_anew(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = shown.show([question(1, "Tell"), answer(2, "", is_writing=True)])
    body = shown.row_view(2).body
    monkeypatch.setattr(body, "set_text", lambda *_, **__: pytest.fail("it was built anew"))

    for length in range(0, 300, 7):
        conversation.change(2, text=("A word and **bold** ones.\n\n" * 20)[:length])
        shown.view.refresh_row(2)
        shown.view.arrange()

    assert body.source == conversation.rows[2].text


def test_a_text_that_was_replaced_is_shown_in_its_place(shown: Shown) -> None:
    conversation = shown.show([question(1, "Tell"), answer(2, "One **thing**", is_writing=True)])

    conversation.change(2, text="Another", is_writing=False)
    shown.view.finish_row(2)

    assert shown.row_view(2).body.toPlainText() == "Another"


def test_the_end_is_followed_while_the_reader_is_there(shown: Shown) -> None:
    conversation = shown.show([*talk(20), answer(21, "", is_writing=True)])
    bar = shown.view.verticalScrollBar()

    for number in range(1, 30):
        conversation.change(21, text="a line of it\n\n" * number)
        shown.view.refresh_row(21)
        shown.view.arrange()
        assert bar.value() == bar.maximum()


def test_a_reader_who_scrolled_up_stays_where_she_reads(shown: Shown) -> None:
    conversation = shown.show([*talk(20), answer(21, "", is_writing=True)])
    shown.view.scroll_by(-400)
    row_id = shown.in_sight()[1]
    before = shown.top(row_id)

    for number in range(1, 30):
        conversation.change(21, text="a line of it\n\n" * number)
        shown.view.refresh_row(21)
        shown.view.arrange()

    assert shown.top(row_id) == before
    assert shown.view.jump.isVisible()


def test_the_button_leads_to_the_end_and_follows_it_again(shown: Shown) -> None:
    conversation = shown.show([*talk(20), answer(21, "", is_writing=True)])
    shown.view.scroll_by(-900)
    assert shown.view.jump.isVisible()

    shown.view.jump.click()
    conversation.change(21, text="a line of it\n\n" * 30)
    shown.view.refresh_row(21)
    shown.view.arrange()

    bar = shown.view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert not shown.view.jump.isVisible()


def test_scrolling_up_through_rows_that_were_never_seen_never_jumps(shown: Shown) -> None:
    shown.show([answer(n, "\n\n".join(["A line."] * (1 + n * 7 % 23))) for n in range(1, 200)])

    for _ in range(200):
        first = shown.in_sight()[0]
        before = shown.top(first)
        shown.view.scroll_by(-40)
        assert shown.top(first) == before + 40 or shown.in_sight()[0] == 1


def test_rows_that_go_above_leave_what_is_read_where_it_is(shown: Shown) -> None:
    conversation = shown.show(talk(60))
    shown.view.go_to(30)
    before = shown.top(30)

    for gone in (3, 4, 11, 12):
        del conversation.rows[gone]
    shown.view.refresh_ids()

    assert shown.top(30) == before


def test_another_width_keeps_what_is_read_in_sight(shown: Shown) -> None:
    shown.show([answer(n, "Some words that are broken into lines. " * 30) for n in range(1, 60)])
    shown.view.go_to(30)

    for width in (700, 500, 400, 500, 700, 860):
        shown.view.resize(width, 600)
        shown.app.processEvents()

        assert 30 in shown.in_sight()
    assert abs(shown.top(30)) < 200


def test_another_conversation_begins_at_its_own_end(shown: Shown) -> None:
    shown.show(talk(40))
    shown.view.scroll_by(-2_000)

    shown.show(talk(50))

    bar = shown.view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert shown.in_sight()[-1] == 50


def test_a_conversation_can_be_opened_at_a_message(shown: Shown) -> None:
    conversation = shown.show(talk(40))

    shown.view.show_source(conversation, at=7, phrase="Question 7")

    assert 7 in shown.in_sight()
    assert shown.view.found is not None
    assert shown.view.found[1] == (0, len("Question 7"))


def test_no_conversation_is_empty(shown: Shown) -> None:
    shown.show([])
    assert shown.view.is_empty()
    assert shown.view.plain_text() == ""

    shown.show(talk(2))
    assert not shown.view.is_empty()
    assert shown.view.plain_text() == (
        "You\nQuestion 1?\nBaichuan\nLine 0 of 2.\n\nLine 1 of 2.\n\nLine 2 of 2.\n21 tokens"
    )


def test_why_there_is_no_text_yet_stands_in_its_place(shown: Shown) -> None:
    conversation = shown.show(
        [question(1, "Tell"), answer(2, "", is_writing=True, waiting="Reading 40 of 812 tokens")]
    )
    assert "Reading 40 of 812 tokens" in shown.view.plain_text()
    height = shown.row_view(2).height

    conversation.change(2, waiting="", text="Well")
    shown.view.refresh_row(2)
    shown.view.arrange()

    assert "Reading" not in shown.view.plain_text()
    assert shown.row_view(2).height == height  # nothing jumps when the first word comes


def test_while_nothing_is_written_nothing_is_painted(shown: Shown) -> None:
    shown.show(talk(4))
    paints = Paints()
    shown.view.viewport().installEventFilter(paints)
    shown.app.processEvents()
    paints.count = 0

    for _ in range(20):
        shown.app.processEvents()

    assert paints.count == 0
    assert not shown.view._blink.isActive()


def test_a_continued_text_shows_what_the_model_wrote_in_its_own_colour(shown: Shown) -> None:
    text = "😀 A river is a stream of water."
    begin = text.index("a stream")
    row = answer(1, text, kind=RowKind.CONTINUATION, continued=((begin, len(text)),))
    shown.show([row])

    view = shown.row_view(1)
    block = view.body.findBlockByNumber(view.body.blockCount() - 1)
    coloured = [
        view.body.toPlainText()[piece.start : piece.start + piece.length]
        for piece in block.textFormats()
        if piece.format.foreground().color().name() == shown.view.style_of_rows.colours.continuation
    ]
    assert "".join(coloured).endswith("stream of water.")
    assert view.body.toPlainText() == text  # as it was written, without Markdown
