"""Rows of conversations, with what they are asked with, and of folders."""

from __future__ import annotations

import json
from typing import Final

from baichuan_desktop.services.chat.store.rows.attached import attachments_json, attachments_of
from baichuan_desktop.services.chat.store.rows.plain import (
    Row,
    items,
    json_of,
    loaded,
    mapping,
    stored,
    text,
    time,
    whole,
)
from baichuan_desktop.services.chat.values import (
    Conversation,
    ConversationKind,
    ConversationSettings,
    Folder,
)

CONVERSATION_COLUMNS: Final = (
    "id", "title", "created", "updated", "kind", "head", "has_own_title", "folder_id", "is_pinned",
    "is_unread", "trashed", "draft", "system_prompt", "settings",
)  # fmt: skip
FOLDER_COLUMNS: Final = ("id", "name", "position")

#: By what stands in a row: thousands of conversations are listed at once.
_KINDS: Final = {one.value: one for one in ConversationKind}
_USUAL: Final = ConversationSettings()


def conversation_row(one: Conversation) -> Row:
    """The row of a conversation that is kept."""
    return (
        one.id, stored(one.title), one.created, one.updated, one.kind.value, one.head,
        one.has_own_title, one.folder_id, one.is_pinned, one.is_unread, one.trashed,
        stored(one.draft), stored(one.system_prompt), _settings_column(one.settings),
    )  # fmt: skip


def conversation_of(row: Row) -> Conversation:
    """The conversation of a row with `CONVERSATION_COLUMNS`."""
    return Conversation(
        id=whole(row[0]) or 0,
        title=loaded(row[1]),
        created=time(row[2]) or 0.0,
        updated=time(row[3]) or 0.0,
        kind=_KINDS.get(loaded(row[4]), ConversationKind.CHAT),
        head=whole(row[5]),
        has_own_title=bool(row[6]),
        folder_id=whole(row[7]),
        is_pinned=bool(row[8]),
        is_unread=bool(row[9]),
        trashed=time(row[10]),
        draft=loaded(row[11]),
        system_prompt=loaded(row[12]),
        settings=_USUAL if row[13] is None else _settings_of(row[13]),
    )


def folder_row(one: Folder) -> Row:
    """The row of a folder."""
    return (one.id, stored(one.name), one.position)


def folder_of(row: Row) -> Folder:
    """The folder of a row with `FOLDER_COLUMNS`."""
    return Folder(whole(row[0]) or 0, loaded(row[1]), whole(row[2]) or 0)


def _settings_column(one: ConversationSettings) -> str | None:
    if one == _USUAL:
        return None
    return json.dumps(
        {
            "preset": one.preset,
            "variables": [[name, value] for name, value in one.variables],
            "sampling": one.sampling,
            "left_out": sorted(one.left_out),
            "attached": attachments_json(one.attached),
        }
    )


def _settings_of(value: object) -> ConversationSettings:
    """The settings of a column, each field as far as it can be read."""
    known = mapping(json_of(value))
    variables = []
    for one in items(known.get("variables")):
        match one:
            case [str() as name, str() as meaning]:
                variables.append((name, meaning))
    left_out = frozenset(one for one in items(known.get("left_out")) if isinstance(one, int))
    return ConversationSettings(
        preset=text(known.get("preset")),
        variables=tuple(variables),
        sampling=text(known.get("sampling")),
        left_out=left_out,
        attached=attachments_of(known.get("attached")),
    )
