"""A person in front of the window, as in the tests of what persons do."""

from __future__ import annotations

from tests.ui.person.conftest import desk, me

__all__ = ["desk", "me"]
