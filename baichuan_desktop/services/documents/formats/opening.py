"""Which reader a file gets, by its first bytes and then by its name; and its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from backends.errors import DamagedDocumentError, DocumentKindError, EncryptedDocumentError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents
from baichuan_desktop.services.documents.formats import docx, pptx, xlsx
from baichuan_desktop.services.documents.formats.archive import Archive
from baichuan_desktop.services.documents.formats.docx import read_docx
from baichuan_desktop.services.documents.formats.epub import read_epub
from baichuan_desktop.services.documents.formats.html_pages import read_html
from baichuan_desktop.services.documents.formats.pdf import read_pdf
from baichuan_desktop.services.documents.formats.plain import read_markdown, read_plain
from baichuan_desktop.services.documents.formats.pptx import read_pptx
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.formats.xlsx import read_xlsx
from baichuan_desktop.services.documents.formats.xml_events import main_entry
from baichuan_desktop.services.documents.kinds import Kind, kind_by_name

_Reader = Callable[[Source, Contents], None]

_READERS: Final[dict[Kind, _Reader]] = {
    Kind.TEXT: read_plain,
    Kind.MARKDOWN: read_markdown,
    Kind.CSV: read_plain,
    Kind.CODE: read_plain,
    Kind.HTML: read_html,
    Kind.PDF: read_pdf,
    Kind.DOCX: read_docx,
    Kind.XLSX: read_xlsx,
    Kind.PPTX: read_pptx,
    Kind.EPUB: read_epub,
}

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office until 2003; encrypted files of today
#: What is in those of until 2003, by its name; some have the ending of today.
_OLD: Final = tuple(
    one.encode("utf-16-le") for one in ("WordDocument", "Workbook", "PowerPoint Document")
)
_RTF: Final = b"{\\rtf"
_PDF: Final = b"%PDF-"
_PDF_WITHIN = 1024  # bytes before it that readers of PDF skip
_HTML: Final = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_OFFICE: Final = {Kind.DOCX: docx.TEXT, Kind.XLSX: xlsx.BOOK, Kind.PPTX: pptx.SHOW}
_FOLDERS: Final = {"word/": Kind.DOCX, "ppt/": Kind.PPTX, "xl/": Kind.XLSX}
_BOOK: Final = "META-INF/container.xml"
#: Of OpenDocument, and of tables that Excel saves as binary.
_OTHERS: Final = ("content.xml", "xl/workbook.bin")


def read(source: Source) -> tuple[Kind, Contents]:
    """What a file is, and its text. Raises DocumentError."""
    kind = kind_of(source)
    contents = Contents(source.name, source.limits)
    _READERS[kind](source, contents)
    return kind, contents


def kind_of(source: Source) -> Kind:
    """What a file is, by its bytes before its name. Raises DocumentError for what is not read."""
    named, data = kind_by_name(source.name), source.data
    if data.startswith(_OLE):
        if named in _OFFICE and not any(one in data for one in _OLD):
            raise EncryptedDocumentError(source.name)
        raise _refusal_of(source, "it is in a format that Office used until 2003")
    if data.startswith(_RTF):
        raise _refusal_of(source, "RTF is not read")
    if data.startswith(_PDF) or (named is Kind.PDF and data.find(_PDF, 0, _PDF_WITHIN) >= 0):
        return Kind.PDF
    if data.startswith(_ZIP) and (named is None or not named.has_encoding):
        return _kind_of_archive(source)
    if named is not None and not named.has_encoding:
        raise DamagedDocumentError(
            source.name,
            Phrase("it does not begin as a file that ends with .{kind} does", kind=named),
        )
    if named is None and _HTML.match(data):
        return Kind.HTML
    return named or Kind.TEXT


def _kind_of_archive(source: Source) -> Kind:
    archive = Archive(source)
    for kind, entry in _OFFICE.items():
        if archive.has(entry):
            return kind
    main = main_entry(archive) or ""
    for folder, kind in _FOLDERS.items():
        if main.startswith(folder) and main.endswith(".xml"):
            return kind
    if archive.has(_BOOK):
        return Kind.EPUB
    if any(archive.has(entry) for entry in _OTHERS):
        raise _refusal_of(source, "OpenDocument and .xlsb are not read")
    raise DocumentKindError(
        source.name, "it is an archive", hint="Unpack it, and attach the files that are in it."
    )


def _refusal_of(source: Source, what: str) -> DocumentKindError:
    return DocumentKindError(
        source.name,
        what,
        hint="Open it in Office, WPS or LibreOffice, save it as .docx, .xlsx or .pptx, and attach "
        "that file.",
    )
