"""The page of models as a person uses it: searching, filtering, choosing, and what is asked for."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from backends.errors import UserFacingError
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.integrity.values import Override
from baichuan_desktop.services.library.registry import Registry
from baichuan_desktop.services.library.rows.actions import Action
from baichuan_desktop.services.library.rows.choosing import Filter, Shown
from baichuan_desktop.services.library.rows.values import Heading, ModelRow
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.ui.library.details import Details
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.library.row_menu import RowMenu
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.library import GIB, NETWORK, a_library, listed, seen
from tests.ui.harness import until

CONTROL, NO = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def ids(page: LibraryPage) -> list[str]:
    return [one.key[1] for one in page.list.rows.entries if not isinstance(one, Heading)]


def click(
    page: LibraryPage, model_id: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    """Click the row of a model."""
    view = page.list
    place = view.rows.place_of(("model", model_id))
    assert place is not None, f"{model_id} is not shown"
    view.scrollTo(view.rows.index(place))
    where = view.visualRect(view.rows.index(place)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO, where)


def shown_texts(details: Details) -> str:
    """What stands in the details now."""
    return "\n".join(
        label.text() for label in details.findChildren(QLabel) if label.isVisibleTo(details)
    )


def spoken(page: LibraryPage) -> str:
    """What a screen reader says of the row that is chosen."""
    role = Qt.ItemDataRole.AccessibleTextRole
    return str(page.list.rows.data(page.list.currentIndex(), role))


def open_menu(page: LibraryPage) -> RowMenu:
    menus = [menu for menu in page.findChildren(RowMenu) if menu.isVisible()]
    assert len(menus) == 1
    return menus[0]


def choose(menu: QMenu, text: str) -> None:
    """Choose an entry of a menu that is filled when it opens."""
    menu.aboutToShow.emit()
    (action,) = [one for one in menu.actions() if one.text() == text]
    action.trigger()


# --- what is shown --------------------------------------------------------------------------------


def test_the_first_model_is_chosen_and_described(page: LibraryPage) -> None:
    assert page.list.current_row is not None
    assert page.details.name.text() == "Baichuan 2 13B Chat"
    assert page.details.isVisible()


def test_each_state_is_said_in_a_word_and_in_a_sentence(page: LibraryPage) -> None:
    words = {}
    for model, _ in a_library():
        click(page, model.id)
        row = page.list.current_row
        assert isinstance(row, ModelRow)
        words[model.id] = (spoken(page), page.details.state.text())

    assert "Damaged" in words["baichuan2-7b-chat"][0]
    assert "model-00002-of-00003" in words["baichuan2-7b-chat"][1]
    assert "Drive absent" in words["baichuan2-7b-chat-2"][0]
    assert "which is not here now" in words["baichuan2-7b-chat-2"][1]
    assert "Changed" in words["legal"][0]
    assert "Unfinished" in words["baichuan-7b"][0]
    assert "Looking" in words["far"][0]
    assert "has not answered" in words["far"][1]
    assert words["baichuan2-13b-chat"][1] == "Ready"


def test_the_details_say_where_a_model_comes_from_and_what_verifying_it_proved(
    page: LibraryPage,
) -> None:
    click(page, "baichuan2-13b-chat")

    said = shown_texts(page.details)

    for fact in (
        "/srv/models/shared/checkpoints/Baichuan2-13B-Chat",
        "27.0 GiB", "2.1 TiB of 7.8 TiB", "bf16", "/home/ann/Baichuan2-13B-Chat-onnx-int4",
        "12 Nov 2026: no fault was found", "As downloaded: 4 files.",
        "13,896,668,160", "4,096 tokens", "5,120", "25.9 GiB",
        "C-Eval", "56.7", "README_EN.md of github.com/baichuan-inc/Baichuan2",
        "baichuan-inc/Baichuan2-13B-Chat@v2.0", "2 Nov 2026", "You",
        "Community License for Baichuan 2 Model", "Only with permission, on application",
    ):  # fmt: skip
        assert fact in said, fact


def test_what_is_not_known_is_left_out_of_the_details(page: LibraryPage) -> None:
    click(page, "far")

    said = shown_texts(page.details)

    assert "Size on disk" not in said
    assert "Verified" not in said
    assert "None" not in said
    assert "The one that came with its weights" in said


def test_a_bar_for_each_drive_says_what_models_take_and_what_is_free(page: LibraryPage) -> None:
    said = {bar.name.text(): bar.text.text() for bar in page.drive_bars.bars}

    assert said == {
        "/": "28.0 GiB of models · 120.0 GiB free of 500.0 GiB",
        "/srv/models": "27.0 GiB of models · 2.1 TiB free of 7.8 TiB",
        "/media/ann/MODELS": "Not here now; 1 model lies on it",
    }
    assert page.drive_bars.bars[0].accessibleName().startswith("/: 28.0 GiB")


def test_of_more_drives_than_there_is_room_for_the_last_are_counted_and_named(
    page: LibraryPage,
) -> None:
    bars = page.drive_bars
    page.resize(480, 600)
    until(lambda: [bar.isVisible() for bar in bars.bars] == [True, False, False])

    assert bars.more.text() == "and 2 more"
    assert "/media/ann/MODELS: Not here now" in bars.more.accessibleName()
    page.resize(1100, 800)
    until(lambda: all(bar.isVisible() for bar in bars.bars))
    assert not bars.more.isVisible()


def test_a_low_window_leaves_the_room_to_the_list(page: LibraryPage) -> None:
    page.resize(480, 246)
    assert not page.drive_bars.isVisible()

    page.resize(480, 400)
    assert page.drive_bars.isVisible()


def test_the_model_in_use_is_marked_and_not_offered_again(page: LibraryPage) -> None:
    model = a_library()[0][0]
    click(page, model.id)

    page.set_loaded(model)
    assert not page.details.buttons[Action.LOAD].isEnabled()
    assert spoken(page).endswith("in use")

    page.set_loaded(None)
    assert page.details.buttons[Action.LOAD].isEnabled()


def test_a_state_that_comes_later_changes_its_row_and_leaves_the_choice(page: LibraryPage) -> None:
    click(page, "far")
    (far,) = [model for model, _ in a_library() if model.id == "far"]

    page.set_states([(far, seen(size=13 * GIB, drive=NETWORK))])

    assert page.list.current_row is not None
    assert page.list.current_row.key == ("model", "far")
    assert "13.0 GiB" in shown_texts(page.details)


def test_what_was_seen_of_a_folder_is_not_said_of_another_one(
    page: LibraryPage, shipped: Registry
) -> None:
    elsewhere = listed("legal", "/home/ann/elsewhere")

    page.set_models([elsewhere], shipped.variants)
    page.set_states([(listed("legal", "/home/ann/before"), seen(Condition.DAMAGED))])

    row = page.list.current_row
    assert isinstance(row, ModelRow)
    assert row.condition is None


def test_a_removed_model_is_gone_and_the_next_one_is_chosen(
    page: LibraryPage, shipped: Registry
) -> None:
    models = [model for model, _ in a_library()]
    click(page, "baichuan2-7b-chat")
    at = page.list.currentIndex().row()

    page.set_models([one for one in models if one.id != "baichuan2-7b-chat"], shipped.variants)

    assert "baichuan2-7b-chat" not in ids(page)
    assert page.list.currentIndex().row() == at
    assert page.details.name.text() == "Baichuan 2 7B Chat (4-bit)"


def test_the_language_is_followed_everywhere(page: LibraryPage, app: QApplication) -> None:
    from baichuan_desktop.ui.look.i18n import Translations

    translations = Translations(app)
    translations.use("zh_CN")
    try:
        app.processEvents()
        click(page, "baichuan2-13b-chat")
        page.set_last_used(
            {"baichuan2-13b-chat": datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)}
        )

        assert page.heading.text() == "模型"
        assert "2026年3月4日" in shown_texts(page.details)
    finally:
        translations.use("en")


# --- search, filter, sort -------------------------------------------------------------------------


def test_typing_searches_and_down_goes_to_what_was_found(page: LibraryPage) -> None:
    page.focus_search()
    QTest.keyClicks(page.filter_bar.search, "7b CHAT")
    QTest.keyClick(page.filter_bar.search, Qt.Key.Key_Down)

    assert page.list.hasFocus()
    assert page.list.current_row is not None
    assert page.list.current_row.key == ("model", "baichuan2-7b-chat")
    assert "legal" not in ids(page)


def test_up_from_the_first_row_goes_back_to_the_search(page: LibraryPage) -> None:
    QTest.keyClick(page.list, Qt.Key.Key_Home)
    QTest.keyClick(page.list, Qt.Key.Key_Up)

    assert page.filter_bar.search.hasFocus()


def test_where_nothing_is_found_this_is_said_and_esc_clears_the_search(page: LibraryPage) -> None:
    page.focus_search()
    QTest.keyClicks(page.filter_bar.search, "no such model")
    page.filter_bar.search.search_now()
    assert ids(page) == []
    assert page.list.note == "No model is as you look for it."
    assert page.details.name.text() == ""

    left = QSignalSpy(page.left)
    QTest.keyClick(page.filter_bar.search, Qt.Key.Key_Escape)
    assert len(ids(page)) > 6
    assert left.count() == 0
    QTest.keyClick(page.filter_bar.search, Qt.Key.Key_Escape)
    assert left.count() == 1


def test_the_filter_names_what_it_holds_back(page: LibraryPage) -> None:
    bar = page.filter_bar
    assert bar.filter_button.accessibleName() == "Filter"

    choose(bar.filter_button.menu(), "Needs attention")
    assert ids(page) == ["baichuan2-7b-chat", "baichuan2-7b-chat-2", "baichuan-7b", "legal"]
    choose(bar.filter_button.menu(), "/media/ann/MODELS")

    assert ids(page) == ["baichuan2-7b-chat-2"]
    assert bar.filter_button.text() == "Filter (2)"
    assert bar.filter_button.accessibleName() == ("Filter: Needs attention, /media/ann/MODELS")
    choose(bar.filter_button.menu(), "Every drive")
    choose(bar.filter_button.menu(), "All models")
    assert bar.filter == Filter()


def test_released_models_that_are_not_here_can_be_seen_alone(page: LibraryPage) -> None:
    choose(page.filter_bar.filter_button.menu(), "Released, not here")
    choose(page.filter_bar.filter_button.menu(), "Baichuan-13B")

    assert page.filter_bar.filter.shown is Shown.RELEASED
    assert ids(page)
    assert all(one.startswith("baichuan-13b") for one in ids(page))


def test_sorting_by_size_puts_the_largest_first(page: LibraryPage) -> None:
    choose(page.filter_bar.order_button.menu(), "Size on disk")

    assert ids(page)[:2] == ["baichuan2-13b-chat", "baichuan2-7b-chat"]
    assert page.filter_bar.order_button.accessibleName() == "Sort: Size on disk"


def test_the_choice_stays_with_its_model_when_the_order_changes(page: LibraryPage) -> None:
    click(page, "legal")

    choose(page.filter_bar.order_button.menu(), "Size on disk")

    assert page.list.current_row is not None
    assert page.list.current_row.key == ("model", "legal")


# --- what is asked for ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "signal"),
    [
        (Action.LOAD, "load_requested"),
        (Action.RENAME, "rename_requested"),
        (Action.VERIFY, "verify_requested"),
        (Action.REMOVE, "remove_requested"),
    ],
)
def test_a_button_asks_for_the_model_that_is_described(
    page: LibraryPage, action: Action, signal: str
) -> None:
    asked = QSignalSpy(getattr(page, signal))
    click(page, "legal")

    page.details.buttons[action].click()

    assert [call[0].id for call in calls(asked)] == ["legal"]


def calls(spy: QSignalSpy) -> list[list[Any]]:
    return [list(spy.at(number)) for number in range(spy.count())]


@pytest.mark.parametrize(
    ("key", "modifier", "signal"),
    [
        (Qt.Key.Key_Return, CONTROL, "load_requested"),
        (Qt.Key.Key_F2, NO, "rename_requested"),
        (Qt.Key.Key_Delete, NO, "remove_requested"),
    ],
)
def test_a_key_asks_for_the_model_that_is_chosen(
    page: LibraryPage, key: Qt.Key, modifier: Qt.KeyboardModifier, signal: str
) -> None:
    asked = QSignalSpy(getattr(page, signal))
    click(page, "legal")

    QTest.keyClick(page.list, key, modifier)

    assert [call[0].id for call in calls(asked)] == ["legal"]


def test_what_is_not_offered_is_not_asked_for_by_a_key_either(page: LibraryPage) -> None:
    asked = QSignalSpy(page.load_requested)
    click(page, "baichuan2-7b-chat-2")  # whose drive is not here
    assert not page.details.buttons[Action.LOAD].isVisible()

    QTest.keyClick(page.list, Qt.Key.Key_Return, CONTROL)

    assert asked.count() == 0


def test_a_click_alone_loads_and_removes_nothing(page: LibraryPage) -> None:
    spies = [QSignalSpy(one) for one in (page.load_requested, page.remove_requested)]

    for model, _ in a_library():
        click(page, model.id)
        QTest.mouseDClick(page.list.viewport(), Qt.MouseButton.LeftButton)

    assert [spy.count() for spy in spies] == [0, 0]


def test_the_path_is_copied_as_it_is(page: LibraryPage) -> None:
    click(page, "legal")

    page.details.buttons[Action.COPY_PATH].click()

    assert QGuiApplication.clipboard().text() == "/home/ann/models/法律咨询微调版本-2026年11月"


def test_who_insisted_on_a_damaged_model_is_named(page: LibraryPage, shipped: Registry) -> None:
    model, looked = a_library()[1]
    assert looked is not None
    when = datetime.datetime(2026, 11, 13, 12, tzinfo=datetime.UTC)
    page.set_states([(model, replace(looked, override=Override("ann", when, "any")))])

    click(page, model.id)

    assert "ann insisted on loading it all the same, 13 Nov 2026" in shown_texts(page.details)


def test_the_menu_of_a_row_offers_what_the_buttons_offer(page: LibraryPage) -> None:
    click(page, "legal")
    page.list.menu_requested.emit(page.list.current_row, page.mapToGlobal(QPoint(50, 50)))
    menu = open_menu(page)

    texts = [one.text() for one in menu.actions() if not one.isSeparator()]
    asked = QSignalSpy(page.verify_requested)
    (verify,) = [one for one in menu.actions() if one.text() == "Verify"]
    verify.trigger()

    offered = [button for button in page.details.buttons.values() if button.isVisible()]
    assert sorted(texts) == sorted(button.text() for button in offered)
    assert asked.count() == 1


def test_the_menu_opens_by_key_at_the_row(page: LibraryPage) -> None:
    click(page, "legal")

    QTest.keyClick(page.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)

    assert open_menu(page).actions()
    open_menu(page).close()


def test_a_released_model_is_got_by_its_id(page: LibraryPage) -> None:
    asked = QSignalSpy(page.get_requested)
    choose(page.filter_bar.filter_button.menu(), "Released, not here")
    QTest.keyClick(page.list, Qt.Key.Key_Home)
    first = ids(page)[0]

    page.details.buttons[Action.GET].click()

    assert calls(asked) == [[first]]


def test_models_are_found_imported_and_got_from_the_menu_of_the_page(page: LibraryPage) -> None:
    signals = (page.find_requested, page.import_requested, page.get_requested)
    spies = [QSignalSpy(one) for one in signals]

    for action in (page.find_action, page.import_action, page.get_action):
        assert action in page.add_button.menu().actions()
        action.trigger()

    assert [calls(spy) for spy in spies] == [[[]], [[None]], [[None]]]


def test_what_the_policy_turns_off_is_grey_and_says_why(page: LibraryPage) -> None:
    refusal = UserFacingError("Importing is off on this computer.")
    asked = [QSignalSpy(one) for one in (page.remove_requested, page.find_requested)]
    page.show_policy(refusal)
    click(page, "legal")

    QTest.keyClick(page.list, Qt.Key.Key_Delete)

    assert not page.details.buttons[Action.REMOVE].isEnabled()
    assert "off on this computer" in page.details.buttons[Action.REMOVE].toolTip()
    assert page.details.buttons[Action.LOAD].isEnabled()
    assert page.trouble.text() == "Importing is off on this computer."
    assert [page.find_action.isEnabled(), page.import_action.isEnabled()] == [False, False]
    assert page.get_action.isEnabled(), "to read how is no import"
    click(page, "baichuan2-7b-chat-2")
    assert not page.details.buttons[Action.FIND].isEnabled()
    page.show_policy(None)
    assert page.details.buttons[Action.FIND].isEnabled()
    assert [spy.count() for spy in asked] == [0, 0]


# --- the details in the list's place --------------------------------------------------------------


def test_in_a_narrow_window_enter_shows_the_details_in_place_of_the_list(page: LibraryPage) -> None:
    page.resize(480, 300)
    assert page.list.isVisible()
    assert not page.details.isVisible()

    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert page.details.isVisible()
    assert not page.list.isVisible()
    assert page.details.back.hasFocus()

    QTest.keyClick(page.details.back, Qt.Key.Key_Space)
    assert page.list.hasFocus()
    assert not page.close_details(), "nothing more to close"


def test_in_a_wide_window_both_are_seen_and_there_is_no_way_back(page: LibraryPage) -> None:
    QTest.keyClick(page.list, Qt.Key.Key_Return)

    assert page.list.isVisible()
    assert page.details.isVisible()
    assert not page.details.back.isVisible()


# --- the file manager -----------------------------------------------------------------------------


def test_the_folder_is_shown_in_the_file_manager_and_nothing_else_is_opened(
    page: LibraryPage, shipped: Registry
) -> None:
    opened: list[QUrl] = []
    page.opening.open_url = lambda url: not opened.append(url)  # type: ignore[func-returns-value]  # what append gives is None
    folder = resource("guide_model")
    page.set_models([listed("guide", str(folder))], shipped.variants)
    click(page, "guide")

    page.details.buttons[Action.OPEN_FOLDER].click()
    until(lambda: bool(opened))

    assert [url.toLocalFile() for url in opened] == [f"{folder.resolve()}/"]
    assert not page.trouble.isVisible()


@pytest.mark.parametrize("is_opened", [True, False])
def test_what_cannot_be_shown_is_said_in_place(
    page: LibraryPage, shipped: Registry, tmp_path: Path, is_opened: bool
) -> None:
    page.opening.open_url = lambda _: is_opened
    place = tmp_path / "model"
    if is_opened:
        place.write_text("no folder")
    else:
        place.mkdir()
    page.set_models([listed("one", str(place))], shipped.variants)
    click(page, "one")

    page.details.buttons[Action.OPEN_FOLDER].click()
    until(page.trouble.isVisible)

    assert str(place) in page.trouble.text()


# --- hostile names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "x" * 300,
        "汉" * 300,
        "a\N{RIGHT-TO-LEFT OVERRIDE}b\N{ZERO WIDTH SPACE}c",
        "line\nbreak\x1b[31m\x07",
        "<b>bold</b><img src=x>&amp;",
        "e" + "\N{COMBINING ACUTE ACCENT}" * 200,
        "&Use && this",
    ],
)
def test_a_hostile_name_and_path_are_one_line_of_text_and_nothing_else(
    page: LibraryPage, shipped: Registry, name: str
) -> None:
    model = listed("odd", f"/models/{name}", name=name)
    page.set_models([model], shipped.variants)
    page.set_states([(model, seen())])

    page.grab()
    click(page, "odd")
    shown = page.details.name.text()

    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown_texts(page.details)
    assert shown.count("\N{COMBINING ACUTE ACCENT}") <= 3
    assert page.details.width() <= 400, "a long name makes nothing wider"
    tip = page.list.rows.data(page.list.currentIndex(), Qt.ItemDataRole.ToolTipRole)
    assert "<b>bold" not in tip


# --- without a mouse, without eyes ----------------------------------------------------------------


def test_tab_reaches_everything_and_everything_has_a_name(page: LibraryPage) -> None:
    click(page, "legal")
    wanted = [page.filter_bar.search, page.filter_bar.filter_button, page.filter_bar.order_button,
              page.add_button, page.back, page.list,
              *(one for one in page.details.buttons.values() if one.isVisible())]  # fmt: skip
    reached = set()
    page.list.setFocus()
    for _ in range(60):
        focused = page.focusWidget()
        assert focused is not None
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)

    assert [one for one in wanted if one not in reached] == []
    for one in wanted:
        name = one.accessibleName() or (one.text() if isinstance(one, QPushButton) else "")
        assert name, one


def test_tab_goes_as_one_reads(page: LibraryPage) -> None:
    click(page, "legal")
    buttons = [one for one in page.details.buttons.values() if one.isVisible()]
    bar = page.filter_bar
    expected = [page.add_button, page.back, bar.search, bar.filter_button, bar.order_button,
                page.list, *buttons]  # fmt: skip
    page.add_button.setFocus()

    reached = []
    for _ in range(40):
        focused = page.focusWidget()
        assert focused is not None
        reached.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)

    order = [one for one in dict.fromkeys(reached) if one in expected]
    assert order == expected


def test_everything_holds_at_twice_the_size_and_in_the_dark(
    page: LibraryPage, theme: Theme, make_look: Callable[[], None]
) -> None:
    make_look()
    page.resize(960, 500)
    click(page, "baichuan2-7b-chat")

    heights = {page.list.sizeHintForRow(row) for row in range(3)}

    assert heights == {64, 96}, "a heading and rows of one height"
    assert not page.grab().isNull()


@pytest.fixture
def make_look(theme: Theme) -> Callable[[], None]:
    def make() -> None:
        theme.use("dark")
        theme.set_zoom(2.0)

    return make
