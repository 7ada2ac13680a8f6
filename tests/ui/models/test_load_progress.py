"""The notice of a load, from the choice of a model to its end."""

from __future__ import annotations

import pytest

from backends.errors import EngineError
from backends.events import LoadProgress
from baichuan_desktop.ui.models import load_progress
from baichuan_desktop.ui.models.load_progress import LoadNotice
from tests.ui.controllers import Controllers
from tests.ui.harness import OTHER, READY, Gate, ScriptedEngine, until


def test_a_load_is_told_from_its_beginning_to_its_end(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    notice = LoadNotice(behind.switcher, behind.parent)
    first, second, third = Gate(), Gate(), Gate()
    engine.loads.append(
        [first, LoadProgress(40, 100), second, LoadProgress(100, 100), third, READY]
    )
    assert (notice.text(), notice.is_loading) == ("", False)

    behind.switcher.load(OTHER)
    assert notice.text() == "Loading Other: starting"
    assert notice.share is None
    first.open.set()
    until(lambda: notice.text() == "Loading Other: 40 %")
    assert notice.share == pytest.approx(0.4)
    second.open.set()
    until(lambda: notice.text() == "Loading Other: getting it ready")
    assert notice.share is None
    third.open.set()
    until(lambda: not notice.is_loading)
    assert notice.text() == ""


def test_a_silent_engine_is_seen_to_be_at_work(
    behind: Controllers, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_progress, "_TICK_MS", 5)
    notice = LoadNotice(behind.switcher, behind.parent)
    gate = Gate()
    engine.loads.append([gate, READY])
    behind.switcher.load(OTHER)
    told = behind.heard(notice.changed)

    until(lambda: len(told) > 3)

    gate.open.set()
    until(lambda: not notice.is_loading)
    count = len(told)
    behind.switcher.keep(behind.switcher.wish)
    assert len(told) == count  # nothing ticks any more


def test_a_load_that_failed_for_good_is_told_of_no_more(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    notice = LoadNotice(behind.switcher, behind.parent)
    engine.loads += [[EngineError("No.")] for _ in range(5)]

    behind.switcher.load(OTHER)
    until(lambda: not notice.is_loading)

    assert notice.text() == ""
