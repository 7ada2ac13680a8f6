"""Text files: as they are, in an encoding that is found or was chosen."""

from __future__ import annotations

import re
from typing import Final

from backends.errors import DocumentKindError
from backends.phrases import Phrase
from baichuan_desktop.services.documents.contents import Contents
from baichuan_desktop.services.documents.encodings import NoTextError, decoded, decoded_as
from baichuan_desktop.services.documents.formats.source import Source
from baichuan_desktop.services.documents.values import Unit

_HEADING: Final = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$")
_FENCE: Final = re.compile(r"^ {0,3}(```|~~~)")
_MOST_HEADINGS = 20_000


def text_of(source: Source, contents: Contents, declared: str | None = None) -> str:
    """The file's text, whose encoding is noted in `contents`. Raises DocumentKindError."""
    if source.encoding is not None:
        text, wrong = decoded_as(source.data, source.encoding)
        contents.encoding = source.encoding
        if wrong:
            contents.notes.append(
                Phrase(
                    "Places that are no text in the encoding that was chosen: {count}.", count=wrong
                )
            )
        return text
    try:
        text, contents.encoding = decoded(source.data, declared)
    except NoTextError as error:
        raise DocumentKindError(
            source.name,
            "it is no text, and no document of a kind that is read",
            hint="Text of any kind, .docx, .xlsx, .pptx, .pdf, .html and .epub are read.",
        ) from error
    if wrong := text.count("\ufffd"):
        contents.notes.append(
            Phrase("Places in it that are no text in its encoding: {count}.", count=wrong)
        )
    return text


def read_plain(source: Source, contents: Contents) -> None:
    """A file of text."""
    contents.add(text_of(source, contents))


def read_markdown(source: Source, contents: Contents) -> None:
    """The same, with its headings; what looks like one in a block of code is none."""
    contents.add(text_of(source, contents))
    start, number, fence = 0, 0, ""
    for line in contents.text.splitlines(keepends=True):
        if found := _FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
        elif not fence and (heading := _HEADING.match(line)) and number < _MOST_HEADINGS:
            number += 1
            contents.mark_at(start, Unit.HEADING, number, heading[1])
        start += len(line)
