"""Open WebUI's export of chats: a list, each with its messages by id in `chat.history`.

A message has a `parentId` and `childrenIds`; `currentId` is the end of the branch that was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import AnswerDetails, Status
from baichuan_desktop.services.exchange.foreign.fields import (
    by_branch,
    count,
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

_KNOWN: Final = frozenset({
    "id", "user_id", "title", "chat", "created_at", "updated_at", "share_id", "archived", "pinned",
    "meta", "folder_id", "tasks", "summary", "last_read_at",
})  # fmt: skip
_LEFT_OUT: Final = ("archived", "folder_id", "tasks")
_CHAT: Final = frozenset({
    "id", "title", "models", "params", "history", "messages", "tags", "timestamp", "files",
    "options", "system", "originalChatId", "branchPointMessageId", "tasks",
})  # fmt: skip
_CHAT_LEFT_OUT: Final = ("files", "tags")
_MESSAGE: Final = frozenset({
    "id", "parentId", "childrenIds", "role", "content", "timestamp", "models", "model", "modelName",
    "modelIdx", "done", "files", "statusHistory", "sources", "citations", "info", "usage", "error",
    "context", "lastSentence", "userContext", "annotation", "feedbackId", "followUps", "merged",
    "selectedModelId", "stopReason", "originalContent", "code_executions", "embeds", "output",
    "completedAt", "arena", "favorite", "user", "data", "meta",
})  # fmt: skip
_MESSAGE_LEFT_OUT: Final = ("files", "sources", "citations", "merged", "code_executions", "embeds")


def is_one(value: object) -> bool:
    """Whether this is a chat of Open WebUI."""
    chat = mapping(value).get("chat")
    return isinstance(chat, dict) and ("history" in chat or "messages" in chat)


def read(value: Mapping[str, Any]) -> ReadConversation | None:
    """One chat; None where nobody says anything in it."""
    rest = Rest()
    chat = mapping(value.get("chat"))
    history = mapping(chat.get("history"))
    tell_unknown(value, _KNOWN, rest)
    tell_unknown(chat, _CHAT, rest)
    tell_left_out(value, _LEFT_OUT, rest)
    tell_left_out(chat, _CHAT_LEFT_OUT, rest)
    tell_left_out(mapping(value.get("meta")), ("tags",), rest)
    messages, current = _messages(chat, history)
    prompts = [text(mapping(chat.get("params")).get("system")) or text(chat.get("system"))]
    nodes = [_node(name, one, prompts, rest) for name, one in messages]
    title = text(value.get("title")) or text(chat.get("title"))
    frame = Frame(
        Origin.OPEN_WEBUI,
        key(value.get("id")) or key(chat.get("id")) or title,
        title,
        time_of(value.get("created_at")) or time_of(chat.get("timestamp")),
        time_of(value.get("updated_at")),
        current,
        system_prompt="\n\n".join(prompt for prompt in prompts if prompt),
        is_pinned=value.get("pinned") is True,
    )
    return grown(frame, nodes, rest)


def _messages(
    chat: Mapping[str, Any], history: Mapping[str, Any]
) -> tuple[list[tuple[str, Mapping[str, Any]]], str | None]:
    """The messages with their keys, and the last one that was shown."""
    by_id = mapping(history.get("messages"))
    if by_id:
        return list(by_branch(by_id, "childrenIds")), text(history.get("currentId")) or None
    # The first versions had a plain list only.
    found: list[tuple[str, Mapping[str, Any]]] = []
    before: str | None = None
    for number, one in enumerate(items(chat.get("messages"))):
        if isinstance(one, dict):
            name = key(one.get("id")) or str(number)
            found.append((name, {**one, "parentId": one.get("parentId", before)}))
            before = name
    return found, before


def _node(name: str, one: Mapping[str, Any], prompts: list[str], rest: Rest) -> Node:
    tell_unknown(one, _MESSAGE, rest)
    tell_left_out(one, _MESSAGE_LEFT_OUT, rest)
    parent = text(one.get("parentId")) or None
    role, said = text(one.get("role")), _said(one.get("content"), rest)
    for each in items(one.get("files")):
        if file := text(mapping(each).get("name")):
            said = f"{said}\n\n[{file[:200]}]".lstrip()
    if role == "system":
        prompts.append(said)
        return Node(name, parent)
    if role not in ("user", "assistant"):
        count_in(rest.left_out, role or "role")
        return Node(name, parent)
    usage = mapping(one.get("usage")) or mapping(one.get("info"))
    status = Status.FINISHED
    if one.get("error"):
        status = Status.BROKEN
    elif one.get("done") is False:
        status = Status.STOPPED
    return Node(
        name,
        parent,
        Role.USER if role == "user" else Role.ASSISTANT,
        said,
        time_of(one.get("timestamp")),
        text(one.get("modelName")) or text(one.get("model")),
        status,
        AnswerDetails(
            new_tokens=count(usage.get("completion_tokens")) or count(usage.get("eval_count")),
            prompt_tokens=count(usage.get("prompt_tokens"))
            or count(usage.get("prompt_eval_count")),
        ),
    )


def _said(content: object, rest: Rest) -> str:
    """The text of a message, which may be a list of parts as OpenAI's interface has them."""
    if isinstance(content, str):
        return content
    parts: list[str] = []
    for part in items(content):
        kind = text(mapping(part).get("type"))
        if kind == "text":
            parts.append(text(mapping(part).get("text")))
        else:
            count_in(rest.left_out, kind or "content")
            parts.append(f"[{kind[:60] or '?'}]")
    return "\n\n".join(part for part in parts if part)
