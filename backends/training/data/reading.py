"""The conversations of a file of data, whatever of the known layouts it has."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import TrainingDataError
from ...phrases import Phrase
from ..values import Columns, Layout
from . import exported, layouts
from .json_rows import rows
from .opening import OpenData
from .remarks import Remarks
from .values import Conversation, RowFault


def conversations(
    data: OpenData, layout: Layout, columns: Columns, remarks: Remarks
) -> Iterator[Conversation]:
    """The conversations of a file, in its order; what is left out of it is counted in `remarks`.

    Raises TrainingDataError that names file and line of what is none.
    """
    for part, read in data.parts():
        found = layout
        is_empty = True
        for line, row in rows(read, part):
            is_empty = False
            try:
                fields = layouts.fields_of(row)
                if found is Layout.AUTO:
                    found = layouts.layout_of(fields, columns)
                yield from _of(fields, found, columns, (str(part), line), remarks)
            except RowFault as fault:
                raise TrainingDataError(part, fault.what, line=line) from fault
        if is_empty:
            raise TrainingDataError(part, Phrase("it holds no rows"))


def _of(
    row: layouts.Row,
    layout: Layout,
    columns: Columns,
    place: tuple[str, int],
    remarks: Remarks,
) -> Iterator[Conversation]:
    file, line = place
    if layout is Layout.EXPORTED:
        yield from exported.conversations_of(row, file, line, remarks)
    elif layout is Layout.CONVERSATIONS:
        yield Conversation(layouts.of_conversations(row, line, remarks), file, line)
    elif (messages := layouts.of_alpaca(row, line, columns, remarks)) is not None:
        yield Conversation(messages, file, line)
