"""What routes are made with, and what they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from baichuan_desktop.services.serving.port import ModelDesk
from baichuan_desktop.services.serving.values import ServeOptions
from baichuan_desktop.services.tokens.client import TokenClient


@dataclass(frozen=True, slots=True)
class Parts:
    """What there is to serve with."""

    desk: ModelDesk
    options: ServeOptions
    tokens: TokenClient


@dataclass(frozen=True, slots=True)
class Place:
    """What answers one method of a path. It may raise ApiError and UserFacingError."""

    method: Literal["GET", "POST"]  #: HEAD is answered as GET; the body of POST is JSON
    path: str  #: of starlette; it is what the log names
    answer: Callable[[Request], Awaitable[Response]]
    is_open: bool = False  #: never asks for the key
