"""XML as it is read along: elements and text, without entities, bounded in depth and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from backends.errors import DamagedDocumentError, DocumentTooLargeError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.formats.archive import Archive, entry_at, links_of

_PIECE = 65_536  # bytes that are parsed at once
_LINKS = "relationships"  # the end of the namespace of links


@dataclass(frozen=True, slots=True)
class Start:
    """An element begins."""

    name: str  #: without its namespace
    attributes: Mapping[str, str]  #: by names without theirs; a link's id is “r:id”


@dataclass(frozen=True, slots=True)
class End:
    """An element ends."""

    name: str


#: Text is a `str`.
Event = Start | End | str


def events(archive: Archive, entry: str) -> Iterator[Event]:
    """What stands in an entry, in its order. Raises DocumentError.

    An entity that the file declares is refused: a few lines of them unpack to gigabytes. Nothing
    outside is ever opened for one.
    """
    source = archive.source
    data = archive.read(entry)
    found: list[Event] = []
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > source.limits.nested:
            raise DamagedDocumentError(source.name, "it is nested too deeply")
        if count > source.limits.elements:
            what = Phrase(
                "“{entry}” in it has more than {count} elements",
                entry=entry,
                count=source.limits.elements,
            )
            raise DocumentTooLargeError(source.name, what)
        found.append(Start(_local(name), {_key(key): attributes[key] for key in attributes}))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        found.append(End(_local(name)))

    def declared(*_: object) -> None:
        raise DamagedDocumentError(
            source.name, Phrase("“{entry}” in it declares entities", entry=entry)
        )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = found.append
    parser.EntityDeclHandler = declared
    try:
        for place in range(0, len(data), _PIECE):
            parser.Parse(data[place : place + _PIECE], False)
            yield from found
            found.clear()
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that nobody knows
        raise DamagedDocumentError(
            source.name, Phrase("“{entry}” in it is no XML", entry=entry)
        ) from error
    yield from found


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _key(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return f"r:{local}" if namespace.endswith(_LINKS) else local


@dataclass(frozen=True, slots=True)
class Link:
    """Where a part of an Office file leads to."""

    kind: str  #: the end of its type, as “slide” or “notesSlide”
    entry: str


def links(archive: Archive, base: str) -> Mapping[str, Link]:
    """The links of an entry to others in the archive, by their ids. Raises DocumentError."""
    found: dict[str, Link] = {}
    if archive.has(links_of(base)):
        for event in events(archive, links_of(base)):
            if isinstance(event, Start) and event.name == "Relationship":
                got = event.attributes.get
                if got("TargetMode") != "External":
                    kind = got("Type", "").rpartition("/")[2]
                    found[got("Id", "")] = Link(kind, entry_at(base, got("Target", "")))
    return found


def main_entry(archive: Archive) -> str | None:
    """Where an Office file says that its text is: not every program gives it the usual name."""
    found = (link.entry for link in links(archive, "").values() if link.kind == "officeDocument")
    return next((entry for entry in found if archive.has(entry)), None)
