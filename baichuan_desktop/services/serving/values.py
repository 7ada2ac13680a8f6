"""Plain values of a server: how it was asked to run, which models it has, what it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from backends.events import ModelReady

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8000  #: as of the published API
MOST_WAITING = 8  #: requests in the queue, the one that runs not counted, unless it is said


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate chain and its private key, in PEM."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How a server runs. Nothing of it comes from a request."""

    port: int = DEFAULT_PORT  #: 0: one that is free
    is_lan: bool = False  #: other machines may ask too, each with the key
    needs_key: bool = False  #: also programs of this machine
    origins: tuple[str, ...] = ()  #: of web pages that may ask, besides its own: https://host:port
    hosts: tuple[str, ...] = ()  #: names that it is called by, besides those of this machine
    tls: TlsFiles | None = None

    @property
    def asks_for_key(self) -> bool:
        """Whether each request has to show the key; where other machines may ask, it always has."""
        return self.needs_key or self.is_lan


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that may be asked by its id."""

    id: str
    name: str  #: as the list shows it, in English
    is_chat: bool
    context_length: int  #: tokens, prompt and answer together, as it is or would be loaded
    added: int  #: to the list, in seconds since 1970; 0: it came with the app, or is not listed
    is_loaded: bool = False
    prompt_turns: int | None = None  #: most turns of a chat that it is given; None: all that fit


class DeskState(Enum):
    """What a desk does with its model."""

    EMPTY = "empty"  #: no model is in memory; one is loaded when it is asked
    LOADING = "loading"
    READY = "ready"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What a desk does now."""

    state: DeskState
    model: str | None = None  #: id of the one that is loaded or being loaded
    ready: ModelReady | None = None
    waiting: int = 0  #: requests in the queue, the one that runs not counted
    load_share: float | None = None  #: 0 to 1, while a model is loaded


#: Why a request ended early, where its client is told of no error.
LEFT = "the client left"
STOPPED = "the server was stopped"
BUG = "an error of the server's own"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A request that was served or refused. Nothing of a prompt or an answer is in it."""

    at: float  #: seconds since 1970
    client: str  #: its address
    method: str
    path: str  #: of a route; "…" for what is none
    status: int
    seconds: float
    model: str = ""
    queued_seconds: float = 0.0
    prompt_tokens: int = 0
    new_tokens: int = 0
    ended: str = ""  #: why it ended early: one of those above, or the code of an error
