"""What comes of a case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """How far a case came."""

    REFUSED = "refused"  #: by the reader, with a sentence; of a cache: nothing is found
    ACCEPTED = "accepted"  #: by the reader; what followed gave a sentence
    RAN = "ran"  #: a prompt and one token; of a cache: a model is found whole
    FAILED = "failed"  #: something else than a sentence


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; `trace` where it failed."""

    stage: Stage
    trace: str = ""
