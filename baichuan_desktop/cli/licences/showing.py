"""How licences are shown in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backends.printable import one_line, printable
from baichuan_desktop.cli.tables import say
from baichuan_desktop.services.licences.values import LicenceText


def print_licences(texts: Sequence[LicenceText]) -> None:
    """All that is to be read, in both languages where it is there in both."""
    before: tuple[str, str] | None = None
    for text in texts:
        for line in _lines(text, before):
            say(printable(line))
        before = (text.text, text.text_zh)


def title(text: LicenceText) -> str:
    """What a text is called on one line."""
    return "Conditions of this machine's administrator" if text.is_site else one_line(text.name)


def _lines(text: LicenceText, before: tuple[str, str] | None) -> Iterator[str]:
    yield f"--- {title(text)} ---"
    if text.file is not None and not text.is_site:
        yield f"File: {one_line(str(text.file))}"
    if not text.is_read:
        yield "This file is no plain text. Open it to read it."
        if not text.text or before == (text.text, text.text_zh):
            yield ""
            return
        yield "What is known of the licence:\n"
    elif text.file is None:
        yield "A summary; what holds is the agreement that was published with the weights.\n"
    yield text.text.rstrip("\n")
    if text.text_zh != text.text:
        yield f"\n{text.text_zh}"
    yield ""
