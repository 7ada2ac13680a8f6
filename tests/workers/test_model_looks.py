"""Looks at models on threads: a drive that hangs costs its own models and no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.library.registry import InstalledModel, Listed
from baichuan_desktop.services.library.rows.values import Looked
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.workers import model_looks
from baichuan_desktop.workers.model_looks import ModelLooks
from tests.helpers.library import listed, seen
from tests.helpers.patience import wait_until

pytestmark = pytest.mark.usefixtures("app")


class Drives:
    """Looks of which those at some drives do not come back until they are let go."""

    def __init__(self) -> None:
        self.hung: dict[Path, threading.Event] = {}
        self.threads: list[threading.Thread] = []
        self.looks: list[str] = []

    def hang(self, drive: str) -> threading.Event:
        return self.hung.setdefault(Path(drive), threading.Event())

    def look(self, model: Listed) -> Looked:
        self.threads.append(threading.current_thread())
        self.looks.append(model.id)
        assert model.drive is not None
        if (hung := self.hung.get(model.drive)) is not None:
            assert hung.wait(60)
        return seen()


class Told:
    """Hears what was seen."""

    def __init__(self, looks: ModelLooks) -> None:
        self.pairs: list[tuple[InstalledModel, Looked]] = []
        looks.looked.connect(self.take)

    def take(self, pairs: list[tuple[InstalledModel, Looked]]) -> None:
        self.pairs += pairs

    @property
    def ids(self) -> set[str]:
        return {model.id for model, _ in self.pairs}


def on(drive: str, count: int = 1) -> list[InstalledModel]:
    return [listed(f"{Path(drive).name}{n}", drive=Path(drive)) for n in range(count)]


def until(holds: Callable[[], bool]) -> None:
    wait_until(holds, lambda: QTest.qWait(2))


def test_every_model_is_looked_at_once_and_never_in_this_thread(app: QApplication) -> None:
    drives, models = Drives(), [*on("/a", 200), *on("/b", 300)]
    looks = ModelLooks(drives.look, app)
    told = Told(looks)

    looks.ask(models)
    until(lambda: len(told.pairs) == 500)

    assert told.ids == {model.id for model in models}
    assert threading.main_thread() not in drives.threads
    assert all(thread.daemon for thread in drives.threads), "the app would wait for one at its end"


def test_a_drive_that_hangs_keeps_nobody_else_waiting(app: QApplication) -> None:
    drives = Drives()
    hung = drives.hang("/far")
    looks = ModelLooks(drives.look, app)
    told = Told(looks)

    looks.ask([*on("/far", 3), *on("/a", 2)])
    until(lambda: told.ids == {"a0", "a1"})
    assert drives.looks.count("far0") == 1

    hung.set()
    until(lambda: told.ids == {"a0", "a1", "far0", "far1", "far2"})


def test_more_drives_than_are_looked_at_at_once_get_their_turn(app: QApplication) -> None:
    drives = Drives()
    looks = ModelLooks(drives.look, app)
    told = Told(looks)

    looks.ask([model for n in range(40) for model in on(f"/d{n}-")])

    until(lambda: len(told.ids) == 40)


def test_as_many_drives_as_are_looked_at_at_once_may_hang_and_the_rest_is_seen(
    app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_looks, "_PATIENCE", 0.05)
    drives = Drives()
    gates = [drives.hang(f"/far{n}-") for n in range(5)]
    looks = ModelLooks(drives.look, app)
    told = Told(looks)

    looks.ask([*(model for n in range(5) for model in on(f"/far{n}-")), *on("/near", 2)])
    until(lambda: {"near0", "near1"} <= told.ids)

    assert len(told.ids) == 2
    for gate in gates:
        gate.set()
    until(lambda: len(told.ids) == 7)


def test_what_waits_already_is_asked_for_once(app: QApplication) -> None:
    drives = Drives()
    hung = drives.hang("/a")
    looks = ModelLooks(drives.look, app)
    told = Told(looks)
    models = on("/a", 3)

    looks.ask(models)
    until(lambda: drives.looks == ["a0"])
    for _ in range(50):
        looks.ask(models)
    hung.set()
    until(lambda: told.ids == {"a0", "a1", "a2"})
    QTest.qWait(50)

    assert sorted(drives.looks) == ["a0", "a0", "a1", "a2"], "the one being looked at comes again"


def test_a_model_that_was_moved_meanwhile_is_looked_at_where_it_is_now(app: QApplication) -> None:
    drives = Drives()
    hung = drives.hang("/a")
    looks = ModelLooks(drives.look, app)
    told = Told(looks)
    first, second = on("/a", 2)
    moved = replace(second, path=Path("/a/elsewhere"))

    looks.ask([first, second])
    looks.ask([moved])
    hung.set()
    until(lambda: told.ids == {"a0", "a1"})

    assert [model for model, _ in told.pairs if model.id == "a1"] == [moved]


def test_a_look_that_fails_in_a_way_nobody_foresaw_costs_its_own_row(app: QApplication) -> None:
    def look(model: Listed) -> Looked:
        if model.id == "a1":
            raise RuntimeError("odd \N{RIGHT-TO-LEFT OVERRIDE}" * 200)
        return seen()

    looks = ModelLooks(look, app)
    told = Told(looks)

    looks.ask(on("/a", 3))
    until(lambda: told.ids == {"a0", "a1", "a2"})

    states = {model.id: looked.state for model, looked in told.pairs}
    assert states["a1"].condition is Condition.UNREADABLE
    sentence = str(states["a1"].sentence)
    assert "odd" in sentence
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in sentence
    assert len(sentence) < 300
    assert states["a2"].condition is Condition.PRESENT


def test_models_of_which_no_drive_is_known_are_looked_at_too(app: QApplication) -> None:
    looks = ModelLooks(lambda _: seen(), app)
    told = Told(looks)

    looks.ask([listed("x", "/mnt/nas/x"), listed("y", "/"), listed("z", "/home/ann/models/z")])

    until(lambda: told.ids == {"x", "y", "z"})
