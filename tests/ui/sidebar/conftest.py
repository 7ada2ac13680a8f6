"""A sidebar over conversations in memory, and hands to use it with."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.sidebar.rows import row_texts
from baichuan_desktop.ui.sidebar.rows.arrangement import ConversationEntry, Heading
from baichuan_desktop.ui.sidebar.sidebar import Sidebar
from tests.helpers.shelf import MemoryShelf
from tests.ui.harness import until

#: What is from the future is of today, also where a test runs over midnight.
_TODAY = time.time() + 2 * 86_400


def conversation(id_: int, title: str, **fields: object) -> Conversation:
    """One of today; a higher id is an older one."""
    at = _TODAY - id_ / 1000
    fields.setdefault("head", 10 * id_ + 1)  # something was said in it
    return Conversation(id_, title, at, at, **fields)  # type: ignore[arg-type]  # by its names


class Hands:
    """A sidebar that is shown, used by clicks and keys."""

    def __init__(self, sidebar: Sidebar) -> None:
        self.sidebar = sidebar
        self.list = sidebar.list
        self.opened: list[tuple[object, ...]] = []
        self.sidebar.open_requested.connect(lambda *values: self.opened.append(values))

    @property
    def rows(self) -> list[str]:
        """What the rows say; a heading stands in brackets."""
        return [
            f"[{text}]" if isinstance(entry, Heading) else text
            for entry in self.list.rows.entries
            for text in [row_texts.text(entry)]
        ]

    def row(self, text: str) -> int:
        return self.rows.index(text)

    def rect(self, text: str) -> QRect:
        index = self.list.rows.index(self.row(text))
        self.list.scrollTo(index)
        return self.list.visualRect(index)

    def click(self, text: str) -> None:
        point = self.rect(text).center()
        QTest.mouseClick(
            self.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point
        )

    def go_to(self, text: str) -> None:
        """Have the keyboard on a row, by the arrow keys alone."""
        self.list.setFocus()
        self.key(Qt.Key.Key_Home)
        for _ in self.rows:
            if self.list.currentIndex().row() == self.row(text):
                return
            self.key(Qt.Key.Key_Down)
        raise AssertionError(f"the arrow keys do not reach {text!r} of {self.rows}")

    def key(
        self,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        widget: QWidget | None = None,
    ) -> None:
        QTest.keyClick(widget or self.list, key, modifier)

    def menu(self, text: str | None = None) -> dict[str, Callable[[], None]]:
        """Open the menu of a row with the menu key; what it offers, and how to choose it."""
        if text is not None:
            self.go_to(text)
        self.key(Qt.Key.Key_Menu)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        offers: dict[str, Callable[[], None]] = {}
        menus = [menu, *(one.menu() for one in menu.actions())]
        for part in menus:
            for action in part.actions() if isinstance(part, QMenu) else ():
                if action.text() and action.isVisible() and action.isEnabled():
                    name = re.sub("&(.)", r"\1", action.text())
                    offers[name] = functools.partial(self._choose, menu, action)
        return offers

    def close_menu(self) -> None:
        menu = QApplication.activePopupWidget()
        assert menu is not None
        menu.close()

    def _choose(self, menu: QMenu, action: QAction) -> None:
        """Close the menu and do what was chosen, in a window that is active.

        Other platforms leave a window active under its menu; the one of the tests does not.
        """
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        menu.close()
        QCoreApplication.processEvents()
        self.activate()
        action.trigger()
        menu.deleteLater()
        QCoreApplication.processEvents()

    def choose(self, text: str | None, offer: str) -> None:
        self.menu(text)[offer]()

    def editor(self) -> QLineEdit:
        fields = self.list.viewport().findChildren(QLineEdit)
        [editor] = [one for one in fields if one.isVisible()]
        assert isinstance(editor, QLineEdit)
        return editor

    def type_name(self, name: str) -> None:
        """Write a name into the field that is open, and press Enter."""
        editor = self.editor()
        editor.selectAll()
        QTest.keyClicks(editor, name)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        until(lambda: not self.list.is_renaming)

    def search(self, text: str) -> None:
        """Type into the field, and do not wait for a pause."""
        QTest.keyClicks(self.sidebar.search, text)
        self.sidebar.search.search_now()

    def titles(self) -> list[str]:
        return [
            entry.conversation.title
            for entry in self.list.rows.entries
            if isinstance(entry, ConversationEntry)
        ]

    def activate(self) -> None:
        self.sidebar.window().activateWindow()
        QTest.qWaitForWindowActive(self.sidebar.window())

    def close(self) -> None:
        self.sidebar.close()
        self.sidebar.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class Alone(Hands):
    """A sidebar in no window, over conversations in memory."""

    def __init__(self, shelf: MemoryShelf, theme: Theme) -> None:
        super().__init__(Sidebar(shelf, theme))
        self.shelf = shelf
        self.sidebar.resize(self.sidebar.sizeHint().width(), 700)
        self.sidebar.show()
        self.activate()


def middle(rect: QRect, share: float = 0.5) -> QPoint:
    """A point in a row, at a share of its height."""
    return QPoint(rect.center().x(), rect.top() + round(share * (rect.height() - 1)))


@pytest.fixture
def hands(app: QApplication, theme: Theme) -> Iterator[Callable[..., Alone]]:
    """Makes a sidebar over conversations and folders."""
    made: list[Alone] = []
    translations = Translations(app)
    translations.use("en")

    def make(*kept: Conversation | Folder) -> Alone:
        made.append(Alone(MemoryShelf(*kept), theme))
        return made[-1]

    yield make
    for one in made:
        one.close()
    translations.use("en")


@pytest.fixture
def three(hands: Callable[..., Alone]) -> Alone:
    """Three conversations of today and a folder."""
    return hands(
        conversation(1, "Minutes"),
        conversation(2, "Refusal"),
        conversation(3, "Verses"),
        Folder(70, "Contracts", 0),
    )
