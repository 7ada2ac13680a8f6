"""Names and roles for a screen reader, the order of Tab, and what is seen of the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from baichuan_desktop.services.chat.values import Folder
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.sidebar import undo_toast
from baichuan_desktop.ui.sidebar.row_menu import EntryMenu
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    ConversationEntry,
    Entry,
    FolderEntry,
    Group,
    TrashedEntry,
)
from tests.helpers.contrast import contrast
from tests.ui.sidebar.conftest import Alone, conversation


@pytest.fixture
def marked(hands: Callable[..., Alone]) -> Alone:
    return hands(
        conversation(1, "Minutes", is_pinned=True, is_unread=True),
        conversation(2, "Verses", draft="To be"),
        conversation(3, "Refusal", folder_id=70),
        Folder(70, "Contracts", 0),
    )


def spoken(hands: Alone) -> list[str]:
    rows = hands.list.rows
    return [
        rows.data(rows.index(row), Qt.ItemDataRole.AccessibleTextRole)
        for row in range(rows.rowCount())
    ]


def test_a_row_says_all_that_it_shows(marked: Alone) -> None:
    marked.sidebar.show_open(2)
    marked.sidebar.show_generating(frozenset({2}))

    assert spoken(marked) == [
        "Pinned",
        "Minutes, pinned, unread",
        "Folders",
        "Contracts, folder with 1 conversation, folded",
        "Today",
        "Verses, open, is being answered, draft",
    ]


def test_qt_gives_the_rows_to_a_screen_reader(marked: Alone) -> None:
    interface = QAccessible.queryAccessibleInterface(marked.list)

    assert interface.role() is QAccessible.Role.List
    assert interface.text(QAccessible.Text.Name) == "Conversations"
    assert interface.childCount() == 6
    assert interface.child(1).text(QAccessible.Text.Name) == "Minutes, pinned, unread"


def test_every_control_has_a_name(marked: Alone) -> None:
    controls = [
        one
        for one in marked.sidebar.findChildren(QWidget)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(one, QAbstractButton)
    ]

    assert len(controls) >= 7
    unnamed = [
        one
        for one in controls
        if not QAccessible.queryAccessibleInterface(one).text(QAccessible.Text.Name)
    ]
    assert unnamed == []


def test_what_was_deleted_is_read_out(marked: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    told = SimpleNamespace(updateAccessibility=lambda event: said.append(event.message()))
    monkeypatch.setattr(undo_toast, "QAccessible", told)

    marked.choose("Verses", "Delete")

    assert said == ["“Verses” is in the trash."]
    assert marked.sidebar.toast.undo_button.accessibleName() == "Undo: “Verses” is in the trash."


def test_tab_goes_from_the_top_to_the_bottom(marked: Alone) -> None:
    sidebar = marked.sidebar
    sidebar.new_chat.setFocus()
    order: list[QWidget] = [sidebar.new_chat]
    while len(order) < 20:
        QTest.keyClick(order[-1], Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is None or focused is order[0]:
            break
        order.append(focused)

    assert order == [
        sidebar.new_chat,
        sidebar.collapse,
        sidebar.search,
        marked.list,
        sidebar.trash,
        sidebar.settings,
    ]


def test_the_keyboard_is_seen_wherever_it_is(marked: Alone) -> None:
    sidebar = marked.sidebar
    sidebar.list.setFocus()
    for control in (sidebar.new_chat, sidebar.collapse, sidebar.search, sidebar.trash):
        without = picture(sidebar, control)
        control.setFocus()

        assert picture(sidebar, control) != without, control.objectName()
    without = picture(sidebar, marked.list)
    marked.list.setFocus()

    assert picture(sidebar, marked.list) != without


def picture(sidebar: QWidget, control: QWidget) -> QImage:
    QApplication.processEvents()
    place = control.rect().translated(control.mapTo(sidebar, control.rect().topLeft()))
    return sidebar.grab(place).toImage()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_texts_of_the_rows_can_be_read_on_every_ground(theme: Theme, choice: str) -> None:
    theme.use(choice)  # type: ignore[arg-type]  # a ThemeChoice
    colours = theme.colours

    for ground in (colours.window, colours.hover, colours.selected):
        assert contrast(colours.text, ground) >= 4.5
        assert contrast(colours.muted, ground) >= 4.5
        assert contrast(colours.accent, ground) >= 3  # marks and rings
    assert contrast(colours.text, colours.bubble) >= 4.5  # what was found


@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nothing_is_cut_at_any_zoom(
    marked: Alone, theme: Theme, zoom: float, language: str
) -> None:
    translations = Translations(QApplication.instance())  # type: ignore[arg-type]  # there is one
    translations.use(language)  # type: ignore[arg-type]  # a Language
    theme.set_zoom(zoom)
    QApplication.processEvents()
    try:
        sidebar = marked.sidebar
        assert sidebar.sizeHint().width() == theme.px(264)
        sidebar.resize(theme.px(264), theme.px(560))
        QApplication.processEvents()
        for button in (sidebar.new_chat, sidebar.trash, sidebar.settings, sidebar.collapse):
            inside = button.rect().translated(button.mapTo(sidebar, button.rect().topLeft()))
            assert sidebar.rect().contains(inside)
            assert button.width() >= button.minimumSizeHint().width() or not button.text()
        assert sidebar.promise.width() >= sidebar.promise.sizeHint().width()
        assert sidebar.settings.geometry().left() >= sidebar.trash.geometry().right()
        assert marked.list.height() >= 5 * theme.px(34)
    finally:
        theme.set_zoom(1.0)
        translations.use("en")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_two_entries_of_a_menu_have_the_same_letter(marked: Alone, language: str) -> None:
    translations = Translations(QApplication.instance())  # type: ignore[arg-type]  # there is one
    translations.use(language)  # type: ignore[arg-type]  # a Language
    conversation_, folder = conversation(1, "a", is_unread=True), Folder(70, "b", 0)
    entries: list[Entry | None] = [
        None,
        ConversationEntry(conversation_, Group.TODAY),
        FolderEntry(folder, 0, is_open=False),
        TrashedEntry(conversation_, 3),
    ]
    try:
        for entry in entries:
            menu = EntryMenu(entry, [folder], marked.sidebar)
            letters = [
                found[1].lower()
                for action in menu.actions()
                if action.isVisible() and (found := re.search("&([^&])", action.text()))
            ]
            assert len(letters) >= 2
            assert len(letters) == len(set(letters)), [one.text() for one in menu.actions()]
            menu.deleteLater()
    finally:
        translations.use("en")
