"""Books in EPUB: their chapters in the order they are read in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from backends.errors import DamagedDocumentError, DocumentTooLargeError, EncryptedDocumentError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents
from baichuan_desktop.services.documents.encodings import NoTextError, decoded
from baichuan_desktop.services.documents.formats.archive import Archive, entry_at
from baichuan_desktop.services.documents.formats.html_pages import Page
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.formats.xml_events import Start, events
from baichuan_desktop.services.documents.values import Unit

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
#: Fonts that are made hard to copy are no secret of the text.
_OF_FONTS: Final = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read_epub(source: Source, contents: Contents) -> None:
    """The text of each chapter. Raises DocumentError."""
    archive = Archive(source)
    if archive.has(_ENCRYPTION) and _is_encrypted(archive):
        raise EncryptedDocumentError(source.name)
    chapters = _chapters(archive)
    if len(chapters) > source.limits.pages:
        what = Phrase(
            "it has {count} chapters, and at most {most} are read",
            count=len(chapters),
            most=source.limits.pages,
        )
        raise DocumentTooLargeError(source.name, what)
    missing = 0
    for number, entry in enumerate(chapters, start=1):
        source.progress(number - 1, len(chapters))
        if not archive.has(entry):
            missing += 1
            continue
        try:
            text, _codec = decoded(archive.read(entry))
        except NoTextError:
            missing += 1
            continue
        contents.mark(Unit.CHAPTER, number)
        page = Page(contents, marks_headings=False)
        page.take(text)
        name = page.heading or page.title
        contents.marks[-1] = replace(contents.marks[-1], name=contents.shown_name(name))
    if missing == len(chapters):
        raise DamagedDocumentError(source.name, "none of its chapters can be read")
    if missing:
        contents.notes.append(
            Phrase(
                "Of its {all} chapters, {count} cannot be read.", count=missing, all=len(chapters)
            )
        )


def _is_encrypted(archive: Archive) -> bool:
    methods = [
        event.attributes.get("Algorithm", "")
        for event in events(archive, _ENCRYPTION)
        if isinstance(event, Start) and event.name == "EncryptionMethod"
    ]
    return any(method not in _OF_FONTS for method in methods)


def _chapters(archive: Archive) -> Sequence[str]:
    """The entries of the chapters, in their order."""
    package = next(
        (
            event.attributes.get("full-path", "")
            for event in events(archive, _CONTAINER)
            if isinstance(event, Start) and event.name == "rootfile"
        ),
        "",
    )
    if not package:
        raise DamagedDocumentError(
            archive.source.name, Phrase("it is not what its format wants ({text})", text=_CONTAINER)
        )
    files: dict[str, str] = {}
    spine: list[str] = []
    for event in events(archive, package):
        match event:
            case Start("item", attributes):
                files[attributes.get("id", "")] = entry_at(package, attributes.get("href", ""))
            case Start("itemref", attributes):
                spine.append(attributes.get("idref", ""))
    return [files[one] for one in spine if one in files]
