"""How long something still takes, in words."""

from __future__ import annotations

import math

from backends.phrases import Phrase

_FEW, _STEP = 10, 5
_MINUTE, _HOUR = 60, 3600

#: Said of what cannot be told yet.
_NOT_KNOWN = Phrase("Time left: not known yet")


def left_for_step(seconds: float | None) -> Phrase:
    """How long a step still takes, in words."""
    if seconds is None:
        return _NOT_KNOWN
    if seconds < _MINUTE:
        return Phrase("Less than a minute left for this step")
    if seconds < _HOUR:
        return Phrase("About {count} min left for this step", count=round(seconds / _MINUTE))
    return Phrase("About {count} h left for this step", count=f"{seconds / _HOUR:.1f}")


def left_in_all(seconds: float | None) -> Phrase:
    """How long a job still takes, in words."""
    if seconds is None:
        return _NOT_KNOWN
    if seconds < _MINUTE:
        return Phrase("Less than a minute left")
    if seconds < _HOUR:
        return Phrase("About {count} min left", count=round(seconds / _MINUTE))
    return Phrase("About {count} h left", count=f"{seconds / _HOUR:.1f}")


def left_soon(seconds: float | None) -> Phrase | None:
    """How long a model still loads, or reads a prompt, in words; None while nobody knows.

    In steps of seconds, as most of it is over in a minute.
    """
    if seconds is None:
        return None
    if seconds < _FEW:
        return Phrase("a few seconds left")
    rounded = _STEP * math.ceil(seconds / _STEP)
    if rounded < _MINUTE:
        return Phrase("about {count} s left", count=rounded)
    if seconds < _HOUR:
        return Phrase("about {count} min left", count=max(round(seconds / _MINUTE), 1))
    return Phrase("about {count} h left", count=f"{seconds / _HOUR:.1f}")
