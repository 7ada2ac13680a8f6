from __future__ import annotations

import itertools

import pytest
from PySide6.QtGui import QColor, QGuiApplication, QTextCursor

from baichuan_desktop.ui.look.colours import DARK, LIGHT, Colours
from baichuan_desktop.ui.look.theme import Theme
from tests.ui.harness import Harness, ScriptedEngine, answer

LONG = "line of text\n" * 120


def test_copying_all_gives_words_and_speakers_without_figures(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("One 😀.\n\nTwo."), answer("Three.")]
    ui.ask("First 😀\nquestion")
    ui.ask("Second")

    ui.transcript.selectAll()
    ui.transcript.copy()

    assert QGuiApplication.clipboard().text() == (
        "You:\nFirst 😀\nquestion\n\nBaichuan Guide:\nOne 😀.\n\nTwo.\n\n"
        "You:\nSecond\n\nBaichuan Guide:\nThree."
    )
    assert not QGuiApplication.clipboard().mimeData().hasHtml()


def test_copying_a_part_gives_exactly_it(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Under 😀 the bridge"))
    ui.ask("Where?")
    found = ui.transcript.document().find("😀 the")
    ui.transcript.setTextCursor(found)

    ui.transcript.copy()

    assert QGuiApplication.clipboard().text() == "😀 the"


def test_it_follows_the_newest_text_only_while_the_reader_is_at_the_end(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer(LONG))
    ui.ask("Tell")
    bar = ui.transcript.verticalScrollBar()
    ui.until(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())

    bar.setValue(10)
    ui.transcript.append(LONG)
    ui.app.processEvents()

    assert bar.value() == 10
    ui.transcript.scroll_to_end()
    ui.transcript.append(LONG)
    ui.until(lambda: bar.value() == bar.maximum())


def test_characters_that_mean_something_to_qt_do_no_harm(
    ui: Harness, engine: ScriptedEngine
) -> None:
    text = "a\ufdd0b\ufdd1c\ufffcd\u2028e\u2029f\x00g"
    engine.answers += [answer(text), answer("Fine.")]

    ui.ask(text)
    ui.ask("And now?")

    assert "Fine." in ui.page_text
    assert len(ui.transcript._bubbles) == 2


def test_another_theme_recolours_what_is_there(
    ui: Harness, engine: ScriptedEngine, theme: Theme
) -> None:
    engine.answers.append(answer("Words"))
    ui.ask("Question")
    before = ui.page_text

    theme.show(DARK)

    cursor = ui.transcript.document().find("21 tokens", 0)
    assert cursor.charFormat().foreground().color() == QColor(DARK.muted)
    end = QTextCursor(ui.transcript.document().find("Words", 0))
    assert not end.charFormat().hasProperty(end.charFormat().Property.ForegroundBrush.value)
    assert ui.page_text == before


_SHARES = (0.2126, 0.7152, 0.0722)


def luminance(name: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    ink = QColor(name)
    parts = (ink.redF(), ink.greenF(), ink.blueF())
    return sum(share * linear(part) for share, part in zip(_SHARES, parts, strict=True))


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_all_text_can_be_read(colours: Colours) -> None:
    grounds = (colours.window, colours.page, colours.hover, colours.bubble)
    inks = (colours.text, colours.muted)
    pairs = [
        *itertools.product(inks, grounds),
        (colours.on_accent, colours.accent),
        (colours.on_accent, colours.accent_hover),
        (colours.continuation, colours.page),
        (colours.danger, colours.window),
    ]

    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []
