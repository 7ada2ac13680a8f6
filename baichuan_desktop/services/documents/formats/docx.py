"""Documents of Word: paragraphs with their numbers, headings, tables and notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents, line_of
from baichuan_desktop.services.documents.formats.archive import Archive
from baichuan_desktop.services.documents.formats.numbering import (
    Numbering,
    in_form,
    numbering_of,
    whole,
)
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.formats.xml_events import (
    End,
    Event,
    Start,
    events,
    links,
    main_entry,
)
from baichuan_desktop.services.documents.raised import lowered, raised
from baichuan_desktop.services.documents.values import Unit

TEXT: Final = "word/document.xml"
#: What stands for something else that is read, was deleted, or is not what a person sees.
_SKIPPED: Final = frozenset(
    {"Fallback", "del", "moveFrom", "instrText", "delText", "rt", "pPrChange", "rPrChange"}
)
_MOST_LEVELS = 9
_DRAWINGS: Final = frozenset({"drawing", "pict", "object"})
_PICTURES: Final = frozenset({"pic", "chart", "relIds", "imagedata"})
#: What stands in a formula before and after its parts, which lie one above the other.
_FORMULA: Final[Mapping[str, tuple[str, str]]] = {
    "num": ("(", ")"),
    "den": ("/(", ")"),
    "sup": ("^(", ")"),
    "sub": ("_(", ")"),
    "rad": ("√(", ")"),
}
#: Boxes and ticks, which forms are filled in with.
_SIGNS: Final = {
    ("Wingdings", 0xA8): "☐", ("Wingdings", 0x6F): "☐", ("Wingdings", 0xFE): "☑",
    ("Wingdings", 0xFD): "☒", ("Wingdings", 0xFC): "✓", ("Wingdings", 0xFB): "✗",
    ("Wingdings 2", 0xA3): "☐", ("Wingdings 2", 0x52): "☑", ("Wingdings 2", 0x50): "✓",
    ("Wingdings 2", 0x54): "☒", ("Wingdings 2", 0x4F): "✗",
}  # fmt: skip
_SIGN_FONTS: Final = frozenset({"Wingdings", "Wingdings 2", "Wingdings 3", "Webdings", "Symbol"})
_HEX: Final = re.compile("[0-9A-Fa-f]{4}")
_RAISING: Final = {"superscript": raised, "subscript": lowered}


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says of a paragraph."""

    level: int | None = None  #: of a heading, from 0 on
    list_id: str = ""
    list_level: int = 0


@dataclass(slots=True)
class _Paragraph:
    style: str = ""
    level: int | None = None
    list_id: str | None = None  #: “0” takes the number of its style away
    list_level: int | None = None
    text: list[str] = field(default_factory=list)
    rows: int = 0  #: of tables that were open where it began: others are in it
    goes_on: bool = False  #: its end was deleted


@dataclass(slots=True)
class _Drawing:
    pictures: int = 0
    is_frame: bool = False  #: of text, which is read


def read_docx(source: Source, contents: Contents) -> None:
    """The text of a document; what stands in its head and foot on every page is left out."""
    archive = Archive(source)
    main = TEXT if archive.has(TEXT) else main_entry(archive) or TEXT
    parts = {link.kind: link.entry for link in links(archive, main).values()}
    styles = _styles(archive, parts.get("styles", "word/styles.xml"))
    numbering = numbering_of(archive, parts.get("numbering", "word/numbering.xml"))
    reading = _Reading(contents, styles, numbering)
    reading.read(events(archive, main))
    for kind in ("footnote", "endnote"):
        entry = parts.get(f"{kind}s", f"word/{kind}s.xml")
        if archive.has(entry):
            reading.read_notes(events(archive, entry))
    names = archive.names()
    if any(name.startswith(("word/header", "word/footer")) for name in names):
        contents.notes.append(Phrase("What stands at the head and foot of every page is not read."))
    if "word/comments.xml" in names:
        contents.notes.append(Phrase("Comments in it are not read."))
    if reading.pictures:
        contents.notes.append(
            Phrase(
                "Pictures, charts and diagrams in it are not read: {count}.", count=reading.pictures
            )
        )


def _styles(archive: Archive, entry: str) -> Mapping[str, _Style]:
    """The styles of headings and of numbered paragraphs, by their ids."""
    if not archive.has(entry):
        return {}
    found: dict[str, _Style] = {}
    based_on: dict[str, str] = {}
    style, name = "", ""
    level: int | None = None
    list_id, list_level = "", 0
    for event in events(archive, entry):
        match event:
            case Start("style", attributes):
                style, name, level = attributes.get("styleId", ""), "", None
                list_id, list_level = "", 0
            case Start("name", attributes):
                name = attributes.get("val", "").lower()
            case Start("basedOn", attributes):
                based_on[style] = attributes.get("val", "")
            case Start("outlineLvl", attributes):
                level = whole(attributes.get("val"), _MOST_LEVELS)
            case Start("ilvl", attributes):
                list_level = whole(attributes.get("val"))
            case Start("numId", attributes):
                list_id = attributes.get("val", "")
            case End("style"):
                if level is None and name.startswith("heading "):
                    level = whole(name.removeprefix("heading "), _MOST_LEVELS + 1) - 1
                found[style] = _Style(level, list_id, list_level)
    return {one: _with_base(one, found, based_on) for one in found}


def _with_base(style: str, styles: Mapping[str, _Style], based_on: Mapping[str, str]) -> _Style:
    own = styles[style]
    level, list_id, list_level = own.level, own.list_id, own.list_level
    for _ in range(_MOST_LEVELS):  # they may be based on each other in a circle
        style = based_on.get(style, "")
        base = styles.get(style)
        if base is None:
            break
        level = base.level if level is None else level
        if not list_id:
            list_id, list_level = base.list_id, own.list_level or base.list_level
    return _Style(level, list_id, list_level)


def _sign_of(font: str, code: str) -> str:
    """A sign of a font of signs, where it is one of the few that say something."""
    number = whole(str(int(code, 16)) if _HEX.fullmatch(code) else None)
    return _SIGNS.get((font, number & 0xFF), "") if font in _SIGN_FONTS else chr(number)


class _Reading:
    """The paragraphs and tables of a part of the document, as they come."""

    def __init__(
        self, contents: Contents, styles: Mapping[str, _Style], numbering: Numbering
    ) -> None:
        self.pictures = 0
        self._contents = contents
        self._styles = styles
        self._numbering = numbering
        self._headings = 0
        self._paragraphs: list[_Paragraph] = []  # that are open: a frame of text is in another one
        self._rows: list[list[list[str]]] = []  # of each open table the cells of its row
        self._framed: list[str] = []  # what stood in frames of the open paragraph
        self._was_table = False
        self._before = ""  # the number of a note, before its first paragraph
        self._drawings: list[_Drawing] = []  # that are open
        self._carried = ""  # paragraphs whose ends were deleted
        self._raising: Callable[[str], str] = str  # what the open run does with its letters
        self._notes: dict[str, dict[str, str]] = {}  # their numbers, by kind and id

    def read(self, part: Iterable[Event]) -> None:
        """Add a part of the document."""
        skipped = 0
        in_text = in_properties = False
        for event in part:
            match event:
                case Start("pPr"):
                    in_properties = True
                case End("pPr"):
                    in_properties = False
                case Start("del") if in_properties and not skipped and self._paragraphs:
                    self._paragraphs[-1].goes_on = True
                    skipped += 1
                case Start(name) if name in _SKIPPED:
                    skipped += 1
                case End(name) if name in _SKIPPED:
                    skipped -= 1
                case _ if skipped:
                    pass
                case Start("t"):
                    in_text = True
                case End("t"):
                    in_text = False
                case str():
                    if in_text and self._paragraphs:
                        self._paragraphs[-1].text.append(self._raising(event))
                case Start():
                    self._begin(event)
                case End(name):
                    self._end(name)
        if self._carried:
            rest, self._carried = self._carried, ""
            self._put(rest)

    def read_notes(self, part: Iterable[Event]) -> None:
        """Add footnotes, each with the number that it has in the text."""
        inner: list[Event] = []
        number: str | None = None
        for event in part:
            match event:
                case Start("footnote" | "endnote", attributes):
                    # What has a type is the line above the notes.
                    number = None
                    if attributes.get("type", "normal") == "normal":
                        number = self._note(event.name, attributes.get("id", ""))
                    inner = []
                case End("footnote" | "endnote") if number is not None:
                    self._before = f"{number} "
                    self.read(inner)
                    self._before = ""
                case _:
                    inner.append(event)

    def _note(self, kind: str, note_id: str) -> str:
        """The sign of a note: footnotes have numbers, and endnotes romans, as Word has them."""
        notes = self._notes.setdefault(kind, {})
        if note_id not in notes:
            form = "decimal" if kind == "footnote" else "lowerRoman"
            notes[note_id] = f"[{in_form(len(notes) + 1, form)}]"
        return notes[note_id]

    def _begin(self, event: Start) -> None:
        get = event.attributes.get
        paragraph = self._paragraphs[-1] if self._paragraphs else None
        match event.name:
            case "p":
                self._paragraphs.append(_Paragraph(rows=len(self._rows)))
            case "tr":
                self._rows.append([])
            case "tc" if self._rows:
                self._rows[-1].append([])
            case name if name in _DRAWINGS:
                self._drawings.append(_Drawing())
            case name if name in _PICTURES and self._drawings:
                self._drawings[-1].pictures += 1
            case "txbxContent" if self._drawings:
                self._drawings[-1].is_frame = True
            case _ if paragraph is None:
                pass
            case "r":
                self._raising = str
            case "vertAlign":
                self._raising = _RAISING.get(get("val", ""), str)
            case name if name in _FORMULA:
                paragraph.text.append(_FORMULA[name][0])
            case "pStyle":
                paragraph.style = get("val", "")
            case "outlineLvl":
                paragraph.level = whole(get("val"), _MOST_LEVELS)
            case "ilvl":
                paragraph.list_level = whole(get("val"))
            case "numId":
                paragraph.list_id = get("val", "")
            case "tab":
                paragraph.text.append("\t")
            case "br" | "cr":
                paragraph.text.append("\n")
            case "noBreakHyphen":
                paragraph.text.append("-")
            case "footnoteReference" | "endnoteReference":
                kind = event.name.removesuffix("Reference")
                paragraph.text.append(self._note(kind, get("id", "")))
            case "sym":
                paragraph.text.append(_sign_of(get("font", ""), get("char", "")))

    def _end(self, name: str) -> None:
        match name:
            case name if name in _DRAWINGS and self._drawings:
                drawing = self._drawings.pop()
                self.pictures += drawing.pictures or not drawing.is_frame
            case "p" if self._paragraphs:
                self._end_paragraph(self._paragraphs.pop())
            case "tr" if self._rows:
                row = line_of([" ".join(cell) for cell in self._rows.pop()])
                if self._is_framed():
                    self._framed.append(row)
                else:
                    self._put(row, is_row=True)
            case _ if name in _FORMULA and self._paragraphs:
                before, after = _FORMULA[name]
                text = self._paragraphs[-1].text
                if text and text[-1] == before:  # a part that is empty
                    text.pop()
                else:
                    text.append(after)

    def _is_framed(self) -> bool:
        """Whether what ends now stands in a frame of a paragraph, and in no table within that."""
        return bool(self._paragraphs) and len(self._rows) <= self._paragraphs[-1].rows

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        style = self._styles.get(paragraph.style, _Style())
        text = "".join(paragraph.text)
        if not self._paragraphs:
            text, self._carried = self._carried + text, ""
            if paragraph.goes_on:
                self._carried = text
                return
        text = text.strip()
        list_id = style.list_id if paragraph.list_id is None else paragraph.list_id
        level = style.list_level if paragraph.list_level is None else paragraph.list_level
        if text and list_id:
            text = self._numbering.next_of(list_id, level) + text
        if self._is_framed():  # it is shown beside what it is in
            self._framed.append(text)
            return
        if self._paragraphs:
            self._put(text)
            return
        heading = style.level if paragraph.level is None else paragraph.level
        if text and heading is not None and heading < _MOST_LEVELS and not self._rows:
            self._headings += 1
            self._contents.mark(Unit.HEADING, self._headings, text)
        self._put(text)
        framed, self._framed = self._framed, []
        for one in framed:
            self._put(one)

    def _put(self, text: str, *, is_row: bool = False) -> None:
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(text)
        elif text:
            text, self._before = self._before + text, ""
            if is_row is self._was_table:
                self._contents.line(text)
            else:
                self._contents.paragraph(text)
            self._was_table = is_row
