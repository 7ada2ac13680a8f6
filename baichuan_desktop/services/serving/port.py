"""What a server asks of whoever has the model, and what the app asks of a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backends.events import LoadProgress
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.turns import InLine as InLine
from baichuan_desktop.services.engines.turns import Over as Over
from baichuan_desktop.services.serving.values import (
    DeskStatus,
    JournalLine,
    ServedModel,
    ServeOptions,
)


@dataclass(frozen=True, slots=True)
class Begun:
    """The model is loaded, and its engine has the request now."""

    queued_seconds: float


#: What comes of a request, in order: places in the queue, a load, what the engine yields, the end.
DeskEvent = InLine | LoadProgress | Begun | ClientEvent | Over

#: Makes the request once the model is loaded, which says what it samples with and how long it is.
MakeRequest = Callable[["LoadedFacts"], ChatRequest | CompleteRequest]


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """What a request is made with."""

    model: ServedModel
    status: DeskStatus  #: its `ready` is the model's


class Asked(Protocol):
    """A request that was taken in."""

    def cancel(self) -> None:
        """Leave the queue, or have the engine stop after the token it computes; from any thread."""
        ...


class ModelDesk(Protocol):
    """Has the models, and one engine for all who ask. From any thread; nothing of it waits."""

    @property
    def status(self) -> DeskStatus:
        """What it does now."""
        ...

    def models(self) -> Sequence[ServedModel]:
        """Those that may be asked, the loaded one first. Reads no folder."""
        ...

    def ask(
        self, model_id: str | None, make: MakeRequest, deliver: Callable[[DeskEvent], object]
    ) -> Asked:
        """Take in a request for a model, None: the loaded one, or the one it began with.

        `deliver` is called on a thread of the desk's, with `Over` at last, and must not wait.
        What `make` raises is its end. Raises QueueFullError, UnknownModelError.
        """
        ...


class Server(Protocol):
    """Serves a desk on a thread of its own; made and used by whoever shows it."""

    @property
    def is_running(self) -> bool:
        """Whether it takes requests."""
        ...

    @property
    def addresses(self) -> Sequence[str]:
        """Where it is reached, as http://127.0.0.1:8000, its own machine's first."""
        ...

    @property
    def clients(self) -> int:
        """Connections that are open."""
        ...

    def start(self, options: ServeOptions) -> None:
        """Begin, and return once it listens. Raises ServerError, PolicyError."""
        ...

    def stop(self) -> None:
        """End what runs, soon, and give the port back; it may start again."""
        ...

    def lines(self) -> Sequence[JournalLine]:
        """The latest requests, the oldest first; at most some hundreds."""
        ...
