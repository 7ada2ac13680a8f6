"""Copy and Select all go where the person is."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from tests.ui.harness import Harness, ScriptedEngine, answer


def test_the_field_that_has_the_focus_is_copied(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    ui.composer.set_text("a draft")
    ui.composer.input.setFocus()

    ui.window.menus.select_all.trigger()
    ui.window.menus.copy.trigger()

    assert QGuiApplication.clipboard().text() == "a draft"
    assert not ui.transcript.has_selection()


def test_elsewhere_the_conversation_is_copied(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    ui.composer.set_text("a draft")
    ui.window.top_bar.picker.setFocus()

    ui.window.menus.select_all.trigger()
    ui.window.menus.copy.trigger()

    copied = QGuiApplication.clipboard().text()
    assert "Here?" in copied
    assert "Yes." in copied
    assert not ui.composer.input.textCursor().hasSelection()


def test_a_field_of_numbers_is_a_field_too(ui: Harness) -> None:
    ui.window.view.show_panel(True)
    ui.window.panel.seed.setText("1234")
    ui.window.panel.seed.setFocus()

    ui.window.menus.select_all.trigger()

    assert ui.window.panel.seed.selectedText() == "1234"


def test_a_conversation_that_is_not_seen_is_not_copied(ui: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    QGuiApplication.clipboard().setText("kept")
    ui.window.menus.jobs_page.trigger()

    ui.window.menus.select_all.trigger()
    ui.window.menus.copy.trigger()

    assert QGuiApplication.clipboard().text() == "kept"
    assert not ui.transcript.has_selection()
