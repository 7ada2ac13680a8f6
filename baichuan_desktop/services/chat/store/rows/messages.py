"""Rows of messages: whole, in outline, and who wrote them."""

from __future__ import annotations

import dataclasses
import json
from typing import Final

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.rows.attached import attachments_column, attachments_of
from baichuan_desktop.services.chat.store.rows.plain import (
    Row,
    json_of,
    loaded,
    stored,
    time,
    whole,
)
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    Author,
    ChatMessage,
    Outline,
    Status,
)

#: What is long stands behind the rest: a branch is found without reading it.
MESSAGE_COLUMNS: Final = (
    "id", "conversation_id", "parent", "role", "status", "created", "model", "details", "text",
    "attachments",
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

#: By what stands in a row.
_ROLES: Final = {one.value: one for one in Role}
_STATUSES: Final = {one.value: one for one in Status}


def message_row(one: ChatMessage) -> Row:
    """The row of a message."""
    details = None if one.details is None else json.dumps(dataclasses.asdict(one.details))
    return (
        one.id, one.conversation_id, one.parent, one.role.value, one.status.value, one.created,
        stored(one.model), details, stored(one.text), attachments_column(one.attachments),
    )  # fmt: skip


def message_of(row: Row) -> ChatMessage:
    """The message of a row with `MESSAGE_COLUMNS`."""
    return ChatMessage(
        id=whole(row[0]) or 0,
        conversation_id=whole(row[1]) or 0,
        parent=whole(row[2]),
        role=_ROLES.get(loaded(row[3]), Role.ASSISTANT),
        text=loaded(row[8]),
        status=_STATUSES.get(loaded(row[4]), Status.BROKEN),
        created=time(row[5]) or 0.0,
        model=loaded(row[6]),
        details=_details(row[7]),
        attachments=() if row[9] is None else attachments_of(json_of(row[9])),
    )


def outline_of(row: Row) -> Outline:
    """The outline of a row with `OUTLINE_COLUMNS`."""
    return Outline(_ROLES.get(loaded(row[1]), Role.ASSISTANT), whole(row[2]) or 0)


def author_of_message(one: ChatMessage) -> Author:
    """Who wrote a message."""
    return Author(one.id, one.role, None if one.details is None else one.details.adapter)


def author_of(row: Row) -> Author:
    """The author of a row with `AUTHOR_COLUMNS`."""
    details = _details(row[2]) if row[2] else None
    adapter = details.adapter if details is not None else ""
    role = _ROLES.get(loaded(row[1]), Role.ASSISTANT)
    return Author(whole(row[0]) or 0, role, None if row[2] is None else adapter)


def _details(value: object) -> AnswerDetails | None:
    """The details of an answer; None if there are none, or none that can be read."""
    content = json_of(value)
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
