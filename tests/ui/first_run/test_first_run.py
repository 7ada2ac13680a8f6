"""The first minute: by mouse in few clicks, by keyboard alone, and only once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.settings import Language, SettingsFile
from baichuan_desktop.ui.acquiring.finding.find_dialog import FindDialog
from baichuan_desktop.ui.acquiring.getting.get_dialog import GetDialog
from baichuan_desktop.ui.first_run.dialog import FirstRunDialog
from baichuan_desktop.ui.first_run.first_run import FirstRun
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.clipping import clipped
from tests.ui.harness import OTHER, Harness, ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person

Key = Qt.Key


class CountedClicks(Person):
    """Counts how often the mouse is pressed."""

    clicks = 0

    def click(self, *args: object, **named: object) -> None:
        self.clicks += 1
        super().click(*args, **named)  # type: ignore[arg-type]  # as they were given


def first_run(desk: App) -> FirstRun:
    assert desk.running is not None
    return desk.running.window.around_chat.first_run


def start(desk: App, engine: ScriptedEngine) -> Person:
    """Start the app as `app.main` does."""
    me = desk.start(engine)
    first_run(desk).begin_if_first()
    return me


def test_from_the_start_to_the_first_answer_in_four_clicks(
    desk: App, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("可以。"))
    person = start(desk, engine)
    me = CountedClicks(person.window)
    me.wait_to_see("Which language shall the window speak?")

    me.press("中文")
    me.press("继续")
    me.wait_to_see("这里能运行的最大的已发布模型是")
    assert me.sees("百川内置助手")
    me.press("开始")
    me.wait_until_ready("回答可能有误")
    me.press("能离线使用吗？")

    until(lambda: me.messages()[1:] == ["百川内置助手: 可以。"] or "可以。" in me.messages()[-1])
    assert me.clicks == 4
    assert SettingsFile(app_paths().settings).current.language == "zh_CN"


def test_the_keyboard_alone_goes_through_it_and_it_is_never_shown_again(
    desk: App, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Hello."))
    me = start(desk, engine)
    me.wait_to_see("Which language shall the window speak?")
    until(lambda: me.focused() == "English")
    me.key(Key.Key_Return)
    me.wait_to_see("With which model do you want to begin?")
    until(lambda: me.focused() == "Baichuan Guide")
    me.key(Key.Key_Return)
    until(lambda: me.focused() == "Message")
    me.wait_until_ready()
    me.enter("Hi")
    me.wait_for("You: Hi", "Baichuan Guide: Hello.")

    again = start(desk, engine)
    again.wait_until_ready()
    assert first_run(desk).dialog is None
    again.choose_from("Menu", "First steps…")
    until(lambda: again.focused() == "English")
    again.escape()
    assert first_run(desk).dialog is None


def test_it_is_skipped_by_esc_and_that_counts(desk: App, engine: ScriptedEngine) -> None:
    me = start(desk, engine)
    until(lambda: me.focused() == "English")
    me.escape()
    until(lambda: me.focused() == "Message")

    start(desk, engine)

    assert first_run(desk).dialog is None
    assert SettingsFile(app_paths().settings).current.language == "system"


@pytest.mark.parametrize("text", ["{}", '{"theme": "dark"}', "broken"])
def test_who_has_settings_is_not_asked(desk: App, engine: ScriptedEngine, text: str) -> None:
    app_paths().settings.parent.mkdir(parents=True)
    app_paths().settings.write_text(text, encoding="utf-8")

    start(desk, engine)

    assert first_run(desk).dialog is None


def test_looking_for_models_and_how_to_get_one_are_opened_after_it(ui: Harness) -> None:
    first = ui.window.around_chat.first_run
    for number, kind in ((1, FindDialog), (2, GetDialog)):
        first.begin()
        assert first.dialog is not None
        first.dialog.go_on.click()
        first.dialog.choices[number].click()
        first.dialog.go_on.click()
        assert isinstance(ui.window.models.acquiring.dialog, kind)


def test_a_model_of_ones_own_has_its_verdict_and_is_loaded_where_it_is_chosen(
    ui: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = ui.store.models[0]
    bad = replace(OTHER, id="gone", path=OTHER.path.with_name("Gone & away"))
    monkeypatch.setattr(type(ui.store), "models", property(lambda _: (guide, OTHER, bad)))
    first = ui.window.around_chat.first_run
    first.begin()
    dialog = first.dialog
    assert dialog is not None
    until(lambda: "This computer has" in dialog.machine.text())
    dialog.go_on.click()

    assert dialog.choices[0].isChecked(), "the other one does not run"
    assert dialog.choices[1].text() == "Other"
    assert "there is no such folder" in dialog.choices[1].accessibleDescription()
    dialog.choices[1].click()
    dialog.go_on.click()

    until(lambda: ui.window.switcher.current == OTHER)


def wait_for_verdict(dialog: FirstRunDialog) -> None:
    """Wait until it says what this machine can run, and not that it looks."""
    until(lambda: "…" not in dialog.machine.text())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_it_is_seen_whole(ui: Harness, language: Language, theme: Theme) -> None:
    ui.window.view.use_language(language)
    first = ui.window.around_chat.first_run
    for size, zoom in ((QSize(480, 300), 1.0), (QSize(1280, 820), 1.5)):
        theme.set_zoom(zoom)
        ui.window.resize(size)
        first.begin()
        dialog = first.dialog
        assert dialog is not None
        dialog.go_on.click()
        wait_for_verdict(dialog)
        assert clipped(dialog) == []
        dialog.reject()
