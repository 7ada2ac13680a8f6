"""Errors of the engine process."""

from __future__ import annotations

from typing import ClassVar

from ..phrases import Phrase
from .base import UserFacingError


class EngineError(UserFacingError):
    """The engine process cannot be used."""

    help_topic = "engine-stopped"


class EngineCrashedError(EngineError):
    """The engine process ended without having finished what it was asked."""

    _HINT: ClassVar[str] = "The text so far is kept. Your next message starts a fresh engine."

    def __init__(self, reason: str | Phrase) -> None:
        super().__init__(
            "The engine that runs the model stopped: {reason}.", reason=reason, hint=self._HINT
        )


class EngineKilledError(EngineCrashedError):
    """The system ended the engine process, as it does when memory runs out."""


class EngineCardError(EngineCrashedError):
    """A library ended the engine process after an error of a card."""

    help_topic = "graphics-card-lost"
    _HINT = "The text so far is kept. Load the model again, or choose the device “cpu”."


class EngineEndedError(EngineError):
    """The engine process was ended on purpose: by the button of the window, or with it."""

    def __init__(self) -> None:
        super().__init__(
            "The engine that runs the model was ended, as you asked.",
            hint="Load the model again, or choose another one.",
        )


class EngineProtocolError(EngineError):
    """A frame on the pipe is not one that this version understands."""
