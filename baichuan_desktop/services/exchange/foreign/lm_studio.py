"""LM Studio's conversations: a file each, of which every message has versions.

A question is a single step; an answer has several, of which some are what the model thought. Its
folders are folders of the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import AnswerDetails, Status
from baichuan_desktop.services.exchange.foreign.fields import (
    count,
    items,
    mapping,
    number,
    tell_left_out,
    tell_unknown,
    text,
    time_of,
)
from baichuan_desktop.services.exchange.foreign.growing import Frame, Node, grown
from baichuan_desktop.services.exchange.values import Origin, ReadConversation, Rest, count_in

SUFFIX: Final = ".conversation.json"

_KNOWN: Final = frozenset({
    "name", "pinned", "createdAt", "preset", "tokenCount", "systemPrompt", "messages",
    "usePerChatPredictionConfig", "perChatPredictionConfig", "clientInput", "clientInputFiles",
    "userFilesSizeBytes", "lastUsedModel", "notes", "plugins", "pluginConfigs",
    "disabledPluginTools", "looseFiles", "userLastMessagedAt", "assistantLastMessagedAt",
})  # fmt: skip
_LEFT_OUT: Final = ("notes", "clientInputFiles", "looseFiles")
_LAST: Final = ("userLastMessagedAt", "assistantLastMessagedAt")
_MESSAGE: Final = frozenset({"versions", "currentlySelected"})
_VERSION: Final = frozenset({
    "type", "role", "content", "preprocessed", "processed", "senderInfo", "steps", "edited",
})  # fmt: skip
_STEP: Final = frozenset({
    "type", "stepIdentifier", "content", "defaultShouldIncludeInContext", "shouldIncludeInContext",
    "genInfo", "style", "prefix", "suffix",
})  # fmt: skip
_ENDS: Final = {
    "userStopped": Status.STOPPED, "maxPredictedTokensReached": Status.CUT,
    "contextLengthReached": Status.CUT, "failed": Status.BROKEN,
}  # fmt: skip


def is_one(value: object) -> bool:
    """Whether this is a conversation of LM Studio."""
    messages = mapping(value).get("messages")
    if not isinstance(messages, list) or "createdAt" not in mapping(value):
        return False
    return not messages or any("versions" in mapping(one) for one in messages[:10])


def read(value: Mapping[str, Any], path: str) -> ReadConversation | None:
    """One conversation; `path` is the name of its file, with its folders."""
    rest = Rest()
    tell_unknown(value, _KNOWN, rest)
    tell_left_out(value, _LEFT_OUT, rest)
    created = time_of(value.get("createdAt"))
    nodes: list[Node] = []
    before: str | None = None
    for place, message in enumerate(items(value.get("messages"))):
        tell_unknown(mapping(message), _MESSAGE, rest)
        versions = items(mapping(message).get("versions"))
        chosen = count(mapping(message).get("currentlySelected"))
        for version, one in enumerate(versions):
            node = _node(f"{place}.{version}", before, mapping(one), rest)
            nodes.append(node)
        if versions:
            before = f"{place}.{min(chosen, len(versions) - 1)}"
    *folders, file = path.split("/")
    frame = Frame(
        Origin.LM_STUDIO,
        file if created is None else repr(created),
        text(value.get("name")),
        created,
        max(filter(None, (time_of(value.get(name)) for name in _LAST)), default=None),
        before,
        system_prompt=text(value.get("systemPrompt")) or _configured_prompt(value),
        is_pinned=value.get("pinned") is True,
        folder=folders[-1] if folders and folders[-1] != "conversations" else "",
    )
    return grown(frame, nodes, rest)


def _configured_prompt(value: Mapping[str, Any]) -> str:
    for field in items(mapping(value.get("perChatPredictionConfig")).get("fields")):
        if mapping(field).get("key") == "llm.prediction.systemPrompt":
            return text(mapping(field).get("value"))
    return ""


def _node(name: str, before: str | None, version: Mapping[str, Any], rest: Rest) -> Node:
    tell_unknown(version, _VERSION, rest)
    role = text(version.get("role"))
    if role not in ("user", "assistant"):
        count_in(rest.left_out, role or "role")
        return Node(name, before)
    said = _said(items(version.get("steps")), rest)
    said.take(version.get("content"), rest)  # of a single step
    stats = mapping(said.made.get("stats"))
    return Node(
        name,
        before,
        Role.USER if role == "user" else Role.ASSISTANT,
        "\n\n".join(part for part in said.parts if part),
        said.created,
        text(said.made.get("indexedModelIdentifier"))
        or text(said.made.get("identifier"))
        or text(mapping(version.get("senderInfo")).get("senderName")),
        _ENDS.get(text(stats.get("stopReason")), Status.FINISHED),
        AnswerDetails(
            new_tokens=count(stats.get("predictedTokensCount")),
            prompt_tokens=count(stats.get("promptTokensCount")),
            tokens_per_second=number(stats.get("tokensPerSecond")),
        ),
    )


class _Said:
    """What the steps of an answer say, and how it was made."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.created: float | None = None
        self.made: Mapping[str, Any] = {}

    def take(self, content: object, rest: Rest) -> None:
        """Take the parts of a step."""
        for part in items(content):
            kind = text(mapping(part).get("type"))
            if kind == "text":
                self.parts.append(text(mapping(part).get("text")))
                continue
            count_in(rest.left_out, kind or "content")
            if kind == "file":
                name = text(mapping(part).get("fileIdentifier"))
                self.parts.append(f"[{name[:200] or 'file'}]")


def _said(steps: list[Any], rest: Rest) -> _Said:
    found = _Said()
    for one in steps:
        step = mapping(one)
        tell_unknown(step, _STEP if step.get("type") == "contentBlock" else step, rest)
        # “1733000000000-0.123”: when the step began, and a random number.
        begun = text(step.get("stepIdentifier")).partition("-")[0]
        if found.created is None and begun.isdecimal() and len(begun) < 16:
            found.created = time_of(int(begun))
        if step.get("type") != "contentBlock":
            count_in(rest.left_out, text(step.get("type")) or "step")
            continue
        if mapping(step.get("style")).get("type") == "thinking":
            count_in(rest.left_out, "thinking")
            continue
        found.take(step.get("content"), rest)
        found.made = mapping(step.get("genInfo")) or found.made
    return found
