"""Errors of serving other programs: what keeps a server from running, what it cannot take in."""

from __future__ import annotations

from pathlib import Path

from ..phrases import Phrase
from .base import UserFacingError


class ServerError(UserFacingError):
    """A server that cannot be run."""

    help_topic = "the-server"


class ServerLibrariesError(ServerError):
    """The libraries of the server are not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(
            "The server needs {library}, which is not installed.",
            hint="Install the app with its extra “server”: the lock of the app has all of it.",
            library=library,
        )


class PortTakenError(ServerError):
    """Another program listens where the server should."""

    def __init__(self, port: int, reason: str | Phrase) -> None:
        super().__init__(
            "The server cannot listen on port {port}: {reason}.",
            hint="Choose another port, or end the program that has this one.",
            port=str(port),  # a number would be grouped
            reason=reason if isinstance(reason, Phrase) else Phrase("{text}", text=reason),
        )


class ServerStoppedError(ServerError):
    """Nobody wanted it, but the server does not run any more."""

    def __init__(self) -> None:
        super().__init__(
            "The server has ended by itself.",
            hint="Start it again; what was asked of it has to be asked again.",
        )


class KeyFileError(ServerError):
    """The key that programs show cannot be read, made or trusted."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "The key in “{file}” cannot be used: {reason}.",
            hint="Move the file away, and a new key is made; programs need the new one then.",
            file=str(file),
            reason=reason if isinstance(reason, Phrase) else Phrase("{text}", text=reason),
        )


class TlsFilesError(ServerError):
    """Certificate or private key that cannot be used."""

    def __init__(self, file: Path, reason: str | Phrase) -> None:
        super().__init__(
            "“{file}” cannot be used for TLS: {reason}.",
            hint="Name a certificate chain and its private key, without a password, in PEM.",
            file=str(file),
            reason=reason if isinstance(reason, Phrase) else Phrase("{text}", text=reason),
        )


class QueueFullError(ServerError):
    """More requests wait than the queue takes in."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            "{waiting} requests are waiting already, and no more are taken in.",
            hint="Ask again in a moment.",
            waiting=waiting,
        )


class NoModelServedError(ServerError):
    """A window that has no model for anybody."""

    def __init__(self) -> None:
        super().__init__(
            "No model is loaded in the window that serves.",
            hint="Have the person at this machine choose one.",
        )


class ModelNotServedError(ServerError):
    """A model that is here, but is not the one that this server answers with."""

    def __init__(self, model_id: str, served: str) -> None:
        super().__init__(
            "“{model}” is not served here, only “{served}” is.",
            hint="Ask for that one, or have the person at this machine choose another model.",
            model=model_id,
            served=served,
        )
