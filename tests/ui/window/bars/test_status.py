from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QMenu

from backends.events import LoadProgress, PrefillProgress, PromptReady, TextDelta
from tests.ui.harness import OTHER, READY, Gate, Harness, ScriptedEngine, answer, finished


def test_the_memory_of_a_model_is_told_with_that_of_its_device(ui: Harness) -> None:
    ui.until(lambda: " of " in ui.window.top_bar.usage.text())

    assert ui.window.top_bar.usage.text() == "1 MiB of 64.0 GiB"


def test_speed_is_told_after_an_answer_and_forgotten_with_the_conversation(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    assert ui.window.top_bar.usage.text().endswith(" · 10.0 tokens/s")

    ui.window.menus.new_chat.trigger()

    ui.until(lambda: "tokens/s" not in ui.window.top_bar.usage.text())


def test_the_line_under_the_bar_follows_load_and_prompt(
    ui: Harness, engine: ScriptedEngine
) -> None:
    progress = ui.window.top_bar.progress
    load, read = Gate(), Gate()
    engine.loads.append([LoadProgress(3, 8), load, replace(READY, folder=str(OTHER.path))])
    ui.load(OTHER)
    ui.until(load.reached.is_set)
    ui.until(lambda: progress.value() == 370)  # whole per cents
    load.open.set()
    ui.until_idle()
    assert progress.isHidden()

    engine.answers.append(
        [PromptReady(400, 0, 0), PrefillProgress(100, 400), read, TextDelta("."), finished()]
    )
    ui.say("Read this")
    ui.until(read.reached.is_set)
    ui.until(lambda: progress.value() == 250)
    read.open.set()
    ui.until_idle()
    assert progress.isHidden()


def test_a_remark_is_closed_by_its_button(ui: Harness) -> None:
    remarks = ui.window.remarks
    ui.window.status.show_unkept("Not a directory")
    assert remarks.label.isVisible()
    assert "Not a directory" in remarks.label.text()

    remarks.close_button.click()

    assert not remarks.label.isVisible()


def test_all_commands_are_behind_the_button_of_the_menu(ui: Harness) -> None:
    bar, menus = ui.window.top_bar, ui.window.menus
    assert bar.menu.menu() is menus.folded

    def commands(menu: QMenu) -> set[str]:
        found: set[str] = set()
        for action in menu.actions():
            inner = action.menu()
            found |= commands(inner) if isinstance(inner, QMenu) else {action.text()}
        return found

    in_bar = set().union(
        *(commands(top) for one in menus.actions() if isinstance(top := one.menu(), QMenu))
    )
    assert len(in_bar) > 20
    assert in_bar <= commands(menus.folded)
    assert not menus.isVisible(), "the bar is shown only where it is outside of the window"
