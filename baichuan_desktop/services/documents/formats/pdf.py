"""PDFs, by pdfium: pages, and lines that were broken by the width of a page joined again."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from backends.errors import (
    DamagedDocumentError,
    DocumentTooLargeError,
    DocumentWithoutTextError,
    EncryptedDocumentError,
)
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.values import Unit
from baichuan_desktop.services.hanzi import HANZI

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

#: A word that was divided at the end of a line, as pdfium marks it.
_HYPHEN: Final = re.compile("[\x02\ufffe]\\s*")
#: Many fonts call a hanzi by the number of the radical that looks like it. Those of the second
#: block are known to Unicode as the same; of the first, these occur.
_RADICALS: Final = re.compile("[\u2f00-\u2fdf]+")
_OTHER_RADICALS: Final = str.maketrans(
    "⺎⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻤⻥⻦⻨⻩⻬⻮⻰⻳",
    "兀母民虎西见角贝车长门青韦页风飞食马鬼鱼鸟麦黄齐齿龙龟",
)
#: A line between these goes on in the next one.
_OPEN_END: Final = re.compile(f"[{HANZI}，、；：“‘（《]$")
_GOING_ON: Final = re.compile(f"[{HANZI}，。、；：！？”’）》]")
#: No line begins with these.
_NO_BEGINNING: Final = re.compile("[，。、；：！？”’）》]")
_FULL_LINE = 0.8  # of the longest one: a shorter line ends a paragraph
_LEAST_WIDTH = 24  # of the longest line, 12 hanzi: pages of tables and titles stay as they are
_NOTICE_EVERY = 16  # pages

_MOST_BYTES: Final = 2_000_000  # of the value of a field
_MOST_ON_A_PAGE: Final = 5_000
_NOTHING: Final = ("", "Off")


def read_pdf(source: Source, contents: Contents) -> None:
    """The text of each page. Raises DocumentError."""
    from pypdfium2 import PdfDocument, PdfiumError, raw

    try:
        document = PdfDocument(source.data)
    except PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise EncryptedDocumentError(source.name) from error
        raise DamagedDocumentError(source.name, "it is not what a PDF is") from error
    pages = len(document)
    if pages > source.limits.pages:
        what = Phrase(
            "it has {count} pages, and at most {most} are read",
            count=pages,
            most=source.limits.pages,
        )
        raise DocumentTooLargeError(source.name, what)
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()  # no script runs for it: this pdfium has nothing to run one with
    broken = empty = 0
    for number in range(pages):
        if number % _NOTICE_EVERY == 0:
            source.progress(number, pages)
        try:
            page = document[number]
            text = _text_of(page.get_textpage())
            fields = "\n".join(_fields_of(page, document.formenv))
            page.close()  # a page of a thousand pictures is not kept
        except PdfiumError:
            broken += 1
            continue
        text = with_whole_lines(text)
        contents.mark(Unit.PAGE, number + 1)
        contents.add(text.strip())
        contents.paragraph(fields)
        empty += not (text.strip() or fields)
    if broken == pages:
        raise DamagedDocumentError(source.name, "none of its pages can be read")
    if broken + empty == pages:
        raise DocumentWithoutTextError(source.name, pages=pages)
    if broken:
        contents.notes.append(
            Phrase("Of its {all} pages, {count} cannot be read.", count=broken, all=pages)
        )
    if empty:
        contents.notes.append(
            Phrase(
                "Of its {all} pages, {count} hold no text: they are pictures or empty.",
                count=empty,
                all=pages,
            )
        )


def _text_of(page: PdfTextPage) -> str:
    """What a page shows of its text.

    What lies within a page's bounds has its lines glued together where they are turned; all of the
    text has them right, and is taken wherever it is not more than that.
    """
    shown: str = page.get_text_bounded()
    every: str = page.get_text_range()
    return every if _letters(every) == _letters(shown) else shown


def _letters(text: str) -> int:
    return sum(map(len, text.split()))


def with_whole_lines(text: str) -> str:
    """A page's text, in which a line that ends within a Chinese sentence goes on."""
    import unicodedata

    text = _HYPHEN.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = text.translate(_OTHER_RADICALS)
    text = _RADICALS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    lines = [line.strip() for line in text.split("\n")]
    longest = max(map(_width, lines))
    if longest < _LEAST_WIDTH:
        return "\n".join(lines)
    made: list[str] = []
    goes_on = False
    for line in lines:
        if made and made[-1] and ((goes_on and _GOING_ON.match(line)) or _NO_BEGINNING.match(line)):
            made[-1] += line
        else:
            made.append(line)
        goes_on = _width(line) >= _FULL_LINE * longest and _OPEN_END.search(line) is not None
    return "\n".join(made)


def _width(line: str) -> int:
    """How wide a line is: a hanzi counts twice."""
    return 2 * len(line) - len(line.encode("ascii", "ignore"))


def _fields_of(page: PdfPage, form: Any) -> Iterator[str]:
    """A line for each field of a page that is filled in, and for each text typed over it.

    `form` is pdfium's, where the document has one.
    """
    from pypdfium2 import raw

    for place in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_ON_A_PAGE)):
        annotation = raw.FPDFPage_GetAnnot(page, place)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if kind == raw.FPDF_ANNOT_FREETEXT:
                yield _value(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
            elif kind == raw.FPDF_ANNOT_WIDGET and form:
                value = _value(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
                name = _value(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation) or _value(
                    raw.FPDFAnnot_GetFormFieldName, form, annotation
                )
                if value not in _NOTHING:
                    yield f"{name}: {value}" if name else value
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _value(get: Callable[..., int], *of: Any) -> str:
    """A text that pdfium writes into a buffer, after it has said how long it is."""
    from pypdfium2 import raw

    size = get(*of, None, 0)
    if not 0 < size <= _MOST_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    get(*of, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip()
