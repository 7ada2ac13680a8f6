from __future__ import annotations

import pytest

from tests.ui.attachments.documents import Hands
from tests.ui.harness import Harness, ScriptedEngine


@pytest.fixture
def hands(ui: Harness, engine: ScriptedEngine) -> Hands:
    """Somebody in front of a window that has a chat model with 4,096 tokens, one a character."""
    return Hands(ui, engine)
