"""Frames on the pipe between window and engine: a length, then one JSON object.

    {"id": 7, "type": "TextDelta", "value": {"text": "你好"}}

Values are the frozen dataclasses of `engine_requests` and `events`, written field by field and read
back against their type hints, so that a frame that does not fit is an error and not a surprise.
"""

from __future__ import annotations

import json
import struct
import typing
from dataclasses import dataclass
from typing import IO

from .. import events
from ..errors import EngineProtocolError, UserFacingError
from . import engine_requests
from .typed_json import from_json, to_json
from .wire_phrases import error_from_wire, error_to_wire

_LENGTH = struct.Struct(">I")
_MAX_FRAME_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request whose id the frame carries; a no-op if it has ended."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The engine process is alive; `steps` grows as long as its request goes on."""

    steps: int


@dataclass(frozen=True, slots=True)
class Done:
    """A request ended without failure. End of file without it is a crash."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A request ended with an error for the person."""

    error: dict[str, object]

    @classmethod
    def of(cls, error: UserFacingError) -> Failed:
        """The frame that carries an error."""
        return cls(error_to_wire(error))

    def exception(self) -> UserFacingError:
        """The error that the frame carries."""
        return error_from_wire(self.error)


Payload = events.EngineEvent | engine_requests.Request | Cancel | Alive | Done | Failed

_TYPES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *typing.get_args(events.EngineEvent),
        *typing.get_args(engine_requests.Request),
        Cancel,
        Alive,
        Done,
        Failed,
    )
}


def write_frame(stream: IO[bytes], request_id: int, payload: Payload) -> None:
    """Write one frame and flush. Raises OSError when the other side is gone."""
    frame = {"id": request_id, "type": type(payload).__name__, "value": to_json(payload)}
    data = json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[int, Payload] | None:
    """The next frame's request id and payload, or None at end of file.

    Raises EngineProtocolError on anything that is not a frame.
    """
    header = stream.read(_LENGTH.size)
    if not header:
        return None
    if len(header) < _LENGTH.size:
        raise EngineProtocolError("The pipe to the engine ended in the middle of a frame.")
    (length,) = _LENGTH.unpack(header)
    if length > _MAX_FRAME_BYTES:
        raise EngineProtocolError(
            "A frame of {length} bytes on the pipe to the engine.", length=length
        )
    data = stream.read(length)
    if len(data) < length:
        raise EngineProtocolError("The pipe to the engine ended in the middle of a frame.")
    try:
        frame = json.loads(data.decode("utf-8", "surrogatepass"))
        payload = from_json(_TYPES[frame["type"]], frame["value"])
        if isinstance(payload, Failed):
            payload.exception()
        return int(frame["id"]), payload
    except Exception as error:  # anything: a name that is none, a number beyond all bounds
        raise EngineProtocolError(
            "A frame that is not understood: {data}.", data=repr(data[:80])
        ) from error
