"""What is noted of a request while it is served, for the log: never a word of a prompt."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

_NAME = "noted"


@dataclass(slots=True)
class Noted:
    """Whoever serves a request fills it in; see `JournalLine`."""

    path: str = "…"  #: of its route
    model: str = ""
    queued_seconds: float = 0.0
    prompt_tokens: int = 0
    new_tokens: int = 0
    ended: str = ""  #: why it ended early


def noted_of(scope: MutableMapping[str, Any]) -> Noted:
    """What is noted of the request of an ASGI scope."""
    noted = scope.setdefault("state", {}).setdefault(_NAME, Noted())
    assert isinstance(noted, Noted)
    return noted
