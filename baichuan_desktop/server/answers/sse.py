"""A stream of server-sent events, as bytes; an event is never split."""

from __future__ import annotations

import json
from typing import Final

from baichuan_desktop.server.answers.head import ApiObject

MEDIA_TYPE: Final = "text/event-stream; charset=utf-8"

#: The last event of every stream.
DONE: Final = b"data: [DONE]\n\n"

#: Ends of lines for some clients, which split what they have decoded; JSON may name them instead.
_LINE_ENDS: Final = str.maketrans(
    {character: f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}
)


def data(content: ApiObject) -> bytes:
    """An event that holds an object."""
    return b"data: " + as_json(content) + b"\n\n"


def comment(text: str) -> bytes:
    """What clients skip: that something is done for them yet."""
    return f": {text}\n\n".encode()


def as_json(content: ApiObject) -> bytes:
    """An object on one line of UTF-8."""
    line = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return line.translate(_LINE_ENDS).encode()
