"""Pages of HTML: their text, never a script, and nothing that a page refers to."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

from typing_extensions import override

from baichuan_desktop.services.documents.contents import Contents, line_of
from baichuan_desktop.services.documents.formats.plain import text_of
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.raised import lowered, raised
from baichuan_desktop.services.documents.values import Unit
from baichuan_desktop.services.hanzi import HANZI

_DECLARED: Final = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_HEAD_BYTES = 4096
#: What pages call encodings, by the name that Python gives them: the larger ones that we have.
_LARGER: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "hz": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-1": "cp1252", "ascii": "cp1252",
}  # fmt: skip

_UNREAD: Final = frozenset({"script", "style", "template"})
#: How hanzi are read, in small letters above them; their ends may be left out.
_READINGS: Final = frozenset({"rt", "rp"})
_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
        "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1",
        "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol",
        "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title",
        "tr", "ul",
    }
)  # fmt: skip
_RAISING: Final = {"sup": raised, "sub": lowered}
_SPACED: Final = frozenset({"p", "blockquote", "pre", "table", "ul", "ol", "dl", "figure"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
#: Between hanzi a line that was broken in the source is no space.
_BROKEN: Final = re.compile(f"(?<=[{HANZI}，。、；：！？])[ \t]*\r?\n\\s*(?=[{HANZI}“‘（《])")


def read_html(source: Source, contents: Contents) -> None:
    """A page, with its headings."""
    found = _DECLARED.search(source.data, 0, _HEAD_BYTES)
    page = Page(contents, marks_headings=True)
    page.take(text_of(source, contents, None if found is None else _codec(found[1])))


def _codec(name: bytes) -> str | None:
    try:
        known = codecs.lookup(name.decode("ascii")).name
    except (LookupError, ValueError):
        return None
    return _LARGER.get(known, known)


class Page(HTMLParser):
    """Adds the text of a page to a document's contents."""

    def __init__(self, contents: Contents, *, marks_headings: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""  #: of the page
        self.heading = ""  #: the first one in it
        self._contents = contents
        self._marks_headings = marks_headings
        self._text: list[str] = []
        self._cells: list[str] | None = None  # of the row that is being read
        self._in_cell = False
        self._unread = 0
        self._in_reading = False
        self._raising: Callable[[str], str] = str
        self._preformatted = 0
        self._in_title = False
        self._heading: str | None = None  # the element that is being read
        self._number = 0
        self._lists: list[int | None] = []  # the last number of each list, None without numbers
        self._is_apart = False  # the next line stands below an empty one

    def take(self, text: str) -> None:
        """All of a page."""
        self.feed(text)
        self.close()
        self._end_row()
        self._end_line()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "br":
            self._text.append("\n" if self._preformatted else "\v")
        elif tag in ("td", "th") and self._cells is not None:
            self._end_cell()
            self._in_cell = True
        elif tag in _READINGS:
            self._in_reading = True
        elif tag in _RAISING:
            self._raising = _RAISING[tag]
        elif tag in _BLOCKS:
            self._in_reading = False
            self._raising = str
            self._begin_block(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in ("td", "th") and self._cells is not None:
            self._end_cell()
        elif tag in _RAISING:
            self._raising = str
        elif tag in _READINGS or tag == "ruby":
            self._in_reading = False
        elif tag in _BLOCKS:
            self._in_reading = False
            self._end_block(tag)

    @override
    def handle_data(self, data: str) -> None:
        if self._unread or self._in_reading:
            return
        if not self._preformatted:
            data = _SPACE.sub(" ", _BROKEN.sub("", data))
        self._text.append(self._raising(data))

    def _begin_block(self, tag: str) -> None:
        if tag == "tr":
            self._end_row()
            self._end_line()
            self._cells = []
        elif self._cells is None:
            self._end_line()
            self._is_apart |= tag in _SPACED and not (self._lists and tag in ("ul", "ol"))
        else:
            self._text.append(" ")
        match tag:
            case "pre":
                self._preformatted += 1
            case "title":
                self._in_title = True
            case "ul":
                self._lists.append(None)
            case "ol":
                self._lists.append(0)
            case "li" if self._cells is None:
                self._text.append(self._bullet())
        if tag in _HEADINGS and self._cells is None:
            self._heading = tag

    def _bullet(self) -> str:
        last = self._lists[-1] if self._lists else None
        if last is None:
            return "- "
        self._lists[-1] = last + 1
        return f"{last + 1}. "

    def _end_block(self, tag: str) -> None:
        if tag in ("tr", "table"):
            self._end_row()
        if self._cells is None:
            self._end_line()
            self._is_apart |= tag in _SPACED
        match tag:
            case "pre":
                self._preformatted = max(0, self._preformatted - 1)
            case "title":
                self._in_title = False
            case "ul" | "ol" if self._lists:
                self._lists.pop()

    def _end_cell(self) -> None:
        if self._cells is not None and (self._in_cell or "".join(self._text).strip()):
            self._cells.append("".join(self._text))
        self._in_cell = False
        self._text.clear()

    def _end_row(self) -> None:
        if self._cells is None:
            return
        self._end_cell()
        row, self._cells = self._cells, None
        if line := line_of(row):
            self._put(line)

    def _end_line(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if not self._preformatted:
            text = "\n".join(part.strip() for part in text.split("\v"))
            text = text if text.strip() not in ("", "-") else ""
        if not text.strip():
            return
        if self._in_title:
            self.title = self.title or " ".join(text.split())
            if not self._marks_headings:
                return
        is_heading, self._heading = self._heading is not None, None
        if is_heading:
            self._take_heading(" ".join(text.split()))
        self._put(text.strip("\n"))
        self._is_apart = is_heading

    def _take_heading(self, text: str) -> None:
        self.heading = self.heading or text
        if self._marks_headings:
            self._number += 1
            self._contents.mark(Unit.HEADING, self._number, text)
        self._is_apart = True

    def _put(self, text: str) -> None:
        if self._is_apart:
            self._contents.paragraph(text)
        else:
            self._contents.line(text)
        self._is_apart = False
