"""A computer of its own for each test: a home folder, caches, and no drives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.finding import known_places
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found, Looking, PassedOver
from baichuan_desktop.services.library.store import ModelStore


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of this test; it is empty."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in (
        "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "MODELSCOPE_CACHE",
        "XDG_DOWNLOAD_DIR", "XDG_CONFIG_HOME",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(known_places, "_mounts", lambda: ())
    return folder


Events = Sequence[Looking | Found | PassedOver]


class Search:
    """What a search gave."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.found = [one for one in events if isinstance(one, Found)]
        self.passed = [one for one in events if isinstance(one, PassedOver)]

    @property
    def only(self) -> Found:
        """The one model that was found."""
        (found,) = self.found
        return found


@pytest.fixture
def store(app_home: Path) -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def search(store: ModelStore) -> Callable[..., Search]:
    """Looks through folders, or, without any, where models may lie."""

    def run(*folders: Path) -> Search:
        return Search(list(find(store, folders or None, cancel=threading.Event())))

    return run
