"""What a line of a file asks for; whatever somebody wrote into it costs a bounded time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias, TypeGuard

from backends.phrases import Phrase
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.plain_json import parse_object, writable
from baichuan_desktop.services.presets.sampling import Changes, UnusableSamplingError, changes_of

#: Of a line, and of the messages in it.
MOST_BYTES, MOST_MESSAGES = 4 * 2**20, 2000
_MOST_ID = 200  # characters
_KEYS = ("id", "prompt", "messages", "system", "sampling", "adapter", "variables")  # of a line
_SHOWN = 40  # characters of a key that nobody knows

#: Names a request among the others of its file.
RequestId: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    id: RequestId
    line: int  #: counted from 1
    messages: tuple[Message, ...]  #: the last one is to be answered, or the text to go on with
    system: str | None = None  #: None: the one that the others have
    sampling: Changes = field(default_factory=dict)
    adapter: str | None = None  #: None: the one that the others have; "": none
    variables: Mapping[str, str] = field(default_factory=dict)  #: of the preset's message


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that asks for nothing that can be answered."""

    id: RequestId | None
    line: int
    reason: Phrase


class _WrongError(Exception):
    def __init__(self, reason: Phrase) -> None:
        super().__init__(str(reason))
        self.reason = reason


def lines_of(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file that hold something, and their numbers; None: it is far too long."""
    number = 0
    while line := stream.readline(MOST_BYTES + 1):
        number += 1
        is_whole = line.endswith(b"\n") or len(line) <= MOST_BYTES
        if not is_whole:
            while (rest := stream.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip():
            yield number, line


def read_line(line: bytes | None, number: int, *, chats: bool) -> Asked | Wrong:
    """The request of a line: for a chat model a conversation, else a text to continue."""
    if line is None:
        return Wrong(None, number, Phrase("it is longer than {most} bytes", most=MOST_BYTES))
    try:
        content = parse_object(line)
    except ValueError:
        return Wrong(None, number, Phrase("it is no JSON object"))
    found = content.get("id")
    if not is_id(found):
        return Wrong(None, number, Phrase("“{key}” is missing or cannot be one", key="id"))
    try:
        return _asked(content, found, number, chats=chats)
    except _WrongError as error:
        return Wrong(found, number, error.reason)


def is_id(value: object) -> TypeGuard[RequestId]:
    """Whether it can name a request."""
    if isinstance(value, str):
        return 0 < len(value) <= _MOST_ID and _is_text(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        writable(value)
    except ValueError:
        return False
    return True


def _asked(content: Mapping[str, Any], found: RequestId, number: int, *, chats: bool) -> Asked:
    unknown = next((key for key in content if key not in _KEYS), None)
    if unknown is not None:
        raise _WrongError(
            Phrase(
                "“{key}” is not known; known are: {known}",
                key=unknown[:_SHOWN],
                known=", ".join(_KEYS),
            )
        )
    return Asked(
        found,
        number,
        _messages(content, chats=chats),
        _text(content, "system") if content.get("system") is not None else None,
        _sampling(content.get("sampling")),
        _adapter(content),
        _variables(content.get("variables")),
    )


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not _is_text(value):
        raise _WrongError(Phrase("“{key}” is no text", key=key))
    return str(value)


def _adapter(content: Mapping[str, Any]) -> str | None:
    """The adapter of a request: "": none; None: the one that all have."""
    if "adapter" not in content:
        return None
    return "" if content["adapter"] is None else _text(content, "adapter")


def _messages(content: Mapping[str, Any], *, chats: bool) -> tuple[Message, ...]:
    has_prompt, has_messages = "prompt" in content, "messages" in content
    if not chats and (has_messages or not has_prompt):
        raise _WrongError(Phrase("a base model needs “prompt”, the text that it goes on with"))
    if has_prompt == has_messages:
        raise _WrongError(Phrase("it needs either “prompt” or “messages”"))
    if has_prompt:
        text = _text(content, "prompt")
        if not text.strip():
            raise _WrongError(Phrase("“{key}” is empty", key="prompt"))
        return (Message(Role.USER, text),)
    entries = content["messages"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_MESSAGES:
        raise _WrongError(
            Phrase("“messages” is no list of 1 to {most} messages", most=MOST_MESSAGES)
        )
    messages = tuple(_message(one, place) for place, one in enumerate(entries, start=1))
    if messages[-1].role is not Role.USER:
        raise _WrongError(Phrase("the last message is not of the role “user”"))
    if any(one.role is Role.SYSTEM for one in messages[1:]):
        raise _WrongError(Phrase("a message of the role “system” can only be the first"))
    return messages


def _message(entry: object, place: int) -> Message:
    if not isinstance(entry, dict) or not _is_text(entry.get("content")):
        raise _WrongError(Phrase("message {number} has no text “content”", number=place))
    role = entry.get("role")
    if role not in [one.value for one in Role]:
        raise _WrongError(
            Phrase("message {number} has no role “user”, “assistant” or “system”", number=place)
        )
    return Message(Role(role), entry["content"])


def _sampling(values: object) -> Changes:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _WrongError(Phrase("“{key}” is no object", key="sampling"))
    try:
        return changes_of(values)
    except UnusableSamplingError as error:
        raise _WrongError(
            Phrase("“{key}” of “sampling” cannot be what it is there", key=error.name[:_SHOWN])
        ) from error


def _variables(values: object) -> Mapping[str, str]:
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(_is_text(one) for one in values.values()):
        raise _WrongError(Phrase("“{key}” is no object of texts", key="variables"))
    return values
