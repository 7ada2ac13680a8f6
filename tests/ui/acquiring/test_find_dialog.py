"""From where to look to what shall be done with what was found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelKind
from backends.phrases import Phrase
from baichuan_desktop.services.library.finding.values import (
    Found,
    Looking,
    PassedOver,
    Place,
)
from baichuan_desktop.services.library.importing.values import ImportPlan, ModelFolder, Way
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.acquiring.finding.find_dialog import FindDialog, Search
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.clipping import clipped
from tests.helpers.found import GIB, found, half, listed
from tests.ui.harness import model, until

CACHE, STICK, MODELS = Path("/home/li/.cache/hub"), Path("/media/li/STICK"), Path("/srv/models")
FREE = 40 * GIB


class Disk:
    """A machine with models: what is looked for, and what importing it would take."""

    def __init__(self) -> None:
        self.places = [(Place.HUGGINGFACE, CACHE), (Place.MEDIUM, STICK)]
        self.found: list[Found] = []
        self.looked_in: list[Sequence[Path]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.cancels: list[threading.Event] = []
        self.refusals: dict[Path, UserFacingError] = {}
        self.same: dict[Path, str] = {}

    def find(self, folders: Sequence[Path], cancel: threading.Event) -> Iterator[object]:
        self.looked_in.append(folders)
        self.cancels.append(cancel)
        for number, one in enumerate(self.found):
            yield Looking(one.folder, 100 * (number + 1))
            yield one
        while not self.go_on.wait(0.002) and not cancel.is_set():
            pass

    def plan(self, one: Found, way: Way, folder: Path) -> ImportPlan:
        if one.folder in self.refusals:
            raise self.refusals[one.folder]
        same = self.same.get(one.folder)
        return ImportPlan(
            way,
            one.folder,
            one.root,
            one.folder if way is Way.LINK else folder / one.folder.name,
            files=(),
            needed_bytes=0 if way is Way.LINK else one.bytes_on_disk,
            free_bytes=FREE,
            same_as=None if same is None else model(same),
        )

    @property
    def search(self) -> Search:
        folders = [ModelFolder(MODELS, FREE, is_default=True), ModelFolder(STICK, GIB)]
        return Search(lambda: self.places, self.find, self.plan, lambda: folders)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def open_dialog(disk: Disk, theme: Theme, app: object) -> Iterator[Callable[[], FindDialog]]:
    parent = QWidget()
    made: list[FindDialog] = []

    def make() -> FindDialog:
        names = {"baichuan2-7b-chat": Names(en="Baichuan 2 7B Chat", zh="百川 2-7B 对话")}
        made.append(FindDialog(disk.search, names, theme, parent))
        made[-1].show()
        return made[-1]

    yield make
    parent.close()
    parent.deleteLater()


def look(dialog: FindDialog) -> None:
    """Look in every place, to the end."""
    dialog.show_places()
    until(dialog.places.look.isEnabled)
    dialog.places.look.click()
    until(lambda: dialog.results.back.isVisible())


def rows(dialog: FindDialog) -> list[str]:
    shown = dialog.results.model
    role = Qt.ItemDataRole.AccessibleTextRole
    return [str(shown.index(row).data(role)) for row in range(shown.rowCount())]


def test_nothing_is_read_before_a_person_says_look(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    dialog = open_dialog()
    dialog.show_places()
    until(dialog.places.look.isEnabled)

    assert [box.text() for box in dialog.places.boxes] == ["Cache of Hugging Face", "Drive · STICK"]
    assert disk.looked_in == []


def test_only_the_places_that_are_ticked_are_looked_through(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    dialog = open_dialog()
    dialog.show_places()
    until(dialog.places.look.isEnabled)
    dialog.places.boxes[0].click()
    dialog.places.look.click()
    until(dialog.results.back.isVisible)

    assert disk.looked_in == [[STICK]]


def test_without_a_place_there_is_nothing_to_begin(
    open_dialog: Callable[[], FindDialog], disk: Disk
) -> None:
    disk.places = []
    dialog = open_dialog()
    dialog.show_places()
    until(lambda: "Add the folder" in dialog.places.remark.text())

    assert not dialog.places.look.isEnabled()


def test_what_is_found_is_told_with_what_is_missing_and_what_is_here_already(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    whole = replace(found(CACHE / "chat"), variant="baichuan2-7b-chat", place=Place.HUGGINGFACE)
    base = replace(found(STICK / "base"), kind=ModelKind.BASE, place=Place.MEDIUM)
    disk.found = [whole, base, half(STICK / "half"), listed(MODELS / "own", "own")]
    dialog = open_dialog()

    look(dialog)

    assert rows(dialog) == [
        (
            f"Baichuan 2 7B Chat, 14.0 GiB, Cache of Hugging Face · {CACHE / 'chat'}, "
            "Complete · chat model · bf16"
        ),
        f"base, 14.0 GiB, Drive · {STICK / 'base'}, Complete · base model · bf16",
        f"half, 14.0 GiB, Folder · {STICK / 'half'}, model-00002-of-00002.safetensors is missing.",
        f"own, 14.0 GiB, Folder · {MODELS / 'own'}, Is in the library already, as “own”",
    ]
    assert dialog.results.heading.text() == "Models found: 4"
    assert dialog.results.where.text() == "400 entries looked at"


@pytest.mark.parametrize(
    "name", ["two\nlines", "tab\there", "\u202egpj.exe", "half\ud800", "<b>bold</b>", "&amp;"]
)
def test_a_name_that_anybody_chose_is_one_line_of_plain_text(
    disk: Disk, open_dialog: Callable[[], FindDialog], name: str
) -> None:
    disk.found = [replace(found(STICK / name), repository=f"somebody/{name}")]
    dialog = open_dialog()

    look(dialog)
    dialog.results.take.click()

    (said,) = rows(dialog)
    assert not any(letter in said for letter in "\n\t\u202e\ud800")
    tooltip = str(dialog.results.model.index(0).data(Qt.ItemDataRole.ToolTipRole))
    assert "<b>" not in tooltip
    assert "\n" not in dialog.ways.heading.text()
    dialog.grab()


def test_places_that_could_not_be_looked_into_are_counted_and_named(
    disk: Disk, open_dialog: Callable[[], FindDialog], monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = PassedOver(STICK / "locked", Phrase("“{name}” cannot be read.", name="locked"))
    plain = disk.find

    def find(folders: Sequence[Path], cancel: threading.Event) -> Iterator[object]:
        yield locked
        yield from plain(folders, cancel)

    monkeypatch.setattr(disk, "find", find)
    dialog = open_dialog()

    look(dialog)

    assert dialog.results.passed.text() == "Places that could not be looked into: 1"
    assert "“locked” cannot be read." in dialog.results.passed.accessibleDescription()


def test_results_come_while_the_search_goes_on_and_stay_when_it_is_stopped(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / "one"), found(STICK / "two")]
    disk.go_on.clear()
    dialog = open_dialog()
    dialog.show_places()
    until(dialog.places.look.isEnabled)
    dialog.places.look.click()
    until(lambda: len(rows(dialog)) == 2)
    assert dialog.results.bar.isVisible()

    dialog.results.stop.click()

    assert disk.cancels[0].is_set()
    assert dialog.results.heading.text() == "Models found: 2"
    assert not dialog.results.bar.isVisible()


def test_closing_the_dialog_ends_the_search(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.go_on.clear()
    dialog = open_dialog()
    dialog.show_places()
    until(dialog.places.look.isEnabled)
    dialog.places.look.click()
    until(lambda: bool(disk.cancels))

    dialog.close()

    assert disk.cancels[0].is_set()


def test_space_ticks_what_can_be_taken_and_nothing_else(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [half(STICK / "half"), found(STICK / "one"), found(STICK / "two")]
    dialog = open_dialog()
    look(dialog)
    view = dialog.results.list
    view.setFocus()
    for row in range(3):
        view.setCurrentIndex(view.model().index(row, 0))
        QTest.keyClick(view, Qt.Key.Key_Space)

    assert [one.folder.name for one in dialog.results.model.chosen] == ["one", "two"]
    assert dialog.results.take.text() == "Add 2 to the library…"


def test_a_click_anywhere_on_a_row_ticks_it(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / "one"), found(STICK / "two")]
    dialog = open_dialog()
    look(dialog)
    view = dialog.results.list
    place = view.visualRect(view.model().index(1, 0)).center()

    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert [one.folder.name for one in dialog.results.model.chosen] == ["two"]


def ask_for(dialog: FindDialog, way: Way) -> None:
    dialog.results.take.click()
    dialog.ways.radios[way].setChecked(True)
    until(lambda: dialog.ways.folder.count() > 0)  # nothing is planned without one
    until(lambda: "Looking" not in dialog.ways.remark.text())


def test_a_copy_names_what_it_takes_and_what_is_free(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / "one")]
    dialog = open_dialog()
    begun: list[Sequence[ImportPlan]] = []
    dialog.begun.connect(begun.append)
    look(dialog)

    ask_for(dialog, Way.COPY)
    assert dialog.ways.folder.currentText() == f"{MODELS} · 40.0 GiB free"
    assert dialog.ways.remark.text() == "Takes 14.0 GiB of the 40.0 GiB that are free there."
    dialog.ways.begin.click()

    assert [(plan.way, plan.target) for plan in begun[0]] == [(Way.COPY, MODELS / "one")]
    assert not dialog.isVisible()


def test_models_that_fit_one_by_one_and_not_together_are_not_begun(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / name) for name in ("one", "two", "three")]
    dialog = open_dialog()
    look(dialog)
    for row in range(3):
        dialog.results.model.tick(row, True)

    ask_for(dialog, Way.COPY)

    assert "Together they take 42.0 GiB, and 40.0 GiB are free" in dialog.ways.trouble.text()
    assert not dialog.ways.begin.isEnabled()


def test_weights_that_are_here_already_are_said_and_not_written_again(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / "one"), found(STICK / "two")]
    disk.same[STICK / "one"] = "Other"
    dialog = open_dialog()
    begun: list[Sequence[ImportPlan]] = []
    dialog.begun.connect(begun.append)
    look(dialog)
    for row in range(2):
        dialog.results.model.tick(row, True)

    ask_for(dialog, Way.MOVE)
    said = dialog.ways.remark.text()
    assert "one: The same weights are here already, as “Other”: they are not written again" in said
    dialog.ways.begin.click()

    assert [plan.source.name for plan in begun[0]] == ["two"]


def test_what_cannot_be_imported_says_why_and_the_others_can(
    disk: Disk, open_dialog: Callable[[], FindDialog]
) -> None:
    disk.found = [found(STICK / "one"), found(STICK / "two")]
    disk.refusals[STICK / "one"] = UserFacingError(
        "The folder lies inside of the app.", hint="Copy it elsewhere."
    )
    dialog = open_dialog()
    look(dialog)
    for row in range(2):
        dialog.results.model.tick(row, True)

    ask_for(dialog, Way.LINK)

    assert dialog.ways.trouble.text() == (
        "one: The folder lies inside of the app. Copy it elsewhere."
    )
    assert dialog.ways.begin.isEnabled()


def test_one_model_that_was_pointed_at_is_asked_about_at_once(
    open_dialog: Callable[[], FindDialog],
) -> None:
    dialog = open_dialog()

    dialog.show_founds([found(STICK / "one")])

    assert dialog.pages.currentWidget() is dialog.ways
    assert dialog.ways.heading.text() == "Add “one” to the library"


@pytest.mark.parametrize(
    "founds",
    [[half(STICK / "half")], [listed(MODELS / "own", "own")], [found(STICK / n) for n in "ab"]],
    ids=["half", "listed", "two"],
)
def test_what_there_is_to_choose_or_to_read_of_is_listed(
    open_dialog: Callable[[], FindDialog], founds: list[Found]
) -> None:
    dialog = open_dialog()

    dialog.show_founds(founds)

    assert dialog.pages.currentWidget() is dialog.results
    assert len(rows(dialog)) == len(founds)


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_large_letters_cut_off_nothing_of_the_ways(
    disk: Disk, open_dialog: Callable[[], FindDialog], theme: Theme, zoom: float
) -> None:
    disk.found = [found(STICK / "one")]
    theme.set_zoom(zoom)
    dialog = open_dialog()
    look(dialog)
    ask_for(dialog, Way.COPY)
    dialog.resize(660, 500)
    until(lambda: dialog.width() == 660)

    assert clipped(dialog) == []
