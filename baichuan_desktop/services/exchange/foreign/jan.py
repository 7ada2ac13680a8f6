"""Jan's threads: a folder each, with thread.json and messages.jsonl.

The messages of a thread follow each other: it has no branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import AnswerDetails, Status
from baichuan_desktop.services.exchange.foreign.fields import (
    count,
    items,
    key,
    mapping,
    number,
    tell_left_out,
    tell_unknown,
    text,
    time_of,
)
from baichuan_desktop.services.exchange.foreign.growing import Frame, Node, grown
from baichuan_desktop.services.exchange.values import Origin, ReadConversation, Rest, count_in

THREAD: Final = "thread.json"
MESSAGES: Final = "messages.jsonl"

_KNOWN: Final = frozenset({
    "id", "object", "title", "assistants", "created", "updated", "metadata", "model", "isFavorite",
    "order", "summary",
})  # fmt: skip
_MESSAGE: Final = frozenset({
    "id", "object", "thread_id", "assistant_id", "attachments", "role", "content", "status",
    "created", "created_at", "completed_at", "updated", "metadata", "type", "error_code",
    "tool_call_id", "text",
})  # fmt: skip
_STATUSES: Final = {
    "pending": Status.BROKEN, "error": Status.BROKEN, "stopped": Status.STOPPED,
}  # fmt: skip


def is_one(value: object) -> bool:
    """Whether this is what Jan writes of a thread."""
    one = mapping(value)
    return one.get("object") == "thread" or ("id" in one and "assistants" in one)


def read(
    thread: Mapping[str, Any], messages: Iterable[object], folder: str
) -> ReadConversation | None:
    """One thread and its messages; `folder` is the name of its folder."""
    rest = Rest()
    tell_unknown(thread, _KNOWN, rest)
    more = mapping(thread.get("metadata"))
    assistant = mapping(next(iter(items(thread.get("assistants"))), None))
    model = text(mapping(assistant.get("model")).get("id"))
    model = model or text(mapping(thread.get("model")).get("id"))
    prompts = [text(assistant.get("instructions"))]
    nodes: list[Node] = []
    for place, one in enumerate(messages):
        if not isinstance(one, dict):
            count_in(rest.left_out, MESSAGES)
            continue
        before = nodes[-1].key if nodes else None
        nodes.append(_node(one, place, before, model, prompts, rest))
    frame = Frame(
        Origin.JAN,
        key(thread.get("id")) or folder,
        text(thread.get("title")) or text(more.get("title")) or text(thread.get("summary")),
        time_of(thread.get("created")),
        time_of(thread.get("updated")) or time_of(more.get("updated_at")),
        nodes[-1].key if nodes else None,
        system_prompt="\n\n".join(prompt for prompt in prompts if prompt),
        is_pinned=thread.get("isFavorite") is True or more.get("is_favorite") is True,
    )
    return grown(frame, nodes, rest)


def _node(
    one: Mapping[str, Any],
    place: int,
    before: str | None,
    model: str,
    prompts: list[str],
    rest: Rest,
) -> Node:
    tell_unknown(one, _MESSAGE, rest)
    tell_left_out(one, ("attachments",), rest)
    name = key(one.get("id")) or str(place)
    role, said = text(one.get("role")), _said(one.get("content"), rest)
    if role == "system":
        prompts.append(said)
        return Node(name, before)
    if role not in ("user", "assistant"):
        count_in(rest.left_out, role or "role")
        return Node(name, before)
    more = mapping(one.get("metadata"))
    made = mapping(more.get("tokenSpeed"))
    return Node(
        name,
        before,
        Role.USER if role == "user" else Role.ASSISTANT,
        said,
        time_of(one.get("created_at")) or time_of(one.get("created")),
        text(mapping(more.get("assistant")).get("model")) or text(more.get("modelId")) or model,
        _STATUSES.get(text(one.get("status")), Status.FINISHED),
        AnswerDetails(
            new_tokens=count(made.get("tokenCount")),
            tokens_per_second=number(made.get("tokenSpeed")),
        ),
    )


def _said(content: object, rest: Rest) -> str:
    if isinstance(content, str):
        return content
    parts: list[str] = []
    for part in items(content):
        kind = text(mapping(part).get("type"))
        if kind == "text":
            value = mapping(part).get("text")
            parts.append(text(mapping(value).get("value")) or text(value))
            continue
        count_in(rest.left_out, kind or "content")
        if kind == "image_url":
            parts.append(f"[{kind}]")
    return "\n\n".join(part for part in parts if part)
