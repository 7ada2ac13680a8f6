"""Sheets of .xlsx, by openpyxl: rows of what the cells show; nothing is calculated."""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, Final

from backends.errors import DamagedDocumentError, DocumentTooLargeError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents, line_of
from baichuan_desktop.services.documents.formats.archive import Archive
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.values import Unit

BOOK: Final = "xl/workbook.xml"
#: In any file of such a document: nobody needs them, and they unpack to gigabytes.
_DECLARATION: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s>]")
_NOTICE_EVERY = 2_000  # rows

_OF_NO_CELLS = 0.1  # of a cell: what a row costs that the file leaves out, up to a million of them

_Row = Sequence[Any]


def read_xlsx(source: Source, contents: Contents) -> None:
    """The rows of each sheet. Raises DocumentError."""
    from openpyxl import load_workbook

    has_formulas = _looked_through(Archive(source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves out, as pictures and rules of colours

        def sheets(*, results: bool) -> list[Any]:
            book = load_workbook(
                io.BytesIO(source.data), read_only=True, data_only=results, keep_links=False
            )
            return list(book.worksheets)

        values = sheets(results=True)
        formulas = sheets(results=False) if has_formulas else [None] * len(values)
        if len(values) > source.limits.pages:
            what = Phrase(
                "it has {count} sheets, and at most {most} are read",
                count=len(values),
                most=source.limits.pages,
            )
            raise DocumentTooLargeError(source.name, what)
        if hidden := sum(sheet.sheet_state != "visible" for sheet in values):
            contents.notes.append(
                Phrase("Sheets that are hidden are read too: {count}.", count=hidden)
            )
        reading = _Sheets(source, contents)
        for number, (sheet, same) in enumerate(zip(values, formulas, strict=True), start=1):
            reading.read(number, sheet, same, len(values))
    if reading.without_result:
        contents.notes.append(
            Phrase(
                "Formulas that have no saved result stand as formulas: {count}.",
                count=reading.without_result,
            )
        )


def _looked_through(archive: Archive) -> bool:
    """Whether there are formulas; raises DocumentError for what no library shall be given."""
    found = False
    for name in archive.names():
        if not name.lower().endswith((".xml", ".rels")):
            continue
        data = archive.read(name)
        if _DECLARATION.search(data) or data.startswith(_UTF_16):
            raise DamagedDocumentError(
                archive.source.name, Phrase("“{entry}” in it declares entities", entry=name)
            )
        found = found or (name.startswith("xl/worksheets/") and bool(_FORMULA.search(data)))
    return found


class _Sheets:
    def __init__(self, source: Source, contents: Contents) -> None:
        self.without_result = 0
        self._source = source
        self._contents = contents
        self._cells = 0.0
        self._percent: dict[int, bool] = {}  # whether a style shows numbers so

    def read(self, number: int, sheet: Any, formulas: Any, sheets: int) -> None:
        """Add a sheet: its name, and its rows below it."""
        self._contents.mark(Unit.SHEET, number, sheet.title)
        self._contents.line(sheet.title)
        others: Iterator[_Row | None] = (
            repeat(None) if formulas is None else _rows(formulas, values_only=True)
        )
        rows = _rows(sheet, values_only=False)
        for place, (row, other) in enumerate(zip(rows, others, strict=False)):
            if place % _NOTICE_EVERY == 0:
                self._source.progress(number - 1, sheets)
            self._cells += len(row) or _OF_NO_CELLS
            if self._cells > self._source.limits.cells:
                what = Phrase("it has more than {count} cells", count=self._source.limits.cells)
                raise DocumentTooLargeError(self._source.name, what)
            line = line_of(self._texts(row, other))
            if line:
                self._contents.line(line)

    def _texts(self, row: _Row, formulas: _Row | None) -> list[str]:
        texts = [self._shown(cell) for cell in row]
        for place, formula in enumerate(formulas or ()):
            if place >= len(row) or formula is None:
                continue
            cell = row[place]
            # A result may be the empty text, which is no number that is missing.
            if cell.value is None and cell.data_type != "str":
                texts[place] = _shown(getattr(formula, "text", formula))  # of a range of cells
                self.without_result += 1
        return texts

    def _shown(self, cell: Any) -> str:
        value = cell.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            style = cell._style_id  # its way to the format by properties takes ten times as long
            if style not in self._percent:
                self._percent[style] = _is_percent(cell)
            if self._percent[style]:
                return f"{value * 100:.12g}%"
        return _shown(value)


def _is_percent(cell: Any) -> bool:
    try:
        return "%" in (cell.number_format or "")
    except IndexError:  # a style that the file does not have
        return False


def _rows(sheet: Any, *, values_only: bool) -> Iterator[_Row]:
    sheet.reset_dimensions()  # the file may say of itself that it has 17 thousand million cells
    rows: Iterator[_Row] = sheet.iter_rows(values_only=values_only)
    return rows


def _shown(value: object) -> str:
    """A cell's value as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "seconds")
        case datetime.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case datetime.time():
            return value.isoformat("seconds")
        case _:
            return str(value)
