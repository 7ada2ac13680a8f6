"""ChatGPT's export: conversations.json, or its parts, in the zip that is sent to a person.

Each conversation has a `mapping` of nodes by id, with `parent` and `children`, and the
`current_node` at the end of the branch that was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import Status
from baichuan_desktop.services.exchange.foreign.fields import (
    by_branch,
    items,
    key,
    mapping,
    tell_left_out,
    tell_unknown,
    text,
    time_of,
)
from baichuan_desktop.services.exchange.foreign.growing import Frame, Node, grown
from baichuan_desktop.services.exchange.values import Origin, ReadConversation, Rest, count_in

#: Of a conversation: what is read, and what is known to be of no use elsewhere.
_KNOWN: Final = frozenset({
    "title", "create_time", "update_time", "mapping", "current_node", "conversation_id", "id",
    "moderation_results", "plugin_ids", "conversation_template_id", "gizmo_id", "gizmo_type",
    "is_archived", "is_starred", "safe_urls", "blocked_urls", "default_model_slug",
    "conversation_origin", "voice", "async_status", "disabled_tool_ids", "is_do_not_remember",
    "memory_scope", "context_scopes", "sugar_item_id", "sugar_item_visible", "is_read_only",
    "is_study_mode", "owner", "pinned_time", "workspace_id", "is_temporary_chat",
})  # fmt: skip
_LEFT_OUT: Final = ("is_archived", "gizmo_id", "voice")
_NODE: Final = frozenset({"id", "message", "parent", "children"})
_MESSAGE: Final = frozenset({
    "id", "author", "create_time", "update_time", "content", "status", "end_turn", "weight",
    "metadata", "recipient", "channel",
})  # fmt: skip
_STATUSES: Final = {"in_progress": Status.BROKEN, "finished_partial_completion": Status.CUT}
_ENDS: Final = {"max_tokens": Status.CUT, "interrupted": Status.STOPPED}


def is_one(value: object) -> bool:
    """Whether this is a conversation of ChatGPT."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def read(value: Mapping[str, Any]) -> ReadConversation | None:
    """One conversation; None where nobody says anything in it."""
    rest = Rest()
    tell_unknown(value, _KNOWN, rest)
    tell_left_out(value, _LEFT_OUT, rest)
    prompts: list[str] = []
    by_id = by_branch(mapping(value.get("mapping")), "children")
    nodes = [_node(name, node, prompts, rest) for name, node in by_id]
    frame = Frame(
        Origin.CHATGPT,
        key(value.get("conversation_id")) or key(value.get("id")) or text(value.get("title")),
        text(value.get("title")),
        time_of(value.get("create_time")),
        time_of(value.get("update_time")),
        text(value.get("current_node")) or None,
        system_prompt="\n\n".join(prompts),
        is_pinned=value.get("is_starred") is True or value.get("pinned_time") is not None,
    )
    return grown(frame, nodes, rest)


def _node(name: str, node: Mapping[str, Any], prompts: list[str], rest: Rest) -> Node:
    tell_unknown(node, _NODE, rest)
    parent = node.get("parent") if isinstance(node.get("parent"), str) else None
    silent = Node(name, parent)
    message = node.get("message")
    if not isinstance(message, dict):
        return silent
    tell_unknown(message, _MESSAGE, rest)
    more = mapping(message.get("metadata"))
    role = text(mapping(message.get("author")).get("role"))
    content = mapping(message.get("content"))
    kind = text(content.get("content_type"))
    if role == "system":
        said = _said(content, Rest())
        if said and not more.get("is_visually_hidden_from_conversation"):
            prompts.append(said)
        elif said:
            count_in(rest.left_out, "system")
        return silent
    if role not in ("user", "assistant"):
        count_in(rest.left_out, role or "author")
        return silent
    if role == "assistant" and text(message.get("recipient")) not in ("", "all"):
        count_in(rest.left_out, "recipient")  # it is meant for a tool
        return silent
    said = _said(content, rest)
    for each in items(more.get("attachments")):
        count_in(rest.left_out, "attachments")
        if file := text(mapping(each).get("name")):
            said = f"{said}\n\n[{file[:200]}]".lstrip()
    if not said:
        if kind != "text":
            count_in(rest.left_out, kind or "content_type")
        return silent
    ended = text(mapping(more.get("finish_details")).get("type"))
    status = _ENDS.get(ended) or _STATUSES.get(text(message.get("status"))) or Status.FINISHED
    return Node(
        name,
        parent,
        Role.USER if role == "user" else Role.ASSISTANT,
        said,
        time_of(message.get("create_time")),
        text(more.get("model_slug")),
        status,
    )


def _said(content: Mapping[str, Any], rest: Rest) -> str:
    """The text of a message; a part that is none leaves its kind in brackets."""
    match text(content.get("content_type")):
        case "text" | "multimodal_text":
            parts = [_part(one, rest) for one in items(content.get("parts"))]
            return "\n\n".join(part for part in parts if part)
        case "code":
            code = text(content.get("text"))
            language = text(content.get("language"))
            return f"```{language if language.isalnum() else ''}\n{code}\n```" if code else ""
        case _:
            return ""


def _part(part: object, rest: Rest) -> str:
    if isinstance(part, str):
        return part
    kind = text(mapping(part).get("content_type"))
    if kind == "audio_transcription":
        return text(mapping(part).get("text"))
    count_in(rest.left_out, kind or "parts")
    return f"[{kind[:60] or '?'}]"
