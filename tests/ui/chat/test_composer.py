from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from baichuan_desktop.ui.chat.long_lines import BROKEN_LENGTH, LONGEST_LINE, break_long_lines
from tests.ui.harness import Harness


def longest_line(text: str) -> int:
    return max(map(len, text.split("\n")))


def test_a_megabyte_without_spaces_is_pasted_whole_in_lines_that_can_be_laid_out(
    ui: Harness,
) -> None:
    pasted = "汉" * 500_000 + "a" * 500_000
    QGuiApplication.clipboard().setText(pasted)

    ui.composer.input.paste()

    text = ui.composer.text()
    assert longest_line(text) <= BROKEN_LENGTH
    assert text.replace("\n", "") == pasted
    assert "Long lines of the pasted text were broken: 1" in ui.window.status.state_label.text()


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("short\nlines", 0),
        ("a" * LONGEST_LINE, 0),
        ("a" * (LONGEST_LINE + 1), 1),
        ("a\r\nb\rc", 0),
        ("x" * 25_000 + "\n" + "y" * 10_001, 2),
    ],
)
def test_only_long_lines_are_broken(text: str, broken: int) -> None:
    result, count = break_long_lines(text)

    assert count == broken
    assert longest_line(result) <= LONGEST_LINE
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert result.replace("\n", "") == plain.replace("\n", "")
    if not broken:
        assert result == plain


def test_pasted_markup_is_text(ui: Harness) -> None:
    data = QMimeData()
    data.setHtml("<b>bold</b><img src='file:///etc/passwd'>")
    data.setText("plain")

    ui.composer.input.insertFromMimeData(data)

    assert ui.composer.text() == "plain"


def test_the_field_grows_with_its_text_up_to_eight_lines(ui: Harness) -> None:
    field = ui.composer.input
    heights = []
    for lines in (1, 2, 8, 9, 200):
        ui.composer.set_text("\n".join("x" * lines))
        heights.append(field.height())

    line = field.fontMetrics().lineSpacing()
    assert heights[1] - heights[0] == line
    assert heights[2] - heights[0] == 7 * line
    assert heights[3] == heights[4] == heights[2]


def test_all_controls_have_names_for_who_does_not_see_them(ui: Harness) -> None:
    window = ui.window
    controls = [
        window.top_bar.picker,
        window.page.transcript,
        window.page.composer.input,
        window.panel.system_prompt_edit,
        window.panel.temperature,
        window.panel.seed,
        window.status.progress,
        window.status.context_bar,
    ]

    assert [control for control in controls if not control.accessibleName()] == []
