"""The registry that is shipped."""

from __future__ import annotations

import pytest

from baichuan_desktop.services.library.registry import Registry, shipped_registry
from tests.helpers.registry_texts import loaded


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return loaded(shipped_registry())
