"""Texts of a million characters: little of them is laid out, whatever they consist of."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.transcript.rows.pieces import LONGEST_PIECE, LONGEST_WHOLE
from baichuan_desktop.ui.transcript.rows.row import RowKind
from baichuan_desktop.ui.transcript.selection import Place
from tests.ui.transcript.shown import Shown, answer, question

MILLION = 1_000_000
TEXTS = {
    "lines": "a line of text\n" * (MILLION // 15),
    "spaced": "word " * (MILLION // 5),
    "hanzi": "长" * MILLION,
    "one line": "x" * MILLION,
    "combining": "e" + "\u0301" * MILLION,
    "line ends": "\n" * MILLION,
    "bidi": "\u202eabc" * (MILLION // 4),
    "families": "👨‍👩‍👧‍👦" * (MILLION // 11),
    "marks": "*" * MILLION,
    "brackets": "[" * MILLION,
    "quotes": ">" * MILLION,
    "fence": "```\n" + "x" * MILLION,
}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters were given to documents, each time."""
    lengths: list[int] = []
    set_text = MarkdownDocument.set_text

    def counted(
        document: MarkdownDocument, text: str, *, finished: bool = True, plain: bool = False
    ) -> None:
        lengths.append(len(text))
        set_text(document, text, finished=finished, plain=plain)

    monkeypatch.setattr(MarkdownDocument, "set_text", counted)
    return lengths


@pytest.mark.parametrize("name", TEXTS)
def test_little_of_a_long_text_is_laid_out_folded_or_not(
    shown: Shown, built: list[int], name: str
) -> None:
    shown.show([question(1, TEXTS[name]), answer(2, "So.")])
    assert sum(built) < 2 * LONGEST_PIECE
    assert shown.row_view(1).at.fold.isValid()

    built.clear()
    shown.view.overlays.folds[next(iter(shown.view.overlays.folds))].click()
    shown.app.processEvents()
    bar = shown.view.verticalScrollBar()
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        built.clear()
        bar.setValue(int(share * bar.maximum()))
        assert max(built, default=0) <= LONGEST_PIECE
        # As many pieces as a screen holds: those of line ends are high, others are low.
        assert len(built) <= 40


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_text_is_copied_whole(shown: Shown, name: str) -> None:
    shown.show([question(1, TEXTS[name])])

    shown.view.select_all()
    shown.view.copy()

    assert QApplication.clipboard().text() == TEXTS[name]


def test_what_is_selected_over_pieces_is_exact(shown: Shown) -> None:
    text = "".join(f"{number:05d}长" for number in range(10_000))
    shown.show([question(1, text)])
    shown.view.rows.unfold(1, True)
    shown.view.arrange()
    keys = [key for key in shown.view.flow.keys if key.row_id == 1]
    assert len(keys) > 10

    first, last = shown.row_view(1, 0), shown.row_view(1, 3)
    begin = Place(first.key, first.positions_of(1_200, 1_201)[0])
    end = Place(last.key, last.positions_of(600, 601)[0])
    shown.view.selection.start(begin, begin)
    shown.view.selection.extend(end, end)

    assert shown.selected() == text[1_200 : 3 * LONGEST_PIECE + 600]


def test_the_button_says_how_much_there_is_and_folds_again(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "长" * 1_234_567)])
    button = next(iter(shown.view.overlays.folds.values()))
    assert button.text() == "Show all 1,234,567 characters"

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shown.view.rows.is_unfolded(2)
    shown.view.go_to_end()
    button = next(iter(shown.view.overlays.folds.values()))
    assert button.text() == "Show less"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert not shown.view.rows.is_unfolded(2)
    assert 2 in shown.in_sight()


def test_an_answer_that_grows_long_goes_on_in_pieces(shown: Shown, built: list[int]) -> None:
    conversation = shown.show([question(1, "Hi"), answer(2, "", is_writing=True)])
    text = "Words and more words. " * 2_000

    for length in range(0, len(text), 500):
        conversation.change(2, text=text[:length])
        shown.view.refresh_row(2)
        shown.view.arrange()
    conversation.change(2, text=text)
    shown.view.refresh_row(2)
    shown.view.arrange()

    assert len(text) > LONGEST_WHOLE
    bar = shown.view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert shown.view.placed[-1].view.part.text.endswith("more words. ")
    assert max(built) <= LONGEST_WHOLE


def test_a_continued_text_keeps_its_colours_in_every_piece(shown: Shown) -> None:
    text = "她" * 15_000 + "他" * 15_000
    row = answer(1, text, kind=RowKind.CONTINUATION, continued=((15_000, 30_000),))
    shown.show([row])
    shown.view.rows.unfold(1, True)
    shown.view.arrange()
    colour = shown.view.style_of_rows.colours.continuation

    coloured = other = 0
    for piece in range(len([key for key in shown.view.flow.keys if key.row_id == 1])):
        block = shown.row_view(1, piece).body.begin()
        while block.isValid():
            for part in block.textFormats():
                if part.format.foreground().color().name() == colour:
                    coloured += part.length
                else:
                    other += part.length
            block = block.next()

    assert (coloured, other) == (15_000, 15_000)
