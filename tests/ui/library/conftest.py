from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.services.library.registry import Registry, shipped_registry
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.library import a_library
from tests.helpers.registry_texts import loaded


@pytest.fixture(scope="session")
def shipped() -> Registry:
    return loaded(shipped_registry())


@pytest.fixture
def page(theme: Theme, shipped: Registry) -> Iterator[LibraryPage]:
    """A page that is shown, with a model of each state and the released ones."""
    page = LibraryPage(theme)
    page.setMinimumSize(480, 200)  # as the window, which asks no layout how small it may be
    page.resize(1100, 800)
    looked = a_library()
    page.set_models([model for model, _ in looked], shipped.variants)
    page.set_states([(model, seen) for model, seen in looked if seen is not None])
    page.show()
    page.activateWindow()
    page.list.setFocus()
    yield page
    page.close()
    page.deleteLater()
