"""Errors of running a model: it cannot be loaded as asked for, or an answer cannot go on."""

from __future__ import annotations

from ..phrases import Fact, Phrase
from .base import UserFacingError, apart_in_gib, in_gib, rebuild


class BackendError(UserFacingError):
    """A model cannot be run in the way that was asked for."""

    help_topic = "backend"


class BackendUnavailableError(BackendError):
    """This machine, or this version of the app, lacks what a precision needs."""

    help_topic = "precision-not-available"

    def __init__(
        self, template: str, *, hint: str = "Choose the precision “auto”.", **facts: Fact
    ) -> None:
        super().__init__(template, hint=hint, **facts)


_MEMORY_HINT = "Close other programs, choose a smaller precision, context length or model."
_LIMIT_HINT = "Raise that limit, or choose a smaller precision, context length or model."


class InsufficientMemoryError(BackendError):
    """The weights, or the KV cache, do not fit in memory."""

    help_topic = "insufficient-memory"

    def __init__(
        self,
        *,
        device: str | Phrase,
        needed_bytes: int,
        free_bytes: int,
        limit_bytes: int | None = None,
        by: Phrase | None = None,
    ) -> None:
        """`by` is what allows no more than `limit_bytes`, if it is not the device itself."""
        needed, free = apart_in_gib(needed_bytes, free_bytes)
        if by is None or limit_bytes is None:
            super().__init__(
                "The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free.",
                hint=_MEMORY_HINT,
                needed=needed,
                device=device,
                free=free,
            )
            return
        super().__init__(
            "The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free of the "
            "{limit:.1f} GiB that {by} allows.",
            hint=_LIMIT_HINT,
            needed=needed,
            device=device,
            free=free,
            limit=in_gib(limit_bytes),
            by=by,
        )

    @classmethod
    def ran_out(
        cls, free_bytes: int, limit_bytes: int, by: Phrase | None
    ) -> InsufficientMemoryError:
        """The error of memory that was refused without a word of how much it should have been."""
        free, limit = in_gib(free_bytes), in_gib(limit_bytes)
        if by is None:
            return cls.because(
                Phrase(
                    "Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that this "
                    "machine has.",
                    free=free,
                    limit=limit,
                )
            )
        return cls.because(
            Phrase(
                "Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that {by} allows.",
                free=free,
                limit=limit,
                by=by,
            ),
            is_limited=True,
        )

    @classmethod
    def because(
        cls,
        sentence: Phrase,
        *,
        is_limited: bool = False,
        hint: str | Phrase | None = None,
    ) -> InsufficientMemoryError:
        """The error whose sentence is made already; `is_limited` by more than what there is.

        `hint` is the one of who knows more: what does run.
        """
        if hint is None:
            hint = _LIMIT_HINT if is_limited else _MEMORY_HINT
        error = rebuild(cls, "{why}", hint, {"why": sentence})
        assert isinstance(error, cls)
        return error


_LOST_HINT = "The text so far is kept. Load the model again, or choose the device “cpu”."


class GpuLostError(BackendError):
    """The driver, or a card, stopped working."""

    help_topic = "graphics-card-lost"

    def __init__(self, what: str | Phrase, *, device: str | None = None) -> None:
        """`device` is the name of the card, where it is known which one it is."""
        if device is None:
            super().__init__(
                "The graphics card stopped working: {what}.", hint=_LOST_HINT, what=what
            )
            return
        super().__init__(
            "{device} stopped working: {what}.", hint=_LOST_HINT, device=device, what=what
        )


class CardUnavailableError(BackendError):
    """A card, its driver or the libraries for it cannot be used; nothing ran on it."""

    help_topic = "graphics-card-not-usable"

    def __init__(self, template: str, *, hint: str, **facts: Fact) -> None:
        super().__init__(template, hint=hint, **facts)


class GenerationError(UserFacingError):
    """An answer cannot be begun or continued."""

    help_topic = "generation"


class ContextLengthExceededError(GenerationError):
    """What must be in the prompt is longer than the model can read."""

    help_topic = "prompt-too-long"

    def __init__(self, *, what: str, prompt_tokens: int, context_length: int) -> None:
        super().__init__(
            "{what} needs {prompt_tokens} tokens, but this model reads {context_length} tokens, "
            "prompt and answer together.",
            what=what,
            prompt_tokens=prompt_tokens,
            context_length=context_length,
            hint="Shorten the text, or send it in parts.",
        )


class InvalidLogitsError(GenerationError):
    """The model computed NaN or infinity: its weights are damaged."""

    help_topic = "invalid-numbers"

    def __init__(self) -> None:
        super().__init__(
            "The model's result is not a number, so the answer was stopped.",
            hint="The weight files are probably damaged: copy the model again from its source.",
        )


class InvalidRequestError(GenerationError):
    """A sampling option or a message is outside of what is possible."""

    help_topic = "invalid-setting"
