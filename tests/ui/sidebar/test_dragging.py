"""Conversations are dragged onto folders and out, folders before others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent

from baichuan_desktop.services.chat.values import Folder
from baichuan_desktop.ui.sidebar.rows.drops import drop_at
from baichuan_desktop.ui.sidebar.rows.list_model import CONVERSATION_TYPE
from tests.ui.sidebar.conftest import Alone, conversation, middle


@pytest.fixture
def shown(hands: Callable[..., Alone]) -> Alone:
    made = hands(
        conversation(1, "Minutes"),
        conversation(2, "Refusal", folder_id=70),
        Folder(70, "a", 0),
        Folder(71, "b", 1),
        Folder(72, "c", 2),
    )
    made.sidebar.controller.set_folder_open(70, True)
    return made


def drag(hands: Alone, dragged: str, point: QPoint) -> None:
    """Take a row and let it go at a point of the list."""
    data = hands.list.rows.mimeData([hands.list.rows.index(hands.row(dragged))])
    drop(hands, data, point)


def drop(hands: Alone, data: QMimeData, point: QPoint) -> None:
    event = QDropEvent(
        QPointF(point),
        Qt.DropAction.MoveAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    hands.list.dropEvent(event)


def test_a_conversation_goes_into_the_folder_it_is_dropped_on(shown: Alone) -> None:
    drag(shown, "Minutes", middle(shown.rect("b")))

    assert shown.shelf.kept[1].folder_id == 71


def test_a_conversation_goes_into_the_folder_of_the_row_it_is_dropped_on(shown: Alone) -> None:
    drag(shown, "Minutes", middle(shown.rect("Refusal")))

    assert shown.shelf.kept[1].folder_id == 70


@pytest.mark.parametrize("target", ["Minutes", "[Today]", None])
def test_a_conversation_leaves_its_folder_where_it_is_dropped_elsewhere(
    shown: Alone, target: str | None
) -> None:
    below = QPoint(20, shown.list.viewport().height() - 2)

    drag(shown, "Refusal", below if target is None else middle(shown.rect(target)))

    assert shown.shelf.kept[2].folder_id is None


def test_a_conversation_dropped_where_it_is_stays_there(shown: Alone) -> None:
    before = dict(shown.shelf.kept)

    drag(shown, "Refusal", middle(shown.rect("a")))
    drag(shown, "Minutes", middle(shown.rect("[Today]")))

    assert shown.shelf.kept == before


@pytest.mark.parametrize(
    ("dragged", "target", "share", "order"),
    [
        ("c", "a", 0.1, "cab"),
        ("c", "a", 0.9, "acb"),
        ("a", "c", 0.9, "bca"),
        ("a", "c", 0.1, "bac"),
        ("b", "Refusal", 0.5, "abc"),  # after the open folder a, where it is
        ("c", "Refusal", 0.5, "acb"),
        ("a", "Minutes", 0.5, "bca"),
        ("c", "[Folders]", 0.5, "cab"),
        ("b", "b", 0.1, "abc"),
    ],
)
def test_a_folder_goes_where_it_is_dropped(
    shown: Alone, dragged: str, target: str, share: float, order: str
) -> None:
    drag(shown, dragged, middle(shown.rect(target), share))

    assert [one.name for one in shown.sidebar.controller.folders] == list(order)


@pytest.mark.parametrize(
    "id_", [b"", b"-1", b"99", b"1.5", b"\xff\xfe", b"9" * 5000, "１".encode()]
)
def test_what_no_row_was_dragged_from_does_nothing(shown: Alone, id_: bytes) -> None:
    before = dict(shown.shelf.kept)
    data = QMimeData()
    data.setData(CONVERSATION_TYPE, id_)
    data.setText("file:///etc/passwd")

    drop(shown, data, middle(shown.rect("b")))

    assert shown.shelf.kept == before


def test_a_temporary_chat_and_a_heading_are_not_dragged(hands: Callable[..., Alone]) -> None:
    made = hands(conversation(1, "Secret", is_temporary=True), conversation(2, "Kept"))
    rows = made.list.rows

    drags = {
        text: bool(rows.flags(rows.index(row)) & Qt.ItemFlag.ItemIsDragEnabled)
        for row, text in enumerate(made.rows)
    }

    assert drags == {
        "[Temporary]": False, "Secret": False, "[Folders]": False, "[Today]": False, "Kept": True,
    }  # fmt: skip
    assert rows.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags
    assert drop_at(rows.entries, QMimeData(), 0, 0.5) is None
