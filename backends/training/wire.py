"""Frames between a training and whoever watches it: a length, then one JSON object.

    {"type": "TrainingStep", "value": {"step": 7, ...}}

One `TrainingRequest` goes in, then `PauseTraining` or `StopTraining`; events come out, then `Done`
or `Failed`, and `Alive` every second as long as the process lives.
"""

from __future__ import annotations

import json
import struct
import typing
from dataclasses import dataclass
from typing import IO

from ..errors import EngineProtocolError
from ..protocol.frames import Alive, Done, Failed
from ..protocol.typed_json import from_json, to_json
from . import events
from .values import TrainingRequest

_LENGTH = struct.Struct(">I")
_MAX_FRAME_BYTES = 64 * 2**20  # a request may name any number of files


@dataclass(frozen=True, slots=True)
class PauseTraining:
    """Keep a checkpoint after the step that is computed, and end."""


@dataclass(frozen=True, slots=True)
class StopTraining:
    """End after the step that is computed; what was kept stays."""


TrainingPayload = (
    TrainingRequest | PauseTraining | StopTraining | events.TrainingEvent | Alive | Done | Failed
)
_TYPES: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(TrainingPayload)}


def write_training(stream: IO[bytes], payload: TrainingPayload) -> None:
    """Write one frame and flush. Raises OSError when the other side is gone."""
    frame = {"type": type(payload).__name__, "value": to_json(payload)}
    data = json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_training(stream: IO[bytes]) -> TrainingPayload | None:
    """The next frame, or None at end of file. Raises EngineProtocolError for what is none."""
    header = stream.read(_LENGTH.size)
    if not header:
        return None
    (length,) = _LENGTH.unpack(header) if len(header) == _LENGTH.size else (_MAX_FRAME_BYTES + 1,)
    if length > _MAX_FRAME_BYTES:
        raise EngineProtocolError("A frame on the pipe to the training is cut or too long.")
    data = stream.read(length)
    if len(data) < length:
        raise EngineProtocolError("A frame on the pipe to the training is cut or too long.")
    try:
        frame = json.loads(data.decode("utf-8", "surrogatepass"))
        payload: TrainingPayload = from_json(_TYPES[frame["type"]], frame["value"])
        if isinstance(payload, Failed):
            payload.exception()
    except Exception as error:  # anything: a name that is none, a number beyond all bounds
        raise EngineProtocolError(
            "A frame that is not understood: {data}.", data=repr(data[:80])
        ) from error
    return payload
