from __future__ import annotations

from collections.abc import Callable

import pytest

from baichuan_desktop.services.jobs.desk import JobRecord
from baichuan_desktop.ui.jobs.plain_dialog import PlainJobDialog
from baichuan_desktop.ui.window.commands import menus
from baichuan_desktop.ui.window.commands.job_entries import MEASUREMENTS
from tests.ui.harness import Harness
from tests.ui.jobs import counting

NAMES = ("Seven", "Eight")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Harness:
    """A window whose menu has one more kind of job, of two names."""
    entries = (*MEASUREMENTS, *map(counting.entry, NAMES))
    monkeypatch.setattr(menus, "MEASUREMENTS", entries)
    ui: Harness = request.getfixturevalue("ui")
    return ui


@pytest.fixture
def count(counted: Harness) -> Callable[[str], JobRecord]:
    """Choose the entry of a name in the menu, and begin what its dialog asks for."""

    def begin(name: str) -> JobRecord:
        _, action = counted.window.menus.jobs[NAMES.index(name) - len(NAMES)]
        counted.until(action.isEnabled)
        action.trigger()
        dialog = counted.window.jobs.dialog
        assert isinstance(dialog, PlainJobDialog)
        dialog.begin_button.click()
        assert dialog.record is not None
        return dialog.record

    return begin
