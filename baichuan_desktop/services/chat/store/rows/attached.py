"""The documents that go with a message or a draft, as JSON of a column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from baichuan_desktop.services.chat.store.rows.plain import (
    count,
    items,
    json_of,
    mapping,
    text,
    whole,
)
from baichuan_desktop.services.documents.values import Attachment, Passage


def attachments_json(attachments: Sequence[Attachment]) -> list[object]:
    """What JSON is made of: all fields of each."""
    return [
        {
            "document_id": one.document_id,
            "name": one.name,
            "given": None if one.given is None else [[some.start, some.end] for some in one.given],
            "passages": one.passages,
            "given_tokens": one.given_tokens,
            "all_tokens": one.all_tokens,
        }
        for one in attachments
    ]


def attachments_column(attachments: Sequence[Attachment]) -> str | None:
    """What stands in the column of a message; nothing where it has no document."""
    return json.dumps(attachments_json(attachments)) if attachments else None


def attachments_of(value: object) -> tuple[Attachment, ...]:
    """The documents of a list of JSON; what names none is left out."""
    found = []
    for one in map(mapping, items(value)):
        document_id = whole(one.get("document_id"))
        if document_id is not None:
            found.append(
                Attachment(
                    document_id,
                    text(one.get("name")),
                    _given(one.get("given")),
                    count(one.get("passages")),
                    count(one.get("given_tokens")),
                    count(one.get("all_tokens")),
                )
            )
    return tuple(found)


def referred(columns: Iterable[object]) -> set[int] | None:
    """The documents of columns of messages and of drafts; None where one cannot be read."""
    found: set[int] = set()
    for column in columns:
        content = json_of(column)
        listed = content.get("attached", []) if isinstance(content, dict) else content
        if not isinstance(listed, list):
            return None
        for one in listed:
            document_id = mapping(one).get("document_id")
            if not isinstance(document_id, int):
                return None
            found.add(document_id)
    return found


def _given(value: object) -> tuple[Passage, ...] | None:
    """The passages of a list of places; None, which is the whole text, where there is no list."""
    if not isinstance(value, list):
        return None
    found = []
    for place in value:
        match place:
            case [int() as start, int() as end] if 0 <= start <= end:
                found.append(Passage(start, end))
    return tuple(found)
