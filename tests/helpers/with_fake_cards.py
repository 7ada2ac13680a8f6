"""A plugin of pytest with which tests find two cards: `-p tests.helpers.with_fake_cards`.

So tests that are skipped without a card are known to be right before they meet one.
"""

from __future__ import annotations

import contextlib

import pytest

from tests.helpers.fake_cards import GIB, Card, fake_cards

_open = contextlib.ExitStack()
_open.enter_context(fake_cards(Card(), Card("second", 24 * GIB)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the cards away again."""
    _open.close()
