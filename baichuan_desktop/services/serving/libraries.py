"""Whether what the server is made with is installed: an extra of the app, which may be missing."""

from __future__ import annotations

import importlib.util

from backends.errors import ServerLibrariesError

#: Without which nothing is served. llguidance is asked for by an engine, when an answer has a form.
_NEEDED = ("starlette", "uvicorn")


def require_libraries() -> None:
    """Raise ServerLibrariesError for the first one that is missing; imports none."""
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            raise ServerLibrariesError(name)
