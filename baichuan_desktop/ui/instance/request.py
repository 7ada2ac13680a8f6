"""What a second start asks of the first: one line of JSON, read strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass

#: More bytes than this are no request. Paths have 4,096 bytes at most, each of them six in JSON.
MOST_BYTES = 32_768
_MOST_TOKEN = 512  # characters
_VERSION = 1


@dataclass(frozen=True, slots=True)
class RaiseRequest:
    """The window shall come to the front, and a model be loaded."""

    model: str | None = None  #: an id, or a folder's absolute path
    token: str = ""  #: by which the desktop lets a window come to the front


def encode(request: RaiseRequest) -> bytes:
    """The request as a line."""
    fields = {"version": _VERSION, "model": request.model, "token": request.token[:_MOST_TOKEN]}
    return json.dumps(fields).encode("ascii") + b"\n"


def decode(line: bytes) -> RaiseRequest | None:
    """The request of a line; None where it is none, whatever else it may be."""
    if len(line) > MOST_BYTES:
        return None
    try:
        fields = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.keys() != {"version", "model", "token"}:
        return None
    model, token = fields["model"], fields["token"]
    if fields["version"] != _VERSION or not (model is None or isinstance(model, str)):
        return None
    if not isinstance(token, str) or len(token) > _MOST_TOKEN or "\0" in token + (model or ""):
        return None
    return RaiseRequest(model, token)
