"""Every key of the sheet does what the sheet says, in the window as a person has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMetaMethod, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from backends.events import PrefillProgress, PromptReady, TextDelta
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.shortcuts.binding import bound_commands
from baichuan_desktop.ui.shortcuts.table import SHORTCUTS, Command, keys_of
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, until

MakeWindow = Callable[[EnginePort], Harness]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def wide(ui: Harness) -> Harness:
    """A window with room for everything, as the one that is active."""
    ui.window.resize(1280, 800)
    until(ui.window.isActiveWindow)
    return ui


def press(ui: Harness, key: Qt.Key, modifier: Qt.KeyboardModifier = NO) -> None:
    """Press a key in whatever has the keyboard, as a person does."""
    QTest.keyClick(QApplication.focusWidget() or ui.window, key, modifier)


def is_focused(widget: QWidget) -> bool:
    """Whether it has the keyboard as soon as its window has, which a display may delay."""
    focused = widget.window().focusWidget()
    return focused is not None and (focused is widget or widget.isAncestorOf(focused))


def test_every_command_of_the_table_is_connected(ui: Harness) -> None:
    of_the_field = {Command.SEND, Command.NEW_LINE, Command.EDIT_LAST, Command.UNDO}

    assert bound_commands(ui.window) | of_the_field == set(Command)


def test_no_keys_of_the_window_are_taken_twice(ui: Harness) -> None:
    """Qt gives an ambiguous key to nobody. A widget may have keys while it has the keyboard."""
    keys = Counter(
        key.toString()
        for action in ui.window.findChildren(QAction)
        for key in action.shortcuts()
        if action.shortcutContext() is Qt.ShortcutContext.WindowShortcut
    )
    known = {key.toString() for shortcut in SHORTCUTS for key in keys_of(shortcut.command)}

    assert [key for key, count in keys.items() if count > 1] == []
    assert set(keys) <= known, "keys are given by the table alone"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_mnemonic_is_taken_twice_within_a_menu(ui: Harness, language: str) -> None:
    ui.window.view.use_language("zh_CN" if language == "zh_CN" else "en")
    is_chinese = language == "zh_CN"  # which the menus are told by an event
    until(lambda: ui.window.menus.new_chat.text().isascii() is not is_chinese)
    menus = [ui.window.menus, ui.window.menus.folded, *ui.window.menus.findChildren(QMenu)]
    twice = {}
    count = 0
    for menu in menus:
        texts = [action.text() for action in menu.actions() if action.isVisible()]
        letters = Counter(QKeySequence.mnemonic(text).toString() for text in texts if "&" in text)
        count += len(letters)
        if clashes := [letter for letter, times in letters.items() if times > 1]:
            twice[menu.objectName() or menu.__class__.__name__, *clashes] = texts

    assert count > 20, "that is, they were read"
    assert twice == {}


def test_the_commands_of_conversations(wide: Harness, engine: ScriptedEngine) -> None:
    window = wide.window
    engine.answers.append(answer("An answer"))
    wide.ask("A question")

    press(wide, Qt.Key.Key_N, CONTROL)
    assert wide.rows == []
    assert is_focused(wide.composer)

    press(wide, Qt.Key.Key_N, CONTROL | SHIFT)
    assert window.controller.is_temporary

    press(wide, Qt.Key.Key_K, CONTROL)
    assert is_focused(window.sidebar.search)
    QTest.keyClicks(window.sidebar.search, "question")
    until(lambda: bool(window.sidebar.search.text()))
    window.page.composer.setFocus()
    until(lambda: window.sidebar.controller.showing.name == "SEARCH")
    press(wide, Qt.Key.Key_Escape)
    assert window.sidebar.search.text() == ""


def test_the_commands_of_answers(wide: Harness, engine: ScriptedEngine) -> None:
    engine.answers.append(answer("First"))
    wide.ask("One")
    engine.answers.append(answer("Second, the **last**"))
    wide.ask("Two")

    press(wide, Qt.Key.Key_C, CONTROL | SHIFT)
    assert "Second, the" in QGuiApplication.clipboard().text()
    assert "First" not in QGuiApplication.clipboard().text()

    press(wide, Qt.Key.Key_F, CONTROL)
    assert is_focused(wide.window.page.find_bar)
    wide.composer.setFocus()
    press(wide, Qt.Key.Key_Escape)
    assert wide.window.page.find_bar.isHidden()

    wide.composer.setFocus()
    press(wide, Qt.Key.Key_Up)
    until(lambda: is_focused(wide.transcript))


def test_esc_closes_what_is_open_and_only_then_stops(wide: Harness, engine: ScriptedEngine) -> None:
    window, gate = wide.window, Gate()
    engine.answers.append([PromptReady(9, 0, 0), TextDelta("So far"), PrefillProgress(1, 1), gate])
    wide.say("Tell me")
    until(lambda: "So far" in wide.page_text)
    press(wide, Qt.Key.Key_J, CONTROL)
    press(wide, Qt.Key.Key_J, CONTROL)
    press(wide, Qt.Key.Key_F, CONTROL)
    wide.composer.setFocus()

    press(wide, Qt.Key.Key_Escape)
    assert window.page.find_bar.isHidden()
    assert window.controller.is_answering
    press(wide, Qt.Key.Key_J, CONTROL)
    press(wide, Qt.Key.Key_Escape)
    assert not window.menus.jobs_page.isChecked()
    assert window.controller.is_answering

    press(wide, Qt.Key.Key_Escape)
    wide.until_idle()
    assert "So far" in wide.page_text


def test_find_leaves_the_page_of_jobs(wide: Harness) -> None:
    press(wide, Qt.Key.Key_J, CONTROL)
    assert wide.window.menus.jobs_page.isChecked()

    press(wide, Qt.Key.Key_F, CONTROL)

    assert not wide.window.menus.jobs_page.isChecked()
    assert wide.window.page.find_bar.isVisible()


def test_the_commands_of_the_window(wide: Harness, theme: Theme) -> None:
    window = wide.window
    panel = window.panel.isVisible()
    for _ in range(2):
        press(wide, Qt.Key.Key_F9, NO)
        panel = not panel
        assert window.panel.isVisible() is panel
    sidebar = window.sidebar.isVisible()
    press(wide, Qt.Key.Key_B, CONTROL)
    assert window.sidebar.isVisible() is not sidebar
    press(wide, Qt.Key.Key_B, CONTROL)

    press(wide, Qt.Key.Key_Plus, CONTROL)
    press(wide, Qt.Key.Key_Equal, CONTROL)
    assert theme.zoom > 1.1
    press(wide, Qt.Key.Key_Minus, CONTROL)
    press(wide, Qt.Key.Key_0, CONTROL)
    assert theme.zoom == 1.0

    press(wide, Qt.Key.Key_L, CONTROL)
    assert window.top_bar.picker.view().isVisible()
    window.top_bar.picker.hidePopup()


def test_f10_opens_the_menu_of_all_commands(wide: Harness) -> None:
    shown: list[bool] = []
    folded = wide.window.menus.folded
    folded.aboutToShow.connect(lambda: shown.append(True))
    folded.aboutToShow.connect(folded.close, Qt.ConnectionType.QueuedConnection)

    press(wide, Qt.Key.Key_F10)

    assert shown == [True]


def dialogs(ui: Harness) -> Iterator[QDialog]:
    return (one for one in ui.window.findChildren(QDialog) if one.isVisible())


def test_the_sheet_opens_once_and_esc_gives_the_keyboard_to_the_composer(wide: Harness) -> None:
    wide.window.top_bar.menu.setFocus()
    press(wide, Qt.Key.Key_Slash, CONTROL)
    sheet = wide.window.keys.sheet
    assert sheet is not None
    until(sheet.isVisible)
    wide.window.keys.show_sheet()
    assert wide.window.keys.sheet is sheet

    QTest.keyClick(sheet, Qt.Key.Key_Escape)

    until(lambda: is_focused(wide.composer))
    assert wide.window.keys.sheet is None


@pytest.mark.parametrize("name", ["about", "licence"])
def test_after_a_dialog_the_keyboard_is_the_composers(wide: Harness, name: str) -> None:
    wide.window.top_bar.menu.setFocus()
    getattr(wide.window.menus, name).trigger()
    until(lambda: any(dialogs(wide)))
    (dialog,) = dialogs(wide)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    until(lambda: is_focused(wide.composer))


def test_the_list_of_heard_signals_is_qts(ui: Harness) -> None:
    """An action that nobody hears is in no sheet: so what Qt says of it has to be true."""
    heard = ui.window.menus.about
    signal = QMetaMethod.fromSignal(heard.triggered)

    assert heard.isSignalConnected(signal)
    assert not QAction(ui.window).isSignalConnected(signal)
