"""The words of a row as they are shown, without laying it out: to be searched and read out."""

from __future__ import annotations

from baichuan_desktop.services.markdown.plain_form import plain_text
from baichuan_desktop.ui.transcript.rows.pieces import is_long
from baichuan_desktop.ui.transcript.rows.row import Row, RowKind


def is_always_plain(row: Row) -> bool:
    """Whether a row is shown as it was written: a base model's text, and one that is too long."""
    return row.kind is RowKind.CONTINUATION or is_long(row.text)


def shown_text(row: Row) -> str:
    """The text of a row without its Markdown marks."""
    return row.text if is_always_plain(row) else plain_text(row.text)
