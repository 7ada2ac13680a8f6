"""A person at the window: looks at what is shown, moves the mouse, presses keys. Nothing else.

Controls are found by what they are called, as somebody who reads the screen, or has it read out,
finds them. Mouse and keys go to the windows, not to widgets: what lies under a dialog, under
another control or out of sight gets neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from statistics import mode
from typing import TypeVar

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QAccessible, QAccessibleInterface, QInputMethodEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from tests.ui.harness import until

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_NONE = Qt.KeyboardModifier.NoModifier
_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_MOST_MENUS = 5  # one opened from the other

Shown = TypeVar("Shown", bound=QWidget)


class Desktop(QObject):
    """Gives the keyboard back to a window over which something was closed, as desktops do.

    A menu that is open while its window goes closes when the window is no more: whoever asks for
    it then ends the process, as PySide 6.11 does at errors of such methods on Python 3.11.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # there is one

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Hide or not isinstance(watched, QWidget):
            return False
        if not isValid(self._window):
            return False
        if watched.windowType() in (Qt.WindowType.Popup, Qt.WindowType.Dialog):
            top = QApplication.activeModalWidget() or self._window
            if top.isVisible():
                top.activateWindow()
        return False


class Person:
    """Somebody in front of one window."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self._to_choose: tuple[str, ...] = ()
        self._desktop = Desktop(window)
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window, 60_000)

    # --- looking --------------------------------------------------------------------------------

    def controls(self, name: str, kind: type[QWidget] = QWidget) -> list[QWidget]:
        """What is called so and can be seen, from the top left on."""
        return sorted(
            (one for one in _shown(kind) if name in _names(one)),
            key=lambda one: (one.mapToGlobal(QPoint()).y(), one.mapToGlobal(QPoint()).x()),
        )

    def control(self, name: str, kind: type[QWidget] = QWidget) -> QWidget:
        """The one control of this name, as soon as it is there."""
        until(lambda: bool(self.controls(name, kind)))
        found = self.controls(name, kind)
        assert len(found) == 1, f"{len(found)} controls are called {name!r}"
        return found[0]

    def button(self, name: str) -> QAbstractButton:
        """The one button of this name, as soon as it is there."""
        found = self.control(name, QAbstractButton)
        assert isinstance(found, QAbstractButton)
        return found

    def can_press(self, name: str) -> bool:
        """Whether there is a button of this name that is not grey."""
        return bool(self._enabled(name))

    def _enabled(self, name: str) -> list[QWidget]:
        return [one for one in self.controls(name, QAbstractButton) if one.isEnabled()]

    def field(self, name: str) -> QWidget:
        """The one field of this name."""
        (found,) = (
            one
            for one in self.controls(name)
            if isinstance(one, QLineEdit | QPlainTextEdit | QTextEdit)
        )
        return found

    def written(self, name: str) -> str:
        """What stands in a field."""
        field = self.field(name)
        assert isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit)
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def field_value(self, name: str) -> str:
        """The number in a field that has arrows."""
        (field,) = (one for one in self.controls(name) if isinstance(one, QAbstractSpinBox))
        return field.text()

    def texts(self) -> list[str]:
        """All that labels and buttons say now."""
        said = [one.text() for one in _shown(QLabel)]
        said += [one.text() for one in _shown(QAbstractButton)]
        return [text.replace("&", "") for text in said if text]

    def sees(self, text: str) -> bool:
        """Whether a label or a button says this, or has it in what it says."""
        return any(text in one for one in self.texts())

    def wait_to_see(self, text: str) -> None:
        """Wait until a label or a button says this."""
        try:
            until(lambda: self.sees(text))
        except AssertionError:
            raise AssertionError(f"{text!r} is not said in {self.texts()}") from None

    def wait_until_ready(self, promise: str = "Answers can be wrong.") -> None:
        """Wait until the line under the field says that a message would be answered."""
        self.wait_to_see(promise)

    def focused(self) -> str:
        """The name of what has the keyboard."""
        widget = QApplication.focusWidget()
        return "" if widget is None else min(_names(widget), default="")

    def shade(self) -> int:
        """How light most of the page is, from 0 to 255, whatever stands on it."""
        image, middle = self.window.grab().toImage(), self.window.width() // 2
        return mode(
            image.pixelColor(middle, y).lightness() for y in range(0, self.window.height(), 2)
        )

    # --- mouse ----------------------------------------------------------------------------------

    def click(
        self,
        widget: QWidget,
        at: QPoint | None = None,
        button: Qt.MouseButton = _LEFT,
    ) -> None:
        """Press the mouse at a place of a widget that is really there."""
        QTest.mouseMove(*self._place(widget, at))
        window, point = self._place(widget, at)  # it may have moved while the mouse did
        QTest.mouseClick(window, button, _NONE, point)
        QCoreApplication.processEvents()

    def hover(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Have the mouse over a place."""
        window, point = self._place(widget, at)
        QTest.mouseMove(window, point - QPoint(1, 1))
        QTest.mouseMove(window, point)
        QCoreApplication.processEvents()

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Press the mouse, move it, let it go."""
        window, first = self._place(widget, start)
        _, last = self._place(widget, end)
        QTest.mousePress(window, _LEFT, _NONE, first)
        for step in range(1, 5):
            QTest.mouseMove(window, first + (last - first) * step / 4)
        QTest.mouseRelease(window, _LEFT, _NONE, last)
        QCoreApplication.processEvents()

    def _place(self, widget: QWidget, at: QPoint | None) -> tuple[QWindow, QPoint]:
        top = widget.window()
        point = widget.mapTo(top, widget.rect().center() if at is None else at)
        found = top if widget is top else top.childAt(point)
        assert found is not None, f"{_names(widget)} is out of sight"
        assert found is widget or widget.isAncestorOf(found), (
            f"{_names(found)} lies over {_names(widget)}"
        )
        return top.windowHandle(), point

    def press(self, name: str) -> None:
        """Click the button of this name, once it can be."""
        until(lambda: self.can_press(name))
        found = self._enabled(name)
        over = QApplication.activeModalWidget()
        if over is not None:  # nothing else can be pressed
            found = [one for one in found if over.isAncestorOf(one)]
        assert len(found) == 1, f"{len(found)} buttons are called {name!r}"
        self.click(found[0])

    def press_text(self, text: str) -> None:
        """Click the button on which this is written, as soon as it is there."""

        def written() -> list[QAbstractButton]:
            return [one for one in _shown(QAbstractButton) if one.text() == text]

        until(lambda: bool(written()))
        (button,) = written()
        self.click(button)

    # --- keys -----------------------------------------------------------------------------------

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = _NONE) -> None:
        """Press a key, wherever the keyboard is."""
        QTest.keyClick(_keyboard_window(), key, modifier)
        QCoreApplication.processEvents()

    def ctrl(self, letter: str, *, shift: bool = False) -> None:
        """Press a letter with Ctrl."""
        self.key(Qt.Key(ord(letter.upper())), _CTRL | _SHIFT if shift else _CTRL)

    def type(self, text: str) -> None:
        """Write, wherever the keyboard is. What no key has comes from an input method."""
        until(lambda: QApplication.focusWidget() is not None)
        for run, is_plain in _runs(text):
            if is_plain:
                field = QApplication.focusWidget()
                assert field is not None
                QTest.keyClicks(field, run)
            else:
                event = QInputMethodEvent()
                event.setCommitString(run)
                QCoreApplication.sendEvent(QApplication.focusObject(), event)
        QCoreApplication.processEvents()

    def enter(self, text: str = "") -> None:
        """Write, and press Enter."""
        self.type(text)
        self.key(Qt.Key.Key_Return)

    def escape(self) -> None:
        """Press Esc."""
        self.key(Qt.Key.Key_Escape)

    def write_anew(self, text: str) -> None:
        """Replace what stands in the field that has the keyboard."""
        self.ctrl("A")
        self.type(text)

    # --- menus ----------------------------------------------------------------------------------

    def menu(self) -> dict[str, bool]:
        """What the open menu offers, without its keys, and whether each is not grey."""
        return {
            _called(action.text()): action.isEnabled()
            for action in _open_menu().actions()
            if action.isVisible() and action.text()
        }

    def choose(self, *names: str) -> None:
        """Click an entry of the open menu; then one of the menu it opens, and so on."""
        for name in names:
            menu = _open_menu()
            offered = {_called(one.text()): one for one in menu.actions() if one.isVisible()}
            assert name in offered, f"{name!r} is not among {[*offered]}"
            action = offered[name]
            assert action.isEnabled(), f"{name!r} is grey"
            submenu = action.menu()  # the action of a menu that closes may be gone with it
            self.click(menu, menu.actionGeometry(action).center())
            if submenu is not None:
                until(submenu.isVisible)  # type: ignore[attr-defined]  # a QMenu
        QCoreApplication.processEvents()

    def choose_from(self, name: str, *entries: str) -> None:
        """Press a button that opens a menu, and choose from it. Qt waits in such a press."""
        button = self.button(name)
        self.hover(button)
        window, point = self._place(button, None)
        self._to_choose = entries
        QTimer.singleShot(0, self._choose_from_open)
        QTest.mouseClick(window, _LEFT, _NONE, point)
        QCoreApplication.processEvents()

    def _choose_from_open(self) -> None:
        try:
            self.choose(*self._to_choose)
        finally:  # Qt waits in the first menu, over which the others were opened
            for _ in range(_MOST_MENUS):
                if (popup := QApplication.activePopupWidget()) is not None:
                    popup.close()

    # --- lists ----------------------------------------------------------------------------------

    def view(self, name: str) -> QAbstractItemView:
        """The list of this name."""
        found = self.control(name, QAbstractItemView)
        assert isinstance(found, QAbstractItemView)
        return found

    def entries(self, name: str) -> list[str]:
        """What the rows of a list say."""
        view = self.view(name)
        model = view.model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    def spoken_entries(self, name: str) -> list[str]:
        """What a screen reader reads of the rows of a list: with their marks."""
        view = self.view(name)
        role = Qt.ItemDataRole.AccessibleTextRole
        model = view.model()
        return [str(model.index(row, 0).data(role)) for row in range(model.rowCount())]

    def click_entry(self, name: str, text: str, button: Qt.MouseButton = _LEFT) -> None:
        """Click the row of a list that begins with a text."""
        view = self.view(name)
        self.click(view.viewport(), self._entry(view, text), button)

    def entry_menu(self, name: str, text: str) -> None:
        """Open the menu of a row of a list, by the right button of the mouse."""
        view = self.view(name)
        self.hover(view.viewport(), self._entry(view, text))  # rows may move while the mouse does
        self.click(view.viewport(), self._entry(view, text), _RIGHT)
        # The platform makes the event for the menu of it, or Qt does, from its 6.8 on.
        _ask_for_menu(view.viewport(), self._entry(view, text))
        until(lambda: QApplication.activePopupWidget() is not None)

    def _entry(self, view: QAbstractItemView, text: str) -> QPoint:
        model = view.model()

        def found() -> list[QModelIndex]:
            indexes = [model.index(row, 0) for row in range(model.rowCount())]
            return [one for one in indexes if str(one.data()).startswith(text)]

        def place() -> QRect:
            if not (indexes := found()):
                return QRect()
            view.scrollTo(indexes[0])
            QCoreApplication.processEvents()
            return view.visualRect(indexes[0])

        # A list that was filled a moment ago may lay out its rows once more.
        until(lambda: not (before := place()).isEmpty() and before == place())
        return place().center()

    def popup_entries(self) -> list[str]:
        """What the rows of the list say that lies over the window; none where none does."""
        view = _popup_list()
        if view is None:
            return []
        model = view.model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    def click_popup_entry(self, text: str) -> None:
        """Click a row of that list."""
        until(lambda: _popup_list() is not None)
        view = _popup_list()
        assert view is not None
        self.click(view.viewport(), self._entry(view, text))

    def go_to_popup_entry(self, text: str) -> None:
        """Have the keyboard on a row of that list, by the arrow keys."""
        until(lambda: _popup_list() is not None)
        view = _popup_list()
        assert view is not None
        self.key(Qt.Key.Key_Home)
        for _ in self.popup_entries():
            if view.currentIndex().data() == text:
                return
            self.key(Qt.Key.Key_Down)
        raise AssertionError(f"the arrow keys do not come to {text!r}")

    # --- the conversation -----------------------------------------------------------------------

    @property
    def transcript(self) -> QWidget:
        """Where the messages are."""
        return next(
            one
            for one in _shown(QWidget)
            if _names(one) & {"Conversation", "对话"} and not isinstance(one, QListView)
        )

    def messages(self) -> list[str]:
        """The messages as they are read out: who, and what; none where the page is empty."""
        try:
            rows = _accessible(self.transcript)
        except StopIteration:
            return []
        return [rows.child(n).text(QAccessible.Text.Name) for n in range(rows.childCount())]

    def notes(self) -> list[str]:
        """What stands over and under each message."""
        rows = _accessible(self.transcript)
        return [rows.child(n).text(QAccessible.Text.Description) for n in range(rows.childCount())]

    def wait_for(self, *messages: str) -> None:
        """Wait until these are the messages, and the last one has its buttons."""
        try:
            until(lambda: self.messages() == list(messages))
        except AssertionError:
            raise AssertionError(f"{self.messages()} are not {list(messages)}") from None

    def hover_message(self, text: str) -> None:
        """Have the mouse over the message that has a text in it."""
        viewport, rect = self._message(text)
        self.hover(viewport, rect.center())

    def at_message(self, text: str, name: str) -> None:
        """Press a button under a message."""
        until(lambda: name in self.buttons_at(text))
        self.click(self.buttons_at(text)[name])

    def buttons_at(self, text: str) -> dict[str, QAbstractButton]:
        """The buttons that lie at a message, while the mouse is over it."""
        self.hover_message(text)
        row = self._row(text)
        found = [row.child(n).object() for n in range(row.childCount())]
        return {
            one.accessibleName() or one.text(): one
            for one in found
            if isinstance(one, QAbstractButton) and one.isVisible()
        }

    def more_at(self, text: str, *names: str, more: str = "More") -> None:
        """Choose from the menu behind the last button under a message."""
        self.at_message(text, more)
        until(lambda: QApplication.activePopupWidget() is not None)
        self.choose(*names)

    def message_menu(self, text: str, at: QPoint | None = None) -> None:
        """Open the menu of a message by the right button, at a place of it."""
        viewport, rect = self._message(text)
        place = rect.center() if at is None else at
        self.click(viewport, place, _RIGHT)
        _ask_for_menu(viewport, place)
        until(lambda: QApplication.activePopupWidget() is not None)

    def double_click_message(self, text: str) -> None:
        """Double click the first word of a message."""
        viewport, place = self._words(text)
        window, point = self._place(viewport, place)
        QTest.mouseDClick(window, _LEFT, _NONE, point)
        QCoreApplication.processEvents()

    def link_in(self, text: str) -> QPoint | None:
        """Where in a message the mouse becomes a hand; None where it stays what it is."""
        viewport, rect = self._message(text)
        step = self.window.fontMetrics().height() // 2
        for y in range(rect.top() + step, rect.bottom(), step):
            for x in range(rect.left() + step, rect.right(), 4 * step):
                if isinstance(
                    self.window.childAt(viewport.mapTo(self.window, QPoint(x, y))), QAbstractButton
                ):
                    continue
                self.hover(viewport, QPoint(x, y))
                if viewport.cursor().shape() is Qt.CursorShape.PointingHandCursor:
                    return QPoint(x, y)
        return None

    def click_link(self, text: str) -> None:
        """Click the link in a message."""
        viewport, _ = self._message(text)
        place = self.link_in(text)
        assert place is not None, "the mouse is a hand nowhere"
        self.click(viewport, place)

    def _words(self, text: str) -> tuple[QWidget, QPoint]:
        """A place in the first line of a message, under the name of who wrote it."""
        viewport, rect = self._message(text)
        line = self.window.fontMetrics().height()
        return viewport, rect.topLeft() + QPoint(3 * line, round(2.6 * line))

    def _row(self, text: str) -> QAccessibleInterface:
        until(lambda: any(text in one for one in self.messages()))
        rows = _accessible(self.transcript)
        items = [rows.child(n) for n in range(rows.childCount())]
        return next(one for one in reversed(items) if text in one.text(QAccessible.Text.Name))

    def _message(self, text: str) -> tuple[QWidget, QRect]:
        viewport = self.transcript.viewport()  # type: ignore[attr-defined]  # a scroll area
        rect = self._row(text).rect()
        rect.moveTopLeft(viewport.mapFromGlobal(rect.topLeft()))
        seen = rect.intersected(viewport.rect())
        assert not seen.isEmpty(), f"the message {text!r} is out of sight"
        return viewport, seen


def clipboard() -> str:
    """The text on the clipboard."""
    return QApplication.clipboard().text()


def _called(entry: str) -> str:
    """What an entry of a menu is called, without its keys."""
    return re.sub(r"\(&.\)", "", entry.split("\t")[0]).replace("&", "")


def _shown(kind: type[Shown]) -> Iterator[Shown]:
    return (one for one in QApplication.allWidgets() if isinstance(one, kind) and one.isVisible())


def _names(widget: QWidget) -> set[str]:
    names = {widget.accessibleName()}
    if isinstance(widget, QAbstractButton):
        names.add(widget.text().replace("&", ""))
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        names.add(widget.placeholderText())
    return names - {""}


def _accessible(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found is not None
    return found


def _open_menu() -> QMenu:
    until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def _popup_list() -> QAbstractItemView | None:
    popup = QApplication.activePopupWidget()
    lists = (
        one for one in _shown(QAbstractItemView) if popup is not None and one.window() is popup
    )
    found = next(lists, None)
    assert found is None or isinstance(found, QAbstractItemView)
    return found


def _keyboard_window() -> QWindow:
    until(lambda: QApplication.focusWindow() is not None)
    window = QApplication.focusWindow()  # Qt hands on what a list or menu over it is to have
    assert window is not None, "no window has the keyboard"
    return window


def _ask_for_menu(viewport: QWidget, place: QPoint) -> None:
    from PySide6.QtGui import QContextMenuEvent

    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, place, viewport.mapToGlobal(place))
    if QApplication.activePopupWidget() is None:
        QCoreApplication.sendEvent(viewport, event)


def _runs(text: str) -> Iterable[tuple[str, bool]]:
    run = ""
    for letter in text:
        if run and run[-1].isascii() != letter.isascii():
            yield run, run[-1].isascii()
            run = ""
        run += letter
    if run:
        yield run, run[-1].isascii()
