from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.window.adapters import adding
from tests.ui.window.adapters.conftest import LORA, AdapterHands


@pytest.fixture
def chooses(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], None]:
    """Have the system's dialog give a folder."""

    def choose(folder: Path | None) -> None:
        monkeypatch.setattr(adding, "choose_folder", lambda _window, _title: folder)

    return choose


def drop(hands: AdapterHands, *paths: Path) -> None:
    """Drag files over the window and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window, copy = hands.ui.window, Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(window.rect().center(), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(
        window, QDropEvent(QPointF(window.rect().center()), copy, data, left, none)
    )


def test_an_adapter_of_the_menu_is_listed_and_used_at_once_in_the_conversation(
    hands: AdapterHands, chooses: Callable[[Path | None], None], tmp_path: Path
) -> None:
    hands.ask("one")
    chooses(shutil.copytree(LORA / "w_pack_r1", tmp_path / "letters"))

    hands.ui.window.menus.add_adapter.trigger()
    hands.ui.until(lambda: hands.ui.window.switcher.wish.adapter == tmp_path / "letters")

    assert hands.entries[-2:] == ["( ) Without an adapter", "(x) letters"]
    assert hands.texts[-1] == "Adapter “letters” from here"
    assert len(hands.ui.store.adapters) == 1


def test_nothing_happens_where_no_folder_is_chosen(
    hands: AdapterHands, chooses: Callable[[Path | None], None]
) -> None:
    chooses(None)

    hands.ui.window.menus.add_adapter.trigger()

    assert hands.ui.store.adapters == []


def test_an_adapter_that_is_dropped_onto_the_window_is_listed(hands: AdapterHands) -> None:
    drop(hands, LORA / "dora_r4")

    hands.ui.until(lambda: hands.ui.window.switcher.wish.adapter == LORA / "dora_r4")

    assert [one.name.en for one in hands.ui.store.adapters] == ["dora_r4"]
    assert hands.ui.window.models.acquiring.dialog is None


def test_its_configuration_that_is_dropped_stands_for_the_adapter(hands: AdapterHands) -> None:
    drop(hands, LORA / "dora_r4" / "adapter_config.json")

    hands.ui.until(lambda: hands.ui.window.switcher.wish.adapter == LORA / "dora_r4")


def test_a_folder_that_is_no_adapter_is_imported_as_a_model(
    hands: AdapterHands, tmp_path: Path
) -> None:
    drop(hands, tmp_path)

    hands.ui.until(lambda: hands.ui.window.models.acquiring.dialog is not None)

    assert hands.ui.store.adapters == []


def test_an_adapter_of_other_sizes_is_refused_with_a_sentence(
    hands: AdapterHands, chooses: Callable[[Path | None], None]
) -> None:
    chooses(LORA.parent / "b2-13b" / "all_r8")

    hands.ui.window.menus.add_adapter.trigger()
    hands.ui.until(lambda: hands.ui.error is not None)

    assert hands.ui.error is not None
    assert "adapter “all_r8”" in hands.ui.error.message.text()
    assert hands.ui.store.adapters == []


def test_an_adapter_that_fits_several_models_is_asked_about(
    hands: AdapterHands, chooses: Callable[[Path | None], None], tmp_path: Path
) -> None:
    other = shutil.copytree(hands.model.path, tmp_path / "another")
    hands.ui.store.add(other)
    hands.ui.window.library.tell_listed()
    chooses(LORA / "w_pack_r1")
    hands.ui.window.menus.add_adapter.trigger()
    adding_adapters = hands.ui.window.adapters.adding
    hands.ui.until(lambda: adding_adapters.dialog is not None)
    dialog = adding_adapters.dialog
    assert dialog is not None
    assert "does not say for which model" in dialog.question.text()

    dialog.models.setCurrentText("Baichuan Guide")
    dialog.add_button.click()
    hands.ui.until(lambda: not dialog.problem.isHidden())
    assert "Baichuan Guide" in dialog.problem.text() or "does not fit" in dialog.problem.text()

    dialog.models.setCurrentText("another")
    dialog.add_button.click()
    hands.ui.until(lambda: len(hands.ui.store.adapters) == 1)

    assert hands.ui.store.adapters[0].base == hands.ui.store.listed_at(other).id  # type: ignore[union-attr]  # it is listed
