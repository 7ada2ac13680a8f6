"""How rows look: both themes, sizes, nothing cut, what stands where."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QRect, QSize, QTranslator
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtWidgets import QAbstractButton

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.settings import ThemeChoice
from baichuan_desktop.ui.look.colours import DARK, LIGHT
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.rows.row import RowAction, RowKind
from tests.ui.transcript.shown import Shown, answer, question

MARKDOWN = (
    "A loop keeps **two numbers**:\n\n```python\ndef fib(n):\n    return n\n```\n\n"
    "| Way | Calls |\n|---|--:|\n| recursion | 29,860,703 |\n\n- one\n- *two*"
)
ROWS = [
    question(1, "Why does it get slow? 为什么变慢？"),
    answer(2, MARKDOWN, version=2, versions=12, caution="4 earlier messages no longer fit"),
    question(3, "And then? " * 40, versions=2),
    answer(4, "因为**每次**都要重新计算。", footer="You stopped the answer. " * 6),
    answer(5, "Another model from here on", kind=RowKind.NOTE),
]


def has(image: QImage, colour: str, part: QRect) -> bool:
    wanted = QColor(colour).rgb()
    return any(
        image.pixel(x, y) == wanted
        for y in range(max(part.top(), 0), min(part.bottom(), image.height()), 2)
        for x in range(max(part.left(), 0), min(part.right(), image.width()), 2)
    )


@pytest.fixture
def chinese(shown: Shown) -> Iterator[None]:
    translator = QTranslator()
    assert translator.load(str(resource("translations/baichuan_desktop_zh_CN.qm")))
    shown.app.installTranslator(translator)
    yield
    shown.app.removeTranslator(translator)
    shown.app.sendEvent(shown.view, QEvent(QEvent.Type.LanguageChange))


@pytest.mark.parametrize(("choice", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_a_theme_colours_what_is_there_already(
    shown: Shown, theme: Theme, choice: ThemeChoice, colours: object
) -> None:
    shown.show([question(1, "Why?"), answer(2, "So.", caution="2 messages no longer fit")])
    theme.use("dark" if choice == "light" else "light")

    theme.use(choice)
    shown.app.processEvents()

    image = shown.view.viewport().grab().toImage()
    assert isinstance(colours, type(LIGHT))
    column = shown.view.column()
    bubble = shown.row_view(1).at.bubble.translated(column.left(), shown.top(1))
    pill = shown.row_view(2).at.pill.translated(column.left(), shown.top(2))
    assert has(image, colours.bubble, bubble)
    assert has(image, colours.caution_ground, pill)
    assert image.pixelColor(2, image.height() - 2).name() == colours.page


def test_a_question_is_at_the_right_and_as_wide_as_it_needs(shown: Shown) -> None:
    shown.show([question(1, "Short"), question(2, "Long and longer " * 40), answer(3, "So.")])
    width = shown.view.column().width()

    short, long = shown.row_view(1).at.bubble, shown.row_view(2).at.bubble

    assert short.right() + 1 == long.right() + 1 == width
    assert short.width() < 120
    assert long.left() >= 60
    assert shown.row_view(3).at.origin.x() == 0


@pytest.mark.parametrize("width", [400, 700, 860, 1280, 1920, 3840])
def test_the_column_is_in_the_middle_and_not_wider_than_is_read(shown: Shown, width: int) -> None:
    shown.view.resize(width, 600)
    shown.show(ROWS)

    column, viewport = shown.view.column(), shown.view.viewport().width()

    assert column.width() == min(760, viewport - 48)
    assert abs(column.left() - (viewport - column.right() - 1)) <= 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [QSize(660, 400), QSize(1016, 680), QSize(1640, 900)])
def test_nothing_is_cut_or_covered(
    shown: Shown,
    theme: Theme,
    request: pytest.FixtureRequest,
    size: QSize,
    zoom: float,
    language: str,
) -> None:
    if language == "zh":
        request.getfixturevalue("chinese")
    theme.set_zoom(zoom)
    shown.view.resize(size)
    shown.show(ROWS)
    column = shown.view.column()
    for row in ROWS:
        shown.view.go_to(row.id)
        shown.view.set_current(row.id, ring=True)
        view = shown.row_view(row.id)
        inside = QRect(0, 0, column.width(), view.height)

        for part in (view.at.pill, view.at.label, view.at.bubble, view.at.footer):
            assert inside.contains(part) or not part.isValid()
        if view.at.footer.isValid():
            needed = QFontMetrics(shown.view.style_of_rows.note).boundingRect(
                view.at.footer, 0x1000, row.footer
            )
            assert view.at.footer.height() >= needed.height()
        bar = shown.view.overlays.bars.get(row.id)
        if bar is not None:
            place = bar.geometry().translated(-column.left(), -shown.top(row.id))
            assert place.right() <= column.width() + shown.view.style_of_rows.px(6)
            assert not place.intersects(view.at.footer)
            for button in bar.findChildren(QAbstractButton):
                if button.isVisible():
                    assert bar.rect().contains(button.geometry())
                    assert button.iconSize().height() <= button.height()
            assert bar.which.width() >= bar.which.sizeHint().width() or not bar.which.isVisible()


def test_every_word_of_the_room_is_translated(shown: Shown, chinese: None) -> None:
    shown.show([question(1, "Hi"), answer(2, "长" * 30_000, version=1, versions=2)])
    shown.app.sendEvent(shown.view, QEvent(QEvent.Type.LanguageChange))
    shown.view.begin_edit(1)
    shown.view.menus.show_by_key()

    buttons = shown.view.findChildren(QAbstractButton)
    said = [b.accessibleName() or b.text() for b in buttons]
    said += [e.text() for e in shown.view.menus.menu.actions() if not e.isSeparator()]
    said += [shown.view.accessibleName()]
    shown.view.menus.menu.close()

    assert len(said) > 12
    assert [text for text in said if text.isascii()] == []


def test_a_caret_stands_where_text_is_awaited_and_written(shown: Shown) -> None:
    conversation = shown.show([question(1, "Hi"), answer(2, "", is_writing=True)])
    accent = shown.view.style_of_rows.colours.accent
    view = shown.row_view(2)

    for text in ("", "One", "One\n\n- two", "```\nx"):
        conversation.change(2, text=text)
        shown.view.refresh_row(2)
        shown.view.arrange()
        at = view.caret_rect().toRect().translated(view.at.origin)
        at.translate(shown.view.column().left(), shown.top(2))
        shown.view._caret_is_on = True
        assert has(shown.view.viewport().grab().toImage(), accent, at.adjusted(0, 0, 1, 1))
        assert at.bottom() < shown.top(2) + view.height

    conversation.change(2, is_writing=False)
    shown.view.finish_row(2)
    assert not shown.view._blink.isActive()


def test_the_row_that_the_keyboard_is_at_has_a_ring(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "So.")])
    shown.view.setFocus()
    accent = shown.view.style_of_rows.colours.accent
    ring = shown.row_view(2).at.ring.translated(shown.view.column().left(), shown.top(2))
    around = ring.adjusted(-12, -12, 12, 12)

    shown.view.set_current(2, ring=False)
    assert not has(shown.view.viewport().grab().toImage(), accent, around)
    shown.view.set_current(2, ring=True)
    assert has(shown.view.viewport().grab().toImage(), accent, around)


def test_an_empty_answer_that_ended_still_has_its_figures_and_buttons(shown: Shown) -> None:
    shown.show([question(1, "Hi"), answer(2, "", actions=frozenset({RowAction.REGENERATE}))])

    assert "21 tokens" in shown.view.plain_text()
    assert shown.view.overlays.bars[2].buttons[RowAction.REGENERATE].isVisible()
    assert not shown.view.overlays.bars[2].buttons[RowAction.COPY].isVisible()
