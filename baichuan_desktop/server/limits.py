"""How much of a client's is taken in, and how long it is waited for."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond any of these a request is refused, or a connection ended."""

    #: Of a body: some twenty-five times the text that fills the context of these models.
    body_bytes: int = 2**20
    body_depth: int = 64  #: lists and objects in each other
    header_bytes: int = 16 * 1024  #: of the request line and all headers
    header_lines: int = 64
    connections: int = 128
    connections_of_one: int = 64  #: address, which leaves room for others
    header_seconds: float = 10.0  #: from the first byte, or the connection, to the last header
    body_seconds: float = 30.0  #: from the headers to the end of the body
    idle_seconds: int = 15  #: between two requests
    write_seconds: float = 60.0  #: that a client reads nothing of what is sent


_NAME = "limits"


def give_limits(scope: MutableMapping[str, Any], limits: Limits) -> None:
    """Have `limits_of` find them, wherever the request of an ASGI scope is served."""
    scope.setdefault("state", {})[_NAME] = limits


def limits_of(scope: Mapping[str, Any]) -> Limits:
    """The limits of a request."""
    limits = scope["state"][_NAME]
    assert isinstance(limits, Limits)
    return limits
