"""The settings as a person uses them: found by words of two languages, changed, reset, kept."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.data_folder.place import read_place
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.library.importing.planning import plan_import
from baichuan_desktop.services.library.importing.running import run_import
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import Language, Settings, SettingsFile
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import Choice
from baichuan_desktop.ui.settings.dialog import SettingsDialog
from baichuan_desktop.ui.settings.folders import DataFolder, ModelFolders
from baichuan_desktop.ui.settings.question import Question
from baichuan_desktop.ui.settings.row import SettingRow
from baichuan_desktop.ui.settings.values import in_chinese
from baichuan_desktop.ui.window.window_pages import Page
from tests.helpers import goldens
from tests.helpers.clipping import clipped
from tests.helpers.conversations import put_conversation
from tests.ui.harness import OTHER, Harness, ScriptedEngine, answer, until
from tests.ui.person.person import Person

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def opened(ui: Harness) -> SettingsDialog:
    ui.window.menus.settings.trigger()
    dialog = ui.window.around_chat.settings.dialog
    assert dialog is not None
    return dialog


def row(dialog: SettingsDialog, key: str) -> SettingRow:
    (found,) = [one for one in dialog.rows if one.setting.key == key]
    return found


def found_by(dialog: SettingsDialog, query: str) -> list[str]:
    dialog.search.setText(query)
    dialog.search.search_now()
    return [one.setting.key for one in dialog.shown]


def choose(dialog: SettingsDialog, key: str, text: str) -> None:
    control = row(dialog, key).setting.control
    assert isinstance(control, Choice)
    number = control.list.findText(text)
    assert number >= 0, [control.list.itemText(n) for n in range(control.list.count())]
    control.list.setCurrentIndex(number)
    control.list.activated.emit(number)


def question_of(dialog: SettingsDialog) -> Question | None:
    shown = [one for one in dialog.findChildren(Question) if one.isVisible()]
    return shown[0] if shown else None


def test_each_setting_is_found_by_its_name_in_both_languages_and_by_other_words(
    ui: Harness,
) -> None:
    dialog = opened(ui)

    for one in dialog.rows:
        words = one.setting.words
        assert in_chinese(words.name)
        assert in_chinese(words.explanation)
        for query in (words.name.upper(), in_chinese(words.name), words.synonyms.split()[0]):
            assert one.setting.key in found_by(dialog, query), query
    assert found_by(dialog, "夜间") == ["theme"]
    assert found_by(dialog, "memory unload") == ["idle"]
    assert found_by(dialog, "encryption") == ["where"]
    assert found_by(dialog, "no such word") == []
    assert dialog.nothing.isVisible()
    assert len(found_by(dialog, "")) == len(dialog.rows)


def test_each_choice_is_made_and_reset_by_the_keyboard_alone(ui: Harness) -> None:
    dialog = opened(ui)
    until(dialog.isActiveWindow)
    choices = [one for one in dialog.rows if isinstance(one.setting.control, Choice)]
    assert len(choices) == 11

    for one in choices:
        control = one.setting.control
        assert isinstance(control, Choice)
        before = ui.settings.current
        dialog.search.setFocus()
        dialog.search.setText(one.name.text())
        QTest.keyClick(dialog.search, Key.Key_Return)
        for _ in dialog.findChildren(QWidget):  # a name may be found in another's explanation
            if control.list.hasFocus():
                break
            QTest.keyClick(dialog.focusWidget(), Key.Key_Tab)
        assert control.list.hasFocus(), one.setting.key
        other = Key.Key_Down if control.list.currentIndex() < 1 else Key.Key_Up
        QTest.keyClick(control.list, other)
        assert control.is_changed, one.setting.key
        assert ui.settings.current != before
        QTest.keyClick(control.list, Key.Key_Tab)
        assert one.reset.hasFocus()
        QTest.keyClick(one.reset, Key.Key_Space)
        assert not control.is_changed
        assert control.list.hasFocus(), "the button that had the keyboard is gone"
        assert not one.reset.isVisible()

    kept = SettingsFile(app_paths().settings).current
    assert kept.model_dump(exclude={"open_conversation", "last_model"}) == Settings().model_dump(
        exclude={"open_conversation", "last_model"}
    )


def test_a_person_opens_them_by_keys_searches_and_has_the_window_dark(me: Person) -> None:
    assert me.shade() > 200
    me.key(Key.Key_Comma, CTRL)
    me.wait_to_see("Size of messages")
    me.type("dark mode")
    until(lambda: not me.sees("Size of messages"))

    me.key(Key.Key_Return)
    me.key(Key.Key_End)

    assert me.shade() < 60
    assert me.can_press("Reset “Theme”")
    me.escape()
    assert not me.sees("Search settings")
    me.type("written at once")
    assert me.written("Message") == "written at once"
    assert SettingsFile(app_paths().settings).current.theme == "dark"
    me.press("Settings")
    me.wait_to_see("Look and language")
    me.press("Reset “Theme”")
    until(lambda: me.shade() > 200)
    me.escape()


def test_language_and_sizes_hold_at_once_in_window_and_dialog(
    ui: Harness, engine: ScriptedEngine, theme: Theme
) -> None:
    engine.answers.append(answer("Some text."))
    ui.ask("A question")
    dialog = opened(ui)

    choose(dialog, "language", "中文")
    until(lambda: dialog.windowTitle() == "设置")
    assert row(dialog, "theme").name.text() == "主题"
    assert ui.window.sidebar.new_chat.text() == "新对话"
    assert ui.window.menus._languages["zh_CN"].isChecked()
    before = theme.reading_font().pixelSize(), theme.font(13).pixelSize()
    choose(dialog, "reading", "20 像素")
    assert theme.reading_font().pixelSize() == 20
    assert theme.font(13).pixelSize() == before[1], "only messages grow"
    choose(dialog, "zoom", "150%")
    assert theme.reading_font().pixelSize() == 30
    theme.set_reading_size(15)


def test_all_is_reset_after_a_question(ui: Harness) -> None:
    dialog = opened(ui)
    assert not dialog.reset_all.isEnabled()
    choose(dialog, "idle", "After 30 minutes")
    choose(dialog, "precision", Precision.NF4.label)
    assert ui.settings.current.default_wish == LoadWish(Precision.NF4)

    dialog.reset_all.click()
    question = question_of(dialog)
    assert question is not None
    assert question.text.text() == "Precision\nFree the memory when idle"
    question.no.click()
    assert ui.settings.current.idle_minutes == 30
    dialog.reset_all.click()
    question = question_of(dialog)
    assert question is not None
    question.yes.click()

    assert ui.settings.current.idle_minutes == 0
    assert ui.settings.current.default_wish == LoadWish()
    assert not dialog.reset_all.isEnabled()


def test_what_an_earlier_version_or_an_editor_wrote_is_offered_too(ui: Harness) -> None:
    ui.settings.change(idle_minutes=7, keep_days=45, zoom=1.3, backup_hours=48)
    dialog = opened(ui)

    def shown(key: str) -> str:
        first = row(dialog, key).setting.control.first
        assert isinstance(first, QComboBox)
        return first.currentText()

    assert [shown(key) for key in ("idle", "keep", "zoom", "backups")] == [
        "After 7 minutes",
        "45 days",
        "130 %",
        "Every 2 days",
    ]


def test_keeping_less_says_how_many_conversations_go_and_then_they_are_gone(ui: Harness) -> None:
    now = time.time()
    put_conversation(ui.conversations, "Old", updated=now - 40 * 86_400)
    put_conversation(ui.conversations, "Pinned", updated=now - 50 * 86_400, is_pinned=True)
    put_conversation(ui.conversations, "New", updated=now)
    dialog = opened(ui)

    choose(dialog, "keep", "30 days")
    question = question_of(dialog)
    assert question is not None
    assert question.text.text().startswith("2 conversations were not changed for 30 days.")
    question.no.click()
    assert ui.settings.current.keep_days is None
    assert len(ui.conversations.conversations()) == 3
    choose(dialog, "keep", "30 days")
    question = question_of(dialog)
    assert question is not None
    question.yes.click()

    until(lambda: [one.title for one in ui.conversations.conversations()] == ["New"])
    assert ui.settings.current.keep_days == 30


def test_a_backup_is_made_at_once_and_said(me: Person) -> None:
    me.key(Key.Key_Comma, CTRL)
    me.type("backups of conversations")
    me.wait_to_see("There is none yet.")
    until(lambda: not me.sees("Size of messages"))

    until(lambda: not me.button("Back up now").visibleRegion().isEmpty())
    me.press("Back up now")

    me.wait_to_see("1 of them take")
    assert len(list(app_paths().conversations.parent.glob("backups/*.sqlite3"))) == 1
    me.escape()
    me.escape()


# --- folders ----------------------------------------------------------------------------------


@pytest.fixture
def choose_this(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Has the dialog of the system answer with a folder."""

    def answer_with(folder: Path) -> None:
        monkeypatch.setattr("baichuan_desktop.ui.settings.folders.choose_folder", lambda *_: folder)

    return answer_with


def test_the_data_folder_is_moved_at_the_next_start_unless_that_is_taken_back(
    ui: Harness, tmp_path: Path, choose_this: Callable[[Path], None]
) -> None:
    dialog = opened(ui)
    control = row(dialog, "data").setting.control
    assert isinstance(control, DataFolder)
    new = tmp_path / "新的 folder"
    app_paths().data.mkdir(parents=True, exist_ok=True)

    choose_this(app_paths().data / "inside")
    control.move_button.click()
    assert "one of the folders lies in the other" in control.note.text()
    assert read_place(app_paths().data_place).move_to is None
    choose_this(new)
    control.move_button.click()
    assert "when the app starts the next time" in control.note.text()
    assert read_place(app_paths().data_place).move_to == new
    assert row(dialog, "data").reset.isVisible()
    control.stay_button.click()

    assert read_place(app_paths().data_place).move_to is None
    assert not control.is_changed
    assert not control.stay_button.isVisible()


def test_model_folders_are_added_made_the_first_and_taken_from_the_list(
    ui: Harness, tmp_path: Path, choose_this: Callable[[Path], None]
) -> None:
    dialog = opened(ui)
    control = row(dialog, "model-folders").setting.control
    assert isinstance(control, ModelFolders)
    own, other = app_paths().model_folder, tmp_path / "大盘"

    def press(text: str, folder: Path) -> None:
        name = f"{text}: {folder}"

        def shown() -> list[QPushButton]:
            buttons = control.findChildren(QPushButton)
            return [one for one in buttons if one.accessibleName() == name and one.isVisible()]

        until(lambda: len(shown()) == 1)
        shown()[0].click()

    choose_this(other)
    control.add_button.click()
    assert list(control.folders) == [other, own]
    press("Use for new models", own)
    assert list(control.folders) == [own, other]
    assert not control.is_changed
    press("Use for new models", other)
    assert SettingsFile(app_paths().settings).current.model_folders == (other, own)
    press("Take from the list", other)

    assert SettingsFile(app_paths().settings).current.model_folders == ()


def test_copied_models_are_moved_into_another_folder_as_jobs_and_keep_their_precision(
    ui: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, new = tmp_path / "seven", tmp_path / "大盘"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), source)
    plan = plan_import(ui.store, source, Way.COPY, app_paths().model_folder)
    list(run_import(ui.store, ui.manifests, plan, threading.Event()))
    (model,) = [one for one in ui.store.models if not one.bundled]
    ui.settings.keep_precision(model.path, LoadWish(Precision.FP32))
    monkeypatch.setattr("baichuan_desktop.ui.settings.opening.choose_folder", lambda *_: new)
    dialog = opened(ui)
    control = row(dialog, "model-folders").setting.control
    assert isinstance(control, ModelFolders)

    control.move_requested.emit(app_paths().model_folder)
    until(lambda: bool(ui.window.jobs.desk.finished))

    (record,) = ui.window.jobs.desk.finished
    assert record.state is JobState.DONE, record.error
    assert ui.window.pages.current is Page.JOBS
    (moved,) = [one for one in ui.store.models if not one.bundled]
    assert (moved.id, moved.path) == (model.id, new / "seven")
    assert ui.settings.current.precisions == {moved.path: LoadWish(Precision.FP32)}
    assert ui.settings.current.model_folders[0] == new
    assert not model.path.exists()
    dialog = opened(ui)
    control = row(dialog, "model-folders").setting.control
    assert isinstance(control, ModelFolders)
    control.move_requested.emit(app_paths().model_folder)
    assert control.note.text() == "The app copied no model into this folder."


# --- models -----------------------------------------------------------------------------------


def test_a_default_holds_for_models_without_a_choice_of_their_own(
    ui: Harness, engine: ScriptedEngine
) -> None:
    dialog = opened(ui)
    choose(dialog, "precision", Precision.NF4.label)
    choose(dialog, "context", "2,048 tokens")
    dialog.reject()

    ui.load(OTHER)
    ui.until_idle()
    asked = engine.requests[-1]
    assert (asked.precision, asked.context_length) == (Precision.NF4, 2048)  # type: ignore[union-attr]
    ui.settings.keep_precision(OTHER.path, LoadWish())  # automatic was chosen for this one

    again = SettingsFile(app_paths().settings).current
    assert again.precisions == {OTHER.path: LoadWish()}


# --- its look -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_dialog_is_seen_whole(ui: Harness, language: Language, theme: Theme) -> None:
    ui.window.view.use_language(language)
    for size, zoom in ((QSize(480, 300), 1.0), (QSize(1280, 820), 1.0), (QSize(1280, 820), 1.5)):
        theme.set_zoom(zoom)
        ui.window.resize(size)
        dialog = opened(ui)
        assert clipped(dialog) == [], (size, zoom)
        assert dialog.width() <= size.width()
        dialog.reject()
        until(lambda: ui.window.around_chat.settings.dialog is None)
