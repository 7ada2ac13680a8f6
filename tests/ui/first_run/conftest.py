"""A person who starts the app, as in the tests of what persons do."""

from __future__ import annotations

from tests.ui.person.conftest import desk

__all__ = ["desk"]
