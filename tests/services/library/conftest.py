"""The registry that is shipped."""

from __future__ import annotations

import pytest

from baichuan_desktop.services.library.registry import Registry, shipped_registry


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return Registry.load(shipped_registry())
