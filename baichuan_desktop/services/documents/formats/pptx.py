"""Slides of .pptx: their texts, tables and notes, in the order they are shown in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backends.errors import DocumentTooLargeError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents, line_of
from baichuan_desktop.services.documents.formats.archive import Archive
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.formats.xml_events import (
    End,
    Start,
    events,
    links,
    main_entry,
)
from baichuan_desktop.services.documents.values import Unit

SHOW: Final = "ppt/presentation.xml"
_TITLES: Final = ("title", "ctrTitle")
#: What stands on every slide: numbers, dates, footers; and the picture of the slide in its notes.
_REPEATED: Final = ("sldNum", "dt", "ftr", "hdr", "sldImg")


def read_pptx(source: Source, contents: Contents) -> None:
    """The text of each slide. Raises DocumentError."""
    archive = Archive(source)
    show = SHOW if archive.has(SHOW) else main_entry(archive) or SHOW
    slides = list(_slides(archive, show))
    if len(slides) > source.limits.pages:
        what = Phrase(
            "it has {count} slides, and at most {most} are read",
            count=len(slides),
            most=source.limits.pages,
        )
        raise DocumentTooLargeError(source.name, what)
    unread = hidden = 0
    for number, entry in enumerate(slides, start=1):
        source.progress(number - 1, len(slides))
        slide = _Shapes(archive, entry)
        contents.mark(Unit.SLIDE, number, " ".join(slide.title))
        for line in slide.lines:
            contents.line(line)
        unread += slide.drawings
        hidden += slide.is_hidden
        for link in links(archive, entry).values():
            if link.kind == "notesSlide" and archive.has(link.entry):
                contents.paragraph("\n".join(_Shapes(archive, link.entry).lines))
    if hidden:
        contents.notes.append(Phrase("Slides that are hidden are read too: {count}.", count=hidden))
    if unread:
        contents.notes.append(
            Phrase("Pictures, charts and diagrams in it are not read: {count}.", count=unread)
        )


def _slides(archive: Archive, show: str) -> Iterator[str]:
    known = links(archive, show)
    for event in events(archive, show):
        if isinstance(event, Start) and event.name == "sldId":
            link = known.get(event.attributes.get("r:id", ""))
            if link is not None and archive.has(link.entry):
                yield link.entry


class _Shapes:
    """The texts of a slide."""

    def __init__(self, archive: Archive, entry: str) -> None:
        self.lines: list[str] = []
        self.title: list[str] = []
        self.drawings = 0
        self.is_hidden = False
        text: list[str] | None = None  # of a paragraph
        cells: list[list[str]] | None = None  # of a row, with their paragraphs
        place = ""  # what the shape is for
        skipped = 0
        in_text = False
        for event in events(archive, entry):
            match event:
                case Start("Fallback"):
                    skipped += 1
                case End("Fallback"):
                    skipped -= 1
                case _ if skipped:
                    pass
                case Start("sld", attributes):
                    self.is_hidden = attributes.get("show") in ("0", "false")
                case Start("sp"):
                    place = ""
                case Start("ph", attributes):
                    place = attributes.get("type", "body")
                case Start("pic") | Start("chart") | Start("relIds"):
                    self.drawings += 1
                case Start("tr"):
                    cells = []
                case Start("tc") if cells is not None:
                    cells.append([])
                case End("tr") if cells is not None:
                    self._add(line_of([" ".join(cell) for cell in cells]))
                    cells = None
                case Start("p"):
                    text = []
                case Start("t"):
                    in_text = True
                case End("t"):
                    in_text = False
                case Start("br") if text is not None:
                    text.append("\n")
                case str() if in_text and text is not None:
                    text.append(event)
                case End("p") if text is not None:
                    whole, text = "".join(text).strip(), None
                    if cells:
                        cells[-1].append(whole)
                    elif place not in _REPEATED:
                        self._add(whole)
                        if place in _TITLES and whole:
                            self.title.append(whole)
                case End("sp"):
                    place = ""

    def _add(self, line: str) -> None:
        if line.strip():
            self.lines.append(line)
