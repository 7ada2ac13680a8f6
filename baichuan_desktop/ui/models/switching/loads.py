"""A load that is on its way, and what was tried for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.wish import LoadWish

#: A model, how it was wanted, and with which exports: what is the same has the same end.
Attempt = tuple[Path, LoadWish, tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Load:
    """A load that is on its way."""

    request_id: int
    wanted: WantedModel
    otherwise: WantedModel | None  #: what ran before, and comes back if this fails
    tried: frozenset[Attempt]  #: this one too
    still: WantedModel | None  #: the engine has it until it hears of this load
