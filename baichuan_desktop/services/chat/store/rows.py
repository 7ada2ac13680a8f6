"""Rows of the file from values, and values from rows, whatever stands in them."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    Author,
    ChatMessage,
    Conversation,
    ConversationKind,
    Folder,
    Outline,
    Status,
)

#: What a row may hold, in the order of the columns.
Row = Sequence[object]

CONVERSATION_COLUMNS: Final = (
    "id", "title", "created", "updated", "kind", "head", "has_own_title", "folder_id", "is_pinned",
    "is_unread", "trashed", "draft", "system_prompt",
)  # fmt: skip
#: The text is last: a branch is found without reading what is long.
MESSAGE_COLUMNS: Final = (
    "id", "conversation_id", "parent", "role", "status", "created", "model", "details", "text",
)  # fmt: skip
#: Of an Outline. SQLite counts the characters up to a NUL, and of bytes those.
OUTLINE_COLUMNS: Final = (
    "id", "role",
    "max(length(text) / CASE typeof(text) WHEN 'blob' THEN 4 ELSE 1 END, text NOT IN ('', x''))",
)  # fmt: skip
#: Of an Author: the details of an answer only where they name an adapter, which few do.
AUTHOR_COLUMNS: Final = (
    "id", "role",
    ("CASE WHEN details GLOB '*\"adapter\": \"[^\"]*' THEN details "
     "WHEN details NOT NULL THEN '' END"),
)  # fmt: skip
FOLDER_COLUMNS: Final = ("id", "name", "position")

#: By what stands in a row: thousands of conversations are listed at once.
_KINDS: Final = {one.value: one for one in ConversationKind}
_ROLES: Final = {one.value: one for one in Role}
_STATUSES: Final = {one.value: one for one in Status}
_NUMBERS: Final = (int, float)


def stored(text: str) -> str | bytes:
    """The text as SQLite takes it: with half surrogates it is no UTF-8, and is kept as bytes.

    >>> stored("one"), type(stored("half " + chr(0xD83D)))
    ('one', <class 'bytes'>)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def loaded(value: object) -> str:
    """The text that was stored; of a damaged row what can be read of it."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return ""
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace")


def conversation_row(one: Conversation) -> Row:
    """The row of a conversation that is kept."""
    return (
        one.id, stored(one.title), one.created, one.updated, one.kind.value, one.head,
        one.has_own_title, one.folder_id, one.is_pinned, one.is_unread, one.trashed,
        stored(one.draft), stored(one.system_prompt),
    )  # fmt: skip


def conversation_of(row: Row) -> Conversation:
    """The conversation of a row with `CONVERSATION_COLUMNS`."""
    return Conversation(
        id=_whole(row[0]) or 0,
        title=loaded(row[1]),
        created=_time(row[2]) or 0.0,
        updated=_time(row[3]) or 0.0,
        kind=_KINDS.get(loaded(row[4]), ConversationKind.CHAT),
        head=_whole(row[5]),
        has_own_title=bool(row[6]),
        folder_id=_whole(row[7]),
        is_pinned=bool(row[8]),
        is_unread=bool(row[9]),
        trashed=_time(row[10]),
        draft=loaded(row[11]),
        system_prompt=loaded(row[12]),
    )


def message_row(one: ChatMessage) -> Row:
    """The row of a message."""
    details = None if one.details is None else json.dumps(dataclasses.asdict(one.details))
    return (
        one.id, one.conversation_id, one.parent, one.role.value, one.status.value, one.created,
        stored(one.model), details, stored(one.text),
    )  # fmt: skip


def message_of(row: Row) -> ChatMessage:
    """The message of a row with `MESSAGE_COLUMNS`."""
    return ChatMessage(
        id=_whole(row[0]) or 0,
        conversation_id=_whole(row[1]) or 0,
        parent=_whole(row[2]),
        role=_ROLES.get(loaded(row[3]), Role.ASSISTANT),
        text=loaded(row[8]),
        status=_STATUSES.get(loaded(row[4]), Status.BROKEN),
        created=_time(row[5]) or 0.0,
        model=loaded(row[6]),
        details=_details(row[7]),
    )


def outline_of(row: Row) -> Outline:
    """The outline of a row with `OUTLINE_COLUMNS`."""
    return Outline(_ROLES.get(loaded(row[1]), Role.ASSISTANT), _whole(row[2]) or 0)


def author_of_message(one: ChatMessage) -> Author:
    """Who wrote a message."""
    return Author(one.id, one.role, None if one.details is None else one.details.adapter)


def author_of(row: Row) -> Author:
    """The author of a row with `AUTHOR_COLUMNS`."""
    details = _details(row[2]) if row[2] else None
    adapter = details.adapter if details is not None else ""
    role = _ROLES.get(loaded(row[1]), Role.ASSISTANT)
    return Author(_whole(row[0]) or 0, role, None if row[2] is None else adapter)


def folder_row(one: Folder) -> Row:
    """The row of a folder."""
    return (one.id, stored(one.name), one.position)


def folder_of(row: Row) -> Folder:
    """The folder of a row with `FOLDER_COLUMNS`."""
    return Folder(_whole(row[0]) or 0, loaded(row[1]), _whole(row[2]) or 0)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, _NUMBERS) and math.isfinite(value) else None


def _details(value: object) -> AnswerDetails | None:
    """The details of an answer; None if there are none, or none that can be read."""
    try:
        content = json.loads(loaded(value))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    plain = AnswerDetails()
    known: dict[str, object] = {}
    for field in dataclasses.fields(AnswerDetails):
        given, usual = content.get(field.name), getattr(plain, field.name)
        if field.name in content and isinstance(given, _kinds_of(usual)):
            known[field.name] = given
    return dataclasses.replace(plain, **known)  # type: ignore[arg-type]  # each has its kind


def _kinds_of(usual: object) -> tuple[type, ...]:
    if usual is None:  # a count, or nothing
        return (int, type(None))
    return (int, float) if isinstance(usual, float) else (type(usual),)
