"""The messages of a chat: text, of a system, a developer, a user or an assistant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from backends.text.chat_template import Message, Role
from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.schema.body import wrong

#: `developer` is what OpenAI's newer models call `system`.
_ROLES: Final = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
#: Fields of a message that is not text alone; other ones are notes of who keeps it.
_NOT_TEXT: Final = (
    "tool_calls",
    "tool_call_id",
    "function_call",
    "audio",
    "images",
    "files",
    "attachments",
)


def messages_of(content: object) -> tuple[Message, ...]:
    """The messages of a request. Raises ApiError, 400, naming the one that is wrong.

    System messages at the beginning are one, a line each: a model was trained with one.
    """
    if not isinstance(content, list):
        raise wrong("messages", "“messages” should be a list of messages.")
    messages = [_message(f"messages[{place}]", one) for place, one in enumerate(content)]
    first = next((i for i, one in enumerate(messages) if one.role is not Role.SYSTEM), None)
    if first is None:
        raise wrong("messages", "“messages” holds no message of a user, so nothing to answer.")
    for place, message in enumerate(messages[first:], first):
        if message.role is Role.SYSTEM:
            raise wrong(
                f"messages[{place}].role",
                "A message of the system can only stand before all others of a conversation.",
            )
    if first == 0:
        return tuple(messages)
    system = Message(Role.SYSTEM, "\n".join(one.text for one in messages[:first]))
    return (system, *messages[first:])


def _message(param: str, content: object) -> Message:
    if not isinstance(content, dict):
        raise wrong(param, f"“{param}” should be an object with “role” and “content”.")
    name = content.get("role")
    role = _ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise _wrong_role(f"{param}.role", name)
    for field in _NOT_TEXT:
        if content.get(field) not in (None, [], ""):
            raise _unsupported(f"{param}.{field}", "Tools, sound and pictures are not supported.")
    return Message(role, _text(f"{param}.content", content.get("content")))


def _wrong_role(param: str, name: object) -> ApiError:
    if name in ("tool", "function"):
        return _unsupported(param, "Tools are not supported, so no message is a tool's.")
    return wrong(param, f"“{param}” should be system, developer, user or assistant.")


def _text(param: str, content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not content:
        raise wrong(param, f"“{param}” should be a text, or a list of parts that are text.")
    return "\n".join(_part_texts(param, content))


def _part_texts(param: str, parts: Sequence[object]) -> Iterator[str]:
    for place, part in enumerate(parts):
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(kind, str):
            raise wrong(f"{param}[{place}]", f"“{param}[{place}]” should be a part with a “type”.")
        if kind not in ("text", "refusal"):
            raise _unsupported(
                f"{param}[{place}].type",
                "This model reads text alone: no pictures, sound or files.",
            )
        text = part.get(kind)
        if not isinstance(text, str):
            raise wrong(f"{param}[{place}].{kind}", f"“{param}[{place}].{kind}” should be a text.")
        yield text


def _unsupported(param: str, what: str) -> ApiError:
    return wrong(param, what, "unsupported_value")
