"""Whether what the server is made with is installed."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from backends.errors import ServerLibrariesError
from baichuan_desktop.services.serving.libraries import require_libraries


def test_what_is_installed_is_enough() -> None:
    require_libraries()


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_the_library_that_is_missing_is_named(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec

    def find(name: str) -> ModuleSpec | None:
        return None if name == library else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", find)

    with pytest.raises(ServerLibrariesError, match=f"The server needs {library}, which is not"):
        require_libraries()
