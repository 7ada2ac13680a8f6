"""Rows of documents."""

from __future__ import annotations

import json
from typing import Final

from baichuan_desktop.services.chat.store.rows.plain import (
    Row,
    count,
    items,
    json_of,
    loaded,
    stored,
    whole,
)
from baichuan_desktop.services.documents.values import Document, Mark, Unit

#: The text is last: what belongs to a conversation is found without reading what is long.
DOCUMENT_COLUMNS: Final = (
    "id", "conversation_id", "name", "kind", "size", "sha256", "encoding", "marks", "notes", "text",
)  # fmt: skip

_UNITS: Final = {one.value: one for one in Unit}


def document_row(one: Document) -> Row:
    """The row of a document."""
    marks = [[mark.start, mark.unit.value, mark.number, mark.name] for mark in one.marks]
    return (
        one.id, one.conversation_id, stored(one.name), stored(one.kind), one.size,
        stored(one.sha256), stored(one.encoding), json.dumps(marks) if marks else None,
        json.dumps(one.notes) if one.notes else None, stored(one.text),
    )  # fmt: skip


def document_of(row: Row) -> Document:
    """The document of a row with `DOCUMENT_COLUMNS`."""
    return Document(
        id=whole(row[0]) or 0,
        conversation_id=whole(row[1]) or 0,
        name=loaded(row[2]),
        kind=loaded(row[3]),
        size=count(row[4]),
        sha256=loaded(row[5]),
        encoding=loaded(row[6]),
        marks=() if row[7] is None else _marks(row[7]),
        notes=() if row[8] is None else _notes(row[8]),
        text=loaded(row[9]),
    )


def _marks(value: object) -> tuple[Mark, ...]:
    """The marks that can be read, in the order of the text."""
    found = []
    for one in items(json_of(value)):
        match one:
            case [int() as start, str() as unit, int() as number, str() as name] if unit in _UNITS:
                found.append(Mark(start, _UNITS[unit], number, name))
    return tuple(sorted(found, key=lambda mark: mark.start))


def _notes(value: object) -> tuple[str, ...]:
    return tuple(one for one in items(json_of(value)) if isinstance(one, str))
