"""No test opens a window on a screen or touches the folders of the person who runs it."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.helpers.policies import place_in

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt reads it when the first widget is made
# numpy's threads wait for work for a while before they sleep, in each of the hundreds of processes
# that tests start; no test multiplies anything large with numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# As do torch's in the tests' own processes, four of which share the cores; models there are small.
# An engine says itself how many threads it computes with.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_MOST_GARBAGE = 10_000  # objects that were made, and may be garbage
_SEARCHES = 5  # among what is young, for each among all


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays until the end: no search for garbage looks at it.

    With ten thousand tests collected, one such search takes half a second, and what is asked of
    lost cards makes many.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def app_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app keeps its settings, registry and logs in this test; not made yet."""
    home = tmp_path / "app home"
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(home))
    place = place_in(tmp_path)  # of the policy, and of the site's registry beside it
    monkeypatch.setattr("backends.policy.site_policy.fixed_place", lambda: place)
    for name in ("QT_IM_MODULE", "QT_IM_MODULES", "GTK_IM_MODULE", "XMODIFIERS"):
        monkeypatch.delenv(name, raising=False)  # the input method of who runs the tests
    return home


@pytest.fixture(autouse=True)
def _garbage(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the app, no other thread than the window's ends what windows were made of."""
    if "app" not in request.fixturenames:
        if not gc.isenabled():
            gc.collect()
            gc.enable()
        yield
        return
    gc.disable()
    yield
    made, _, searched = gc.get_count()
    if made > _MOST_GARBAGE:
        gc.collect(1 if searched < _SEARCHES else 2)


@pytest.fixture(scope="session")
def app() -> Iterator[QApplication]:
    """The one application that a process may have, for tests of the window and of the workers."""
    from PySide6.QtWidgets import QApplication

    from baichuan_desktop.ui.look.fonts import load_fonts

    made = QApplication(["baichuan-desktop"])
    made.setApplicationDisplayName("Baichuan Desktop")
    made.setQuitOnLastWindowClosed(False)
    load_fonts()
    yield made
    made.clipboard().clear()  # Qt drops what is Python's after Python's end, which is a crash
