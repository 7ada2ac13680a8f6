"""What every object of one answer begins with."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from backends.events import ModelReady

#: An object of the API, before it is JSON.
ApiObject = dict[str, Any]

_ID_BYTES: Final = 15  # 120 bits: no two answers have the same
_FINGERPRINT_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """The same in all objects of an answer."""

    id: str
    created: int  #: seconds since 1970
    model: str
    fingerprint: str | None  #: of what the answer depends on, besides the request

    def of(self, kind: str) -> ApiObject:
        """The beginning of an object of this kind."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


def new_head(prefix: str, model: str, ready: ModelReady | None) -> AnswerHead:
    """The head of an answer that begins now."""
    fingerprint = None if ready is None else fingerprint_of(ready)
    return AnswerHead(prefix + secrets.token_hex(_ID_BYTES), int(time.time()), model, fingerprint)


def fingerprint_of(ready: ModelReady) -> str:
    """Equal where the same request with the same seed gives the same answer.

    A model that was moved is the same one.
    """
    adapter = None if ready.adapter is None else ready.adapter.folder
    facts = (
        ready.family.value,
        ready.parameters,
        ready.backend.value,
        ready.precision.value,
        ready.head_in_8_bits,
        ready.device_name,
        ready.context_length,
        adapter,
    )
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()
    return f"fp_{digest[:_FINGERPRINT_DIGITS]}"
