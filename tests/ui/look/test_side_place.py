from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from baichuan_desktop.ui.look.side_place import SidePlace
from baichuan_desktop.ui.look.theme import Theme

SIDE = 264
BOTH = SIDE + 400  # pixels; from here on there is room for both


@pytest.fixture
def place(theme: Theme) -> SidePlace:
    page, side = QWidget(), QWidget()
    place = SidePlace(theme, page, side, -SIDE)
    place.resize(BOTH, 300)
    place.show()
    return place


def seen(place: SidePlace) -> tuple[bool, bool]:
    """Whether the side is seen, and the page."""
    return place._side.isVisible(), place._page.isVisible()


def test_the_side_stands_beside_the_page_where_there_is_room(place: SidePlace) -> None:
    place.restore_side(True)

    assert seen(place) == (True, True)
    assert (place._side.x(), place._side.width()) == (0, SIDE)
    assert place._page.x() == SIDE


def test_a_window_too_narrow_hides_the_side_until_there_is_room_again(place: SidePlace) -> None:
    told: list[bool] = []
    place.restore_side(True)
    place.side_seen.connect(told.append)

    place.resize(BOTH - 1, 300)
    assert seen(place) == (False, True)
    place.resize(BOTH, 300)
    assert seen(place) == (True, True)
    assert told == [False, True]


def test_asked_for_in_a_narrow_window_it_stands_in_the_pages_place(place: SidePlace) -> None:
    place.resize(BOTH - 1, 300)

    place.show_side(True)
    assert seen(place) == (True, False)
    assert place._side.width() == BOTH - 1
    place.show_page()
    assert seen(place) == (False, True)


def test_what_was_remembered_never_takes_the_pages_place(place: SidePlace) -> None:
    place.resize(BOTH - 1, 300)

    place.restore_side(True)

    assert seen(place) == (False, True)


def test_zoom_needs_more_room(place: SidePlace, theme: Theme) -> None:
    place.restore_side(True)

    theme.set_zoom(1.1)
    assert seen(place) == (False, True)
    place.resize(2 * BOTH, 300)
    theme.set_zoom(2.0)
    assert seen(place) == (True, True)
    assert place._side.width() == 2 * SIDE
