from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from tests.ui.harness import BASE, Harness


def test_a_megabyte_without_spaces_is_pasted_as_it_is(ui: Harness) -> None:
    """A base model goes on with it; for a chat model it would become a document."""
    ui.load(BASE)
    ui.until(lambda: ui.window.controller.completes)
    pasted = "汉" * 500_000 + "a" * 500_000
    QGuiApplication.clipboard().setText(pasted)

    ui.composer.input.paste()

    assert ui.composer.text() == pasted
    assert ui.composer.button.isEnabled()


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
        window.top_bar.progress,
        window.page.composer.gauge,
    ]

    assert [control for control in controls if not control.accessibleName()] == []
