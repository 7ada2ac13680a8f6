"""The window without a mouse and without eyes: Tab, focus that is seen, Enter, names, roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.main_window import MainWindow
from tests.ui.harness import Harness, ScriptedEngine, answer, until

LEAST_RING = 60  # pixels that look different with the keyboard; a line around an icon has 100
Pixels = npt.NDArray[np.uint32]


@pytest.fixture
def full(ui: Harness, engine: ScriptedEngine) -> Harness:
    """A window with everything in it: sidebar, settings, a conversation with code."""
    window = ui.window
    window.resize(1280, 800)
    until(window.isActiveWindow)
    engine.answers.append(answer("An answer\n\n```python\nprint(1)\n```\n"))
    ui.ask("A question")
    if not window.panel.isVisible():
        window.menus.panel.trigger()
    ui.composer.set_text("a draft")  # the button can be pressed
    ui.composer.setFocus()
    until(lambda: not window.around_chat.context.watch.is_looking)
    QTest.qWait(50)
    until(ui.composer.context_button.isVisible)  # once the tokens are counted
    return ui


def walk(ui: Harness, key: Qt.Key = Qt.Key.Key_Tab) -> Iterator[QWidget]:
    """Each widget that has the keyboard, until the first has it again."""
    first = ui.window.focusWidget()
    widget: QWidget | None = first
    for _ in range(200):
        assert widget is not None
        yield widget
        QTest.keyClick(widget, key)
        QApplication.processEvents()
        widget = ui.window.focusWidget()
        if widget is first:
            return
    pytest.fail("Tab never comes back")


def place(ui: Harness, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(ui.window, QPoint(0, 0)), widget.size())


def stops(ui: Harness) -> set[QWidget]:
    """All that a person could want to reach and use now."""
    return {
        widget
        for widget in ui.window.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not isinstance(widget.parent(), QAbstractSpinBox)  # which has it for its field
        and not widget.windowType() & Qt.WindowType.Popup & ~Qt.WindowType.Window
    }


def test_tab_reaches_every_control_and_comes_back(full: Harness) -> None:
    reached = list(walk(full))
    back = list(walk(full, Qt.Key.Key_Backtab))

    assert len(set(reached)) == len(reached) > 20
    missed = stops(full) - set(reached)
    assert {(type(one).__name__, one.objectName()) for one in missed} == set()
    assert {type(one).__name__ for one in set(reached) ^ set(back)} <= {"BlockButton", "IconButton"}


def test_tab_goes_as_one_reads(full: Harness) -> None:
    """From part to part, and within each from line to line and from left to right."""
    window = full.window
    parts: list[QWidget] = [window.page.composer, window.panel, window.sidebar, window.top_bar,
                            window.page.transcript]  # fmt: skip

    def part_of(widget: QWidget) -> int:
        return next(
            number
            for number, part in enumerate(parts)
            if part is widget or part.isAncestorOf(widget)
        )

    reached = list(walk(full))
    visited = [part_of(widget) for widget in reached]

    assert visited == sorted(visited), "each part once, after the one before"
    assert set(visited) == set(range(len(parts)))
    for before, after in pairwise(reached):
        if part_of(before) != part_of(after) or before.isAncestorOf(after):
            continue
        one, other = place(full, before), place(full, after)
        is_below = other.center().y() > one.bottom() or other.top() >= one.center().y()
        is_right = other.left() >= one.right() - 2
        assert is_below or is_right, (before, after)


def pixels(widget: QWidget) -> Pixels:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits(), dtype=np.uint8).view(np.uint32).reshape(image.height(), -1)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_has_the_keyboard_is_seen(full: Harness, theme: Theme, name: str) -> None:
    theme.use("dark" if name == "dark" else "light")
    QApplication.processEvents()
    unseen = []
    for widget in walk(full):
        shown = full.composer if widget is full.composer.input else widget
        focused = pixels(shown)
        widget.clearFocus()
        QApplication.processEvents()
        before = pixels(shown)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if focused.shape != before.shape or (focused != before).sum() < LEAST_RING:
            unseen.append((type(widget).__name__, widget.objectName(), widget.accessibleName()))

    assert unseen == []


def test_every_control_has_a_name_and_a_role(full: Harness) -> None:
    wrong = []
    for widget in stops(full):
        known = QAccessible.queryAccessibleInterface(widget)
        role = known.role() if known is not None else QAccessible.Role.NoRole
        name = known.text(QAccessible.Text.Name) if known is not None else ""
        if not name.strip() or role in (QAccessible.Role.NoRole, QAccessible.Role.Client):
            wrong.append((type(widget).__name__, widget.objectName(), name, role))

    assert wrong == []


def test_a_picture_alone_is_no_name(full: Harness) -> None:
    """A button without a text says in words what it does, to those who point at it too."""
    silent = [
        button.accessibleName()
        for button in full.window.findChildren(QAbstractButton)
        if button.isVisible()
        and not button.text()
        and not button.objectName().startswith("qt_")
        and not button.toolTip()
    ]

    assert silent == []


BUTTONS: dict[str, Callable[[MainWindow], QAbstractButton]] = {
    "new chat": lambda window: window.sidebar.new_chat,
    "hide the sidebar": lambda window: window.sidebar.collapse,
    "trash": lambda window: window.sidebar.trash,
    "settings of the sidebar": lambda window: window.sidebar.settings,
    "precision": lambda window: window.top_bar.precision,
    "settings": lambda window: window.top_bar.panel,
    "send": lambda window: window.page.composer.button,
    "reset": lambda window: window.panel.reset_button,
}


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
@pytest.mark.parametrize("name", BUTTONS)
def test_enter_presses_the_button_that_has_the_keyboard(
    full: Harness, engine: ScriptedEngine, name: str, key: Qt.Key
) -> None:
    engine.answers.append(answer("Of the button that sends"))
    button = BUTTONS[name](full.window)
    clicks = QSignalSpy(button.clicked)
    button.setFocus()

    QTest.keyClick(button, key)

    assert clicks.count() == 1
    close_all(full)


def close_all(ui: Harness) -> None:
    for _ in range(20):
        if (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
    for dialog in ui.window.findChildren(QDialog):
        dialog.close()
    QApplication.processEvents()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_enter_opens_the_menu(full: Harness, key: Qt.Key) -> None:
    folded, button = full.window.menus.folded, full.window.top_bar.menu
    folded.aboutToShow.connect(folded.close, Qt.ConnectionType.QueuedConnection)
    shown = QSignalSpy(folded.aboutToShow)

    button.setFocus()
    QTest.keyClick(button, key)

    assert shown.count() == 1


def test_enter_in_a_dialog_presses_the_button_that_has_the_keyboard(full: Harness) -> None:
    """And the one that a dialog begins with, where the keyboard is in a field."""
    dialog = QDialog(full.window)
    other, tool, default = QPushButton("Other"), QToolButton(), QPushButton("Default")
    other.setAutoDefault(False)
    default.setDefault(True)
    layout = QVBoxLayout(dialog)
    for button in (other, tool, default):
        layout.addWidget(button)
    tool.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    spies: dict[str, QSignalSpy] = {}
    for name, button in (("other", other), ("tool", tool), ("default", default)):
        spies[name] = QSignalSpy(button.clicked)
    dialog.open()
    dialog.activateWindow()
    until(dialog.isActiveWindow)

    for button in (other, tool, default):
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Return)

    assert {name: spy.count() for name, spy in spies.items()} == {
        "other": 1, "tool": 1, "default": 1,
    }  # fmt: skip
    dialog.close()


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.ShiftModifier,
                                      Qt.KeyboardModifier.ControlModifier])  # fmt: skip
def test_enter_with_another_key_presses_nothing(
    full: Harness, modifier: Qt.KeyboardModifier
) -> None:
    button = full.window.top_bar.panel
    pressed = QSignalSpy(button.clicked)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return, modifier)

    assert pressed.count() == 0
